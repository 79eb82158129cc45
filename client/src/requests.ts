import { within } from './backoff.js';
import { MessageError, messageError } from './errors.js';
import { MAX_PENDING, REQUEST_TIMEOUT_MS } from './limits.js';
import type { Frame } from './protocol.js';

export interface RequestOptions {
  /** @default 35 000: the server's own default for a handler, 30 s, and a little more */
  readonly timeoutMs?: number;
  /** Gives up waiting; a message already sent is not taken back. */
  readonly signal?: AbortSignal;
}

/** Requests that wait for their `ack`, `error` or `pong`, by id. Each settles exactly once. */
export interface Requests {
  /** @param start sends or queues the message; what it throws is the promise's reason */
  readonly open: (start: (id: string) => void, options?: RequestOptions) => Promise<unknown>;
  /** @returns false when the frame answers nothing that waits here */
  readonly answer: (frame: Frame) => boolean;
  /** @param keep requests that have not been sent yet, and still will be */
  readonly rejectAll: (reason: unknown, keep?: (id: string) => boolean) => void;
}

type Pending = readonly [resolve: (data: unknown) => void, reject: (reason: unknown) => void];

/**
 * @param settled called with each id that waits no more
 * @param longestMs how long a request waits that does not say it itself
 */
export function createRequests(
  settled: (id: string) => void,
  longestMs = REQUEST_TIMEOUT_MS,
): Requests {
  const pending = new Map<string, Pending>();
  let last = 0;
  return {
    open: (start, { timeoutMs = longestMs, signal } = {}) => {
      const id = `c${++last}`;
      const answered = new Promise((...both) => {
        if (pending.size >= MAX_PENDING) throw messageError('queue_full', 'Too many wait');
        if (signal?.aborted) throw signal.reason;
        pending.set(id, both);
        start(id);
      });
      return within(answered, timeoutMs, signal, (text) =>
        messageError('request_timeout', text),
      ).finally(() => {
        pending.delete(id);
        settled(id);
      });
    },
    answer: ({ id, data, error }) => {
      const waiting = pending.get(id as string);
      if (error) waiting?.[1](new MessageError(error));
      else waiting?.[0](data);
      return !!waiting;
    },
    rejectAll: (reason, keep) => {
      for (const [id, one] of pending) if (!keep?.(id)) one[1](reason);
    },
  };
}
