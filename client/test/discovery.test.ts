import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover } from '../src/discovery.js';

type Answer = Response | 'hang' | 'down';
let asked: string[];
let answers: Record<string, Answer>;
const signal = new AbortController().signal;
const json = (body: unknown, type = 'application/json') =>
  new Response(JSON.stringify(body), { headers: { 'content-type': type } });
const config = (path = '/ws') => json({ configVersion: 1, path, protocols: ['drawbridge.v1'] });
const html = () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });

beforeEach(() => {
  asked = [];
  answers = {};
  sessionStorage.clear();
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    asked.push(url);
    const answer = answers[url] ?? 'down';
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer === 'down') return Promise.reject(new TypeError('Failed to fetch'));
    return new Promise((_, reject) =>
      init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
    );
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.replaceChildren();
});

/** Where the page lives; jsdom's own origin is http://localhost:3000. */
function pageAt(path: string): void {
  const base = document.createElement('base');
  base.href = path;
  document.head.append(base);
}

it('takes an explicit address without asking anyone', async () => {
  expect(await discover(signal, 'wss://chat.example/app/ws?tenant=7')).toMatchObject({
    url: 'wss://chat.example/app/ws?tenant=7',
    diagnoseUrl: 'https://chat.example/app/ws/diagnose',
  });
  expect(await discover(signal, '/ws')).toMatchObject({ url: 'ws://localhost:3000/ws' });
  expect(asked).toEqual([]);
});

it('follows the document of the page origin', async () => {
  answers['http://localhost:3000/ws/config'] = json({
    configVersion: 1,
    path: '/app/ws',
    protocols: [],
    diagnose: '/app/ws/diagnose',
    reconnect: { baseMs: 1 },
    later: 'ignored',
  });

  expect(await discover(signal, undefined)).toEqual({
    url: 'ws://localhost:3000/app/ws',
    diagnoseUrl: 'http://localhost:3000/app/ws/diagnose',
    reconnect: { baseMs: 1 },
  });
});

it('finds an application under a context path', async () => {
  pageAt('/shop/');
  answers['http://localhost:3000/shop/ws/config'] = config('/shop/ws');

  expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/shop/ws');
});

it('asks named documents in order, and nobody else', async () => {
  const backend = 'https://backend.example:8443/ws/config';
  answers['http://localhost:3000/ws/config'] = config();
  answers[backend] = config();

  const found = await discover(signal, undefined, ['http://nobody.example/ws/config', backend]);

  expect(found.url).toBe('wss://backend.example:8443/ws');
  expect(new Set(asked.map((address) => new URL(address).host))).toEqual(
    new Set(['nobody.example', 'backend.example:8443']),
  );
  expect(asked.at(-1)).toBe(backend);
});

describe('what is no discovery document', () => {
  it.each([
    ['the page of a dev server', html()],
    ['an error', new Response('', { status: 404 })],
    ['another version', json({ configVersion: 2, path: '/ws' })],
    ['a path that leads elsewhere', json({ configVersion: 1, path: 'https://evil.example' })],
    ['no object', json(null)],
    ['broken JSON', new Response('{', { headers: { 'content-type': 'application/json' } })],
  ])('%s leads to the default path', async (_, answer) => {
    answers['http://localhost:3000/ws/config'] = answer;

    expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/ws');
  });

  it('is named for the diagnosis', async () => {
    answers['http://localhost:3000/ws/config'] = html();

    expect((await discover(signal, undefined)).problem).toBe(
      'http://localhost:3000/ws/config answered 200 text/html',
    );
  });
});

it('falls back to the document that this tab has found at the same address', async () => {
  const backend = 'http://backend.example/ws/config';
  answers[backend] = config();
  await discover(signal, undefined, [backend]);
  answers = {};

  expect((await discover(signal, undefined, [backend])).url).toBe('ws://backend.example/ws');
  await expect(discover(signal, undefined, ['http://other.example/ws/config'])).rejects.toMatchObject({
    code: 'server_unreachable',
    hint: 'http://other.example/ws/config',
  });
  await expect(discover(signal, undefined)).rejects.toMatchObject({ code: 'server_unreachable' });
});

it.each([
  ['another server', { configVersion: 1, path: 'https://evil.example/ws' }],
  ['no document', 7],
  ['no JSON', undefined],
])('what somebody has put into the storage that is %s is not followed', async (_, stored) => {
  const backend = 'http://backend.example/ws/config';
  sessionStorage.setItem('drawbridge ' + backend, JSON.stringify(stored) ?? '{');

  await expect(discover(signal, undefined, [backend])).rejects.toMatchObject({
    code: 'server_unreachable',
  });
});

it('works without storage', async () => {
  vi.stubGlobal('sessionStorage', undefined);
  answers['http://localhost:3000/ws/config'] = config();

  expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/ws');
});

