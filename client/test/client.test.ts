// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { ConnectionError, createClient, MessageError } from '../src/drawbridge.js';
import type { ClientOptions, ConnectionSnapshot, DrawbridgeClient } from '../src/drawbridge.js';
import { eventually } from './eventually.js';
import { TestServer } from './server.js';

let server: TestServer;
let client: DrawbridgeClient;
let logged: string[];

function connectTo(options: ClientOptions = {}): Promise<unknown> {
  client = createClient({
    url: server.url,
    getToken: () => 'a.b.c',
    logger: { error: (text: string) => logged.push(text) },
    ...options,
  });
  return client.connect();
}

/** The first snapshot that fits, also the present one. */
function until(fits: (snapshot: ConnectionSnapshot) => boolean): Promise<ConnectionSnapshot> {
  return new Promise((resolve) => {
    let stop = () => {};
    const look = () => fits(client.getSnapshot()) && (stop(), resolve(client.getSnapshot()));
    stop = client.subscribe(look);
    look();
  });
}

beforeEach(async () => {
  vi.stubGlobal('WebSocket', NodeWebSocket);
  logged = [];
  server = await new TestServer().start();
});

afterEach(async () => {
  client?.close();
  await server.stop();
  vi.unstubAllGlobals();
});

describe('connecting', () => {
  it('offers the token as a subprotocol and resolves with the welcome', async () => {
    await expect(connectTo()).resolves.toMatchObject({ user: { subject: 'alice' } });

    expect(server.upgrades[0]).toMatchObject({ token: 'a.b.c' });
    expect(server.upgrades[0]?.attempt).toMatch(/^[\w-]{5,64}$/);
    expect(client.getSnapshot()).toMatchObject({ status: 'open', error: null, attempt: 0 });
  });

  it('comes back with a fresh token after an abnormal close', async () => {
    let tokens = 0;
    await connectTo({ getToken: () => `t.${++tokens}` });

    for (const peer of server.peers) peer.terminate();
    await until(({ status }) => status === 'waiting');
    await until(({ status }) => status === 'open');

    expect(server.upgrades.map(({ token }) => token)).toEqual(['t.1', 't.2']);
    expect(logged).toEqual([expect.stringContaining('(connection_lost)')]);
  });

  it('stops with the exact refusal of a disabled user', async () => {
    server.refuse = () => ({ status: 403, code: 'user_disabled', action: 'contact_admin' });

    await expect(connectTo()).rejects.toMatchObject({
      name: 'ConnectionError',
      stage: 'connect',
      code: 'user_disabled',
      action: 'contact_admin',
      requestId: 'r1',
    });

    expect(client.getSnapshot().status).toBe('failed');
    expect(server.diagnoseCalls).toEqual([server.upgrades[0]?.attempt]);
  });

  it('gets a new token once for an expired one', async () => {
    const reasons: string[] = [];
    server.refuse = (token) =>
      token === 'old' ? { status: 401, code: 'token_expired', action: 'refresh_token' } : undefined;
    await connectTo({
      getToken: ({ reason }) => (reasons.push(reason), reason === 'rejected' ? 'new' : 'old'),
    });

    expect(reasons).toEqual(['connect', 'rejected']);
  });

  it('stops when the new token is expired too', async () => {
    server.refuse = () => ({ status: 401, code: 'token_expired', action: 'refresh_token' });

    await expect(connectTo()).rejects.toMatchObject({ code: 'token_expired' });

    expect(server.upgrades).toHaveLength(2);
  });
});

describe('messages', () => {
  it('resolves a request with the data of its ack', async () => {
    await connectTo();

    await expect(client.request('echo', { n: 1 })).resolves.toEqual({ n: 1 });
  });

  it('rejects a request with the error frame', async () => {
    server.onMessage = ({ id }, peer) =>
      server.send(peer, {
        type: 'error',
        id,
        error: { code: 'message_data_invalid', message: 'data.text must be a string' },
      });
    await connectTo();

    const failure = client.request('chat.send', {});

    await expect(failure).rejects.toBeInstanceOf(MessageError);
    await expect(failure).rejects.toMatchObject({ code: 'message_data_invalid' });
  });

  it('hands pushed messages to the handlers of their type until the undo', async () => {
    await connectTo();
    const seen: unknown[] = [];
    const stop = client.on('chat.message', (data) => seen.push(data));

    server.broadcast({ type: 'chat.message', data: 1 });
    server.broadcast({ type: 'other', data: 2 });
    await client.request('echo', 0);
    stop();
    stop();
    server.broadcast({ type: 'chat.message', data: 3 });
    await client.request('echo', 0);

    expect(seen).toEqual([1]);
  });

  it('refuses a message over the limit without sending it', async () => {
    server.limits = { maxMessageBytes: 100 };
    await connectTo();

    await expect(client.request('echo', 'x'.repeat(200))).rejects.toMatchObject({
      code: 'message_too_large',
    });
    expect(() => client.send('echo', 'x'.repeat(200))).toThrow(/limit is 100/);
    expect(server.received).toEqual([]);
  });
});

it('never tells the token in an error or in the log', async () => {
  const token = 'secret.token,with.a.comma';
  const failure = await connectTo({ getToken: () => token }).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(ConnectionError);
  expect(failure).toMatchObject({ code: 'token_malformed' });
  expect(JSON.stringify([String(failure), failure, logged])).not.toContain('secret');
});

it('answers pings at once with what they hold', async () => {
  await connectTo();
  server.broadcast({ type: 'ping', id: 'p1', data: { t: 7 } });

  await eventually(() =>
    expect(server.received).toContainEqual({ type: 'pong', id: 'p1', data: { t: 7 } }),
  );
});
