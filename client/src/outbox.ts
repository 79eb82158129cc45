import { alarm, within } from './backoff.js';
import { MessageError, messageError } from './errors.js';
import {
  AGAIN_MS,
  MAX_BUFFERED_BYTES,
  MAX_PENDING,
  MAX_QUEUED,
  MAX_QUEUED_BYTES,
  REQUEST_TIMEOUT_MS,
} from './limits.js';
import type { ClientOptions } from './api.js';
import type { WebSocketLike } from './socket.js';
import type { Frame, Limits } from './protocol.js';

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
  {
    maxQueued = MAX_QUEUED,
    maxQueuedBytes = MAX_QUEUED_BYTES,
    requestTimeoutMs = REQUEST_TIMEOUT_MS,
  }: ClientOptions = {},
): Outbox => {
  const pending = new Map<unknown, Pending>();
  /** By id; a message without one is its own. */
  const waiting = new Map<unknown, Message>();
  let socket: WebSocketLike | undefined;
  let last = 0;
  /** Messages for which it is time, also a part of one. */
  let due: number;
  let perTick: number;
  const timer = alarm();

  const ready = () => socket?.readyState === 1 && socket.bufferedAmount < MAX_BUFFERED_BYTES;
  const flush = () => {
    for (const [key, { wire }] of waiting)
      if (due >= 1 && ready()) {
        due--;
        waiting.delete(key);
        socket?.send(wire);
      }
    if (socket && waiting.size)
      timer(AGAIN_MS, () => {
        // What a full buffer has held back does not come on top.
        if (due < 1) due += perTick;
        flush();
      });
  };

  return {
    enqueue: (message) => {
      const { size } = waiting;
      let bytes = message.weight;
      for (const [, { weight }] of waiting) bytes += weight;
      if ((size || !ready()) && (size >= maxQueued || bytes > maxQueuedBytes)) return false;
      waiting.set(message.id ?? message, message);
      // While the queue is being worked off, later messages keep their turn.
      if (!size) {
        due = 1;
        flush();
      }
      return true;
    },
    issue: (start, { timeoutMs = requestTimeoutMs, signal } = {}) => {
      const id = `c${++last}`;
      const answered = () =>
        new Promise((...both) => {
          pending.set(id, both);
          if (pending.size > MAX_PENDING || start(id) === false) throw messageError('queue_full');
        });
      const late = (text: string) => messageError('request_timeout', text);
      return within(answered, timeoutMs, signal, late).finally(() => {
        pending.delete(id);
        waiting.delete(id);
      });
    },
    answer: ({ id, data, error }) => {
      const one = pending.get(id);
      if (error) one?.[1](new MessageError(error));
      else one?.[0](data);
      return !!one;
    },
    attach: (to, { messagesPerSecond, burst }, refused) => {
      for (const [key, { weight }] of waiting) {
        const reason = refused(weight);
        if (reason) {
          waiting.delete(key);
          pending.get(key)?.[1](reason);
        }
      }
      socket = to;
      // Half of what the server allows; without a number, all.
      perTick = ((messagesPerSecond as number) * AGAIN_MS) / 2_000 || Infinity;
      due = (burst as number) / 2 || Infinity;
      flush();
    },
    detach: (reason, all) => {
      if (all) waiting.clear();
      socket = undefined;
      timer();
      for (const [id, one] of pending) if (!waiting.has(id)) one[1](reason);
    },
  };
};