describe('an application under a context path', () => {
  const at = (path: string) => 'http://localhost:3000' + path;

  it.each([
    ['/shop/', ['/shop/ws/config']],
    ['/shop/index.html', ['/shop/ws/config']],
    ['/shop/orders/17', ['/shop/orders/ws/config', '/shop/ws/config']],
  ])('is found from %s before the one at the root', async (page, order) => {
    pageAt(page);
    answers[at('/ws/config')] = config();
    answers[at('/shop/ws/config')] = config('/shop/ws');
    answers[at('/shop/orders/ws/config')] = html();

    expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/shop/ws');
    expect(asked).toEqual(order.map(at));
  });

  it.each([
    ['hangs', 'hang'],
    ['is down', 'down'],
    ['is being deployed', new Response('', { status: 503 })],
    ['is asked too much', new Response('', { status: 429 })],
  ] as [string, Answer][])('that %s does not lose its token to the one at the root', async (_, answer) => {
    pageAt('/shop/');
    answers[at('/ws/config')] = config();
    answers[at('/shop/ws/config')] = answer;

    const found = discover(signal, undefined, undefined, 100);

    await expect(found).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(asked).not.toContain(at('/ws/config'));
  });

  it('that was there before keeps its token while it is away', async () => {
    pageAt('/shop/');
    answers[at('/ws/config')] = config();
    answers[at('/shop/ws/config')] = config('/shop/ws');
    await discover(signal, undefined);
    answers[at('/shop/ws/config')] = new Response('', { status: 404 });

    expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/shop/ws');
  });
});

describe('paths of a document are resolved against where it was found', () => {
  it.each([
    ['/app/ws/config', '../ws', 'diagnose', '/app/ws', '/app/ws/diagnose'],
    ['/app/ws/config', '/app/ws', '/app/ws/diagnose', '/app/ws', '/app/ws/diagnose'],
    ['/prefix/app/ws/config', '../ws', 'diagnose', '/prefix/app/ws', '/prefix/app/ws/diagnose'],
    ['/prefix/app/ws/config', '/app/ws', '/app/ws/diagnose', '/prefix/app/ws', '/prefix/app/ws/diagnose'],
    ['/prefix/ws/config', '/ws', '/ws/diagnose', '/prefix/ws', '/prefix/ws/diagnose'],
    ['/prefix/ws/config', '/ws', undefined, '/prefix/ws', '/prefix/ws/diagnose'],
    ['/ws/config', '/app/ws', '/app/ws/diagnose', '/app/ws', '/app/ws/diagnose'],
    ['/discovery.json', '/ws', '/ws/diagnose', '/ws', '/ws/diagnose'],
  ])('%s says %s and %s', async (at, path, diagnose, url, diagnoseUrl) => {
    const address = 'https://h.example' + at;
    answers[address] = json({ configVersion: 1, path, diagnose });

    expect(await discover(signal, undefined, [address])).toMatchObject({
      url: 'wss://h.example' + url,
      diagnoseUrl: 'https://h.example' + diagnoseUrl,
    });
  });
});

it('takes at most its limit when everything hangs', async () => {
  const backends = ['http://one.example/ws/config', 'http://two.example/ws/config'];
  for (const backend of backends) answers[backend] = 'hang';
  const now = Date.now();
  // A clock that is set back meanwhile changes nothing.
  vi.spyOn(Date, 'now').mockReturnValueOnce(now).mockReturnValue(now - 3_600_000);
  const started = performance.now();

  const found = discover(signal, undefined, backends, 200);

  await expect(found).rejects.toMatchObject({ code: 'server_unreachable', hint: backends[0] });
  expect(asked).toEqual(backends);
  expect(performance.now() - started).toBeLessThan(4_000);
});

it('is over at once when the try is over', async () => {
  const gone = new AbortController();
  answers['http://localhost:3000/ws/config'] = 'hang';
  const found = discover(gone.signal, undefined);
  gone.abort();

  await expect(found).rejects.toMatchObject({ code: 'server_unreachable' });
});

it.each([
  ['a worker', 'https://h.example/assets/worker.js', 'https://h.example', '/assets/ws/config'],
  ['a worker made of a blob', 'blob:https://h.example/7', 'https://h.example', '/ws/config'],
])('%s takes its own location', async (_, href, origin, first) => {
  vi.stubGlobal('document', undefined);
  vi.stubGlobal('location', { href, origin });
  answers['https://h.example' + first] = config('../ws');

  expect((await discover(signal, undefined)).url).toBe(
    'wss://h.example' + first.replace('/config', '').replace('ws/ws', 'ws'),
  );
});

it('knows no server where there is no page, rather than one on this machine', async () => {
  vi.stubGlobal('document', undefined);
  vi.stubGlobal('location', undefined);

  await expect(discover(signal, undefined)).rejects.toMatchObject({ code: 'url_invalid' });
  expect(asked).toEqual([]);
});

it('names a runtime without fetch, which an explicit address does not need', async () => {
  vi.stubGlobal('fetch', undefined);

  await expect(discover(signal, undefined)).rejects.toMatchObject({ code: 'no_fetch' });
  expect((await discover(signal, 'ws://h.example/ws')).url).toBe('ws://h.example/ws');
});
