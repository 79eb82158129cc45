// @vitest-environment node
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { createClient, type ConnectionSnapshot, type DrawbridgeClient } from '../src/drawbridge.js';
import { sessionToken } from '../src/session.js';
import { TestServer } from './server.js';

/** The application, on a port of its own: what it answers at a path, or 404. */
let http: Server;
let origin: string;
let routes: Record<string, (response: ServerResponse) => void>;
let asked: IncomingMessage[];
let client: DrawbridgeClient | undefined;

const context = { reason: 'connect', signal: new AbortController().signal } as const;
const json = (status: number, body: object, more: Record<string, string> = {}) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body));
const html = (status: number) => (response: ServerResponse) =>
  void response.writeHead(status, { 'content-type': 'text/html' }).end('<!doctype html>');
const token = (text = 'a.b.c') => json(200, { token: text, expiresAt: Date.now() + 60_000 });
const refusal = (status: number, code: string, action: string, more: Record<string, string> = {}) =>
  json(
    status,
    { type: `urn:drawbridge:problem:${code}`, title: 'A title', code, action, status, hint: 'Change this', requestId: 'r1' },
    { 'content-type': 'application/problem+json', ...more },
  );
const paths = () => asked.map(({ url }) => url);

/** As in a page of that path. */
function pageAt(path: string): void {
  vi.stubGlobal('document', { baseURI: origin + path });
}

