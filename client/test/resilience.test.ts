import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createClient,
  type ClientOptions,
  type ConnectionStatus,
  type DrawbridgeClient,
} from '../src/drawbridge.js';
import type { GetToken } from '../src/token.js';
import { backToReality, FakeSocket, WELCOME, withoutNetwork } from './fake-socket.js';

/** What must neither end a client for good, nor hurry it, nor let one user speak as another. */
let client: DrawbridgeClient;
const logged = vi.fn();

const status = (): ConnectionStatus => client.getSnapshot().status;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const fire = (type: string, more: object = {}) =>
  document.dispatchEvent(Object.assign(new Event(type, { bubbles: true }), more));

function create(options: ClientOptions = {}): void {
  client = createClient({
    url: 'ws://server/ws',
    getToken: () => 'a.b.c',
    logger: { error: logged },
    ...options,
  });
}

async function open(change = {}): Promise<FakeSocket> {
  void client.connect();
  await pass(0);
  return FakeSocket.last.welcome(change);
}

const user = (subject: string) => ({ user: { subject, displayName: subject, roles: [] } });

beforeEach(() => {
  withoutNetwork();
  sessionStorage.clear();
  logged.mockReset();
  create();
});

afterEach(async () => {
  client.close();
  await pass(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(FakeSocket.all.filter((socket) => socket.listening)).toEqual([]);
  backToReality();
});

describe('what one user has queued', () => {
  it('is rejected when another one is welcomed, and what that one sends is sent', async () => {
    const socket = await open(user('alice'));
    socket.end(1006);
    const secret = client.request('chat.send', 'of alice');
    client.send('note', 'of alice');
    await pass(1_000);
    FakeSocket.last.welcome(user('bob'));
    client.send('note', 'of bob');

    await expect(secret).rejects.toMatchObject({ code: 'not_sent', reason: 'principal_changed' });
    expect(FakeSocket.last.sent).toMatchObject([{ data: 'of bob' }]);
  });

  it('is sent when the same one is welcomed again', async () => {
    (await open(user('alice'))).end(1006);
    client.send('note', 1);
    await pass(1_000);
    FakeSocket.last.welcome(user('alice'));

    expect(FakeSocket.last.sent).toMatchObject([{ data: 1 }]);
  });

  it('before the first welcome is sent', async () => {
    client.send('note', 1);

    expect((await open(user('alice'))).sent).toMatchObject([{ data: 1 }]);
  });
});

describe('reset', () => {
  it('forgets user, queue and server, keeps the handlers, and is as if just made', async () => {
    const seen = vi.fn();
    client.on('news', seen);
    (await open(user('alice'))).end(1006);
    const waiting = client.request('chat.send', 'of alice');
    client.reset();

    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    expect(client.getSnapshot()).toMatchObject({ status: 'idle', welcome: null, error: null });
    await pass(60_000);
    expect(FakeSocket.all).toHaveLength(1);
    const socket = await open(user('bob'));
    expect(socket.sent).toEqual([]);
    socket.receive({ type: 'news', data: 1 });
    expect(seen).toHaveBeenCalledWith(1);
  });

  it('takes no token that the user before has asked for', async () => {
    const gives: ((token: string) => void)[] = [];
    create({ getToken: () => new Promise((give) => gives.push(give)) });
    void client.connect();
    await pass(0);
    client.reset();
    void client.connect();
    await pass(0);
    gives[0]?.('of.alice');
    await pass(0);
    expect(FakeSocket.all).toEqual([]);
    gives[1]?.('of.bob');
    await pass(0);

    expect(FakeSocket.last.offered).toContain('drawbridge.bearer.of.bob');
  });
});

describe('what stands in the way for a while', () => {
  it.each([
    ['not found', 404, 'text/html'],
    ['a firewall', 403, 'text/html'],
    ['a portal', 200, 'text/html'],
    ['another JSON', 403, 'application/json'],
  ])('%s is waited for, long, and asked again at once when the page is looked at', async (_, code, type) => {
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response('{}', { status: code, headers: { 'content-type': type } })),
    );
    void client.connect();
    await pass(0);
    FakeSocket.last.end(1006);
    await pass(0);
    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'path_wrong' } });
    expect(Number(client.getSnapshot().retryAt) - Date.now()).toBeGreaterThanOrEqual(4_000);

    fire('visibilitychange');
    await pass(1_000);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.welcome();
    expect(status()).toBe('open');
  });

  it('is waited for through a day', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 404 })));
    void client.connect();
    for (let tries = 0; tries < 3_000; tries++) {
      await pass(29_000);
      if (status() === 'connecting') FakeSocket.last.end(1006);
    }
    await pass(30_000);

    expect(status()).toMatch(/waiting|connecting/);
  });

  it('a document that is down is waited for, by name, and found when it is there', async () => {
    const address = 'http://backend.example/ws/config';
    create({ url: undefined, configUrls: [address] });
    void client.connect();
    await pass(100);
    expect(client.getSnapshot()).toMatchObject({
      status: 'waiting',
      error: { code: 'server_unreachable', stage: 'discovery', hint: address },
    });
    vi.stubGlobal('fetch', () =>
      Promise.resolve(
        new Response('{"configVersion":1,"path":"../ws"}', {
          headers: { 'content-type': 'application/json' },
        }),
      ),
    );
    await pass(30_000);

    expect(FakeSocket.last.url).toMatch(/^ws:\/\/backend\.example\/ws\?attempt=/);
    FakeSocket.last.welcome();
  });

  it.each([
    ['FetchError', 'server_unreachable'],
    ['NetworkError', 'server_unreachable'],
    ['AbortError', 'connection_lost'],
  ])('a request that fails with %s is told as %s', async (name, code) => {
    vi.stubGlobal('fetch', () => Promise.reject(Object.assign(new Error('words'), { name })));
    void client.connect();
    await pass(0);
    FakeSocket.last.end(1006);
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code } });
  });

  it('a document is named with its whole address', async () => {
    const address = 'http://backend.example/ws/config?tenant=7';
    create({ url: undefined, configUrls: [address] });
    void client.connect();
    await pass(0);

    expect(client.getSnapshot().error).toMatchObject({ code: 'server_unreachable', hint: address });
  });

  it('a document that this page may not read is waited for, by name', async () => {
    const address = 'http://backend.example/ws/config';
    vi.stubGlobal('fetch', (_: string, { mode }: RequestInit) =>
      mode === 'no-cors' ? Promise.resolve(new Response()) : Promise.reject(new TypeError()),
    );
    create({ url: undefined, configUrls: [address] });
    void client.connect();
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'origin_denied' } });
    expect(client.getSnapshot().error?.hint).toContain(address);
    expect(client.getSnapshot().error?.hint).toContain('WEBSOCKET_ALLOWED_ORIGINS');
  });
});

