import type { ChannelMessage, ChannelSnapshot, Member, Members, ResyncReason, Subscription } from './channel-types.js';
import type { MessageError } from './drawbridge.js';

export type Listener = Subscription<any, any> & {
  /** Messages that wait for the state while it is loaded. */
  queue?: ChannelMessage[] | undefined;
  /** How often that has failed; then nobody else waits for it. */
  tries: number;
  /** The state holds what is up to here. */
  after: number;
};

export interface Room {
  readonly name: string;
  /** Replaced, not changed, so that who goes through it sees those of then. */
  listeners: readonly Listener[];
  snapshot: ChannelSnapshot;
  /** The server has acked it on this connection. */
  acked?: boolean;
  /**
   * Where to go on from, in the epoch `era`; null while the common position says it. Kept over breaks until a
   * replay that covers it is complete.
   */
  own?: number | null;
  era?: string;
  refusal?: MessageError | null;
  /** Who is there; undefined while that is asked for. */
  list?: Members | undefined;
  /** What the list does not hold yet; undefined where this connection has not asked. */
  changes?: PresenceFrame[] | undefined;
}

export interface PresenceFrame {
  readonly seq: number;
  readonly data: {
    readonly joined?: readonly Member[];
    readonly left?: readonly string[];
    readonly count: number;
    readonly partial?: boolean;
  };
}

/** The data of the acks of `subscribe` and `resume`; a pushed `resume` names no channels and means all. */
export interface Registered {
  readonly epoch: string;
  readonly seq: number;
  readonly reason: ResyncReason;
  readonly subscribed?: readonly string[];
  readonly refused?: readonly { readonly channel: string; readonly code: string }[];
  readonly resync?: readonly string[];
  readonly replay?: number;
  readonly spreadMs?: number;
}
