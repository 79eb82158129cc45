import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withChannels, type ChannelClient } from '../src/channels.js';
import { createClient } from '../src/drawbridge.js';
import { createMockServer, type MockConnection, type MockServer } from '../src/testing.js';

const ROOMS = ['room:1', 'room:2', 'room:3'];

/** Nobody listens to it but for its state. */
const FOLLOWED = 'room:followed';

/** mulberry32: the same run for the same seed. */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

/** What the log says of a channel, and what its handler has seen; a gap is allowed after a resync only. */
interface Seen {
  readonly published: string[];
  readonly heard: string[];
  readonly resyncs: string[];
  /** As a page shows it: loaded, then each message added. */
  state: readonly string[];
}

let server: MockServer;
let client: ChannelClient;

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

/** A client with three channels, publishes and cuts at random frames, until it has been cut so often. */
async function run(seed: number, cuts: number, faults: boolean): Promise<Map<string, Seen>> {
  const random = seeded(seed);
  vi.spyOn(Math, 'random').mockImplementation(random);
  const below = (limit: number) => Math.floor(random() * limit);
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  let over = false;
  // Any frame from the welcome on: the ack of the resume, one of its replay, a live one, a ping.
  const onConnection = (connection: MockConnection) => {
    if (!over) connection.cutAfter(below(below(3) ? 10 : 60));
  };
  server = createMockServer({ onConnection });
  const backoff = { baseMs: 10, capMs: 100, stableAfterMs: 1 };
  client = withChannels(createClient({ url: server.url, WebSocket: server.WebSocket, logger: null, backoff }));
  const all = new Map<string, Seen>();
  for (const name of [...ROOMS, FOLLOWED]) {
    const seen: Seen = { published: [], heard: [], resyncs: [], state: [] };
    all.set(name, seen);
    if (name === FOLLOWED) continue;
    client.channel(name).subscribe({
      onMessage: ({ data }) => void seen.heard.push(String(data)),
      onResync: (reason) => {
        seen.resyncs.push(reason);
        seen.heard.push('resync');
      },
    });
  }
  for (const [name, seen] of all)
    client.channel(name).subscribe({
      // The application's server takes its time, and its answer too.
      state: async () => {
        await new Promise((resolve) => setTimeout(resolve, below(300)));
        const loaded = { data: [...seen.published], ...server.channels.position };
        await new Promise((resolve) => setTimeout(resolve, below(300)));
        if (!below(10)) throw new Error('the database is away');
        return loaded;
      },
      onState: (data) => void (seen.state = data as string[]),
      onMessage: ({ data }) => void (seen.state = [...seen.state, String(data)]),
    });
  void client.connect();
  await pass(5_000);
  let published = 0;
  const publish = (name = [...ROOMS, FOLLOWED][below(4)] as string) => {
    const text = `${++published}`;
    all.get(name)?.published.push(text);
    server.channels.publish(name, 'm', text);
  };
  while (server.connections.length <= cuts) {
    const { connection } = server;
    // Fewer than a replay holds, which would be a resync of its own.
    const behind = published - [...all.values()].reduce((sum, { heard, state }) => sum + (heard.length || state.length), 0);
    for (let at = faults || behind < 200 ? below(12) : 0; at > 0; at--) {
      publish();
      if (!below(4)) connection.sendFrame({ type: 'ping', data: { t: 0, seq: server.channels.position.seq } });
      if (!below(6)) await pass(0);
    }
    if (faults && !below(20)) server.channels.restart(1_000);
    if (faults && !below(20)) server.channels.forget();
    // Some cuts meet the next connection before it is resumed.
    await pass(below(2) ? below(40) : 1_200);
  }
  over = true;
  server.connection.close(1006);
  await pass(60_000);
  for (const name of all.keys()) publish(name);
  await pass(60_000);
  return all;
}

/** Numbers of a list that are there twice, or come before a smaller one. */
const disorder = (heard: readonly string[]) => {
  const numbers = heard.filter((one) => one !== 'resync').map(Number);
  return numbers.filter((one, at) => at && one <= (numbers[at - 1] as number));
};

describe('a thousand cuts at random frames', () => {
  it.each([1, 2, 3, 4])('lose nothing, double nothing and keep the order (seed %d)', async (seed) => {
    const all = await run(seed, 250, false);

    for (const name of ROOMS) {
      const { published, heard, resyncs } = all.get(name) as Seen;
      expect(resyncs).toEqual([]);
      expect(heard).toEqual(published);
    }
    for (const { published, state } of all.values()) expect(state).toEqual(published);
    expect(all.get(FOLLOWED)?.published.length).toBeGreaterThan(100);
  });

  it.each([11, 12, 13, 14])('between restarts and a window that wraps, or there is a resync (seed %d)', async (seed) => {
    const all = await run(seed, 250, true);

    for (const { published, state } of all.values()) expect(state).toEqual(published);
    for (const name of ROOMS) {
      const { published, heard } = all.get(name) as Seen;
      expect(disorder(heard)).toEqual([]);
      // Without the pieces before and after each resync nothing is missing.
      for (const piece of heard.join(' ').split(' resync')) {
        const numbers = piece.trim().split(' ').filter((one) => one && one !== 'resync');
        if (!numbers[0]) continue;
        const from = published.indexOf(numbers[0]);
        expect(numbers).toEqual(published.slice(from, from + numbers.length));
      }
      expect(heard.slice(-1)).toEqual(published.slice(-1));
    }
    expect(all.get(ROOMS[0] as string)?.published.length).toBeGreaterThan(100);
    expect([...all.values()].some(({ resyncs }) => resyncs.length > 3)).toBe(true);
  });
});
