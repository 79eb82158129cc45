import type { ChannelMessage, ChannelSnapshot, Member, Members, ResyncReason, Subscription } from './channel-types.js';

export type Listener = Subscription<any, any> & {
  /** Messages that wait for the state while it is loaded. */
  queue?: ChannelMessage[] | undefined;
  /** How often that has failed; then nobody else waits for it. */
  tries: number;
  /** The state holds what is up to here. */
  after: number;
  /** What is being loaded must hold this; null while the room has no place yet. */
  least?: number | null;
};

export interface Room {
  readonly name: string;
  /** Replaced, not changed, so that who goes through it sees those of then. */
  listeners: readonly Listener[];
  snapshot: ChannelSnapshot;
  /** The server has acked it on this connection. */
  acked?: boolean;
  /**
   * Where to go on from, in the epoch `era`; null before that is known. Kept over breaks, and apart from the
   * common position until a replay that covers it is complete.
   */
  own: number | null;
  era?: string;
  /** What `own` was in the last frame that asked for it. A state may be loaded before that is answered. */
  asked?: number | null;
  /** Who is there; undefined while that is asked for. */
  list?: Members | undefined;
  /** What the list does not hold yet; undefined where it is still to be asked for, null where that was refused. */
  changes?: PresenceFrame[] | null | undefined;
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

/**
 * The data of the acks of `subscribe` and `resume`, of which another server may leave things out; a pushed
 * `resume` names no channels and means all.
 */
export interface Registered {
  readonly epoch: string;
  readonly seq: number;
  readonly resumed?: boolean;
  readonly reason: ResyncReason;
  readonly subscribed?: readonly string[];
  readonly refused?: readonly { readonly channel: string; readonly code: string }[];
  readonly resync?: readonly string[];
  readonly replay?: number;
  readonly spreadMs?: number;
}
