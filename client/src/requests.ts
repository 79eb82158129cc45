import { MessageError } from './errors.js';
import type { Frame } from './protocol.js';

/** Longer than the server's own 30 s for a handler, so that its `handler_timeout` is what one sees. */
export const REQUEST_TIMEOUT_MS = 35_000;

/** More unanswered requests than this mean a leak, not load. */
export const MAX_PENDING = 1_024;

export interface RequestOptions {
  /** @default 35 000: the server's limit for a handler and a little more */
  readonly timeoutMs?: number;
  /** Gives up waiting; a message already sent is not taken back. */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (data: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** Requests that wait for their `ack`, `error` or `pong`, by id. Each settles exactly once. */
export class Requests {
  readonly #pending = new Map<string, Pending>();
  readonly #settled: (id: string) => void;
  #last = 0;

  constructor(settled: (id: string) => void) {
    this.#settled = settled;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** @param start sends or queues the message; what it throws is the promise's reason */
  open(start: (id: string) => void, options: RequestOptions = {}): Promise<unknown> {
    const { timeoutMs = REQUEST_TIMEOUT_MS, signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.size >= MAX_PENDING) throw local('queue_full', `${MAX_PENDING} requests are waiting`);
      const id = `c${++this.#last}`;
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          this.#pending.delete(id);
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          this.#settled(id);
          end(value);
        };
      const fail = settle(reject);
      const abort = () => fail(signal?.reason);
      const timer = setTimeout(
        () => fail(local('request_timeout', `no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal?.addEventListener('abort', abort);
      this.#pending.set(id, { resolve: settle(resolve), reject: fail });
      try {
        start(id);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** @returns false when the frame answers nothing that waits here */
  answer({ id, type, data, error }: Frame): boolean {
    const pending = this.#pending.get(id ?? '');
    if (pending && error && type === 'error') pending.reject(new MessageError(error));
    else if (pending && /^(ack|pong)$/.test(type)) pending.resolve(data);
    else return false;
    return true;
  }

  reject(id: string, reason: unknown): void {
    this.#pending.get(id)?.reject(reason);
  }

  /** @param keep requests that have not been sent yet, and still will be */
  rejectAll(reason: unknown, keep?: (id: string) => boolean): void {
    for (const id of [...this.#pending.keys()]) if (!keep?.(id)) this.reject(id, reason);
  }
}

export function local(code: string, message: string, options?: ErrorOptions): MessageError {
  return new MessageError({ code, message }, options);
}
