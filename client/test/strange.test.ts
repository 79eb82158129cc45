// @vitest-environment node
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClient, type ClientOptions, type DrawbridgeClient } from '../src/drawbridge.js';
import { discover } from '../src/discovery.js';
import { FakeSocket } from './fake-socket.js';

/** What a program hands over that is not what the types say, or does inside of a call. */
let page: Server;
let asked: string[];
let client: DrawbridgeClient;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

const origin = () => `http://127.0.0.1:${(page.address() as AddressInfo).port}`;

function connect(options: object): DrawbridgeClient {
  client = createClient({ WebSocket: FakeSocket, logger: null, ...options } as ClientOptions);
  void client.connect();
  return client;
}

const status = () => client.getSnapshot().status;

beforeEach(async () => {
  asked = [];
  page = createServer((request, answer) => {
    asked.push(String(request.url));
    answer.writeHead(404).end();
  });
  await new Promise<void>((listening) => page.listen(0, '127.0.0.1', listening));
  vi.stubGlobal('location', new URL(`${origin()}/shop/`));
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  client.close();
  await new Promise((turn) => setImmediate(turn));
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
  vi.unstubAllGlobals();
  page.closeAllConnections();
  await new Promise((closed) => page.close(closed));
});

it.each([
  ['returns', () => null],
  [
    'throws',
    () => {
      throw Error('nobody is logged in');
    },
  ],
])('getToken that closes the client and then %s leaves nothing behind', async (_, then) => {
  const getToken = () => {
    client.close();
    return then();
  };
  client = createClient({ url: 'ws://server/ws', WebSocket: FakeSocket as never, logger: null, getToken });

  await expect(client.connect()).rejects.toMatchObject({ code: 'closed' });

  expect(status()).toBe('closed');
});

it('a ConnectionError of another copy of the package is what getToken wants to say', async () => {
  const wish = { stage: 'token', code: 'login_required', title: 'Log in', action: 'login' };
  connect({
    url: 'ws://server/ws',
    getToken: () => Promise.reject(Object.assign(Error('Log in'), wish, { name: 'ConnectionError' })),
  });

  await vi.waitFor(() => expect(status()).toBe('failed'));

  expect(client.getSnapshot().error).toMatchObject(wish);
});

it.each([
  ['a symbol', () => Symbol('x')],
  ['what has no text', () => Object.create(null) as object],
])('url() that throws %s is try_failed, and asked again', async (_, thrown) => {
  const cause = thrown();
  connect({
    url: () => {
      throw cause;
    },
  });

  await vi.waitFor(() => expect(status()).toBe('waiting'));

  expect(client.getSnapshot().error).toMatchObject({ code: 'try_failed', cause });
});

it.each([
  ['an empty text', ''],
  ['null', null],
])('%s as url is no address, and leads to no server of the page', async (_, url) => {
  connect({ url });

  await vi.waitFor(() => expect(status()).toBe('failed'));

  expect(client.getSnapshot().error?.code).toBe('url_invalid');
  expect(asked).toEqual([]);
});

it.each([
  ['an empty text', ''],
  ['undefined', undefined],
  ['null', null],
])('%s among configUrls is one that is not there, and the page is no fallback', async (_, one) => {
  connect({ configUrls: [one] });

  await vi.waitFor(() => expect(status()).toBe('waiting'));

  expect(client.getSnapshot().error).toMatchObject({ code: 'path_wrong', stage: 'discovery' });
  expect(asked.filter((path) => path.endsWith('ws/config'))).toEqual([]);
});

it.each([['null', null], ['none', []]] as const)('%s as configUrls are none', async (_, configUrls) => {
  connect({ url: 'ws://server/ws' });
  await expect(
    discover(new AbortController().signal, undefined, configUrls),
  ).resolves.toMatchObject({ problem: expect.stringContaining('/ws/config answered 404') });

  expect(asked).toEqual(['/shop/ws/config', '/ws/config']);
});
