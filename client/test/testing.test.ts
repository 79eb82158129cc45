import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ClientOptions, type DrawbridgeClient } from '../src/drawbridge.js';
import { createMockServer, type MockServer } from '../src/testing.js';
import { eventually } from './eventually.js';

let server: MockServer;
let client: DrawbridgeClient;
let uninstall: () => void;

/** By discovery, unless an address is given. */
const connect = (options: ClientOptions = {}) => {
  client = createClient({ getToken: () => 'a.b.c', logger: { error: () => {} }, ...options });
  return client.connect();
};
const status = (wanted: string) =>
  eventually(() => expect(client.getSnapshot().status).toBe(wanted), 5);

beforeEach(() => {
  sessionStorage.clear();
  server = createMockServer();
  uninstall = server.install();
});

afterEach(() => {
  client?.close();
  uninstall();
});

describe('the mock server', () => {
  it('is found by discovery, takes the token and welcomes', async () => {
    await expect(connect()).resolves.toMatchObject({ user: { subject: 'alice' }, mode: 'dev' });

    expect(server.connection).toMatchObject({ token: 'a.b.c', isOpen: true });
    expect(server.connection.url.pathname).toBe('/ws');
  });

  it('is reached by its address, and says in its welcome what it is told to', async () => {
    server = createMockServer({ welcome: { limits: { maxMessageBytes: 60 } } });
    uninstall();
    uninstall = server.install();

    await expect(connect({ url: server.url })).resolves.toMatchObject({ limits: { maxMessageBytes: 60 } });

    await expect(client.request('echo', 'x'.repeat(60))).rejects.toMatchObject({ code: 'message_too_large' });
  });

  it('acknowledges what a handler returns, sooner or later, and nothing for nothing', async () => {
    await connect();
    server.on('echo', (data) => data);
    server.on('later', async (data: number) => Promise.resolve(data + 1));
    server.on('void', () => {});

    await expect(client.request('echo', { n: 1 })).resolves.toEqual({ n: 1 });
    await expect(client.request('later', 1)).resolves.toBe(2);
    await expect(client.request('void', 1)).resolves.toBeUndefined();
  });

  it.each<[string, unknown, object]>([
    ['an error of the protocol', { code: 'message_data_invalid', message: 'No', details: [{ path: '/a' }] }, { code: 'message_data_invalid', details: [{ path: '/a' }] }],
    ['an exception', new Error('broken'), { code: 'handler_failed' }],
    ['nothing', undefined, { code: 'handler_failed' }],
  ])('answers with an error for a handler that throws %s', async (_, thrown, expected) => {
    await connect();
    server.on('echo', () => {
      throw thrown;
    });

    await expect(client.request('echo', 1)).rejects.toMatchObject({ name: 'MessageError', ...expected });
  });

  it('names a type that no handler has', async () => {
    await connect();

    await expect(client.request('ecko', 1)).rejects.toMatchObject({
      code: 'message_type_unknown',
      message: expect.stringContaining('"ecko"'),
    });
  });

  it('pushes to one connection and to all', async () => {
    await connect();
    const heard: unknown[] = [];
    client.on('news', (data) => heard.push(data));

    server.connection.send('news', 1);
    server.broadcast('news', 2);

    expect(heard).toEqual([1, 2]);
  });

  it('tells what it has received and what comes next', async () => {
    await connect();
    client.send('log', 1);
    expect(server.received('log')).toEqual([1]);

    const next = server.next('log');
    client.send('other', 0);
    client.send('log', 2);

    await expect(next).resolves.toBe(2);
    expect(server.connection.frames).toContainEqual({ type: 'other', data: 0 });
  });

  it('pings and is answered, and answers pings', async () => {
    await connect();

    await server.connection.ping();

    await expect(client.ping()).resolves.toBeGreaterThanOrEqual(0);
  });

  it('asks for a new token, and takes it', async () => {
    const reasons: string[] = [];
    await connect({ getToken: ({ reason }) => (reasons.push(reason), 'a.b.c') });
    const before = client.getSnapshot().welcome?.tokenExpiresAt;

    server.connection.expiring();

    await eventually(() => expect(client.getSnapshot().welcome?.tokenExpiresAt).not.toBe(before));
    expect(reasons).toEqual(['connect', 'expiring']);
  });

  it.each([
    [4403, 'user_disabled', 'failed', 'user_disabled'],
    [1006, '', 'waiting', 'connection_lost'],
    [1012, 'draining', 'waiting', 'draining'],
  ])('closes with %d %s', async (code, reason, next, cause) => {
    await connect();

    server.connection.close(code, reason);

    await status(next);
    expect(client.getSnapshot().error).toMatchObject({ code: cause, closeCode: code });
    expect(server.connection.isOpen).toBe(false);
  });

  it('drains', async () => {
    await connect();

    server.connection.drain(9_000);
    server.connection.close(1012, 'draining');

    expect(Number(client.getSnapshot().retryAt)).toBeGreaterThan(Date.now() + 8_000);
  });

  it('explains a close by the error before it', async () => {
    await connect();

    server.connection.sendError({ code: 'user_disabled', message: 'Disabled', requestId: 'q1' });
    server.connection.close(4403, 'user_disabled');

    expect(client.getSnapshot().error).toMatchObject({ requestId: 'q1' });
  });

  it('refuses a handshake with its reason, and lets it in again', async () => {
    server.refuse({ code: 'user_disabled', action: 'contact_admin', hint: 'Ask' });
    await expect(connect()).rejects.toMatchObject({ code: 'user_disabled', hint: 'Ask' });

    server.refuse(undefined);

    await expect(client.connect()).resolves.toMatchObject({ mode: 'dev' });
  });

  it('refuses by token', async () => {
    server.refuse((token) =>
      token === 'old.old.old' ? { status: 401, code: 'token_expired', action: 'refresh_token' } : undefined,
    );

    await connect({ getToken: ({ reason }) => (reason === 'rejected' ? 'n.e.w' : 'old.old.old') });

    expect(server.connections.map(({ token }) => token)).toEqual(['old.old.old', 'n.e.w']);
  });

  it('is away, and back', async () => {
    await connect();

    server.setReachable(false);
    await status('waiting');
    server.setReachable(true);

    const again = await server.connected();
    expect(again).toBe(server.connections.at(-1));
    await status('open');
  });

  it('by hand opens, welcomes and answers when the test says so', async () => {
    server = createMockServer({ manual: true });
    uninstall();
    uninstall = server.install();
    const welcomed = connect({ url: server.url });
    await eventually(() => server.connection);

    server.connection.open();
    expect(client.getSnapshot().status).toBe('connecting');
    server.connection.sendWelcome({ mode: 'prod' });
    await expect(welcomed).resolves.toMatchObject({ mode: 'prod' });

    const first = client.request('a', 1);
    const second = client.request('b', 2);
    server.connection.ack('second');
    server.connection.fail({ code: 'no', message: 'No' }, server.connection.frames[0]?.id);
    await expect(second).resolves.toBe('second');
    await expect(first).rejects.toMatchObject({ code: 'no' });
  });

  it('hears that the client has closed', async () => {
    await connect();
    client.close();

    expect(server.connection).toMatchObject({ closedWith: 1000, isOpen: false });
    expect(() => server.connection.send('news')).not.toThrow();
  });

  it('leaves every other address, and afterwards everything, as it was', async () => {
    uninstall();
    const [fetchBefore, socketBefore] = [globalThis.fetch, globalThis.WebSocket];
    const real = vi.fn(() => Promise.resolve('real'));
    vi.stubGlobal('fetch', real);
    const undo = server.install();

    await expect(fetch('/api/users')).resolves.toBe('real');
    expect(globalThis.WebSocket).toBe(server.WebSocket);
    undo();
    undo();
    vi.unstubAllGlobals();

    expect([globalThis.fetch, globalThis.WebSocket]).toEqual([fetchBefore, socketBefore]);
  });
});
