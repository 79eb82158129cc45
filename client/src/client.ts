import { retryDelay, SLOW_ATTEMPT } from './backoff.js';
import {
  IDLE,
  transition,
  type ConnectionEvent,
  type ConnectionSnapshot,
} from './connection.js';
import { closeError, diagnose, errorReaction, localError } from './diagnosis.js';
import { discover, type Endpoint } from './discovery.js';
import { ConnectionError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import type {
  AckData,
  DrawbridgeMessages,
  ReceiveData,
  ReceiveType,
  SendData,
  SendType,
} from './messages.js';
import { Outbox } from './outbox.js';
import {
  closeReaction,
  type CloseReaction,
  type ErrorBody,
  type Frame,
  type Welcome,
} from './protocol.js';
import { local, Requests, type RequestOptions } from './requests.js';
import { openSocket } from './socket.js';
import { watchPage } from './wake.js';

/** Tries are at least this far apart, whatever wakes the page how often, in milliseconds. */
const MIN_GAP_MS = 1_000;
const TOKEN_MS = 10_000;
const STABLE_MS = 5_000;
const BASE_MS = 500;
const CAP_MS = 30_000;

/** A hidden page that failed this often waits until it is seen again. */
const HIDDEN_TRIES = 10;

/** After this many failed tries the server may have moved: discovery runs again. */
const REDISCOVER_EVERY = 3;

export interface TokenContext {
  /** `rejected`: the last token was refused as expired, so a cached one is of no use. */
  readonly reason: 'connect' | 'expiring' | 'rejected';
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export interface ClientOptions {
  /**
   * The WebSocket address, asked for before every try when it is a function. Skips discovery.
   * @default found by `/ws/config` of the page's origin
   */
  readonly url?: string | URL | (() => string | URL);
  /** Further discovery documents, for a page that another server delivers. */
  readonly configUrls?: readonly (string | URL)[];
  /**
   * Called before every try, and when the server says that the token is about to expire. Null means
   * no token: the server decides by cookie, if it is set up so.
   */
  readonly getToken?: (context: TokenContext) => Promise<string | null> | string | null;
  /** Takes the explanations, one per distinct cause. @default console */
  readonly logger?: Pick<Console, 'error'>;
  /** For tests and for runtimes without their own. */
  readonly WebSocket?: typeof WebSocket;
  readonly fetch?: typeof fetch;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/**
 * One connection to a Drawbridge server, kept up until `close`. Knows no framework; `subscribe` and
 * `getSnapshot` have the shape that `useSyncExternalStore` wants.
 */
export class DrawbridgeClient<M extends object = DrawbridgeMessages> {
  readonly #options: ClientOptions;
  readonly #random: () => number;
  readonly #fetch: typeof fetch;
  #state: ConnectionSnapshot = IDLE;
  readonly #listeners = new Set<() => void>();
  readonly #handlers = new Map<string, Set<(data: never) => void>>();
  readonly #outbox = new Outbox();
  readonly #requests = new Requests((id) => this.#outbox.remove(id));
  readonly #reported = new Set<string>();

  /** From `connect` until `close` or failure: the page's listeners. */
  #watch = new AbortController();
  /** One try and the connection it leads to. */
  #try = new AbortController();
  #leaveSocket: ((code: number) => void) | undefined;
  /** Open and welcomed. */
  #socket: WebSocket | undefined;
  #heartbeat: Heartbeat | undefined;
  #endpoint: Endpoint | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stableTimer: ReturnType<typeof setTimeout> | undefined;
  #triedAt = -Infinity;
  #hintMs: number | undefined;
  /** The server's last error without an id, which explains a close that follows. */
  #said: ErrorBody | undefined;
  /** The server said when to come back; waking up does not undercut that. */
  #hinted = false;
  #renewing = false;
  #opening: Deferred<Welcome> | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /**
   * Connects and stays connected. Safe to call again; leaves `failed` and `closed`.
   *
   * @returns at the first `welcome`; rejects with a `ConnectionError` when trying further is of no
   *     use, and with a `MessageError` (`closed`) when `close` comes first. A caller that follows the
   *     snapshot may ignore it.
   */
  connect(): Promise<Welcome> {
    const { status, welcome } = this.#state;
    if (status === 'open') return Promise.resolve(welcome as Welcome);
    const opening = (this.#opening ??= deferred<Welcome>());
    if (this.#dispatch({ type: 'connect' })) {
      this.#watch = new AbortController();
      watchPage({ wake: () => this.#wake(), leave: () => this.#suspend() }, this.#watch.signal);
      void this.#attempt();
    }
    return opening.promise;
  }

  /** Ends the connection and everything that waits for it; `connect` may follow. */
  close(): void {
    this.#leave(1000);
    this.#dispatch({ type: 'close' });
    this.#end(local('closed', 'the client was closed'));
    this.#endpoint = undefined;
    this.#reported.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Sends a message that nobody answers; at most once. While there is no connection it waits in a
   * bounded queue.
   *
   * @returns false when it is refused: the queue is full, or the client is closed or failed
   * @throws MessageError `message_too_large`
   */
  send<K extends SendType<M>>(type: K, data: SendData<M, K>): boolean {
    return this.#push(type, data);
  }

  /**
   * Sends a message and waits for the server's handler to finish.
   *
   * @returns the ack's data; rejects with a `MessageError` of the server's code, or `connection_lost`
   *     when the outcome is not known
   */
  request<K extends SendType<M>>(
    type: K,
    data: SendData<M, K>,
    options?: RequestOptions,
  ): Promise<AckData<M, K>> {
    return this.#requests.open((id) => {
      if (!this.#push(type, data, id))
        throw this.#over()
          ? local('not_connected', `the client is ${this.#state.status}`, { cause: this.#state.error })
          : local('queue_full', 'too many messages are waiting');
    }, options) as Promise<AckData<M, K>>;
  }

  /** @returns the round trip to the server and back, in milliseconds */
  async ping(options?: RequestOptions): Promise<number> {
    const start = performance.now();
    await this.#requests.open((id) => this.#control({ type: 'ping', id, data: { t: Date.now() } }), {
      timeoutMs: 5_000,
      ...options,
    });
    return performance.now() - start;
  }

  /** Calls the handler with each message's data, in order. @returns its undo, safe to call twice */
  on<K extends ReceiveType<M>>(type: K, handler: (data: ReceiveData<M, K>) => void): () => void {
    // A wrapper of its own, so that one function given twice is two registrations.
    const own = (data: ReceiveData<M, K>) => handler(data);
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(own as (data: never) => void));
    return () => {
      if (handlers.delete(own as (data: never) => void) && !handlers.size)
        this.#handlers.delete(type);
    };
  }

  /** The present state; the same object until something changes. */
  readonly getSnapshot = (): ConnectionSnapshot => this.#state;

  /** Calls back after every change of the snapshot. @returns its undo, safe to call twice */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  /** @returns false when the event means nothing in this state */
  #dispatch(event: ConnectionEvent): boolean {
    const next = transition(this.#state, event);
    if (next === this.#state) return false;
    this.#state = Object.freeze(next);
    for (const listener of [...this.#listeners]) listener();
    return true;
  }

  /** One try, from discovery to the socket; how that ends is an event of the socket. */
  async #attempt(): Promise<void> {
    const { signal } = (this.#try = new AbortController());
    const { url, configUrls, WebSocket = globalThis.WebSocket } = this.#options;
    const { attempt, refreshed, welcome } = this.#state;
    const fetch = this.#fetch;
    this.#triedAt = Date.now();
    this.#hintMs = this.#said = undefined;
    try {
      const explicit = typeof url === 'function' ? url() : url;
      const known = explicit === undefined && attempt % REDISCOVER_EVERY ? this.#endpoint : undefined;
      const [endpoint, token] = await Promise.all([
        known ?? discover({ url: explicit, configUrls, fetch, signal }),
        this.#token(refreshed ? 'rejected' : 'connect', signal),
      ]);
      if (signal.aborted) return;
      this.#endpoint = endpoint;
      this.#leaveSocket = openSocket(endpoint.url, token, WebSocket, {
        welcomed: (socket, data) => this.#welcomed(socket, data),
        frame: (frame) => this.#frame(frame),
        unexplained: async (seen, attemptId) => {
          const error = await diagnose({ endpoint, attemptId, token, fetch, signal, seen });
          if (!signal.aborted) this.#lost(error, errorReaction(error, !!welcome));
        },
        closed: (code, reason, stage) =>
          this.#lost(closeError(code, reason, stage, this.#said), closeReaction(code)),
      });
    } catch (error) {
      // The browser's own text may hold the token, so it is not passed on.
      if (!signal.aborted) {
        const known = error instanceof ConnectionError;
        const cause = known ? error : localError('url_invalid', 'connect');
        this.#lost(cause, errorReaction(cause, !!welcome));
      }
    }
  }

  async #token(reason: TokenContext['reason'], signal: AbortSignal): Promise<string | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let token: string | null | undefined;
    try {
      token = await Promise.race([
        this.#options.getToken?.({ reason, signal }) ?? null,
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new Error(`no token within ${TOKEN_MS} ms`)), TOKEN_MS);
        }),
      ]);
    } catch (cause) {
      if (cause instanceof ConnectionError) throw cause;
      const hint = cause instanceof Error ? cause.message : undefined;
      throw localError('token_unavailable', 'token', { hint }, { cause });
    } finally {
      clearTimeout(timer);
    }
    if (token !== null && !/^[\w.-]+$/.test(token))
      throw localError('token_malformed', 'token');
    return token;
  }

  #welcomed(socket: WebSocket, welcome: Welcome): void {
    const { heartbeat, limits } = welcome;
    this.#socket = socket;
    this.#heartbeat = new Heartbeat({
      ...heartbeat,
      probe: () => this.#control({ type: 'ping' }),
      dead: () => this.#lost(localError('heartbeat_lost', 'open'), 'retry-now'),
    });
    this.#stableTimer = setTimeout(() => {
      this.#reported.clear();
      this.#dispatch({ type: 'stable' });
    }, this.#endpoint?.config?.reconnect?.stableAfterMs ?? STABLE_MS);
    this.#dispatch({ type: 'welcome', welcome });
    // A listener may have closed the client.
    if (this.#socket !== socket) return;
    const { maxMessageBytes = Infinity, messagesPerSecond, burst } = limits;
    for (const { id, bytes } of this.#outbox.dropOver(maxMessageBytes))
      this.#requests.reject(id ?? '', tooLarge(bytes, maxMessageBytes));
    this.#outbox.attach(socket, messagesPerSecond, burst);
    this.#opening?.resolve(welcome);
    this.#opening = undefined;
  }

  #frame(frame: Frame): void {
    const { type, data, id, error } = frame;
    this.#heartbeat?.heard();
    if (type === 'ping') this.#control({ ...frame, type: 'pong' });
    else if (type === 'drain') {
      this.#hintMs = (data as { reconnectAfterMs: number }).reconnectAfterMs;
      this.#dispatch({ type: 'drain' });
    } else if (type === 'auth.expiring') void this.#renew();
    else if (type === 'error' && !id) this.#said = error;
    if (this.#requests.answer(frame)) return;
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler((type === 'error' ? error : data) as never);
      } catch (failure) {
        // One handler's fault is neither the connection's nor the next handler's.
        this.#log.error('[drawbridge] a handler of', type, 'failed', failure);
      }
    }
  }

  /** A new token for the same connection; without one, the server closes 4401 at expiry. */
  async #renew(): Promise<void> {
    const { signal } = this.#try;
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      const token = await this.#token('expiring', signal);
      if (token === null || signal.aborted) return;
      const ack = await this.#requests.open((id) =>
        this.#control({ type: 'auth', id, data: { token } }),
      );
      this.#dispatch({ type: 'renewed', ...(ack as { tokenExpiresAt: number }) });
    } catch (error) {
      if (!signal.aborted) this.#log.error(`[drawbridge] no fresh token: ${String(error)}`);
    } finally {
      this.#renewing = false;
    }
  }

  /** Frames of the protocol itself: at once, before whatever waits in the queue. */
  #control(frame: Frame): void {
    if (this.#socket?.readyState !== 1) throw local('not_connected', 'there is no connection');
    this.#socket.send(JSON.stringify(frame));
  }

  #push(type: string, data: unknown, id?: string): boolean {
    if (this.#over()) return false;
    const text = JSON.stringify({ type, id, data });
    const bytes = new TextEncoder().encode(text).length;
    const max = this.#state.welcome?.limits.maxMessageBytes || Infinity;
    if (bytes > max) throw tooLarge(bytes, max);
    return this.#outbox.push({ id, text, bytes });
  }

  #over(): boolean {
    return /closed|failed/.test(this.#state.status);
  }

  /** The try or the connection is over: back off, or give up. */
  #lost(error: ConnectionError, reaction: CloseReaction): void {
    const hintMs = this.#hintMs ?? error.retryAfterMs;
    this.#leave(4900);
    const { baseMs = BASE_MS, capMs = CAP_MS } = this.#endpoint?.config?.reconnect ?? {};
    const tries = this.#state.attempt + 1;
    const attempt = reaction === 'retry-slowly' ? Math.max(tries, SLOW_ATTEMPT) : tries;
    const now = Date.now();
    const at =
      reaction === 'refresh'
        ? now
        : Math.max(
            this.#triedAt + MIN_GAP_MS,
            reaction === 'retry-now' ? now : now + retryDelay(attempt, this.#random(), baseMs, capMs, hintMs),
          );
    this.#hinted = hintMs !== undefined;
    if (!this.#dispatch({ type: 'lost', error, reaction, retryAt: at })) return;
    const failed = this.#state.status === 'failed';
    this.#report(error, failed);
    if (failed) this.#end(error);
    else this.#retryAt(at);
  }

  #retryAt(at: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      const idle = globalThis.document?.hidden && this.#state.attempt > HIDDEN_TRIES;
      if (idle) this.#dispatch({ type: 'suspend' });
      else if (this.#dispatch({ type: 'retry' })) void this.#attempt();
    }, at - Date.now());
  }

  #wake(): void {
    const { status } = this.#state;
    this.#heartbeat?.wake();
    if (status === 'suspended' || (status === 'waiting' && !this.#hinted)) {
      const soon = Date.now() + this.#random() * 250;
      this.#retryAt(Math.max(soon, this.#triedAt + MIN_GAP_MS));
    }
  }

  #suspend(): void {
    this.#leave(4902);
    this.#dispatch({ type: 'suspend' });
  }

  /** Leaves the present try and its socket, and all timers with them. */
  #leave(code: number): void {
    this.#try.abort();
    this.#leaveSocket?.(code);
    this.#heartbeat?.stop();
    this.#leaveSocket = this.#socket = this.#heartbeat = undefined;
    this.#outbox.detach();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stableTimer);
    this.#requests.rejectAll(
      local('connection_lost', 'the connection ended before the answer; the outcome is not known'),
      (id) => this.#outbox.holds(id),
    );
  }

  /** Nothing will be tried any more. */
  #end(reason: Error): void {
    this.#watch.abort();
    this.#requests.rejectAll(local('not_connected', 'never sent', { cause: reason }));
    this.#outbox.clear();
    this.#opening?.reject(reason);
    this.#opening = undefined;
  }

  get #log(): Pick<Console, 'error'> {
    return this.#options.logger ?? console;
  }

  /** Once per cause, until a connection has held: a retry is no news. */
  #report({ code, message, action }: ConnectionError, failed: boolean): void {
    if (this.#reported.has(code)) return;
    this.#reported.add(code);
    this.#log.error(`[drawbridge] ${message} -> ${failed ? `stopped: ${action}` : 'trying again'}`);
  }
}

/** A client that is not connected yet. */
export function createClient<M extends object = DrawbridgeMessages>(
  options?: ClientOptions,
): DrawbridgeClient<M> {
  return new DrawbridgeClient<M>(options);
}

function tooLarge(bytes: number, max: number): Error {
  return local('message_too_large', `the message has ${bytes} bytes, the limit is ${max}`);
}

/** `Promise.withResolvers`, whose rejection is nobody's duty: the snapshot says the same. */
function deferred<T>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  promise.catch(() => {});
  return { promise, ...(settle as Pick<Deferred<T>, 'resolve' | 'reject'>) };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}
