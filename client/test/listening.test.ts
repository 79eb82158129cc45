import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type DrawbridgeClient } from '../src/drawbridge.js';
import { backToReality, FakeSocket, withoutNetwork } from './fake-socket.js';

let client: DrawbridgeClient;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const options = { url: 'ws://server/ws', getToken: () => 'a.b.c', logger: { error: () => {} } };

async function open(): Promise<FakeSocket> {
  client = createClient(options);
  void client.connect();
  await pass(0);
  return FakeSocket.last.welcome();
}

beforeEach(withoutNetwork);

afterEach(() => {
  client.close();
  backToReality();
});

describe('on', () => {
  it('takes the same function given twice as one, as DOM listeners are, and its undo takes it back', async () => {
    const socket = await open();
    const seen: unknown[] = [];
    const handler = (data: unknown) => seen.push(data);
    const first = client.on('news', handler);
    const second = client.on('news', handler);

    socket.receive({ type: 'news', data: 1 });
    first();
    second();
    socket.receive({ type: 'news', data: 2 });

    expect(seen).toEqual([1]);
  });
});

describe('once', () => {
  it('hears the next message of the type and no other', async () => {
    const socket = await open();
    const seen: unknown[] = [];
    client.once('news', (data) => seen.push(data));

    socket.receive({ type: 'other', data: 0 });
    socket.receive({ type: 'news', data: 1 });
    socket.receive({ type: 'news', data: 2 });

    expect(seen).toEqual([1]);
  });

  it('is over before its handler runs, which may ask again or throw', async () => {
    const socket = await open();
    const seen: unknown[] = [];
    const again = (data: unknown) => {
      seen.push(data);
      if (data === 1) client.once('news', again);
      throw new Error('a fault of the application');
    };
    client.once('news', again);

    for (const data of [1, 2, 3]) socket.receive({ type: 'news', data });

    expect(seen).toEqual([1, 2]);
  });

  it('can be taken back, twice', async () => {
    const socket = await open();
    const seen: unknown[] = [];
    const stop = client.once('news', (data) => seen.push(data));

    stop();
    stop();
    socket.receive({ type: 'news', data: 1 });

    expect(seen).toEqual([]);
  });
});

describe('onAny', () => {
  it('hears the type and data of what the server pushes, and no pings nor answers', async () => {
    const socket = await open();
    const seen: unknown[] = [];
    client.onAny((type, data) => seen.push([type, data]));
    const answer = client.request('echo', 1);

    socket.receive({ type: 'news', data: 1 });
    socket.receive({ type: 'ping', id: 'p1' });
    socket.receive({ type: 'ack', id: socket.sent.at(-2)?.id, data: 1 });
    socket.receive({ type: 'error', error: { code: 'rate_limited', message: 'Slower' } });
    await answer;

    expect(seen).toEqual([
      ['news', 1],
      ['error', { code: 'rate_limited', message: 'Slower' }],
    ]);
  });

  it('comes after the handlers of the type, survives their faults, and ends with its undo', async () => {
    const socket = await open();
    const seen: string[] = [];
    const stop = client.onAny(() => seen.push('any'));
    client.on('news', () => {
      seen.push('news');
      throw new Error('a fault of the application');
    });

    socket.receive({ type: 'news' });
    stop();
    stop();
    socket.receive({ type: 'news' });

    expect(seen).toEqual(['news', 'any', 'news']);
  });
});

describe('a lazy client', () => {
  it.each<[string, () => unknown]>([
    ['send', () => client.send('news', 1)],
    ['request', () => client.request('echo', 1).catch(() => {})],
    ['on', () => client.on('news', () => {})],
    ['once', () => client.once('news', () => {})],
    ['onAny', () => client.onAny(() => {})],
  ])('connects at the first %s', async (_, use) => {
    client = createClient({ ...options, lazy: true });
    await pass(60_000);
    expect(FakeSocket.all).toEqual([]);

    use();
    use();
    await pass(0);

    expect(FakeSocket.all).toHaveLength(1);
  });

  it('sends what made it connect', async () => {
    client = createClient({ ...options, lazy: true });

    expect(client.send('news', 1)).toBe(true);
    await pass(0);
    const socket = FakeSocket.last.welcome();

    expect(socket.sent).toEqual([{ type: 'news', data: 1 }]);
  });

  it('stays closed after close', async () => {
    client = createClient({ ...options, lazy: true });
    client.on('news', () => {});
    client.close();

    expect(client.send('news', 1)).toBe(false);
    await pass(0);

    expect(client.getSnapshot().status).toBe('closed');
  });
});
