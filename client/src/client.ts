import type { ClientOptions, DrawbridgeClient } from './api.js';
import { alarm, retryDelay, within } from './backoff.js';
import { IDLE, transition, type ConnectionEvent } from './connection.js';
import {
  closeError,
  diagnose,
  errorReaction,
  forbidden,
  isOffline,
  localError,
} from './diagnosis.js';
import { discover, type Endpoint } from './discovery.js';
import { ConnectionError, messageError, type Stage } from './errors.js';
import { startHeartbeat, type Heartbeat } from './heartbeat.js';
import {
  BASE_MS,
  CAP_MS,
  CSP_MS,
  LONGEST_MS,
  LONGEST_OPEN_MS,
  MIN_GAP_MS,
  OFFLINE_MS,
  OPEN_MS,
  REDISCOVER_EVERY,
  SLOW_ATTEMPT,
  STABLE_MS,
  TOKEN_MS,
} from './limits.js';
import type { DrawbridgeMessages } from './messages.js';
import { createOutbox } from './outbox.js';
import {
  closeReaction,
  encode,
  tried,
  type CloseReaction,
  type ErrorBody,
  type Frame,
  type Welcome,
} from './protocol.js';
import { createRequests } from './requests.js';
import { openSocket, type WebSocketLike } from './socket.js';
import { fetchToken, type Asking, type TokenContext } from './token.js';
import { watchPage } from './wake.js';

