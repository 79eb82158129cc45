/**
 * A server without a network, for the tests of a page. It speaks the protocol like the real one, and
 * does what a test tells it: answers, pushes, refuses, pings, closes, is away.
 */
import { ChannelServer, type MockChannels, type Peer } from './mock-channels.js';
import { MockSocket, WELCOME } from './mock-socket.js';
import { Subprotocol, type Action, type ErrorBody, type Frame, type Welcome } from './protocol.js';

/** Why a handshake is refused, as `/ws/diagnose` tells it. */
export interface Refusal {
  /** Of the table in PROTOCOL.md, such as `user_disabled`. */
  readonly code: string;
  /** @default 403 */
  readonly status?: number;
  readonly title?: string;
  /** @default login */
  readonly action?: Action;
  readonly hint?: string;
  readonly retryAfterMs?: number;
}

export interface MockServerOptions {
  /** What its `welcome` says otherwise than a server in development mode with the user alice. */
  readonly welcome?: Partial<Welcome> | ((token: string | null) => Partial<Welcome>);
  /** Sees each connection before anything is sent on it. */
  readonly onConnection?: (connection: MockConnection) => void;
  /** False: a server that knows no channels. @default true */
  readonly channels?: boolean;
  /**
   * The test opens, welcomes and answers by itself, by the connection's functions.
   * @default false
   */
  readonly manual?: boolean;
}

/** One connection, from the server's side. */
export interface MockConnection {
  /** The address that the client has asked for. */
  readonly url: URL;
  /** The token that it has offered. */
  readonly token: string | null;
  /** Every frame that it has sent, in order. */
  readonly frames: readonly Frame[];
  readonly isOpen: boolean;
  /** The code with which the client has closed. */
  readonly closedWith: number | undefined;
  /** Answers the upgrade. By itself unless `manual`, as is `sendWelcome`. */
  readonly open: (protocol?: string) => void;
  readonly sendWelcome: (change?: Partial<Welcome>) => void;
  /** Pushes a message. */
  readonly send: (type: string, data?: unknown) => void;
  /** Sends any frame, also one that the protocol does not know. */
  readonly sendFrame: (frame: object) => void;
  /** Answers the latest request, or the one of that id. */
  readonly ack: (data?: unknown, id?: string) => void;
  /** Refuses the latest request, or the one of that id. */
  readonly fail: (error: ErrorBody, id?: string) => void;
  /** An error that answers nothing, such as the one before a close. */
  readonly sendError: (error: ErrorBody) => void;
  /** @returns when the client has answered */
  readonly ping: () => Promise<void>;
  /** The server is going down. */
  readonly drain: (reconnectAfterMs: number) => void;
  /** Asks for a new token. */
  readonly expiring: (expiresAt?: number) => void;
  /** @param code 1006 is a connection that was cut */
  readonly close: (code: number, reason?: string) => void;
  /** Cuts it when so many more frames of the server have arrived. */
  readonly cutAfter: (frames: number) => void;
}

/** @returns the ack's data; what it throws is the error frame, of its `code` or `handler_failed` */
export type MockHandler = (data: never, connection: MockConnection) => unknown;

export interface MockServer {
  /** For the client's `url`; any other address, found by discovery, leads here too. */
  readonly url: string;
  /** The class to give to a client, where it is not installed. */
  readonly WebSocket: typeof WebSocket;
  /** All since the start, in order. */
  readonly connections: readonly MockConnection[];
  /** The latest; throws when there was none. */
  readonly connection: MockConnection;
  /** @returns the latest when it is welcomed, else the next that will be */
  readonly connected: () => Promise<MockConnection>;
  /** Handles the messages of a type; without a handler a request fails with `message_type_unknown`. @returns its undo */
  readonly on: (type: string, handler: MockHandler) => () => void;
  /** The data of every message of that type so far, of all connections. */
  readonly received: (type: string) => readonly unknown[];
  /** @returns the data of the next message of that type */
  readonly next: (type: string) => Promise<unknown>;
  /** Pushes a message to every open connection. */
  readonly broadcast: (type: string, data?: unknown) => void;
  readonly closeAll: (code: number, reason?: string) => void;
  /** Refuses every handshake from now on, by token where that matters; undefined lets them in again. */
  readonly refuse: (
    refusal: Refusal | ((token: string | null) => Refusal | undefined) | undefined,
  ) => void;
  /** False: nobody answers, and what was connected is cut. */
  readonly setReachable: (reachable: boolean) => void;
  /** What clients subscribe to and publish in. */
  readonly channels: MockChannels;
  /**
   * Puts itself in the place of `WebSocket`, and of `fetch` for `/ws/config` and `/ws/diagnose`; every
   * other address goes where it went before. @returns its undo, safe to call twice
   */
  readonly install: () => () => void;
}

