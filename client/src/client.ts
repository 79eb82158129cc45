import { Cause, diagnose, localError } from './diagnosis.js';
import type { DrawbridgeMessages } from './messages.js';
import { fetchToken, type Life } from './token.js';
import { encode, Reaction, tried, type Frame, type Welcome } from './protocol.js';
import { startHeartbeat, type Heartbeat } from './heartbeat.js';
import { Happening, IDLE, transition, type ConnectionSnapshot } from './connection.js';
import type { ClientOptions, DrawbridgeClient } from './api.js';
import { discover, type Endpoint } from './discovery.js';
import { createOutbox } from './outbox.js';
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
import { openSocket, type WebSocketLike } from './socket.js';
import { messageError, type ConnectionError } from './errors.js';
import { alarm, retryDelay, within } from './backoff.js';

/** A client that is not connected yet. Does nothing but remember its options. */
export const createClient = <M extends object = DrawbridgeMessages>(
  options: ClientOptions = {},
): DrawbridgeClient<M> => {
  const { url, configUrls, getToken, logger = console, lazy, openTimeoutMs = OPEN_MS } = options;
  /** Of messages by their type, and of those of every type by none; null has those of the snapshot. */
  const handlers = new Map<string | null | undefined, Set<(...all: any[]) => void>>();
  const reported = new Set<string>();
  const outbox = createOutbox(options);

  let state = IDLE;
  /** From `connect` until `close` or failure: the page's listeners. */
  let life: (AbortController & Life) | undefined;
  /** One try and the connection it leads to. */
  let attempt: AbortController;
  /** Ends the socket, or what comes before and after it. */
  let leaveSocket: ((code: number, call?: () => void) => void) | undefined;
  /** Open and welcomed. */
  let socket: WebSocketLike | undefined;
  let heartbeat: Heartbeat | undefined;
  let endpoint: Endpoint | undefined;
  const retryAlarm = alarm();
  const stableAlarm = alarm();
  /** The earliest time of the next try, on the clock that nobody sets. */
  let nextAt = 0;
  /** The server said when to come back: no event of the page undercuts that. */
  let hintMs: number | undefined;
  let long: boolean | undefined;
  /** Of the entry that speaks of more than the core does. */
  let tap: ((frame: Frame) => unknown) | undefined;
  /** Where this try goes, for a policy that forbids it. */
  let target = '';
  let opening: Promise<Welcome> | undefined;
  let settle: [(welcome: Welcome) => void, (reason: unknown) => void] | undefined;

  // Nothing depends on the order of these functions; this one compresses well.

  /** One try, from discovery to the socket; how that ends is an event of the socket. */
  const tryOnce = async () => {
    const { signal } = (attempt = new AbortController());
    nextAt = performance.now() + MIN_GAP_MS;
    hintMs = undefined;
    try {
      const { WebSocket = globalThis.WebSocket } = options;
      if (!WebSocket) throw localError(Cause.no_websocket);
      // Nothing is no address either, and must not lead to the page's own server.
      const explicit =
        url === undefined
          ? url
          : (typeof url === 'function' ? await within(async () => url(), TOKEN_MS, signal) : url) || 'ws:';
      const limitMs = Math.max(
        openTimeoutMs,
        Math.min(LONGEST_OPEN_MS, openTimeoutMs * 2 ** state.attempt),
      );
      target = `${explicit ?? configUrls ?? globalThis.location}`;
      const server =
        (explicit == null && state.attempt % REDISCOVER_EVERY && endpoint) ||
        discover(signal, explicit, configUrls, limitMs);
      const [found, credential] = await Promise.all([
        server,
        fetchToken(
          getToken,
          { reason: state.refreshed ? 'rejected' : 'connect', signal },
          life as Life,
          server,
        ),
      ]);
      if (signal.aborted) return;
      endpoint = found;
      target = found.url;
      // A name, no secret: the server tells what it knows of a try only to who has a good token.
      const attemptId = `${Math.random()}`.slice(2);
      const seen = await new Promise<ConnectionError>((onUnexplained) => {
        leaveSocket = openSocket(
          WebSocket,
          target +
            (/\?/.test(target) ? '&' : '?') +
            'attempt=' +
            attemptId +
            // In memory only: two tabs with one of them would end each other.
            (state.welcome ? '&replaces=' + state.welcome.connectionId : ''),
          credential,
          limitMs,
          onWelcome,
          onFrame,
          lost,
          onUnexplained,
        );
      });
      throw await diagnose(seen, found, attemptId, credential, signal);
    } catch (cause) {
      if (signal.aborted) return;
      const error =
        (cause as ConnectionError | null | undefined)?.name === 'ConnectionError'
          ? (cause as ConnectionError)
          : localError(Cause.try_failed, { hint: tried(() => `${cause}`), cause });
      // If a policy has forbidden it, the browser's word of that comes later than the failure.
      if (globalThis.SecurityPolicyViolationEvent) (leaveSocket = alarm())(CSP_MS, () => lost(error));
      else lost(error);
    }
  };

  /** A new token for the same connection; without one, the server closes 4401 at expiry. */
  const renew = async () => {
    const { signal } = attempt;
    if (life?.answer) return;
    try {
      const fresh = await fetchToken(getToken, { reason: 'expiring', signal }, life as Life);
      if (!fresh || signal.aborted) return;
      const ack = await outbox.issue((id) =>
        control({ type: 'auth', id, data: { token: fresh } }),
      );
      // Its data is the new `tokenExpiresAt`.
      dispatch(Happening.update, { welcome: { ...state.welcome, ...(ack as object) } as Welcome });
    } catch (error) {
      if (!signal.aborted) log(`Token not renewed: ${error}`);
    }
  };

  const log = (text: string, ...more: unknown[]) =>
    tried(() => logger?.error('[drawbridge] ' + text, ...more));

  const push = (type: string, data: unknown, id?: string, channel?: string): boolean => {
    if (lazy && state.status === 'idle') void connect();
    if (/closed|failed/.test(state.status)) {
      if (id) throw state.error ?? messageError('not_sent', 'closed');
      return false;
    }
    const wire = encode({ type, id, channel, data } as Frame);
    // As UTF-8 has them; not every runtime has a TextEncoder.
    const weight = encodeURI(wire).replace(/%../g, '-').length;
    const tooLarge = oversize(weight);
    if (tooLarge) throw tooLarge;
    return outbox.enqueue({ id, wire, weight });
  };

  /**
   * What a page or a worker goes through: shown or hidden, thawed, back from the back/forward cache,
   * online or not: time to look whether the connection still lives; or a policy has forbidden an
   * address; or the page leaves, perhaps into that cache, which it cannot enter with an open socket.
   */
  const wake = (event: Event) => {
    const { type, effectiveDirective, disposition, blockedURI } = event as SecurityPolicyViolationEvent;
    if (type === 'pagehide') {
      leave(4902);
      long = hintMs = undefined;
      dispatch(Happening.suspend);
    } else if (type === 'offline') {
      heartbeat?.wake(true, OFFLINE_MS);
      if (state.status === 'connecting') stableAlarm(OFFLINE_MS, silent);
    } else if (effectiveDirective) {
      // Some browsers tell the address, and some its scheme alone. What `ws:` and `http:` addresses of
      // one server have in common is all but the first letters.
      const origin = /^(ws|http)(s?:..[^/?]*)/.exec(
        target.startsWith(blockedURI) ? target : blockedURI,
      )?.[2];
      if (
        origin &&
        target.includes(origin) &&
        state.status + effectiveDirective + disposition === 'connectingconnect-srcenforce'
      )
        lost(localError(Cause.csp_blocked, { hint: `Add to it: connect-src ws${origin} http${origin}` }));
    } else {
      heartbeat?.wake(type === 'online');
      // Means something only to a client that waits or is suspended.
      const delay = Math.max(Math.random() * 250, nextAt - performance.now());
      const at = Date.now() + delay;
      if (hintMs != null || (long && /vis|res/.test(type)) || (state.retryAt ?? Infinity) < at) return;
      retryAlarm(delay, tryAgain);
      if (state.retryAt) dispatch(Happening.update, { retryAt: at });
    }
  };

  /** Nothing comes any more. While the browser is offline, that is the cause. */
  const silent = () =>
    globalThis.navigator?.onLine === false
      ? lost(localError(Cause.offline, heartbeat && { stage: 'open' }))
      : heartbeat && lost(localError(Cause.heartbeat_lost, { stage: 'open' }), Reaction.now);

  /** The try or the connection is over: back off, or give up. */
  const lost = (
    error: ConnectionError,
    // Whether trying again by itself can help.
    reaction = error.action === 'refresh_token'
      ? Reaction.refresh
      : // Something else may stand in the way of the server for a while: a deployment, a firewall, a
        // portal. Seen through a load balancer, the try may be known to another of its servers; and a
        // socket cut between the server's answer and its arrival looks like one that the browser refused.
        /forw|mism|path_|origin_d/.test(error.code)
        ? Reaction.slowly
        : error.action === 'wait'
          ? Reaction.retry
          : Reaction.stop,
  ) => {
    hintMs ??= error.retryAfterMs;
    leave(4900);
    // What the server says of the times between tries, and over that the application.
    const { baseMs = BASE_MS, capMs = CAP_MS } = { ...endpoint?.reconnect, ...options.backoff };
    const slowly = reaction === Reaction.slowly;
    const refresh = reaction === Reaction.refresh;
    const tries = Math.max(state.attempt + 1, slowly ? SLOW_ATTEMPT : 0);
    // At once only where a connection had held, or else a server could keep us in a circle.
    const delay =
      reaction > Reaction.slowly && !state.attempt
        ? 0
        : retryDelay(tries, slowly ? (1 + Math.random()) / 2 : Math.random(), baseMs, capMs, hintMs);
    const wait = Math.min(
      LONGEST_MS,
      Math.max(+delay || 0, refresh ? 0 : nextAt - performance.now()),
    );
    // After 1013 and 4429 the server wants patience, too.
    if (slowly && error.closeCode) hintMs = wait;
    // By a look at the page a wait is not undercut either that has grown long.
    long = !slowly && tries >= SLOW_ATTEMPT;
    // A second refusal of a token, without a welcome in between, is final.
    dispatch(Happening.lost, {
      attempt: state.attempt + 1,
      error,
      refreshed: refresh || state.refreshed,
      ...(!reaction || (refresh && state.refreshed)
        ? { status: 'failed' }
        : { retryAt: Date.now() + wait }),
    });
    // Once per cause, until a connection has held: a retry is no news.
    if (reported.size < reported.add(error.code).size) log(`${error.message} -> ${state.status}`);
    // Neither, when a listener has closed the client.
    if (state.retryAt) retryAlarm(wait, tryAgain);
    else if (state.error) end(error);
  };

  /** Before the first welcome no limit is known. */
  const oversize = (bytes: number) => {
    const max = state.welcome?.limits.maxMessageBytes || Infinity;
    return (
      bytes > max &&
      messageError('message_too_large', `It has ${bytes} bytes, the limit is ${max}`)
    );
  };

  /** Frames of the protocol itself: at once, before whatever waits in the queue, or never. */
  const control = (frame: Frame) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame));
  };

  const onFrame = (frame: Frame) => {
    const { type, data, error } = frame;
    heartbeat?.heard();
    if (tap?.(frame)) return;
    // Its id is the server's, and answers nothing of ours.
    if (type === 'ping') return control({ ...frame, type: 'pong' });
    if (type === 'drain') {
      hintMs = (data as { reconnectAfterMs?: number } | undefined)?.reconnectAfterMs;
      // A server that says it twice has said nothing new.
      if (!state.draining) dispatch(Happening.update, { draining: true });
    } else if (type === 'auth.expiring') void renew();
    if (outbox.answer(frame)) return;
    emit(type, error ?? data);
    emit(undefined, type, error ?? data);
  };

  const onWelcome = (opened: WebSocketLike, welcome: Welcome) => {
    const { limits, heartbeat: { intervalMs, graceMs } } = welcome;
    const another = state.welcome && state.welcome.user?.subject !== welcome.user?.subject;
    socket = opened;
    heartbeat = startHeartbeat(intervalMs + graceMs, () => control({ type: 'ping' }), silent);
    stableAlarm({ ...endpoint?.reconnect, ...options.backoff }.stableAfterMs ?? STABLE_MS, () => {
      reported.clear();
      if (state.attempt) dispatch(Happening.update, { attempt: 0 });
    });
    dispatch(Happening.welcome, { welcome, attempt: state.attempt });
    // A listener may have closed the client.
    if (socket !== opened) return;
    // The limit is known only now. And what alice has queued is not bob's to say.
    outbox.attach(opened, limits, (weight) =>
      another
        ? messageError('not_sent', 'principal changed', { reason: 'principal_changed' })
        : oversize(weight),
    );
    settle?.[0](welcome);
    opening = undefined;
  };

  const tryAgain = () => {
    if (dispatch(Happening.retry)) void tryOnce();
  };

  /** As with DOM listeners, the same function given twice is one. @returns its undo */
  const listen = (key: string | null | undefined, handler: (...all: any[]) => void) => {
    const all = handlers.get(key) ?? new Set();
    handlers.set(key, all.add(handler));
    // The first use of a lazy client; to look at its state is none.
    if (key !== null && lazy && state.status === 'idle') void connect();
    return () => void all.delete(handler);
  };

  /** A fault of the application's code is neither the connection's nor the next listener's. */
  const emit = (key: string | null | undefined, ...all: unknown[]) => {
    for (const handler of [...(handlers.get(key) ?? [])]) {
      try {
        handler(...all);
      } catch (failure) {
        log(`${key ?? 'Listener'} failed`, failure);
      }
    }
  };

  /** Leaves the present try and its socket, and all timers with them. */
  const leave = (code: number) => {
    // None before the first one.
    attempt?.abort();
    leaveSocket?.(code);
    heartbeat?.halt();
    leaveSocket = socket = heartbeat = undefined;
    outbox.detach(messageError('connection_lost'));
    retryAlarm();
    stableAlarm();
  };

  /** Nothing will be tried any more. */
  const end = (cause: Error) => {
    life?.abort();
    outbox.detach(cause, true);
    settle?.[1](cause);
    opening = undefined;
  };

  const stop = (how: Happening.close | Happening.reset) => {
    leave(1000);
    dispatch(how);
    end(messageError('closed'));
    endpoint = undefined;
    reported.clear();
  };

  /** @returns false when the event means nothing in this state */
  const dispatch = (event: Happening, change?: Partial<ConnectionSnapshot>): boolean => {
    const before = state;
    state = transition(before, event, change);
    if (state === before) return false;
    emit(null);
    return true;
  };

  const connect = () => {
    if (state.status === 'open') return Promise.resolve(state.welcome as Welcome);
    const promise = (opening ??= new Promise((...both) => (settle = both)));
    // Nobody has to handle it: the snapshot says the same.
    promise.catch(() => {});
    if (dispatch(Happening.connect)) {
      // A listener of the end may connect again before that is over.
      life?.abort();
      life = new AbortController();
      // What `wake` knows. Capturing, the window also sees what happens to the document. Node and React
      // Native have no such events.
      for (const type of 'online offline pageshow visibilitychange resume securitypolicyviolation pagehide'.split(' '))
        globalThis.addEventListener?.(type, wake, { signal: life.signal, capture: true });
      void tryOnce();
    }
    return promise;
  };

  return {
    connect,
    close: () => stop(Happening.close),
    reset: () => stop(Happening.reset),
    send: (type, data) => push(type, data),
    request: (type, data, more) =>
      outbox.issue((id) => push(type, data, id, more?.channel), more) as Promise<never>,
    ping: async (more) => {
      const start = performance.now();
      await outbox.issue((id) => control({ type: 'ping', id }), { timeoutMs: 5_000, ...more });
      return performance.now() - start;
    },
    on: listen,
    once: (type, handler) => {
      const stop = listen(type, (data) => {
        stop();
        handler(data);
      });
      return stop;
    },
    onAny: (handler) => listen(undefined, handler),
    getSnapshot: () => state,
    subscribe: (listener) => listen(null, listener),
    extend: (first) => {
      tap = first;
      return [control, emit];
    },
  };
};
