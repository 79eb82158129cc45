import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ConnectionStatus, type DrawbridgeClient } from '../src/drawbridge.js';
import type { GetToken } from '../src/token.js';
import { backToReality, FakeSocket, WELCOME, withoutNetwork } from './fake-socket.js';

/** What a client must survive: servers, clocks and callers that do what nobody should. */
let client: DrawbridgeClient;
let getToken: GetToken;
const logged = vi.fn();

const status = (): ConnectionStatus => client.getSnapshot().status;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function open(): Promise<FakeSocket> {
  void client.connect();
  await pass(0);
  return FakeSocket.last.welcome();
}

beforeEach(() => {
  withoutNetwork();
  logged.mockReset();
  getToken = () => 'a.b.c';
  client = createClient({
    url: 'ws://server/ws',
    getToken: (context) => getToken(context),
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

describe('before welcome', () => {
  it.each([
    ['nothing', undefined],
    ['no object', 'hello'],
    ['no limits', { ...WELCOME, limits: undefined }],
    ['no heartbeat', { ...WELCOME, heartbeat: null }],
  ])('a welcome that holds %s is none', async (_, data) => {
    void client.connect();
    await pass(0);
    FakeSocket.last.open().receive({ type: 'welcome', data });
    expect(status()).toBe('connecting');

    await pass(5_000);
    expect(FakeSocket.last.closedWith).toBe(4901);
  });

  it('rubbish, frames of the protocol and giants lead nowhere, and the welcome still counts', async () => {
    void client.connect();
    await pass(0);
    const socket = FakeSocket.last.open();
    for (const data of ['{', 'null', '[]', '7', '{"type":""}', 'x'.repeat(1_000_000)])
      socket.onmessage?.({ data });
    socket.onmessage?.({ data: new Blob(['binary']) as unknown as string });
    for (const type of ['ping', 'pong', 'ack', 'drain', 'auth.expiring', 'error', 'chat.message'])
      socket.receive({ type, id: 'c1' });
    await pass(0);
    expect(status()).toBe('connecting');
    expect(socket.sent).toEqual([]);

    socket.receive({ type: 'welcome', data: WELCOME });
    expect(status()).toBe('open');
  });
});

describe('while open', () => {
  it('unknown types, giants and frames without their data change nothing', async () => {
    const socket = await open();
    const before = client.getSnapshot();
    socket.receive({ type: 'a.type.of.tomorrow', data: { deep: [[[]]] } });
    socket.receive({ type: 'chat.message', data: 'x'.repeat(5_000_000) });
    for (const type of ['pong', 'ack', 'error']) socket.receive({ type, id: 'nobody' });
    socket.receive({ type: 'error' });

    expect(client.getSnapshot()).toBe(before);
    expect(logged).not.toHaveBeenCalled();
  });

  it('a second welcome is not one', async () => {
    const socket = await open();
    const before = client.getSnapshot();
    socket.receive({ type: 'welcome', data: { ...WELCOME, connectionId: 'another' } });

    expect(client.getSnapshot()).toBe(before);
  });

  it('a drain without a time backs off as usual', async () => {
    const socket = await open();
    socket.receive({ type: 'drain' });
    socket.end(1012, 'draining');
    expect(status()).toBe('waiting');
    await pass(1_000);

    expect(FakeSocket.all).toHaveLength(2);
  });

  it('a ping of the server with the id of a request does not answer that', async () => {
    const socket = await open();
    const answer = client.request('echo', 1);
    const { id } = socket.sent[0] ?? {};
    socket.receive({ type: 'ping', id, data: { t: 1 } });
    expect(socket.sent[1]).toEqual({ type: 'pong', id, data: { t: 1 } });
    socket.receive({ type: 'ack', id, data: 'mine' });

    await expect(answer).resolves.toBe('mine');
  });

  it('a server that welcomes and refuses in turn is not asked in a circle', async () => {
    void client.connect();
    await pass(0);
    for (let n = 0; n < 100; n++) {
      if (status() === 'connecting') FakeSocket.last.welcome().end(4401, 'token_expired');
      await pass(100);
    }

    // At once after the first refusal, with back-off after the next ones.
    expect(FakeSocket.all.length).toBeLessThan(7);
  });
});

describe('waits', () => {
  it('beyond what a timer can hold do not end at once', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 1e12 } });
    socket.end(1012, 'draining');
    await pass(60_000);

    expect(status()).toBe('waiting');
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('without a number in them do not end at once', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: {} } });
    socket.end(1012, 'draining');
    await pass(999);
    expect(FakeSocket.all).toHaveLength(1);
    await pass(1);

    expect(FakeSocket.all).toHaveLength(2);
  });

  it('after the hint of a drain do not outlive the back/forward cache', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 600_000 } });
    window.dispatchEvent(new Event('pagehide'));
    await pass(1_000);
    window.dispatchEvent(new Event('pageshow'));
    await pass(250);

    expect(FakeSocket.all).toHaveLength(2);
  });
});