/** A client that is not connected yet. Does nothing but remember its options. */
export function createClient<M extends object = DrawbridgeMessages>(
  options: ClientOptions = {},
): DrawbridgeClient<M> {
  const { url, configUrls, getToken, logger = console, lazy, openTimeoutMs = OPEN_MS } = options;
  /** Of messages by their type, and of those of every type by none; null has those of the snapshot. */
  const handlers = new Map<string | null | undefined, Set<(...all: any[]) => void>>();
  const reported = new Set<string>();
  const outbox = createOutbox(options.maxQueued, options.maxQueuedBytes);
  const requests = createRequests(
    (id) => outbox.drop((message) => message.id === id),
    options.requestTimeoutMs,
  );

  let state = IDLE;
  /** From `connect` until `close` or failure: the page's listeners. */
  let watch: AbortController | undefined;
  /** One try and the connection it leads to. */
  let attempt = new AbortController();
  let leaveSocket: ((code: number) => void) | undefined;
  /** Open and welcomed. */
  let socket: WebSocketLike | undefined;
  let heartbeat: Heartbeat | undefined;
  let endpoint: Endpoint | undefined;
  const retryAlarm = alarm();
  const stableAlarm = alarm();
  /** On the clock that nobody sets. */
  let triedAt = 0;
  /** The server said when to come back. */
  let hintMs: number | undefined;
  /** What waking up does not undercut: that, and by a look at the page alone a wait grown long. */
  let patience: RegExp | undefined;
  /** Where this try goes, for a policy that forbids it. */
  let target = '';
  let asking: Asking = {};
  /** The server's last error without an id, which explains a close that follows. */
  let said: ErrorBody | undefined;
  let opening: Promise<Welcome> | undefined;
  let settle: [(welcome: Welcome) => void, (reason: unknown) => void] | undefined;

  const log = (...all: unknown[]) => tried(() => logger?.error(...all));

  /** A fault of the application's code is neither the connection's nor the next listener's. */
  const emit = (key: string | null | undefined, ...all: unknown[]) => {
    for (const handler of [...(handlers.get(key) ?? [])]) {
      try {
        handler(...all);
      } catch (failure) {
        log(`[drawbridge] ${key ?? 'Listener'} failed`, failure);
      }
    }
  };

  /** As with DOM listeners, the same function given twice is one. @returns its undo */
  const listen = (key: string | null | undefined, handler: (...all: any[]) => void) => {
    const all = handlers.get(key) ?? new Set();
    handlers.set(key, all.add(handler));
    // The first use of a lazy client; to look at its state is none.
    if (lazy && key !== null && state.status === 'idle') void client.connect();
    return () => void all.delete(handler);
  };

  /** @returns false when the event means nothing in this state */
  const dispatch = (...event: ConnectionEvent): boolean => {
    const next = transition(state, ...event);
    if (next === state) return false;
    state = next;
    emit(null);
    return true;
  };

  const token = (reason: TokenContext['reason'], server?: Endpoint | Promise<Endpoint>) =>
    fetchToken(getToken, { reason, signal: attempt.signal }, asking, server);

  /** One try, from discovery to the socket; how that ends is an event of the socket. */
  const tryOnce = async () => {
    const { signal } = (attempt = new AbortController());
    triedAt = performance.now();
    hintMs = said = undefined;
    const failed = async (error: ConnectionError) => {
      // If a policy has forbidden it, the browser's word of that comes later than the failure.
      if (globalThis.SecurityPolicyViolationEvent)
        await within(new Promise(() => {}), CSP_MS, signal).catch(() => {});
      if (!signal.aborted) lost(error, errorReaction(error));
    };
    try {
      const { WebSocket = globalThis.WebSocket } = options;
      if (!WebSocket) throw localError('no_websocket', 'connect');
      // Nothing is no address either, and must not lead to the page's own server.
      const explicit =
        typeof url === 'function' ? (await within(url(), TOKEN_MS, signal)) || 'ws:' : url;
      const limitMs = Math.max(
        openTimeoutMs,
        Math.min(LONGEST_OPEN_MS, openTimeoutMs * 2 ** state.attempt),
      );
      target = `${explicit ?? configUrls ?? globalThis.location}`;
      const server =
        (explicit === undefined && state.attempt % REDISCOVER_EVERY && endpoint) ||
        discover(signal, explicit, configUrls, limitMs);
      const [found, credential] = await Promise.all([
        server,
        token(state.refreshed ? 'rejected' : 'connect', server),
      ]);
      if (signal.aborted) return;
      endpoint = found;
      target = found.url;
      leaveSocket = openSocket(
        found.url,
        credential,
        onWelcome,
        onFrame,
        async (seen, attemptId) => failed(await diagnose(seen, found, attemptId, credential, signal)),
        (code, reason, stage) => lost(closeError(code, reason, stage, said), closeReaction(code)),
        WebSocket,
        limitMs,
      );
    } catch (cause) {
      void failed(
        cause instanceof ConnectionError
          ? cause
          : localError('try_failed', 'connect', { hint: `${cause}`, cause }),
      );
    }
  };

  const onWelcome = (opened: WebSocketLike, welcome: Welcome) => {
    const { limits, heartbeat: { intervalMs, graceMs } } = welcome;
    const another = state.welcome && state.welcome.user?.subject !== welcome.user?.subject;
    socket = opened;
    heartbeat = startHeartbeat(
      intervalMs + graceMs,
      () => control({ type: 'ping' }),
      () => silent('open'),
    );
    stableAlarm({ ...endpoint?.reconnect, ...options.backoff }.stableAfterMs ?? STABLE_MS, () => {
      reported.clear();
      if (state.attempt) dispatch('update', { attempt: 0 });
    });
    dispatch('welcome', welcome);
    // A listener may have closed the client.
    if (socket !== opened) return;
    outbox.drop(({ id, bytes }) => {
      // The limit is known only now. And what alice has queued is not bob's to say.
      const refused = another
        ? messageError('not_sent', 'Queued by another user', { reason: 'principal_changed' })
        : oversize(bytes);
      if (refused) requests.rejectAll(refused, (other) => other !== id);
      return !!refused;
    });
    outbox.attach(opened, limits);
    settle?.[0](welcome);
    opening = undefined;
  };

  const onFrame = (frame: Frame) => {
    const { type, data, id, error } = frame;
    heartbeat?.heard();
    // Its id is the server's, and answers nothing of ours.
    if (type === 'ping') return control({ ...frame, type: 'pong' });
    if (type === 'drain') {
      hintMs = (data as { reconnectAfterMs?: number } | undefined)?.reconnectAfterMs;
      // A server that says it twice has said nothing new.
      if (!state.draining) dispatch('update', { draining: true });
    } else if (type === 'auth.expiring') void renew();
    else if (type === 'error' && !id) said = error;
    if (requests.answer(frame)) return;
    emit(type, error ?? data);
    emit(undefined, type, error ?? data);
  };

  /** A new token for the same connection; without one, the server closes 4401 at expiry. */
  const renew = async () => {
    const { signal } = attempt;
    if (asking.answer) return;
    try {
      const fresh = await token('expiring');
      if (!fresh || signal.aborted) return;
      const ack = await requests.open((id) =>
        control({ type: 'auth', id, data: { token: fresh } }),
      );
      // Its data is the new `tokenExpiresAt`.
      dispatch('update', { welcome: { ...state.welcome, ...(ack as object) } as Welcome });
    } catch (error) {
      if (!signal.aborted) log(`[drawbridge] Token not renewed: ${error}`);
    }
  };

  /** Frames of the protocol itself: at once, before whatever waits in the queue, or never. */
  const control = (frame: Frame) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  };

  /** Before the first welcome no limit is known. */
  const oversize = (bytes: number) => {
    const max = state.welcome?.limits.maxMessageBytes;
    return max && bytes > max
      ? messageError('message_too_large', `The message has ${bytes} bytes, the limit is ${max}`)
      : undefined;
  };

  const push = (type: string, data: unknown, id?: string): boolean => {
    if (lazy && state.status === 'idle') void client.connect();
    if (/closed|failed/.test(state.status)) return false;
    const text = encode({ type, id, data } as Frame);
    // As UTF-8 has them; not every runtime has a TextEncoder.
    const bytes = encodeURI(text).replace(/%../g, '-').length;
    const tooLarge = oversize(bytes);
    if (tooLarge) throw tooLarge;
    return outbox.push({ id, text, bytes });
  };

  /** The try or the connection is over: back off, or give up. */
  const lost = (error: ConnectionError, reaction: CloseReaction) => {
    hintMs ??= error.retryAfterMs;
    leave(4900);
    const { baseMs = BASE_MS, capMs = CAP_MS } = { ...endpoint?.reconnect, ...options.backoff };
    const slowly = reaction === 'slowly';
    const tries = Math.max(state.attempt + 1, slowly ? SLOW_ATTEMPT : 0);
    // At once only where a connection had held, or else a server could keep us in a circle.
    const delay =
      /now|refresh/.test(reaction) && !state.attempt
        ? 0
        : retryDelay(tries, slowly ? (1 + Math.random()) / 2 : Math.random(), baseMs, capMs, hintMs);
    const wait = Math.min(
      LONGEST_MS,
      Math.max(+delay || 0, reaction === 'refresh' ? 0 : triedAt + MIN_GAP_MS - performance.now()),
    );
    patience =
      hintMs !== undefined || (slowly && error.closeCode)
        ? /./
        : slowly || tries < SLOW_ATTEMPT
          ? undefined
          : /vis|res/;
    dispatch('lost', { error, reaction, retryAt: Date.now() + wait });
    // Once per cause, until a connection has held: a retry is no news.
    if (!reported.has(error.code)) {
      reported.add(error.code);
      log(`[drawbridge] ${error.message} -> ${state.status}`);
    }
    if (state.status === 'failed') end(error);
    else if (state.status === 'waiting') retry(wait);
  };

  /** Nothing comes any more. While the browser is offline, that is the cause. */
  const silent = (stage: Stage) =>
    isOffline()
      ? lost(localError('offline', stage), 'retry')
      : stage === 'open' && lost(localError('heartbeat_lost', stage), 'now');

  const retry = (delay: number) =>
    retryAlarm(delay, () => {
      if (dispatch('retry')) void tryOnce();
    });

  const wake = (event: Event) => {
    const { type, effectiveDirective, disposition, blockedURI } = event as SecurityPolicyViolationEvent;
    if (type === 'offline') {
      heartbeat?.wake(true, OFFLINE_MS);
      if (state.status === 'connecting') stableAlarm(OFFLINE_MS, () => silent('connect'));
    } else if (effectiveDirective) {
      const host = blockedURI.split('/')[2];
      if (
        state.status + effectiveDirective + disposition === 'connectingconnect-srcenforce' &&
        (host ? target.includes(host) : target.startsWith(blockedURI))
      )
        lost(forbidden(host ? blockedURI : target), 'stop');
    } else {
      heartbeat?.wake(type === 'online');
      // Means something only to a client that waits or is suspended.
      const delay = Math.max(Math.random() * 250, triedAt + MIN_GAP_MS - performance.now());
      const at = Date.now() + delay;
      if (patience?.test(type) || (state.retryAt && state.retryAt < at)) return;
      retry(delay);
      if (state.retryAt) dispatch('update', { retryAt: at });
    }
  };

  /** Leaves the present try and its socket, and all timers with them. */
  const leave = (code: number) => {
    attempt.abort();
    leaveSocket?.(code);
    heartbeat?.stop();
    leaveSocket = socket = heartbeat = undefined;
    outbox.detach();
    retryAlarm();
    stableAlarm();
    requests.rejectAll(
      messageError('connection_lost', 'The connection was lost'),
      outbox.holds,
    );
  };

  /** Nothing will be tried any more. */
  const end = (cause: Error) => {
    watch?.abort();
    requests.rejectAll(cause);
    outbox.drop(() => true);
    settle?.[1](cause);
    opening = undefined;
  };

  const stop = (how: 'close' | 'reset') => {
    leave(1000);
    dispatch(how);
    end(messageError('closed', 'The client is closed'));
    endpoint = undefined;
    asking = {};
    reported.clear();
  };

  const client: DrawbridgeClient<M> = {
    connect: () => {
      if (state.status === 'open') return Promise.resolve(state.welcome as Welcome);
      const promise = (opening ??= new Promise((...both) => (settle = both)));
      // Nobody has to handle it: the snapshot says the same.
      promise.catch(() => {});
      if (dispatch('connect')) {
        watch?.abort();
        watch = new AbortController();
        const suspend = () => {
          leave(4902);
          patience = undefined;
          dispatch('suspend');
        };
        watchPage(wake, suspend, watch.signal);
        void tryOnce();
      }
      return promise;
    },
    close: () => stop('close'),
    reset: () => stop('reset'),
    send: (type, data) => push(type, data),
    request: (type, data, more) =>
      requests.open((id) => {
        if (!push(type, data, id))
          throw /closed|failed/.test(state.status)
            ? (state.error ?? messageError('not_sent', 'The client is closed'))
            : messageError('queue_full', 'Too many wait');
      }, more) as Promise<never>,
    ping: async (more) => {
      const start = performance.now();
      await requests.open((id) => control({ type: 'ping', id }), { timeoutMs: 5_000, ...more });
      return performance.now() - start;
    },
    on: listen,
    once: (type, handler) => {
      const stop = client.on(type, (data) => {
        stop();
        handler(data);
      });
      return stop;
    },
    onAny: (handler) => listen(undefined, handler),
    getSnapshot: () => state,
    subscribe: (listener) => listen(null, listener),
  };
  return client;
}
