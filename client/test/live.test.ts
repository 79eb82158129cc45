import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ConnectionStatus, type DrawbridgeClient } from '../src/drawbridge.js';
import type { TokenContext } from '../src/token.js';
import { backToReality, FakeSocket, WELCOME, withoutNetwork } from './fake-socket.js';

let client: DrawbridgeClient;
let reasons: TokenContext['reason'][];
let token: string | Promise<string>;
const logged = vi.fn();

const status = (): ConnectionStatus => client.getSnapshot().status;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Connected and welcomed. */
async function open(): Promise<FakeSocket> {
  void client.connect();
  await pass(0);
  return FakeSocket.last.welcome();
}

beforeEach(() => {
  withoutNetwork();
  reasons = [];
  token = 'a.b.c';
  logged.mockReset();
  client = createClient({
    url: 'ws://server/ws',
    getToken: ({ reason }) => (reasons.push(reason), token),
    logger: { error: logged },
  });
});

afterEach(async () => {
  client.close();
  await pass(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(FakeSocket.all.filter((socket) => socket.listening)).toEqual([]);
  backToReality();
});

describe('closing by the server', () => {
  it.each([
    [1000, '', 'failed'],
    [1001, '', 'waiting'],
    [1006, '', 'waiting'],
    [1009, 'message_too_large', 'waiting'],
    [1011, '', 'waiting'],
    [1012, 'draining', 'waiting'],
    [1013, 'try_again_later', 'waiting'],
    [4400, 'too_many_invalid_messages', 'failed'],
    [4401, 'token_expired', 'waiting'],
    [4403, 'user_disabled', 'failed'],
    [4429, 'rate_limited', 'waiting'],
    [4510, 'slow_consumer', 'waiting'],
    [4511, 'heartbeat_timeout', 'waiting'],
  ])('with %d %s leads to %s', async (code, reason, next) => {
    const socket = await open();

    socket.end(code, reason);

    expect(status()).toBe(next);
    expect(client.getSnapshot().error).toMatchObject({
      code: reason || 'connection_lost',
      closeCode: code,
      stage: 'open',
    });
  });

  it('is explained by the error frame before it', async () => {
    const socket = await open();
    socket.receive({
      type: 'error',
      error: {
        code: 'user_disabled',
        message: 'The account has been disabled',
        action: 'contact_admin',
        requestId: 'q7',
      },
    });

    socket.end(4403, 'user_disabled');

    expect(client.getSnapshot().error).toMatchObject({
      message: 'The account has been disabled (user_disabled) [request q7]',
      action: 'contact_admin',
    });
  });

  it('before welcome with a reason is not diagnosed', async () => {
    const ask = vi.fn(fetch);
    vi.stubGlobal('fetch', ask);
    void client.connect();
    await pass(0);
    FakeSocket.last.open().end(4403, 'user_not_found');

    expect(client.getSnapshot().error).toMatchObject({ code: 'user_not_found', stage: 'welcome' });
    expect(ask).not.toHaveBeenCalled();
  });

  it('with 4401 gets a new token at once, and stops at the second without a welcome', async () => {
    (await open()).end(4401, 'token_expired');
    await pass(0);
    expect(reasons).toEqual(['connect', 'rejected']);

    FakeSocket.last.open().end(4401, 'token_revoked');
    expect(status()).toBe('failed');
  });

  it('with 4401 gets another new token where a welcome was between', async () => {
    (await open()).end(4401, 'token_expired');
    await pass(0);
    FakeSocket.last.open().welcome().end(4401, 'token_expired');
    expect(status()).toBe('waiting');

    await pass(60_000);

    expect(reasons.slice(0, 3)).toEqual(['connect', 'rejected', 'rejected']);
  });

  it('with 1012 comes back after the hint of drain', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 8_000 } });
    expect(client.getSnapshot().draining).toBe(true);
    socket.end(1012, 'draining');

    await pass(8_999);
    expect(FakeSocket.all).toHaveLength(1);
    await pass(2);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it.each([1013, 4429])('with %d waits at least half of a long back-off', async (code) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    (await open()).end(code);

    const { retryAt } = client.getSnapshot();
    expect(Number(retryAt) - Date.now()).toBe(4_000);
  });

  it('with 1013 waits long', async () => {
    (await open()).end(1013);

    const { retryAt } = client.getSnapshot();
    expect(Number(retryAt) - Date.now()).toBe(6_000);
  });

  it('with 4511 waits for nothing but the gap between tries', async () => {
    const socket = await open();
    await pass(10_000);
    socket.end(4511, 'heartbeat_timeout');
    await pass(0);

    expect(FakeSocket.all).toHaveLength(2);
  });
});