describe('a look at the page', () => {
  it.each([1013, 4429])('does not undercut the wait after %d, nor does the network', async (code) => {
    (await open()).end(code);
    const { retryAt } = client.getSnapshot();
    for (const type of ['visibilitychange', 'online', 'resume']) fire(type);
    await pass(Number(retryAt) - Date.now() - 1);
    expect(FakeSocket.all).toHaveLength(1);

    await pass(1);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it('does not undercut a wait that many tries have made long, but the network does', async () => {
    void client.connect();
    for (let tries = 0; tries < 7; tries++) {
      await pass(30_000);
      FakeSocket.last.end(1006);
      await pass(0);
    }
    const sockets = FakeSocket.all.length;
    const { retryAt } = client.getSnapshot();
    expect(Number(retryAt) - Date.now()).toBe(15_000);
    fire('visibilitychange');
    await pass(2_000);
    expect(FakeSocket.all).toHaveLength(sockets);
    expect(client.getSnapshot().retryAt).toBe(retryAt);

    window.dispatchEvent(new Event('online'));
    await pass(250);
    expect(FakeSocket.all).toHaveLength(sockets + 1);
  });

  it('brings a short wait forward, and retryAt says so', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9);
    const socket = await open();
    await pass(3_000);
    socket.end(1006);
    const before = Number(client.getSnapshot().retryAt);
    fire('visibilitychange');
    const { retryAt } = client.getSnapshot();
    expect(retryAt).toBeLessThan(before);
    for (let n = 0; n < 100; n++) fire('visibilitychange');
    expect(client.getSnapshot().retryAt).toBe(retryAt);
    await pass(Number(retryAt) - Date.now());

    expect(FakeSocket.all).toHaveLength(2);
  });

  it('retryAt is no later than a timer can be set', async () => {
    const socket = await open();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 1e15 } });
    socket.end(1012);

    expect(Number(client.getSnapshot().retryAt) - Date.now()).toBe(2_000_000_000);
  });
});

