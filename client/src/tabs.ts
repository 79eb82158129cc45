/**
 * One connection for several tabs. The Web Locks API elects the tab that has it, and a broadcast channel
 * carries the messages of the others; no token goes through it.
 */
import {
  createClient,
  IDLE,
  type ClientOptions,
  type ConnectionError,
  type ConnectionSnapshot,
  type DrawbridgeClient,
  type DrawbridgeMessages,
  type RequestOptions,
  type TokenContext,
  type Welcome,
} from './drawbridge.js';
import {
  encoded,
  local,
  newOpening,
  place,
  plain,
  principal,
  revived,
  type Call,
  type Note,
  type Opening,
  type Untyped,
  type Waiting,
} from './tabs-notes.js';

export interface SharedOptions extends ClientOptions {
  /**
   * Pages with the same scope share: two applications of one origin, each below a path of its own, can
   * have a server each. An explicit `url` needs none.
   * @default the folder of the page
   */
  readonly scope?: string;
}

/** As long as the core waits for an answer. */
const REQUEST_MS = 35_000;
const PING_MS = 5_000;

/** As many as the core lets wait for a connection. */
const MAX_UNSENT = 256;

/**
 * A client like that of `createClient`, which shares its connection with the tabs of the same user and
 * server. Where the browser lacks what it needs, each tab has a connection of its own.
 */
