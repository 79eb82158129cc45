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

it('goes on to further candidates, in order', async () => {
  const backend = 'https://backend.example:8443/ws/config';
  answers['http://localhost:3000/ws/config'] = html();
  answers[backend] = config();

  const found = await discover(signal, undefined, ['http://nobody.example/ws/config', backend]);

  expect(found.url).toBe('wss://backend.example:8443/ws');
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

it('falls back to the last server that this tab has found', async () => {
  const backend = 'http://backend.example/ws/config';
  answers[backend] = config();
  await discover(signal, undefined, [backend]);
  answers = {};

  expect((await discover(signal, undefined, [backend])).url).toBe('ws://backend.example/ws');
});

it('works without storage', async () => {
  vi.stubGlobal('sessionStorage', undefined);
  answers['http://localhost:3000/ws/config'] = config();

  expect((await discover(signal, undefined)).url).toBe('ws://localhost:3000/ws');
});

it('takes at most its budget when everything hangs, and still asks everyone', async () => {
  pageAt('/shop/');
  const backend = 'http://backend.example/ws/config';
  for (const path of ['/ws/config', '/shop/ws/config'])
    answers['http://localhost:3000' + path] = 'hang';
  answers[backend] = 'hang';
  const started = performance.now();

  await discover(signal, undefined, [backend]);

  expect(asked).toHaveLength(3);
  // The budget is 800 ms; what is above is the slowness of a busy machine.
  expect(performance.now() - started).toBeLessThan(4_000);
});

it('keeps to its budget when the clock is set back meanwhile', async () => {
  pageAt('/shop/');
  for (const path of ['/ws/config', '/shop/ws/config'])
    answers['http://localhost:3000' + path] = 'hang';
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValueOnce(now).mockReturnValue(now - 3_600_000);
  const started = performance.now();

  await discover(signal, undefined);

  expect(asked).toHaveLength(2);
  expect(performance.now() - started).toBeLessThan(4_000);
});

it('is over at once when the try is over', async () => {
  const gone = new AbortController();
  answers['http://localhost:3000/ws/config'] = 'hang';
  const found = discover(gone.signal, undefined);
  gone.abort();

  expect((await found).url).toBe('ws://localhost:3000/ws');
});
