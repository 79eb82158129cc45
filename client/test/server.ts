import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket as Peer } from 'ws';

/** One try as the server saw it. */
export interface Upgrade {
  readonly attempt: string;
  readonly token: string | undefined;
  readonly url: URL;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly title?: string;
  readonly action?: string;
  readonly hint?: string;
  readonly retryAfterSeconds?: number;
}

export interface ClientFrame {
  readonly type: string;
  readonly id?: string;
  readonly data?: unknown;
}

/**
 * A small server that speaks drawbridge.v1 and can be made to fail in any way that a test needs. The
 * real one is tested through the sample.
 */
export class TestServer {
  readonly upgrades: Upgrade[] = [];
  readonly received: ClientFrame[] = [];
  readonly diagnoseCalls: string[] = [];
  readonly peers = new Set<Peer>();

  /** Refuses upgrades and diagnoses alike, as the filters do; by token where that matters. */
  refuse: (token: string | undefined) => Refusal | undefined = () => undefined;
  /** What the upgrade itself recorded, where that differs from what a diagnosis meets later. */
  recorded: { stage: string; code: string } = { stage: 'upgraded', code: 'ok' };
  /** What is recorded of an upgrade that was answered. */
  remembered: { stage: string; code: string } | undefined;
  /** What `/ws/config` answers; undefined for a page of HTML, as a dev server does. */
  config: Record<string, unknown> | undefined;
  heartbeat = { intervalMs: 45_000, graceMs: 15_000 };
  limits: Record<string, number> = { maxMessageBytes: 65_536, messagesPerSecond: 100, burst: 200 };
  reconnect: Record<string, number> = { baseMs: 20, capMs: 40, stableAfterMs: 5_000 };
  tokenExpiresAt = Date.now() + 3_600_000;
  welcome = true;
  /** False: swallows upgrades, as a proxy does that knows HTTP only. */
  forwardsUpgrades = true;
  echoesProtocol = true;
  /** False: a page of another origin may not read the answers. */
  allowsOrigin = true;
  /** Answers HTTP in place of Drawbridge, as whatever stands in front of it. */
  inFront: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** How much later each answer comes, as on a slow line. */
  delayMs = 0;
  /** Further answers, by path: type and body. */
  readonly pages = new Map<string, readonly [type: string, body: string | Buffer]>();
  onMessage = (frame: ClientFrame, peer: Peer): void =>
    this.send(peer, { type: 'ack', id: frame.id, data: frame.data });

  readonly #http = createServer((request, response) => {
    if (this.delayMs) setTimeout(() => this.#answer(request, response), this.delayMs);
    else this.#answer(request, response);
  });
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => (this.echoesProtocol ? 'drawbridge.v1' : false),
  });
  #port = 0;

  async start(port = this.#port): Promise<this> {
    this.#http.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const offered = String(request.headers['sec-websocket-protocol']).split(/,\s*/);
      const token = offered.find((one) => one.startsWith('drawbridge.bearer.'))?.slice(18);
      if (!this.forwardsUpgrades || url.pathname !== '/ws')
        return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      this.upgrades.push({ attempt: url.searchParams.get('attempt') ?? '', token, url });
      const refusal = this.refuse(token);
      if (refusal || this.recorded.code !== 'ok')
        return void socket.end(`HTTP/1.1 ${refusal?.status ?? 503} No\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (peer) => this.#connected(peer));
    });
    await new Promise<void>((done) => this.#http.listen(port, '127.0.0.1', done));
    this.#port = (this.#http.address() as AddressInfo).port;
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }

  get configUrl(): string {
    return `http://127.0.0.1:${this.#port}/ws/config`;
  }

  send(peer: Peer, frame: object): void {
    peer.send(JSON.stringify(frame));
  }

  broadcast(frame: object): void {
    for (const peer of this.peers) this.send(peer, frame);
  }

  closeAll(code: number, reason = ''): void {
    for (const peer of this.peers) peer.close(code, reason);
  }

  /** As a crash: no close frames. `start` listens on the same port again. */
  async stop(): Promise<void> {
    for (const peer of this.peers) peer.terminate();
    this.#http.removeAllListeners('upgrade');
    this.#http.closeAllConnections();
    await new Promise((done) => this.#http.close(done));
  }

  #connected(peer: Peer): void {
    this.peers.add(peer);
    peer.on('close', () => this.peers.delete(peer));
    peer.on('error', () => {});
    peer.on('message', (text) => {
      const frame = JSON.parse(String(text)) as ClientFrame;
      this.received.push(frame);
      if (frame.type === 'ping') this.send(peer, { ...frame, type: 'pong' });
      else if (frame.type !== 'pong') this.onMessage(frame, peer);
    });
    if (this.welcome)
      this.send(peer, {
        type: 'welcome',
        data: {
          connectionId: `k${this.upgrades.length}`,
          protocol: 'drawbridge.v1',
          user: { subject: 'alice', displayName: 'Alice', roles: ['user'] },
          heartbeat: this.heartbeat,
          limits: this.limits,
          tokenExpiresAt: this.tokenExpiresAt,
          serverTime: Date.now(),
          mode: 'dev',
        },
      });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (this.allowsOrigin) {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', 'authorization');
      response.setHeader('access-control-expose-headers', 'retry-after');
    }
    const json = (status: number, body: object, type = 'application/json') =>
      response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
    if (this.inFront) return this.inFront(request, response);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    if (pathname === '/ws/config') {
      if (this.config) return void json(200, this.config);
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
    }
    const page = this.pages.get(pathname);
    if (page) return void response.writeHead(200, { 'content-type': page[0] }).end(page[1]);
    if (pathname !== '/ws/diagnose') return void response.writeHead(404).end('not found');
    const attempt = searchParams.get('attempt') ?? '';
    this.diagnoseCalls.push(attempt);
    const token = request.headers.authorization?.replace('Bearer ', '');
    const refusal = this.refuse(token);
    if (!refusal) {
      const known = this.upgrades.some((upgrade) => upgrade.attempt === attempt);
      const seen = known ? { id: attempt, ...(this.remembered ?? this.recorded), at: Date.now() } : null;
      return void json(200, { code: 'ok', attempt: seen });
    }
    const { status, code, retryAfterSeconds, ...more } = refusal;
    if (retryAfterSeconds) response.setHeader('retry-after', retryAfterSeconds);
    const type = `urn:drawbridge:problem:${code}`;
    const body = { type, title: code, action: 'login', requestId: 'r1', ...more, status, code };
    json(status, body, 'application/problem+json');
  }
}

/** A discovery document like the real one. */
export function discovery(server: TestServer): Record<string, unknown> {
  return {
    configVersion: 1,
    mode: 'dev',
    status: 'ok',
    path: '/ws',
    protocols: ['drawbridge.v1'],
    heartbeat: { ...server.heartbeat, initiator: 'server' },
    reconnect: server.reconnect,
    limits: server.limits,
    diagnose: '/ws/diagnose',
    serverTime: Date.now(),
  };
}
