// @vitest-environment node
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import {
  createClient,
  type ClientOptions,
  type ConnectionError,
  type DrawbridgeClient,
} from '../src/drawbridge.js';
import { discover } from '../src/discovery.js';
import { eventually } from './eventually.js';
import { discovery, TestServer } from './server.js';

/** What stands between a page and Drawbridge, or in its place, with sockets and HTTP as they are. */
let server: TestServer;
let client: DrawbridgeClient | undefined;
const closed = new AbortController();

beforeEach(async () => {
  vi.stubGlobal('WebSocket', NodeWebSocket);
  server = await new TestServer().start();
});

afterEach(async () => {
  client?.close();
  await server.stop();
  vi.unstubAllGlobals();
});

async function firstCause(options: ClientOptions = {}): Promise<ConnectionError> {
  const logger = { error: () => {} };
  const made = (client = createClient({ url: server.url, getToken: () => 'a.b.c', logger, ...options }));
  return new Promise((resolve) => {
    const stop = made.subscribe(() => {
      const { error } = made.getSnapshot();
      if (!error) return;
      stop();
      resolve(error);
    });
    void made.connect();
  });
}

function answer(status: number, type: string, body: string, more: Record<string, string> = {}): void {
  server.forwardsUpgrades = false;
  server.inFront = (_, response) =>
    void response.writeHead(status, { 'content-type': type, ...more }).end(body);
}

describe('in the place of /ws/diagnose', () => {
  it.each([
    [404, 'text/html', '<!doctype html>'],
    [200, 'text/html', '<!doctype html><title>Vite</title>'],
    [200, 'application/json', 'null'],
    [200, 'application/json', '[]'],
    [404, 'application/json', '{"code":404,"message":"No such route"}'],
    [403, 'application/json', '{"code":"FORBIDDEN"}'],
    [401, 'application/problem+json', '{"type":"about:blank","code":"token_expired","action":"wait"}'],
  ])('%d %s %s is not taken for Drawbridge', async (status, type, body) => {
    answer(status, type, body);

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'path_wrong', action: 'fix_config', stage: 'connect' });
    expect(cause.hint).toMatch(new RegExp(`/ws/diagnose answered ${status}$`));
    expect(client?.getSnapshot().status).toBe('waiting');
  });

  it.each([
    [502, undefined],
    [503, 20_000],
    [429, 7_000],
  ])('a proxy that answers %d is a server that is away, for as long as it says', async (status, wait) => {
    answer(status, 'text/html', 'Busy', wait ? { 'retry-after': String(wait / 1_000) } : {});
    const before = Date.now();

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'server_unreachable', action: 'wait' });
    expect(cause.retryAfterMs).toBe(wait);
    expect(Number(client?.getSnapshot().retryAt)).toBeGreaterThanOrEqual(before + (wait ?? 0));
  });

  it('a login page that everything is redirected to is named by its status', async () => {
    server.forwardsUpgrades = false;
    server.inFront = (request, response) =>
      void (request.url === '/login'
        ? response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>')
        : response.writeHead(302, { location: '/login' }).end());

    expect(await firstCause()).toMatchObject({ code: 'path_wrong' });
  });

  it('a body that drips for ever costs 3 s, and then what the socket saw is said', async () => {
    server.forwardsUpgrades = false;
    server.inFront = (_, response) => drip(response);

    expect(await firstCause()).toMatchObject({ code: 'connection_lost', action: 'wait' });
  });
});

describe('in the place of /ws/config', () => {
  it('a body that drips for ever costs no more than the limit', async () => {
    server.inFront = (_, response) => drip(response);
    const started = performance.now();

    const found = discover(closed.signal, undefined, [server.configUrl], 800);

    await expect(found).rejects.toMatchObject({ code: 'server_unreachable', hint: server.configUrl });
    // What is above is the slowness of a busy machine.
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it.each([
    ['path', 'https://evil.example/ws'],
    ['path', '//evil.example/ws'],
    ['path', '/\\evil.example/ws'],
    ['diagnose', 'https://evil.example/ws/diagnose'],
    ['diagnose', '//evil.example'],
  ])('a document whose %s leads to another server (%s) is passed over', async (member, address) => {
    server.config = { ...discovery(server), [member]: address };

    const found = discover(closed.signal, undefined, [server.configUrl]);

    await expect(found).rejects.toMatchObject({ code: 'path_wrong' });
  });

  it.each([
    ['no object', 'x'],
    ['negative', { baseMs: -5, capMs: -5, stableAfterMs: -1 }],
    ['no numbers', { baseMs: 'soon', capMs: {}, stableAfterMs: 'later' }],
    ['enormous', { baseMs: 1e300, capMs: 1e300 }],
  ])('times to reconnect that are %s make no busy loop', async (_, reconnect) => {
    server.config = { ...discovery(server), reconnect };
    const { url } = await discover(closed.signal, undefined, [server.configUrl]);
    expect(url).toBe(server.url);
    client = createClient({
      configUrls: [server.configUrl],
      getToken: () => 'a.b.c',
      logger: { error: () => {} },
    });
    await client.connect();
    const before = Date.now();
    server.closeAll(1011);
    await eventually(() => expect(client?.getSnapshot().status).toBe('waiting'));

    expect(Number(client.getSnapshot().retryAt) - before).toBeGreaterThan(0);
    expect(server.upgrades).toHaveLength(1);
  });
});

/** Headers at once, then a byte now and then. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
}