describe('offline', () => {
  it('shows within 2 s when nobody answers', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    const socket = await open();
    window.dispatchEvent(new Event('offline'));
    expect(socket.sent).toEqual([{ type: 'ping' }]);
    await pass(2_000 - 1);

    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'offline' } });
  });

  it('changes nothing where the server answers all the same', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    const socket = await open();
    window.dispatchEvent(new Event('offline'));
    socket.receive({ type: 'pong' });
    await pass(10_000);

    expect(status()).toBe('open');
  });

  it('shows within 2 s during a try, too', async () => {
    void client.connect();
    await pass(0);
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    window.dispatchEvent(new Event('offline'));
    await pass(2_000 - 1);

    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'offline' } });
  });
});

describe('a logger or a listener', () => {
  it.each([
    ['throws', { error: () => { throw new Error('mine'); } }],
    ['is null', null],
    ['is none', {} as never],
  ])('that %s stops nothing', async (_, logger) => {
    create({ logger });
    client.subscribe(null as never);
    client.on('news', null as never);
    client.onAny(null as never);
    const socket = await open();
    socket.receive({ type: 'news' });
    socket.end(1006);
    expect(status()).toBe('waiting');
    await pass(1_000);
    FakeSocket.last.welcome();

    expect(status()).toBe('open');
  });
});

describe('getToken', () => {
  let calls: ((token: string) => void)[];
  const slow: GetToken = () => new Promise((give) => calls.push(give));

  beforeEach(() => {
    calls = [];
    create({ getToken: slow });
  });

  it('is not called again while a call runs, whose token is taken when it comes', async () => {
    void client.connect();
    await pass(10_000);
    expect(status()).toBe('waiting');
    await pass(5_000);
    expect(status()).toBe('connecting');
    expect(calls).toHaveLength(1);
    calls[0]?.('a.b.c');
    await pass(0);

    expect(FakeSocket.last.offered).toContain('drawbridge.bearer.a.b.c');
  });

  it('is called anew when a call has not ended in a minute', async () => {
    void client.connect();
    await pass(120_000);

    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(calls.length).toBeLessThanOrEqual(3);
  });

  it('is called once for two reminders of the expiry', async () => {
    void client.connect();
    await pass(0);
    calls[0]?.('a.b.c');
    await pass(0);
    const socket = FakeSocket.last.welcome();
    for (let n = 0; n < 2; n++) socket.receive({ type: 'auth.expiring', data: { expiresAt: 1 } });
    await pass(0);
    calls[1]?.('d.e.f');
    await pass(0);

    expect(calls).toHaveLength(2);
    expect(socket.sent).toHaveLength(1);
  });
});

