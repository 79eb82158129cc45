import { alarm, tooLong, within } from './backoff.js';
import { MessageError, messageError } from './errors.js';
import {
  AGAIN_MS,
  MAX_BUFFERED_BYTES,
  MAX_PENDING,
  MAX_QUEUED,
  MAX_QUEUED_BYTES,
  REQUEST_TIMEOUT_MS,
} from './limits.js';
import type { Frame, Limits } from './protocol.js';
import type { WebSocketLike } from './socket.js';

export interface RequestOptions {
  /** @default 35 000: the server's own default for a handler, 30 s, and a little more */
  readonly timeoutMs?: number;
  /** Gives up waiting; a message already sent is not taken back. */
  readonly signal?: AbortSignal;
  /** The channel that the frame is about; for the entry of channels. */
  readonly channel?: string;
}

export interface Message {
  readonly id: string | undefined;
  readonly wire: string;
  readonly weight: number;
}

/**
 * Everything that goes out, in order, and the requests that wait for their `ack`, `error` or `pong`;
 * each of them settles exactly once. While nothing can be sent, so many messages and bytes wait; a
 * further one is refused, because its sender can still react and an older one's cannot. What can be
 * sent at once is of any size.
 */
export interface Outbox {
  /** @returns false when it is refused */
  readonly enqueue: (message: Message) => boolean;
  /** @param start sends or queues the message, false when it cannot; what it throws is the promise's reason */
  readonly issue: (start: (id: string) => unknown, options?: RequestOptions) => Promise<unknown>;
  /** @returns false when the frame answers nothing that waits here */
  readonly answer: (frame: Frame) => boolean;
  /**
   * From `welcome` on. What has gathered is spread over time, below the server's limits.
   *
   * @param refused why a message must not be sent to this server
   */
  readonly attach: (
    socket: WebSocketLike,
    limits: Limits,
    refused: (weight: number) => MessageError | false,
  ) => void;
  /** Rejects the requests that have been sent. @param all those that wait, too, and forgets the messages */
  readonly detach: (reason: unknown, all?: boolean) => void;
}

type Pending = readonly [resolve: (data: unknown) => void, reject: (reason: unknown) => void];

/** @param longestMs how long a request waits that does not say it itself */
export const createOutbox = (
  most = MAX_QUEUED,
  mostBytes = MAX_QUEUED_BYTES,
  longestMs = REQUEST_TIMEOUT_MS,
): Outbox => {
  const pending = new Map<string | undefined, Pending>();
  let waiting: Message[] = [];
  let socket: WebSocketLike | undefined;
  let last = 0;
  /** Messages for which it is time, also a part of one. */
  let due: number;
  let perTick: number;
  const timer = alarm();

  const ready = () => socket?.readyState === 1 && socket.bufferedAmount < MAX_BUFFERED_BYTES;
  const flush = () => {
    for (; waiting[0] && due >= 1 && ready(); due--) socket?.send((waiting.shift() as Message).wire);
    if (socket && waiting[0])
      timer(AGAIN_MS, () => {
        // What a full buffer has held back does not come on top.
        if (due < 1) due += perTick;
        flush();
      });
  };

  return {
    enqueue: (message) => {
      const before = waiting[0];
      const bytes = waiting.reduce((sum, one) => sum + one.weight, message.weight);
      if ((before || !ready()) && (waiting.length >= most || bytes > mostBytes)) return false;
      waiting.push(message);
      // While the queue is being worked off, later messages keep their turn.
      if (!before) {
        due = 1;
        flush();
      }
      return true;
    },
    issue: (start, { timeoutMs = longestMs, signal } = {}) => {
      const id = `c${++last}`;
      const answered = new Promise((...both) => {
        if (signal?.aborted) throw signal.reason;
        pending.set(id, both);
        if (pending.size > MAX_PENDING || start(id) === false)
          throw messageError('queue_full');
      });
      const late = messageError('request_timeout', tooLong(timeoutMs));
      return within(answered, timeoutMs, signal, late).finally(() => {
        pending.delete(id);
        waiting = waiting.filter((message) => message.id !== id);
      });
    },
    answer: ({ id, data, error }) => {
      const one = pending.get(id);
      if (error) one?.[1](new MessageError(error));
      else one?.[0](data);
      return !!one;
    },
    attach: (to, { messagesPerSecond, burst }, refused) => {
      waiting = waiting.filter(({ id, weight }) => {
        const reason = refused(weight);
        if (reason) pending.get(id)?.[1](reason);
        return !reason;
      });
      socket = to;
      // Half of what the server allows; without a number, all.
      perTick = ((messagesPerSecond as number) * AGAIN_MS) / 2_000 || Infinity;
      due = (burst as number) / 2 || Infinity;
      flush();
    },
    detach: (reason, all) => {
      if (all) waiting = [];
      socket = undefined;
      timer();
      for (const [id, one] of pending)
        if (!waiting.some((message) => message.id === id)) one[1](reason);
    },
  };
};
