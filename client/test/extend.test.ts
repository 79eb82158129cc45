import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClient, type DrawbridgeClient } from '../src/drawbridge.js';
import type { Frame } from '../src/protocol.js';
import { backToReality, FakeSocket, withoutNetwork } from './fake-socket.js';

let client: DrawbridgeClient;
let seen: Frame[];

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const extend = (tap: (frame: Frame) => unknown) => (client.extend as NonNullable<typeof client.extend>)(tap);

async function open(): Promise<FakeSocket> {
  await pass(0);
  return FakeSocket.last.welcome();
}

beforeEach(() => {
  withoutNetwork();
  seen = [];
  client = createClient({ url: 'ws://server/ws', logger: null });
  void client.connect();
});

afterEach(() => {
  client.close();
  backToReality();
});

it('an entry sees each frame first, and keeps what it returns true for', async () => {
  const heard = vi.fn();
  client.onAny(heard);
  extend((frame) => seen.push(frame) && frame.channel);
  const socket = await open();
  heard.mockReset();

  socket.receive({ type: 'chat', channel: 'room:1', seq: 7, data: 1 });
  socket.receive({ type: 'ping', data: { t: 1, seq: 8 } });
  socket.receive({ type: 'chat', data: 2 });

  expect(seen.slice(1)).toEqual([
    { type: 'chat', channel: 'room:1', seq: 7, data: 1 },
    { type: 'ping', data: { t: 1, seq: 8 } },
    { type: 'chat', data: 2 },
  ]);
  expect(heard.mock.calls).toEqual([['chat', 2]]);
  expect(socket.sent.at(-1)).toEqual({ type: 'pong', data: { t: 1, seq: 8 } });
});

it('what an entry sends from the snapshot comes before all that waited', async () => {
  const [control] = extend(() => false);
  client.subscribe(() => {
    if (client.getSnapshot().status === 'open') control({ type: 'resume', id: 'r1' });
  });
  client.send('waits', 1);

  const socket = await open();

  expect(socket.sent.map(({ type }) => type)).toEqual(['resume', 'waits']);
});

it('what an entry sends without a connection is lost', async () => {
  const [control] = extend(() => false);

  control({ type: 'resume', id: 'r1' });
  const socket = await open();

  expect(socket.sent).toEqual([]);
});

it('a fault of a handler that an entry calls is logged, and the next one is called', async () => {
  const next = vi.fn();
  const logged = vi.fn();
  client.close();
  client = createClient({ url: 'ws://server/ws', logger: { error: logged } });
  const [, emit] = extend(() => false);
  client.on('#room', () => {
    throw new Error('of the application');
  });
  client.on('#room', next);

  emit('#room', 1, 2);

  expect(next).toHaveBeenCalledWith(1, 2);
  expect(logged).toHaveBeenCalledOnce();
});

it('a request can name its channel', async () => {
  const socket = await open();

  client.request('presence', undefined, { channel: 'room:1' }).catch(() => {});

  expect(socket.sent.at(-1)).toEqual({ type: 'presence', id: 'c1', channel: 'room:1' });
});

it('a try says which connection it takes the place of, and the first one does not', async () => {
  const first = await open();

  first.end(1006);
  await pass(60_000);

  expect(first.url).not.toContain('replaces');
  expect(FakeSocket.last.url).toMatch(/\?attempt=\w+&replaces=k1$/);
});