describe('options', () => {
  it.each([
    ['grow from 4 s to 30 s', undefined, [4_000, 8_000, 16_000, 30_000, 30_000]],
    ['grow from what the option says', 10_000, [10_000, 20_000, 30_000]],
    ['are as long as the option says', 60_000, [60_000, 60_000]],
  ])('the time-outs of the opening %s', async (_, openTimeoutMs, limits) => {
    create({ openTimeoutMs, backoff: { baseMs: 1, capMs: 1 } });
    void client.connect();
    await pass(0);
    for (const limit of limits) {
      await pass(limit - 1);
      expect(status()).toBe('connecting');
      await pass(1);
      expect(status()).toBe('waiting');
      await pass(Number(client.getSnapshot().retryAt) - Date.now());
    }
  });

  it('back-off, over what the server says', async () => {
    create({ backoff: { baseMs: 10_000, capMs: 12_000, stableAfterMs: 60_000 } });
    const socket = await open();
    await pass(50_000);
    socket.end(1006);

    expect(Number(client.getSnapshot().retryAt) - Date.now()).toBe(6_000);
  });

  it('request time-out, which a request overrules', async () => {
    create({ requestTimeoutMs: 50 });
    await open();
    const short = client.request('echo', 1);
    short.catch(() => {});
    const long = client.request('echo', 1, { timeoutMs: 100 });
    long.catch(() => {});
    await pass(50);
    await expect(short).rejects.toMatchObject({ code: 'request_timeout' });
    await pass(50);

    await expect(long).rejects.toMatchObject({ code: 'request_timeout' });
  });

  it('a request waits 35 s by default', async () => {
    await open();
    const settled = vi.fn();
    client.request('echo', 1).catch(settled);
    await pass(34_999);
    expect(settled).not.toHaveBeenCalled();

    await pass(1);
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ code: 'request_timeout' }));
  });

  it('bounds of the queue', async () => {
    create({ maxQueued: 2, maxQueuedBytes: 100 });
    expect(client.send('note', 'x'.repeat(100))).toBe(false);
    expect([1, 2, 3].map((n) => client.send('note', n))).toEqual([true, true, false]);
  });

  it('WebSocket', async () => {
    vi.stubGlobal('WebSocket', undefined);
    create({ WebSocket: FakeSocket });
    await open();

    expect(status()).toBe('open');
  });

  it.each([
    ['a promise', () => Promise.resolve('wss://later.example/ws')],
    ['an URL', () => new URL('wss://later.example/ws')],
  ])('url as a function that gives %s', async (_, url) => {
    create({ url });
    void client.connect();
    await pass(0);

    expect(FakeSocket.last.url).toMatch(/^wss:\/\/later\.example\/ws\?attempt=\w+$/);
  });

  it.each([
    ['nothing', () => undefined],
    ['an empty text', () => ''],
    ['no address', () => 'ws://'],
  ])('url as a function that gives %s leads to no other server', async (_, url) => {
    create({ url: url as never });
    void client.connect();
    await pass(0);

    expect(client.getSnapshot().error).toMatchObject({ code: 'url_invalid' });
    expect(FakeSocket.all).toEqual([]);
  });

  it('url as a function that fails keeps its words and is asked again', async () => {
    const cause = new SyntaxError('balancer away');
    let url = (): Promise<string> => Promise.reject(cause);
    create({ url: () => url() });
    void client.connect();
    await pass(0);
    expect(client.getSnapshot()).toMatchObject({
      status: 'waiting',
      error: { code: 'try_failed', hint: 'SyntaxError: balancer away', cause },
    });
    url = () => Promise.resolve('ws://server/ws');
    await pass(1_000);

    expect(FakeSocket.all).toHaveLength(1);
  });
});

describe('a url that is never given', () => {
  it('is waited for 10 s, and asked for again', async () => {
    let asked = 0;
    create({ url: () => (asked++, new Promise<string>(() => {})) });
    void client.connect();
    await pass(10_000);
    expect(client.getSnapshot().error).toMatchObject({ code: 'try_failed', hint: 'Not within 10000 ms' });
    await pass(1_000);

    expect(asked).toBe(2);
  });
});

describe('a runtime', () => {
  it('without AbortSignal.any and timeout works', async () => {
    vi.stubGlobal('AbortSignal', class {});
    (await open()).end(1006);
    await pass(1_000);
    FakeSocket.last.welcome();

    expect(status()).toBe('open');
  });

  it('without events, document, location, TextEncoder and storage works', async () => {
    for (const name of ['addEventListener', 'document', 'location', 'TextEncoder', 'sessionStorage'])
      vi.stubGlobal(name, undefined);
    vi.stubGlobal('window', {});
    const socket = await open();
    client.send('note', 'ä');

    expect(socket.sent).toMatchObject([{ data: 'ä' }]);
  });

  it('with a URL that adds slashes and knows no parameters, as in React Native, works', async () => {
    vi.stubGlobal(
      'URL',
      class {
        readonly href: string;
        constructor(url: string) {
          this.href = url + '/';
        }
        get searchParams(): never {
          throw new Error('not implemented');
        }
      },
    );
    create({ url: 'wss://server/ws?tenant=7' });
    void client.connect();
    await pass(0);

    expect(FakeSocket.last.url).toMatch(/^wss:\/\/server\/ws\?tenant=7&attempt=\w+$/);
  });

  it('without WebSocket says what to pass', async () => {
    vi.stubGlobal('WebSocket', undefined);
    await expect(client.connect()).rejects.toMatchObject({
      code: 'no_websocket',
      hint: expect.stringContaining('createClient({ WebSocket })'),
    });
  });

  it('without fetch opens an explicit address, and says no more of its end than the socket', async () => {
    vi.stubGlobal('fetch', undefined);
    void client.connect();
    await pass(0);
    FakeSocket.last.end(1006);
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'connection_lost' } });
  });
});