describe('back-off', () => {
  it('counts on after a welcome that did not hold, and starts anew after one that did', async () => {
    const socket = await open();
    socket.end(1006);
    await pass(1_000);
    FakeSocket.last.welcome().end(1006);
    expect(client.getSnapshot().attempt).toBe(2);

    await pass(2_000);
    FakeSocket.last.welcome();
    await pass(5_000);
    expect(client.getSnapshot().attempt).toBe(0);
  });

  it('keeps tries apart, however often the page wakes', async () => {
    (await open()).end(1006);
    for (let n = 0; n < 50; n++) window.dispatchEvent(new Event('online'));
    await pass(999);
    expect(FakeSocket.all).toHaveLength(1);

    await pass(1);
    expect(FakeSocket.all).toHaveLength(2);
  });
});

describe('time limits', () => {
  it('gives the socket 4 s to open', async () => {
    void client.connect();
    await pass(3_999);
    expect(status()).toBe('connecting');
    await pass(1);

    expect(FakeSocket.last).toMatchObject({ closedWith: 4901, listening: false });
    expect(client.getSnapshot().error?.code).toBe('server_unreachable');
  });

  it('gives the server 5 s for its welcome', async () => {
    void client.connect();
    await pass(0);
    FakeSocket.last.open();
    await pass(5_000);

    expect(FakeSocket.last.closedWith).toBe(4901);
  });

  it('gives getToken 10 s', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
    token = new Promise<string>(() => {});
    void client.connect();
    await pass(10_000);

    expect(client.getSnapshot().error).toMatchObject({ code: 'token_unavailable' });
  });
});

describe('a dead socket', () => {
  it('is left behind without waiting for its close event', async () => {
    const socket = await open();
    await pass(60_000);

    expect(client.getSnapshot().error?.code).toBe('heartbeat_lost');
    expect(socket.listening).toBe(false);
    await pass(1);
    expect(FakeSocket.all).toHaveLength(2);

    socket.end(1006);
    expect(status()).toBe('connecting');
  });

  it('takes no late frame into the new connection', async () => {
    const old = await open();
    const seen = vi.fn();
    client.on('chat.message', seen);
    await pass(60_000);

    old.receive({ type: 'chat.message', data: 'late' });

    expect(seen).not.toHaveBeenCalled();
  });
});

