import { later } from './backoff.js';
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
  readonly reject: (id: string | undefined, reason: unknown) => void;
  /** @param keep requests that have not been sent yet, and still will be */
  readonly rejectAll: (reason: unknown, keep?: (id: string) => boolean) => void;
}

interface Pending {
  readonly resolve: (data: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * @param settled called with each id that waits no more
 * @param longestMs how long a request waits that does not say it itself
 */
export function createRequests(
  settled: (id: string) => void,
  longestMs = REQUEST_TIMEOUT_MS,
): Requests {
  const pending = new Map<string | undefined, Pending>();
  let last = 0;
  const reject = (id: string | undefined, reason: unknown) => pending.get(id)?.reject(reason);
  return {
    reject,
    open: (start, { timeoutMs = longestMs, signal } = {}) => {
      const id = `c${++last}`;
      let timer: ReturnType<typeof setTimeout>;
      let abort: () => void;
      return new Promise((resolve, refuse) => {
        if (pending.size >= MAX_PENDING) throw messageError('queue_full', 'Too many wait');
        abort = () => refuse(signal?.reason);
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort);
        timer = later(
          () => refuse(messageError('request_timeout', `No answer within ${timeoutMs} ms`)),
          timeoutMs,
        );
        pending.set(id, { resolve, reject: refuse });
        start(id);
      }).finally(() => {
        pending.delete(id);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        settled(id);
      });
    },
    answer: ({ id, data, error }) => {
      const waiting = pending.get(id);
      if (error) waiting?.reject(new MessageError(error));
      else waiting?.resolve(data);
      return !!waiting;
    },
    rejectAll: (reason, keep) => {
      for (const id of pending.keys() as Iterable<string>) if (!keep?.(id)) reject(id, reason);
    },
  };
}