describe('a constructor that throws', () => {
  it.each([
    ['SyntaxError', 'ws:', 'url_invalid', 'failed'],
    ['SecurityError', 'http:', 'url_invalid', 'failed'],
    ['SecurityError', 'https:', 'mixed_content', 'failed'],
    ['NS_ERROR_OUT_OF_MEMORY', 'http:', 'try_failed', 'waiting'],
    ['TypeError', 'http:', 'try_failed', 'waiting'],
  ])('%s on a page by %s is %s', async (name, protocol, code, then) => {
    vi.stubGlobal('location', { protocol, href: `${protocol}//page/` });
    const failure = Object.assign(new Error('words'), { name });
    create({ WebSocket: class { constructor() { throw failure; } } as never });
    void client.connect();
    await pass(0);

    const { error } = client.getSnapshot();
    expect({ code: error?.code, status: status() }).toEqual({ code, status: then });
    expect(error?.cause).toBe(code === 'try_failed' ? failure : undefined);
    if (code === 'try_failed') expect(error?.hint).toBe(`${name}: words`);
  });
});

describe('a page by https', () => {
  it.each([
    ['ws://far.example/ws', 'mixed_content', 'failed'],
    ['wss://far.example/ws', 'server_unreachable', 'waiting'],
    ['ws://localhost:8080/ws', 'server_unreachable', 'waiting'],
    ['ws://127.0.0.1/ws', 'server_unreachable', 'waiting'],
  ])('that does not reach %s is told %s', async (url, code, then) => {
    vi.stubGlobal('location', { protocol: 'https:', href: 'https://page.example/' });
    create({ url });
    void client.connect();
    await pass(0);
    FakeSocket.last.end(1006);
    await pass(0);

    expect(client.getSnapshot()).toMatchObject({ status: then, error: { code } });
  });
});

describe('a policy', () => {
  const violation = (blockedURI: string, more = {}) =>
    fire('securitypolicyviolation', {
      blockedURI,
      effectiveDirective: 'connect-src',
      disposition: 'enforce',
      ...more,
    });

  it.each([
    ['ws://server/ws', 'ws://server/ws?attempt=1', 'connect-src ws://server http://server'],
    ['wss://server:8443/ws', 'wss://server:8443', 'connect-src wss://server:8443 https://server:8443'],
    ['wss://server/ws', 'https://server/ws/diagnose', 'connect-src wss://server https://server'],
    ['wss://server/ws', 'wss', 'connect-src wss://server https://server'],
    ['ws://[::1]:8080/ws', 'ws://[::1]:8080/ws', 'connect-src ws://[::1]:8080 http://[::1]:8080'],
  ])('that forbids %s, told as %s, is named at once with what to add', async (url, blocked, add) => {
    create({ url });
    void client.connect();
    await pass(0);
    violation(blocked);

    expect(client.getSnapshot()).toMatchObject({
      status: 'failed',
      error: { code: 'csp_blocked', action: 'fix_config', hint: `Add to it: ${add}` },
    });
  });

  it('that forbids the document is named, too', async () => {
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) =>
      new Promise((_, fail) => {
        if (signal?.aborted) fail();
        signal?.addEventListener('abort', fail);
      }),
    );
    create({ url: undefined, configUrls: ['https://b.example/ws/config'] });
    void client.connect();
    await pass(0);
    violation('https://b.example/ws/config');

    expect(client.getSnapshot().error).toMatchObject({
      code: 'csp_blocked',
      hint: 'Add to it: connect-src wss://b.example https://b.example',
    });
  });

  it.each([
    ['throws from the constructor', 'SecurityError', true],
    ['refuses a request', 'TypeError', false],
  ])('whose word comes after the browser %s is waited for', async (_, name, thrown) => {
    vi.stubGlobal('SecurityPolicyViolationEvent', Event);
    const failure = Object.assign(new Error('words'), { name });
    if (thrown) create({ WebSocket: class { constructor() { throw failure; } } as never });
    else create({ url: undefined, configUrls: ['ws://server/ws/config'] });
    void client.connect();
    await pass(10);
    expect(status()).toBe('connecting');
    violation('ws://server/ws');

    expect(client.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'csp_blocked' } });
    expect(logged).toHaveBeenCalledOnce();
  });

  it.each([
    ['another address', 'https://tracker.example/x', {}],
    ['another directive', 'ws://server/ws', { effectiveDirective: 'img-src' }],
    ['a report alone', 'ws://server/ws', { disposition: 'report' }],
  ])('that concerns %s is not ours', async (_, blocked, more) => {
    void client.connect();
    await pass(0);
    violation(blocked, more);
    FakeSocket.last.welcome();
    violation('ws://server/ws');

    expect(status()).toBe('open');
  });
});