describe('a page', () => {
  const fire = (type: string, on: EventTarget = window) => on.dispatchEvent(new Event(type));

  it.each([
    ['online', window],
    ['pageshow', window],
    ['visibilitychange', document],
    ['resume', document],
  ])('asks for a sign of life after %s', async (type, on) => {
    const socket = await open();
    await pass(30_000);
    fire(type, on);
    expect(socket.sent).toContainEqual({ type: 'ping' });

    await pass(5_000);
    expect(client.getSnapshot().error?.code).toBe('heartbeat_lost');
  });

  it('that goes into the back/forward cache leaves its socket, and comes back', async () => {
    const socket = await open();
    fire('pagehide');
    expect(socket.closedWith).toBe(4902);
    expect(status()).toBe('suspended');
    await pass(600_000);
    expect(FakeSocket.all).toHaveLength(1);

    fire('pageshow');
    await pass(125);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('that wakes does not undercut the hint of the server', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 8_000 } });
    socket.end(1012);
    fire('online');
    await pass(7_999);

    expect(FakeSocket.all).toHaveLength(1);
  });

  it('is not listened to any more after a failure', async () => {
    (await open()).end(4403, 'user_disabled');
    fire('pagehide');
    fire('pageshow');
    await pass(60_000);

    expect(status()).toBe('failed');
    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe('a token that is about to expire', () => {
  it('is replaced in band', async () => {
    const socket = await open();
    token = 'd.e.f';
    socket.receive({ type: 'auth.expiring', data: { expiresAt: 1_000_000 } });
    await pass(0);
    expect(reasons).toEqual(['connect', 'expiring']);
    const { id } = socket.sent[0] ?? {};
    expect(socket.sent).toEqual([{ type: 'auth', id, data: { token: 'd.e.f' } }]);

    socket.receive({ type: 'ack', id, data: { tokenExpiresAt: 2_000_000 } });
    await pass(0);

    expect(client.getSnapshot().welcome).toEqual({ ...WELCOME, tokenExpiresAt: 2_000_000 });
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('is said in the log when there is no new one, without a token in it', async () => {
    const socket = await open();
    socket.receive({ type: 'auth.expiring', data: {} });
    await pass(0);
    socket.receive({
      type: 'error',
      id: socket.sent[0]?.id,
      error: { code: 'token_not_newer', message: 'It expires no later' },
    });
    await pass(0);

    expect(logged.mock.lastCall?.[0]).toContain('token_not_newer');
    expect(String(logged.mock.lastCall)).not.toContain('a.b.c');
    expect(status()).toBe('open');
  });
});

describe('messages', () => {
  it('wait for the connection, in order, and get their acks', async () => {
    void client.connect();
    const answer = client.request('echo', 1);
    expect(client.send('note', 2)).toBe(true);
    await pass(0);
    const socket = FakeSocket.last.welcome();

    expect(socket.sent.map(({ type }) => type)).toEqual(['echo', 'note']);
    socket.receive({ type: 'ack', id: socket.sent[0]?.id, data: 7 });
    await expect(answer).resolves.toBe(7);
  });

  it('sent but not answered are rejected when the connection ends, and never sent twice', async () => {
    const socket = await open();
    const sent = client.request('echo', 1);
    socket.end(1006);
    await expect(sent).rejects.toMatchObject({ code: 'connection_lost' });

    const waiting = client.request('echo', 2);
    await pass(1_000);
    FakeSocket.last.welcome();
    expect(FakeSocket.last.sent).toMatchObject([{ type: 'echo', data: 2 }]);
    FakeSocket.last.receive({ type: 'ack', id: FakeSocket.last.sent[0]?.id });
    await expect(waiting).resolves.toBeUndefined();
  });

  it('too large for the server are rejected before its limit could close the connection', async () => {
    void client.connect();
    const large = client.request('echo', 'x'.repeat(2_000));
    const small = client.request('echo', 'y');
    small.catch(() => {});
    await pass(0);
    FakeSocket.last.welcome();

    await expect(large).rejects.toMatchObject({ code: 'message_too_large' });
    expect(FakeSocket.last.sent).toMatchObject([{ data: 'y' }]);
  });

  it('time out, are taken back by a signal, and are refused after close', async () => {
    await open();
    const slow = client.request('echo', 1, { timeoutMs: 100 });
    const stop = new AbortController();
    const aborted = client.request('echo', 2, { signal: stop.signal });
    stop.abort(new Error('not wanted'));
    await expect(aborted).rejects.toThrow('not wanted');
    void pass(100);
    await expect(slow).rejects.toMatchObject({ code: 'request_timeout' });

    client.close();
    expect(client.send('echo', 3)).toBe(false);
    await expect(client.request('echo', 4)).rejects.toMatchObject({ code: 'not_sent' });
  });

  it('that may take for ever do not time out at once', async () => {
    const socket = await open();
    const answer = client.request('echo', 1, { timeoutMs: Infinity });
    await pass(3_600_000 / 100);
    socket.receive({ type: 'ack', id: socket.sent[0]?.id, data: 7 });

    await expect(answer).resolves.toBe(7);
  });

  it('with a signal that has aborted before are neither sent nor kept', async () => {
    const socket = await open();
    const stopped = AbortSignal.abort(new Error('too late'));

    await expect(client.request('echo', 1, { signal: stopped })).rejects.toThrow('too late');
    expect(socket.sent).toEqual([]);
  });

  it('beyond the queue are refused as such, whatever the state says of the connection', async () => {
    const socket = await open();
    socket.end(1006);
    expect(status()).toBe('waiting');
    for (let n = 0; n < 256; n++) expect(client.send('note', n)).toBe(true);

    expect(client.send('note', 256)).toBe(false);
    await expect(client.request('echo', 256)).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('a timed-out one that still waited is not sent', async () => {
    const early = client.request('echo', 1, { timeoutMs: 100 });
    void pass(100);
    await expect(early).rejects.toMatchObject({ code: 'request_timeout' });

    expect((await open()).sent).toEqual([]);
  });

  it('reach the other handlers when one throws', async () => {
    const socket = await open();
    const seen = vi.fn();
    client.on('chat.message', () => {
      throw new Error('mine');
    });
    client.on('chat.message', seen);

    socket.receive({ type: 'chat.message', data: 1 });

    expect(seen).toHaveBeenCalledWith(1);
    expect(logged).toHaveBeenCalledOnce();
    expect(status()).toBe('open');
  });

  it('that are no frames are passed over', async () => {
    const socket = await open();

    for (const data of ['', 'null', '[1]', '{"type":7}', '{']) socket.onmessage?.({ data });

    expect(status()).toBe('open');
  });
});

describe('connect and close', () => {
  it('gives one promise for one connection, and the welcome once open', async () => {
    const first = client.connect();
    expect(client.connect()).toBe(first);
    await pass(0);
    FakeSocket.last.welcome();

    await expect(first).resolves.toEqual(WELCOME);
    await expect(client.connect()).resolves.toEqual(WELCOME);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('rejects when closed first', async () => {
    const first = client.connect();
    client.close();

    await expect(first).rejects.toMatchObject({ code: 'closed' });
  });

  it('closing while a token is fetched opens nothing', async () => {
    let give = (_: string) => {};
    token = new Promise((resolve) => (give = resolve));
    void client.connect();
    client.close();
    give('a.b.c');
    await pass(0);

    expect(FakeSocket.all).toEqual([]);
    expect(status()).toBe('closed');
  });

  it('works again after failed and after closed', async () => {
    (await open()).end(4403, 'user_disabled');
    await open();
    expect(status()).toBe('open');
    client.close();
    await open();

    expect(status()).toBe('open');
  });
});

it('a listener that throws is told in the log, and keeps neither the others nor the queue back', async () => {
  client.subscribe(() => {
    throw new Error('mine');
  });
  const seen = vi.fn();
  client.subscribe(seen);
  void client.connect().catch(() => {});
  client.send('note', 1);
  await pass(0);
  const socket = FakeSocket.last.welcome();

  expect(status()).toBe('open');
  expect(socket.sent).toMatchObject([{ type: 'note' }]);
  expect(seen).toHaveBeenCalledTimes(2);
  expect(logged).toHaveBeenCalledTimes(2);
});

it('a listener that connects again after a failure leaves no listeners of the page behind', async () => {
  const on = vi.spyOn(window, 'addEventListener');
  client.subscribe(() => status() === 'failed' && void client.connect());
  (await open()).end(4403, 'user_disabled');
  await pass(0);
  client.close();

  const signals = on.mock.calls.map(([, , options]) => (options as AddEventListenerOptions).signal);
  expect(new Set(signals).size).toBe(2);
  expect(signals.every((signal) => signal?.aborted)).toBe(true);
});

it('a listener that closes the client at the welcome leaves nothing behind', async () => {
  client.subscribe(() => status() === 'open' && client.close());
  await open();

  expect(status()).toBe('closed');
});

it('leaves no timer, socket or listener after 1 000 connections', async () => {
  const on = vi.spyOn(window, 'addEventListener');
  const signals = new Set<AbortSignal | undefined>();
  on.mockImplementation((_type, _listener, options) => {
    signals.add((options as AddEventListenerOptions).signal);
  });
  for (let n = 0; n < 1_000; n++) {
    await open();
    void client.request('echo', n).catch(() => {});
    client.close();
  }
  await pass(0);

  expect(vi.getTimerCount()).toBe(0);
  expect(FakeSocket.all.filter((socket) => socket.listening || !socket.closedWith)).toEqual([]);
  expect(signals.size).toBe(1_000);
  expect([...signals].every((signal) => signal?.aborted)).toBe(true);
});