describe('a clock', () => {
  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
  ])('that is set %s neither ends the connection nor hides its end', async (_, jump) => {
    const socket = await open();
    await pass(30_000);
    vi.setSystemTime(Date.now() + jump);
    socket.receive({ type: 'ping' });
    await pass(30_000);
    expect(status()).toBe('open');

    await pass(125_000);
    expect(logged.mock.calls[0]?.[0]).toContain('(heartbeat_lost)');
  });

  it('that is set back an hour does not delay the next try by as much', async () => {
    const socket = await open();
    vi.setSystemTime(Date.now() - 3_600_000);
    socket.end(1006);
    await pass(1_000);

    expect(FakeSocket.all).toHaveLength(2);
  });
});

describe('getToken that', () => {
  it.each([
    ['nothing', () => undefined, 'undefined', 'waiting'],
    ['an empty text', () => '', 'blanks in it', 'waiting'],
    ['a blank', () => ' ', 'blanks in it', 'waiting'],
    ['blank lines', () => '\r\n\n', 'blanks in it', 'waiting'],
    ['blanks around it', () => ' a.b.c\n', 'blanks in it', 'failed'],
    ['a line of an error', () => 'Bad Gateway', 'blanks in it', 'waiting'],
    ['an error page', () => '<!doctype html><title>502</title>', 'HTML', 'waiting'],
    ['an object', () => ({ token: 'a.b.c' }), 'object', 'failed'],
    ['a number', () => 7, 'number', 'failed'],
    ['other text', () => 'a,b,c', 'no base64url', 'failed'],
  ])('returns %s is told so, without a try on the wire', async (_, broken, hint, then) => {
    getToken = broken as unknown as GetToken;
    void client.connect();
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({
      status: then,
      error: { code: 'token_malformed', hint },
    });
    expect(FakeSocket.all).toEqual([]);
    getToken = () => 'a.b.c';
    await pass(1_000);
    expect(FakeSocket.all).toHaveLength(then === 'waiting' ? 1 : 0);
  });

  it.each([
    ['throws', () => { throw new Error('not signed in'); }],
    ['rejects', () => Promise.reject(new Error('not signed in'))],
    ['rejects with a text', () => Promise.reject('not signed in')],
    ['throws the answer of a 5xx', () => { throw { status: 'not signed in' }; }],
  ])('%s is asked again', async (_, broken) => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
    getToken = broken as GetToken;
    void client.connect();
    await pass(0);
    expect(client.getSnapshot().error).toMatchObject({ code: 'token_unavailable', hint: 'not signed in' });
    getToken = () => 'a.b.c';
    await pass(1_000);

    expect(FakeSocket.all).toHaveLength(1);
  });

  it.each([
    ['server_unreachable', true],
    ['offline', false],
  ])('fails together with the server is told as %s, with its own words', async (code, onLine) => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(onLine);
    getToken = () => Promise.reject(new TypeError('Failed to fetch'));
    void client.connect();
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({
      status: 'waiting',
      error: { code, stage: 'token', hint: 'Failed to fetch', action: 'wait' },
    });
    expect(FakeSocket.all).toEqual([]);
  });

  it('never answers leaves no timer behind when the client closes', async () => {
    getToken = () => new Promise(() => {});
    void client.connect();
    await pass(0);
    client.close();
    await pass(0);

    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('close in every state', () => {
  const lead: Record<Exclude<ConnectionStatus, 'closed'>, () => Promise<unknown>> = {
    idle: () => Promise.resolve(),
    connecting: async () => {
      void client.connect();
      await pass(0);
    },
    open,
    waiting: async () => (await open()).end(1006),
    suspended: async () => {
      await open();
      window.dispatchEvent(new Event('pagehide'));
    },
    failed: async () => (await open()).end(4403, 'user_disabled'),
  };

  it.each(Object.keys(lead) as (keyof typeof lead)[])('%s: is the end, and connect begins anew', async (state) => {
    await lead[state]();
    expect(status()).toBe(state);
    const sockets = FakeSocket.all.length;

    client.close();
    client.close();

    expect(status()).toBe('closed');
    expect(vi.getTimerCount()).toBe(0);
    expect(FakeSocket.all.every((socket) => !socket.listening)).toBe(true);
    for (const type of ['pagehide', 'pageshow', 'online']) window.dispatchEvent(new Event(type));
    await pass(60_000);
    expect(FakeSocket.all).toHaveLength(sockets);
    expect((await open()).closedWith).toBeUndefined();
    expect(status()).toBe('open');
  });
});

it('keeps an unanswered request only while fewer than 1 024 wait', async () => {
  await open();
  const all = Array.from({ length: 1_025 }, (_, n) => client.request('echo', n));
  const outcome = Promise.allSettled(all);

  await expect(all.at(-1)).rejects.toMatchObject({ code: 'queue_full' });
  client.close();
  const settled = await outcome;
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
});