describe('what JSON would lose', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;

  it.each([
    ['ArrayBuffer', new ArrayBuffer(3)],
    ['Uint8Array', new Uint8Array(3)],
    ['Blob', new Blob(['x'])],
    ['File', new File(['x'], 'x')],
    ['FormData', new FormData()],
    ['Map', new Map([[1, 2]])],
    ['Set', new Set([1])],
    ['Promise', Promise.resolve(1)],
    ['Error', new Error('x')],
    ['RegExp', /x/],
    ['BigInt', 7n],
  ])('%s is refused before sending, by name, at any depth', async (name, value) => {
    const socket = await open();
    const refused = { name: 'MessageError', code: 'not_serializable', message: expect.stringContaining(name) as string };

    for (const data of [value, [value], { deep: { value } }]) {
      expect(() => client.send('note', data)).toThrow(expect.objectContaining(refused));
      await expect(client.request('echo', data)).rejects.toMatchObject(refused);
    }
    expect(socket.sent).toEqual([]);
  });

  it.each([
    ['a cycle', cycle],
    ['a toJSON that throws', { toJSON: () => { throw new RangeError('mine'); } }],
  ])('%s is refused, with its cause', async (_, data) => {
    const socket = await open();

    await expect(client.request('echo', data)).rejects.toMatchObject({
      code: 'not_serializable',
      cause: expect.any(Error),
    });
    expect(socket.sent).toEqual([]);
  });

  it('is nothing of plain values, classes, dates and what has a toJSON', async () => {
    class Point {
      constructor(readonly x: number) {}
    }
    const socket = await open();
    const data = [null, true, 1, 'ä', {}, [], new Point(1), new Date(0), { toJSON: () => 7 }, Object.create(null)];
    client.send('note', data);

    expect(socket.sent).toMatchObject([
      { data: [null, true, 1, 'ä', {}, [], { x: 1 }, '1970-01-01T00:00:00.000Z', 7, {}] },
    ]);
  });
});

it.each(['a', 'ä', '€', '😀', 'aä€😀'.repeat(1_000), '\u0000', '\ud83d'])(
  'counts the bytes of %j as UTF-8 has them',
  async (text) => {
    const bytes = new TextEncoder().encode(JSON.stringify({ type: 'n', data: text })).length;
    await open({ limits: { ...WELCOME.limits, maxMessageBytes: bytes } });
    expect(client.send('n', text)).toBe(true);
    client.close();
    await open({ limits: { ...WELCOME.limits, maxMessageBytes: bytes - 1 } });

    expect(() => client.send('n', text)).toThrow(new RegExp(`has ${bytes} bytes`));
  },
);

it('understands Retry-After as a date', async () => {
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 60_000);
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response('', { status: 503, headers: { 'retry-after': at.toUTCString() } })),
  );
  void client.connect();
  await pass(0);
  FakeSocket.last.end(1006);
  await pass(0);

  expect(Number(client.getSnapshot().retryAt)).toBeGreaterThanOrEqual(at.getTime());
});
