import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type ClientOptions, type DrawbridgeClient } from '../src/drawbridge.js';
import { backToReality, FakeSocket, withoutNetwork } from './fake-socket.js';

const UNITS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES: Record<string, number> = { KiB: 1_024, MiB: 1_048_576 };

/**
 * What the README promises, by name: durations in milliseconds, sizes in bytes. A number is marked by
 * a comment in front of it, which no reader sees; the same marks as in the documents of the server.
 */
function documented(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const marks = text.match(/<!-- n:client\./g) ?? [];
  const numbers = [
    ...text.matchAll(
      /<!-- n:client\.([a-z0-9.-]+) -->[`*]*(\d{1,3}(?:[ ,]\d{3})+|\d+)(?: ?(ms|min|KiB|MiB|[smhd%])(?![A-Za-z]))?/g,
    ),
  ];
  expect(numbers, 'each mark stands in front of a number').toHaveLength(marks.length);
  for (const [, name = '', digits = '', unit = ''] of numbers) {
    const value = Number(digits.replace(/\D/g, '')) * (UNITS[unit] ?? SIZES[unit] ?? 1);
    expect(found.get(name) ?? value, `${name} is told twice`).toBe(value);
    found.set(name, value);
  }
  return found;
}

let client: DrawbridgeClient;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const fire = (type: string) => window.dispatchEvent(new Event(type));
const status = () => client.getSnapshot().status;

function create(more: ClientOptions = {}): DrawbridgeClient {
  client?.close();
  client = createClient({ url: 'ws://server/ws', getToken: () => 'a.b.c', logger: null, ...more });
  return client;
}

/** Connecting: discovery and token are done, the socket is not open. */
async function connecting(more?: ClientOptions): Promise<FakeSocket> {
  void create(more).connect();
  await pass(0);
  return FakeSocket.last;
}

const open = async (more?: ClientOptions) => (await connecting(more)).welcome();

/** How long it takes until something is so, to the millisecond. */
async function until(so: () => boolean): Promise<number> {
  const started = performance.now();
  while (!so()) {
    expect(performance.now() - started, 'gave up').toBeLessThan(600_000);
    await vi.advanceTimersToNextTimerAsync();
  }
  return Math.round(performance.now() - started);
}

/** The waits after tries that nobody answers, with the random number at its top: the ceilings. */
async function ceilings(): Promise<number[]> {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const waits: number[] = [];
  await open();
  for (let n = 0; n < 12; n++) {
    FakeSocket.last.end(1006);
    await until(() => status() === 'waiting');
    waits.push(Number(client.getSnapshot().retryAt) - Date.now());
    const tries = FakeSocket.all.length;
    await until(() => FakeSocket.all.length > tries);
    FakeSocket.last.open().receive({ type: 'unknown' });
  }
  return waits;
}

/** How long each of a row of sockets that never open is given. */
async function openings(): Promise<number[]> {
  const given: number[] = [];
  await connecting();
  for (let n = 0; n < 6; n++) {
    const socket = FakeSocket.last;
    given.push(await until(() => socket.closedWith !== undefined));
    await until(() => FakeSocket.last !== socket);
  }
  return given;
}

/** From the welcome after a failed try until its count is forgotten. */
async function held(): Promise<number> {
  (await open()).end(1006);
  await until(() => FakeSocket.all.length > 1);
  FakeSocket.last.welcome();
  return until(() => client.getSnapshot().attempt === 0);
}

async function largestQueued(): Promise<number> {
  const frame = (data: string) => JSON.stringify({ type: 'note', data }).length;
  let fits = 0;
  let refused = 1 << 24;
  while (refused - fits > 1) {
    const middle = (fits + refused) >> 1;
    if (create().send('note', 'x'.repeat(middle))) fits = middle;
    else refused = middle;
  }
  return frame('x'.repeat(fits));
}

function mostQueued(): number {
  create();
  let waiting = 0;
  while (client.send('note', 1)) waiting++;
  return waiting;
}

async function requestTimeout(): Promise<number> {
  await open();
  let code = '';
  client.request('echo', 1).catch((error: { code: string }) => (code = error.code));
  const taken = await until(() => code !== '');
  expect(code).toBe('request_timeout');
  return taken;
}

async function tokenTimeout(): Promise<number> {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
  create({ getToken: () => new Promise(() => {}) });
  void client.connect();
  return until(() => status() === 'waiting');
}

/** When `getToken` is called again beside a call that never ends; tries come every millisecond. */
async function tokenStuck(): Promise<number> {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
  let calls = 0;
  create({ getToken: () => (calls++, new Promise(() => {})) });
  void client.connect();
  await pass(0);
  const started = performance.now();
  for (;;) {
    await until(() => status() === 'waiting');
    // A page that wakes tries again; the least distance of two tries is long over.
    fire('online');
    const later = calls;
    await until(() => status() === 'connecting');
    await pass(0);
    if (calls > later) return performance.now() - started;
  }
}

/** The age of the last frame, in steps of half a second, up to which a look at the page asks nothing. */
async function fresh(): Promise<number> {
  const socket = await open();
  for (let age = 500; ; age += 500) {
    socket.receive({ type: 'news' });
    await pass(age);
    document.dispatchEvent(new Event('visibilitychange'));
    if (socket.sent.some(({ type }) => type === 'ping')) return age - 500;
  }
}

async function probe(event: string): Promise<number> {
  await open();
  await pass(20_000);
  fire(event);
  return until(() => status() !== 'open');
}

async function unansweredRequests(): Promise<number> {
  await open();
  let refused = 0;
  const asked = 5_000;
  for (let n = 0; n < asked; n++)
    void client.request('echo', n).catch(({ code }: { code: string }) => {
      if (code === 'queue_full') refused++;
    });
  await pass(0);
  return asked - refused;
}

/** How many tries go to a server that was found before it is looked for again. */
async function rediscovery(): Promise<number> {
  let found = 0;
  const body = JSON.stringify({ configVersion: 1, path: '/ws', protocols: [] });
  const headers = { 'content-type': 'application/json' };
  vi.stubGlobal('fetch', (address: string) => {
    if (!address.includes('ws/config')) return Promise.reject(new TypeError('no network'));
    found++;
    return Promise.resolve(new Response(body, { headers }));
  });
  await connecting({ url: undefined });
  await until(() => FakeSocket.all.length === 1);
  for (let tries = 1; ; tries++) {
    FakeSocket.last.end(1006);
    await until(() => FakeSocket.all.length > tries);
    if (found > 1) return tries;
  }
}

async function gap(): Promise<number> {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  (await open()).end(1006);
  return until(() => FakeSocket.all.length > 1);
}

async function slow(): Promise<number> {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  (await open()).end(1013);
  return Number(client.getSnapshot().retryAt) - Date.now();
}

async function welcome(): Promise<number> {
  const socket = (await connecting()).open();
  return until(() => socket.closedWith !== undefined);
}

const at = async (row: Promise<number[]>, index: number) => (await row).at(index) ?? NaN;

/** What the client does, by the name of the promise. */
const MEASURED: Record<string, () => number | Promise<number>> = {
  'backoff.base': async () => (await at(ceilings(), 0)) / 2,
  'backoff.cap': () => at(ceilings(), -1),
  'backoff.first': () => at(ceilings(), 0),
  'backoff.held': held,
  'backoff.longest': () => at(ceilings(), -1),
  'backoff.stable': held,
  fresh,
  gap,
  offline: () => probe('offline'),
  'open-1': () => at(openings(), 0),
  'open-2': () => at(openings(), 1),
  'open-3': () => at(openings(), 2),
  'open-4': () => at(openings(), 3),
  'open-longest': () => at(openings(), -1),
  'open-option': () => at(openings(), 0),
  pending: unansweredRequests,
  probe: () => probe('online'),
  'queue.bytes': largestQueued,
  'queue.bytes-option': largestQueued,
  'queue.messages': mostQueued,
  rediscover: rediscovery,
  request: requestTimeout,
  'request-option': requestTimeout,
  slow,
  token: tokenTimeout,
  welcome,
};

/** All documents of the project; those of a build or a package manager are none. */
function documents(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (/^(target|node_modules|\..*)$/.test(entry.name)) return [];
    if (entry.isDirectory()) return documents(path);
    return path.endsWith('.md') ? [path] : [];
  });
}

const promised = documented(documents('..').map((file) => readFileSync(file, 'utf8')).join('\n'));

beforeEach(withoutNetwork);

afterEach(() => {
  client?.close();
  backToReality();
});

describe('the numbers of the documents', () => {
  it('have each a measurement, and each measurement a number', () => {
    const measured = [...Object.keys(MEASURED), 'token-stuck'];

    expect(measured.sort()).toEqual([...promised.keys()].sort());
  });

  it.each(Object.entries(MEASURED))('%s is what the client does', async (name, measure) => {
    expect(await measure()).toBe(promised.get(name));
  });

  it('token-stuck is when a call that hangs is given up, at the next try', async () => {
    const asked = await tokenStuck();

    expect(asked).toBeGreaterThanOrEqual(Number(promised.get('token-stuck')));
    expect(asked).toBeLessThan(Number(promised.get('token-stuck')) + 15_000);
  });

  it('let a request wait longer than the server by its own setting lets a handler work', () => {
    const row = /`DRAWBRIDGE_HANDLER_TIMEOUT` \|[^|]*\|[^|]*\| `(\d+)s` \|/m.exec(readFileSync('../docs/settings.md', 'utf8'));

    expect(promised.get('request')).toBeGreaterThan(Number(row?.[1]) * 1_000);
  });
});

it.each([
  ['within <!-- n:client.a -->a minute', 'each mark stands in front of a number'],
  ['<!-- n:client.a -->60 s, <!-- n:client.a -->66 s', 'a is told twice'],
])('refuses the marks of %j', (text, reason) => {
  expect(() => documented(text)).toThrow(reason);
});

describe('a snapshot', () => {
  it('stays the same object while nothing changes', async () => {
    const socket = await open();
    const changes = vi.fn();
    socket.receive({ type: 'drain', data: { reconnectAfterMs: 8_000 } });
    const before = client.getSnapshot();
    client.subscribe(changes);

    socket.receive({ type: 'drain', data: { reconnectAfterMs: 9_000 } });
    socket.receive({ type: 'ping' });
    socket.receive({ type: 'chat.message', data: 1 });
    await pass(5_000);

    expect(client.getSnapshot()).toBe(before);
    expect(changes).not.toHaveBeenCalled();
  });

  it('that was handed out is not changed later', async () => {
    const seen: [snapshot: object, text: string][] = [];
    create();
    client.subscribe(() => seen.push([client.getSnapshot(), JSON.stringify(client.getSnapshot())]));
    void client.connect();
    await pass(0);
    const socket = FakeSocket.last.welcome();
    socket.receive({ type: 'auth.expiring', data: {} });
    await pass(0);
    socket.receive({ type: 'ack', id: socket.sent[0]?.id, data: { tokenExpiresAt: 2_000_000 } });
    await pass(0);
    socket.receive({ type: 'drain', data: {} });
    socket.end(1012, 'draining');
    await pass(60_000);

    expect(seen.length).toBeGreaterThan(5);
    for (const [snapshot, text] of seen) expect(JSON.stringify(snapshot)).toBe(text);
  });
});