export function createMockServer({
  welcome = {},
  manual = false,
  onConnection,
  channels: speaksChannels = true,
}: MockServerOptions = {}): MockServer {
  const connections: MockConnection[] = [];
  const welcomed = new WeakSet<MockConnection>();
  const handlers = new Map<string, MockHandler>();
  const messages: Frame[] = [];
  const waiting = new Set<{ type: string; resolve: (data: unknown) => void }>();
  const arrivals = new Set<(connection: MockConnection) => void>();
  let refusal: (token: string | null) => Refusal | undefined = () => undefined;
  let reachable = true;
  const channels = new ChannelServer();
  // Outside a page there is none, and about:blank has no host.
  const location = globalThis.location as Location | undefined;

  class Socket extends MockSocket {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly #connection: MockConnection;
    readonly #pongs = new Map<unknown, () => void>();
    #peer: Peer | undefined;

    constructor(url: string | URL, offered?: string | readonly string[]) {
      super(url, offered);
      this.#connection = this.#serve();
      connections.push(this.#connection);
      onConnection?.(this.#connection);
      // As in a browser, nothing happens before the caller has set its handlers.
      queueMicrotask(() => {
        if (this.readyState) return;
        const { token } = this.#connection;
        if (!reachable || refusal(token)) this.end(1006);
        else if (!manual) {
          this.#connection.open();
          this.#connection.sendWelcome();
        }
      });
    }

    override send(json: string): void {
      super.send(json);
      const frame = this.sent.at(-1) as Frame;
      if (frame.type === 'pong') this.#pongs.get(frame.id)?.();
      if (!/^(ping|pong|auth)$/.test(frame.type)) {
        messages.push(frame);
        for (const one of [...waiting])
          if (one.type === frame.type && waiting.delete(one)) one.resolve(frame.data);
      }
      if (!manual) queueMicrotask(() => void this.#answer(frame));
    }

    override close(code?: number): void {
      super.close(code);
      queueMicrotask(() => this.readyState === 2 && this.end(code ?? 1005));
    }

    override end(code: number, reason?: string): void {
      if (this.#peer) channels.left(this.#peer);
      super.end(code, reason);
    }

    async #answer(frame: Frame): Promise<void> {
      const { type, id, data } = frame;
      const { sendFrame } = this.#connection;
      if (type === 'ping') return sendFrame({ type: 'pong', id });
      if (type === 'pong') return;
      if (type === 'auth')
        return sendFrame({ type: 'ack', id, data: { tokenExpiresAt: Date.now() + 3_600_000 } });
      const handler = handlers.get(type);
      try {
        // What a test handles itself is its own.
        if (!handler && this.#peer && channels.answer(this.#peer, frame)) return;
        if (!handler)
          throw { code: 'message_type_unknown', message: `The test handles no "${type}"` };
        const ack = await handler(data as never, this.#connection);
        if (id) sendFrame({ type: 'ack', id, data: ack });
      } catch (thrown) {
        const { code = 'handler_failed', message = String(thrown), ...more } = (thrown ?? {}) as Partial<ErrorBody>;
        sendFrame({ type: 'error', id, error: { ...more, code, message } });
      }
    }

    #serve(): MockConnection {
      const { offered, sent } = this;
      const latest = () => {
        const id = sent.filter((frame) => frame.id && !/^(ping|pong)$/.test(frame.type)).at(-1)?.id;
        if (!id) throw new Error('The client has not asked for anything');
        return id;
      };
      const socket = this;
      let left = Infinity;
      const sendFrame = (frame: object) => {
        // What the server writes to a connection that is gone gets lost.
        if (this.readyState !== 1) return;
        if (left-- > 0) this.receive(frame);
        if (left <= 0) connection.close(1006);
      };
      const connection: MockConnection = {
        url: new URL(this.url),
        token: offered.find((one) => one.startsWith(Subprotocol.bearer))?.slice(Subprotocol.bearer.length) ?? null,
        frames: sent,
        get isOpen() {
          return socket.readyState === 1;
        },
        get closedWith() {
          return socket.closedWith;
        },
        open: (protocol) => void this.open(protocol),
        sendWelcome: (change) => {
          const connectionId = `k${connections.indexOf(connection) + 1}`;
          const said = typeof welcome === 'function' ? welcome(connection.token) : welcome;
          const more = speaksChannels
            ? { features: ['channels', 'resume', 'presence'], log: { ...channels.position, windowMs: 300_000 } }
            : {};
          const data = { ...WELCOME, connectionId, serverTime: Date.now(), ...more, ...said, ...change };
          if (speaksChannels) this.#peer = { user: data.user, frames: sent, sendFrame };
          sendFrame({ type: 'welcome', data });
          welcomed.add(connection);
          for (const arrival of arrivals) arrival(connection);
          arrivals.clear();
        },
        send: (type, data) => sendFrame({ type, data }),
        sendFrame,
        ack: (data, id = latest()) => sendFrame({ type: 'ack', id, data }),
        fail: (error, id = latest()) => sendFrame({ type: 'error', id, error }),
        sendError: (error) => sendFrame({ type: 'error', error }),
        ping: () =>
          new Promise((resolve) => {
            const id = `p${this.#pongs.size + 1}`;
            this.#pongs.set(id, resolve);
            sendFrame({ type: 'ping', id });
          }),
        drain: (reconnectAfterMs) => sendFrame({ type: 'drain', data: { reconnectAfterMs } }),
        expiring: (expiresAt = Date.now() + 60_000) =>
          sendFrame({ type: 'auth.expiring', data: { expiresAt } }),
        close: (code, reason) => {
          if (this.readyState < 2) this.end(code, reason);
        },
        cutAfter: (frames) => (left = frames),
      };
      return connection;
    }
  }

  const closeAll = (code: number, reason?: string) =>
    connections.forEach((connection) => connection.isOpen && connection.close(code, reason));

  /** @returns undefined for an address that is not the server's */
  const respond = async (
    address: string,
    headers: HeadersInit | undefined,
  ): Promise<object | undefined> => {
    const { pathname } = new URL(address, location?.host ? location.href : 'http://localhost');
    const route = /\/ws\/(config|diagnose|health)$/.exec(pathname)?.[1];
    if (!route) return undefined;
    if (!reachable) throw new TypeError('Failed to fetch');
    if (route !== 'diagnose')
      return answer(200, {
        ...{ configVersion: 1, mode: 'dev', status: 'ok', protocols: [Subprotocol.v1] },
        path: pathname.slice(0, -'/config'.length),
      });
    // jsdom has no `Headers`.
    const all = Object.entries(
      headers && 'forEach' in headers ? Object.fromEntries(headers as Iterable<[string, string]>) : { ...headers },
    );
    const token = all.find(([name]) => /^authorization$/i.test(name))?.[1]?.replace('Bearer ', '') ?? null;
    const refused = refusal(token);
    if (!refused)
      return answer(200, { code: 'ok', attempt: { stage: 'upgraded', code: 'ok' } });
    const { status = 403, code, retryAfterMs, ...more } = refused;
    const type = `urn:drawbridge:problem:${code}`;
    const wait = retryAfterMs && { 'retry-after': `${retryAfterMs / 1_000}` };
    const body = { type, title: code, action: 'login', requestId: 'r1', ...more, status, code };
    return answer(status, body, wait || {});
  };

  return {
    url: `${location?.protocol === 'https:' ? 'wss' : 'ws'}://${location?.host || 'localhost'}/ws`,
    WebSocket: Socket as unknown as typeof WebSocket,
    connections,
    get connection() {
      const last = connections.at(-1);
      if (!last) throw new Error('No client has connected');
      return last;
    },
    connected: () => {
      const last = connections.at(-1);
      return last?.isOpen && welcomed.has(last)
        ? Promise.resolve(last)
        : new Promise((resolve) => arrivals.add(resolve));
    },
    on: (type, handler) => {
      handlers.set(type, handler);
      return () => void (handlers.get(type) === handler && handlers.delete(type));
    },
    received: (type) => messages.filter((frame) => frame.type === type).map(({ data }) => data),
    next: (type) => new Promise((resolve) => waiting.add({ type, resolve })),
    broadcast: (type, data) => connections.forEach((connection) => connection.send(type, data)),
    closeAll,
    channels,
    refuse: (one) => (refusal = typeof one === 'function' ? one : () => one),
    setReachable: (now) => {
      reachable = now;
      if (!now) closeAll(1006);
    },
    install: () => {
      const { fetch: before } = globalThis;
      const undo = [
        replace('WebSocket', Socket),
        replace('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
          const request = typeof input === 'string' || input instanceof URL ? undefined : input;
          const address = request?.url ?? String(input);
          const response = await respond(address, init?.headers ?? request?.headers);
          if (response) return response;
          if (!before) throw new TypeError(`The mock server does not answer ${address}`);
          return before(input, init);
        }),
      ];
      return () => undo.splice(0).forEach((one) => one());
    },
  };
}

/** No `Response`: jsdom has none. */
function answer(status: number, body: object, more: Record<string, string> = {}): object {
  const headers = new Map(Object.entries({ 'content-type': 'application/problem+json', ...more }));
  return {
    ok: status < 300,
    status,
    headers: { get: (name: string) => headers.get(name.toLowerCase()) ?? null },
    json: async () => body,
    text: async () => JSON.stringify(body),
  };
}

/** @returns its undo */
function replace(name: 'WebSocket' | 'fetch', value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return () =>
    before ? Object.defineProperty(globalThis, name, before) : Reflect.deleteProperty(globalThis, name);
}