beforeEach(async () => {
  asked = [];
  routes = {};
  http = createServer((request, response) => {
    asked.push(request);
    const route = routes[String(request.url)];
    if (route) route(response);
    else html(404)(response);
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  client?.close();
  client = undefined;
  vi.unstubAllGlobals();
  http.closeAllConnections();
  await new Promise((done) => http.close(done));
});

describe('the request', () => {
  it('asks as a script of the own origin, and gives the token', async () => {
    routes['/ws/token'] = token();

    expect(await sessionToken(`${origin}/ws/token`)(context)).toBe('a.b.c');
    expect(asked[0]).toMatchObject({ method: 'GET', headers: { 'x-requested-with': 'drawbridge' } });
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is made anew each time, past every cache', async () => {
    const seen = vi.fn((_: string, __: RequestInit) => Promise.resolve(Response.json({ token: 'a.b.c' })));
    vi.stubGlobal('fetch', seen);
    const getToken = sessionToken(new URL(`${origin}/ws/token`));
    await getToken(context);
    await getToken({ ...context, reason: 'rejected' });

    expect(seen).toHaveBeenCalledTimes(2);
    expect(seen.mock.calls[1]?.[1]).toMatchObject({
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'manual',
      signal: context.signal,
    });
  });
});

describe('without an address', () => {
  it.each([
    ['/', ['/ws/token']],
    ['/shop/', ['/shop/ws/token', '/ws/token']],
    ['/shop/orders/7?page=2#top', ['/shop/orders/ws/token', '/shop/ws/token', '/ws/token']],
  ])('a page at %s asks beside itself, then above, as discovery does', async (page, all) => {
    pageAt(page);
    routes['/ws/token'] = token();

    expect(await sessionToken()(context)).toBe('a.b.c');
    expect(paths()).toEqual(all);
  });

  it('keeps to what has answered', async () => {
    pageAt('/shop/orders/');
    routes['/shop/ws/token'] = token();
    routes['/ws/token'] = token('of.another.application');
    const getToken = sessionToken();
    await getToken(context);
    routes['/shop/ws/token'] = html(404);

    await expect(getToken(context)).rejects.toMatchObject({ code: 'token_unavailable', action: 'wait' });
    expect(paths()).toEqual(['/shop/orders/ws/token', '/shop/ws/token', '/shop/ws/token']);
  });

  it('passes over the page of a dev server', async () => {
    pageAt('/app/');
    routes['/app/ws/token'] = html(200);
    routes['/ws/token'] = token();

    expect(await sessionToken()(context)).toBe('a.b.c');
  });

  it.each([
    ['refuses', refusal(401, 'login_required', 'login')],
    ['sends to its login', (response: ServerResponse) => void response.writeHead(302, { location: '/login' }).end()],
    ['answers 401 without words', html(401)],
    ['is forbidden', html(403)],
    ['is away', html(503)],
    ['is asked too much', html(429)],
  ])('no other application is asked where the one that %s', async (_, answer) => {
    pageAt('/shop/');
    routes['/shop/ws/token'] = answer;
    routes['/ws/token'] = token('of.another.application');

    await expect(sessionToken()(context)).rejects.toMatchObject({ name: 'ConnectionError' });
    expect(paths()).toEqual(['/shop/ws/token']);
  });

  it('a worker takes its own location, also one made of a blob', async () => {
    vi.stubGlobal('document', undefined);
    vi.stubGlobal('location', { href: `blob:${origin}/7` });
    routes['/ws/token'] = token();

    expect(await sessionToken()(context)).toBe('a.b.c');
  });

  it('says what to pass where there is no page', async () => {
    vi.stubGlobal('document', undefined);
    vi.stubGlobal('location', undefined);

    await expect(sessionToken()(context)).rejects.toMatchObject({
      code: 'url_invalid',
      action: 'fix_client',
      hint: 'Pass sessionToken(url)',
    });
    expect(asked).toEqual([]);
  });
});

describe('what is no token', () => {
  const CASES: [string, (response: ServerResponse) => void, object][] = [
    ['401 of the servlet', refusal(401, 'login_required', 'login'), { code: 'login_required', action: 'login', title: 'A title', hint: 'Change this', requestId: 'r1' }],
    ['401 of another filter', html(401), { code: 'login_required', action: 'login' }],
    ['401 in JSON of another filter', json(401, { error: 'unauthorized' }), { code: 'login_required', action: 'login' }],
    ['a redirect to a login', (response) => void response.writeHead(303, { location: '/login' }).end(), { code: 'login_required', action: 'login' }],
    ['a login page', html(200), { code: 'login_required', action: 'wait' }],
    ['403 of the servlet', refusal(403, 'same_origin_required', 'fix_client'), { code: 'same_origin_required', action: 'fix_client', hint: 'Change this' }],
    ['403 of a firewall', html(403), { code: 'token_unavailable', action: 'wait' }],
    ['429 of the servlet', refusal(429, 'rate_limited', 'wait', { 'retry-after': '7' }), { code: 'rate_limited', action: 'wait', retryAfterMs: 7_000 }],
    ['503 of the servlet', refusal(503, 'keys_unavailable', 'wait'), { code: 'keys_unavailable', action: 'wait' }],
    ['500 of the servlet', refusal(500, 'internal', 'report'), { code: 'internal', action: 'report' }],
    ['502 of a proxy', html(502), { code: 'token_unavailable', action: 'wait' }],
    ['503 of a proxy', (response) => void response.writeHead(503, { 'retry-after': '9' }).end(), { code: 'token_unavailable', action: 'wait', retryAfterMs: 9_000 }],
    ['a path without the servlet', html(404), { code: 'token_unavailable', action: 'wait' }],
    ['JSON without a token', json(200, { tokens: [] }), { code: 'token_unavailable', action: 'wait' }],
    ['a token that is no text', json(200, { token: 7 }), { code: 'token_unavailable', action: 'wait' }],
    ['JSON that is null', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('null'), { code: 'token_unavailable', action: 'wait' }],
    ['broken JSON', (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{'), { code: 'token_unavailable', action: 'wait' }],
    ['nothing', (response) => void response.writeHead(204).end(), { code: 'token_unavailable', action: 'wait' }],
  ];

  it.each(CASES)('%s is told apart', async (_, answer, cause) => {
    routes['/ws/token'] = answer;

    const failure = sessionToken(`${origin}/ws/token`)(context);

    await expect(failure).rejects.toMatchObject({ name: 'ConnectionError', stage: 'token', ...cause });
  });

  it('says which address, what it answered, and what to map', async () => {
    await expect(sessionToken(`${origin}/ws/token`)(context)).rejects.toMatchObject({
      hint: `${origin}/ws/token answered 404 text/html: map SessionTokenServlet`,
    });
  });

  it('is over when the try is over', async () => {
    routes['/ws/token'] = () => {};
    const over = new AbortController();
    const asking = sessionToken(`${origin}/ws/token`)({ reason: 'connect', signal: over.signal });
    over.abort();

    await expect(asking).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('with a client', () => {
  let server: TestServer;

  /** The first state that fits, also the present one. */
  const until = (fits: (snapshot: ConnectionSnapshot) => boolean) =>
    new Promise<ConnectionSnapshot>((resolve) => {
      const made = client as DrawbridgeClient;
      const look = () => fits(made.getSnapshot()) && (stop(), resolve(made.getSnapshot()));
      const stop = made.subscribe(look);
      look();
    });
  const connect = () => {
    client ??= createClient({
      url: server.url,
      getToken: sessionToken(`${origin}/ws/token`),
      logger: null,
      backoff: { baseMs: 5, capMs: 10 },
    });
    client.connect().catch(() => {});
  };

  beforeEach(async () => {
    vi.stubGlobal('WebSocket', NodeWebSocket);
    server = await new TestServer().start();
  });

  afterEach(() => server.stop());

  it('connects with the token of the session', async () => {
    routes['/ws/token'] = token();
    connect();
    await until(({ status }) => status === 'open');

    expect(server.upgrades.map(({ token: sent }) => sent)).toEqual(['a.b.c']);
  });

  it('stops at once for who is not logged in, and connects after the login', async () => {
    routes['/ws/token'] = refusal(401, 'login_required', 'login');
    connect();
    const { error } = await until(({ status }) => status === 'failed');
    expect(error).toMatchObject({ code: 'login_required', action: 'login' });
    expect(paths()).toEqual(['/ws/token']);
    expect(server.upgrades).toEqual([]);

    routes['/ws/token'] = token();
    connect();

    await until(({ status }) => status === 'open');
  });

  it('asks again while the server is away', async () => {
    routes['/ws/token'] = html(502);
    connect();
    const { error } = await until(({ status }) => status === 'waiting');
    expect(error).toMatchObject({ code: 'token_unavailable', stage: 'token' });
    routes['/ws/token'] = token();

    await until(({ status }) => status === 'open');
  });

  it('stops when the session is over: one more token is asked for, and none is given', async () => {
    routes['/ws/token'] = token();
    connect();
    await until(({ status }) => status === 'open');
    routes['/ws/token'] = refusal(401, 'login_required', 'login');
    server.closeAll(4401, 'token_revoked');

    const { error } = await until(({ status }) => status === 'failed');

    expect(error).toMatchObject({ code: 'login_required' });
    expect(paths()).toEqual(['/ws/token', '/ws/token']);
  });
});