export function shareTabs<M extends object = DrawbridgeMessages>(
  options: SharedOptions = {},
): DrawbridgeClient<M> {
  const { scope = '.', lazy = false, ...core } = options;
  const { getToken, logger = console } = core;
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks || typeof BroadcastChannel === 'undefined') return createClient<M>({ ...core, lazy });

  const me = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const listeners = new Set<() => void>();
  const handlers = new Map<string, Set<(data: unknown) => void>>();
  const witnesses = new Set<(type: string, data: unknown) => void>();
  const waiting = new Map<number, Waiting>();
  /** What this tab works on as the leader. */
  const aborts = new Map<string, AbortController>();
  let last = 0;
  let state = IDLE;
  /** From `connect`, or the page's return, until `close`, or the page's leaving. */
  let member: AbortController | undefined;
  /** Null in a tab that is alone. */
  let channel: BroadcastChannel | null = null;
  let leader: string | undefined;
  /** The connection, while this tab is the leader. */
  let inner: Untyped | undefined;
  /** Waits for the lock, unless it does so already. Undefined while this tab is no member. */
  let queue: (() => Promise<void>) | undefined;
  let queued = false;
  let opening: Opening | undefined;

  const safely = (name: string, call: () => void) => {
    try {
      call();
    } catch (failure) {
      logger?.error(`[drawbridge] ${name} failed`, failure);
    }
  };

  const show = (next: ConnectionSnapshot) => {
    state = next;
    const one = opening;
    if (/open|failed|closed/.test(next.status)) opening = undefined;
    if (next.status === 'open') one?.resolve(next.welcome as Welcome);
    else if (!opening) one?.reject(next.error ?? local('closed', 'The client is closed'));
    for (const listener of [...listeners]) safely('Listener', listener);
  };

  const emit = (type: string, data: unknown) => {
    for (const handler of [...(handlers.get(type) ?? [])]) safely(type, () => handler(data));
    for (const witness of [...witnesses]) safely(type, () => witness(type, data));
  };

  const post = (note: Note) => channel?.postMessage(note);

  const tellState = () => {
    const error = state.error && (plain(state.error) as ConnectionError);
    post({ is: 'state', leader: me, state: { ...state, error } });
  };

  /** Gives what waits to the tab that leads now. What the one before has got may have been sent. */
  const follow = (now: string | undefined) => {
    if (leader === now) return;
    leader = now;
    for (const one of [...waiting.values()])
      if (one.to) one.reject(local('connection_lost', 'The tab with the connection is gone'));
      else if (now) hand(one, now);
  };

  const hand = (one: Waiting, to: string) => {
    const { call, resolve, reject } = one;
    one.to = to;
    if (to === me) work(call, resolve, reject);
    else post({ is: 'call', to, call });
    // Nobody answers it.
    if (call.what === 'send') resolve(undefined);
  };

  /** Does as the leader what a tab asks for. */
  const work = (
    { from, n, what, type, data, timeoutMs }: Call,
    resolve: (data: unknown) => void,
    reject: (reason: unknown) => void,
  ) => {
    const connection = inner as Untyped;
    const key = `${from} ${n}`;
    if (what === 'abort') return aborts.get(key)?.abort();
    const abort = new AbortController();
    aborts.set(key, abort);
    const more = { signal: abort.signal, ...(timeoutMs !== undefined && { timeoutMs }) };
    const answer = async () =>
      what === 'send'
        ? connection.send(type, data)
        : what === 'ping'
          ? connection.ping(more)
          : connection.request(type, data, more);
    void answer()
      .then(resolve, reject)
      .finally(() => aborts.delete(key));
  };

  const heard = ({ data: note }: MessageEvent<Note>) => {
    if (note.is === 'event') emit(note.type, note.data);
    else if (note.is === 'hello' && inner) tellState();
    else if (note.is === 'bye' && note.leader === leader) {
      follow(undefined);
      show({ ...IDLE, status: 'connecting' });
    } else if (note.is === 'state' && !inner) {
      const { error, status } = note.state;
      follow(note.leader);
      // What was refused to that tab can be granted to this one, whose turn comes now.
      if (status === 'failed' && queued) return show({ ...IDLE, status: 'connecting' });
      show({ ...note.state, error: error && (revived(error) as ConnectionError) });
      if (status === 'open') void queue?.();
    } else if (note.is === 'call' && inner && note.to === me) {
      const { from, n } = note.call;
      const answer = (data: unknown, error?: object) =>
        post({ is: 'answer', to: from, n, data, error });
      work(note.call, answer, (reason) => answer(undefined, plain(reason)));
    } else if (note.is === 'answer' && note.to === me) {
      const one = waiting.get(note.n);
      if (note.error) one?.reject(revived(note.error));
      else one?.resolve(note.data);
    }
  };

  /**
   * Asks for a token and joins the tabs of its user.
   *
   * @param known the token, when it is there already
   */
  const join = async (known?: string | null) => {
    const mine = (member = new AbortController());
    const { signal } = mine;
    const ask = async (context: TokenContext) => (await getToken?.(context)) ?? null;
    let first: Promise<string | null> | undefined =
      known === undefined ? ask({ reason: 'connect', signal }) : Promise.resolve(known);
    const user = await first.then(principal, () => undefined);
    if (signal.aborted) return;

    const token = async (context: TokenContext) => {
      const asked = first ?? ask(context);
      first = undefined;
      const answer = await asked;
      const now = principal(answer);
      if (now === undefined || now === user || signal.aborted) return answer;
      // The other tabs, and what waits there, are still the user before.
      leave();
      show({ ...IDLE, status: 'connecting' });
      void join(answer);
      throw new Error('The token is of another user');
    };
    let resign = () => {};
    const lead = () => {
      const own = createClient<M>({ ...core, ...(getToken && { getToken: token }) });
      const connection = (inner = own as unknown as Untyped);
      connection.onAny((type, data) => {
        post({ is: 'event', type, data });
        emit(type, data);
      });
      connection.subscribe(() => {
        if (inner !== connection) return;
        show(connection.getSnapshot());
        tellState();
        if (state.status !== 'failed' || !channel) return;
        // The token of another tab may be a better one.
        inner = leader = undefined;
        resign();
      });
      void connection.connect();
      follow(me);
    };
    const alone = () => {
      channel?.close();
      channel = null;
      lead();
    };
    if (user === undefined) return alone();
    const name = `drawbridge.tabs.1 ${place(options, scope)} ${user}`;
    queue = async () => {
      if (queued || inner) return;
      queued = true;
      try {
        await locks.request(name, { signal }, () => {
          queued = false;
          if (signal.aborted) return undefined;
          return new Promise<void>((release) => {
            resign = release;
            signal.addEventListener('abort', () => release());
            lead();
          });
        });
      } catch {
        // Aborted, or refused, such as in a sandboxed frame.
        if (member === mine) queued = false;
        if (!signal.aborted && !inner) alone();
      }
    };
    try {
      channel = new BroadcastChannel(name);
    } catch {
      return alone();
    }
    channel.onmessage = heard;
    post({ is: 'hello' });
    await queue();
  };

  /** Leaves the group; the lock goes to the next tab. */
  const leave = () => {
    const connection = inner;
    inner = undefined;
    // First, so that what this tab still waits for is lost and not closed.
    follow(undefined);
    if (connection) post({ is: 'bye', leader: me });
    connection?.close();
    aborts.clear();
    channel?.close();
    channel = null;
    member?.abort();
    member = queue = undefined;
    queued = false;
  };

  // With a lock or a channel a page cannot enter the back/forward cache.
  globalThis.window?.addEventListener?.('pagehide', () => {
    if (!member) return;
    leave();
    show({ ...state, status: 'suspended', retryAt: null, draining: false });
  });
  globalThis.window?.addEventListener?.('pageshow', () => {
    if (state.status !== 'suspended') return;
    show({ ...state, status: 'connecting' });
    void join();
  });

  const ended = () => /closed|failed/.test(state.status);
  const unsent = () => [...waiting.values()].filter(({ to }) => !to).length;

  const ask = (
    what: Call['what'],
    type = '',
    data: unknown = null,
    { timeoutMs, signal }: RequestOptions = {},
    limitMs = REQUEST_MS,
  ): Promise<unknown> => {
    const n = ++last;
    const call = { from: me, n, what, type, data, timeoutMs };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let abort = () => {};
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (ended())
        throw state.error ?? local('not_sent', `The client is ${state.status}`);
      if (unsent() >= MAX_UNSENT) throw local('queue_full', 'Too many wait');
      const one: Waiting = { call, resolve, reject };
      abort = () => {
        if (one.to) hand({ ...one, call: { ...call, what: 'abort' } }, one.to);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort);
      // A tab that is frozen answers nothing.
      timer = setTimeout(
        () => reject(local('request_timeout', `No answer within ${timeoutMs ?? limitMs} ms`)),
        timeoutMs ?? limitMs,
      );
      waiting.set(n, one);
      if (leader) hand(one, leader);
    }).finally(() => {
      waiting.delete(n);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  };

  /** The first use of a lazy client. */
  const wanted = () => {
    if (lazy && state.status === 'idle') void client.connect();
  };

  const client: DrawbridgeClient<M> = {
    connect: () => {
      if (state.status === 'open') return Promise.resolve(state.welcome as Welcome);
      const { promise } = (opening ??= newOpening());
      const { status } = state;
      if (/idle|closed|failed/.test(status)) show({ ...IDLE, status: 'connecting' });
      if (/idle|closed/.test(status)) void join();
      else if (status === 'failed' && inner) void inner.connect();
      else if (status === 'failed') {
        // Whoever leads says so; when nobody does, this tab will.
        post({ is: 'hello' });
        void queue?.();
      }
      return promise;
    },
    close: () => {
      for (const { reject } of [...waiting.values()])
        reject(local('closed', 'The client is closed'));
      leave();
      if (state.status !== 'closed') show({ ...IDLE, status: 'closed' });
    },
    reset: () => {
      client.close();
      show(IDLE);
    },
    send: (type, data) => {
      wanted();
      if (inner) return (inner as unknown as DrawbridgeClient<M>).send(type, data);
      if (ended()) return false;
      const body = encoded(type, data, state.welcome?.limits.maxMessageBytes);
      if (unsent() >= MAX_UNSENT) return false;
      ask('send', type, body).catch(() => {});
      return true;
    },
    request: async (type, data, more) => {
      wanted();
      const { maxMessageBytes } = state.welcome?.limits ?? {};
      const body = inner ? data : encoded(type, data, maxMessageBytes);
      return (await ask('request', type, body, more)) as never;
    },
    ping: async (more) => {
      const start = performance.now();
      await ask('ping', '', null, more, PING_MS);
      return performance.now() - start;
    },
    on: (type, handler) => {
      const all = handlers.get(type) ?? new Set();
      handlers.set(type, all.add(handler as (data: unknown) => void));
      wanted();
      return () => void all.delete(handler as (data: unknown) => void);
    },
    once: (type, handler) => {
      const stop = client.on(type, (data) => {
        stop();
        handler(data);
      });
      return stop;
    },
    onAny: (handler) => {
      witnesses.add(handler);
      wanted();
      return () => void witnesses.delete(handler);
    },
    getSnapshot: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  return client;
}
