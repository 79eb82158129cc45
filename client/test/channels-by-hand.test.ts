import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withChannels, type ChannelClient, type ChannelMessage, type LoadedState, type Members } from '../src/channels.js';
import { createClient } from '../src/drawbridge.js';
import type { Frame } from '../src/protocol.js';
import { createMockServer, type MockServer } from '../src/testing.js';

/** A server that is led by hand, frame by frame: what answers late, in another order, or leaves something out. */
let server: MockServer;
let client: ChannelClient;
let heard: string[];

const EPOCH = 'aaaaaaaa';
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const sent = (type: string): readonly Frame[] => server.connection.frames.filter((frame) => frame.type === type);
const note = ({ channel, seq }: ChannelMessage) => void heard.push(`${channel} ${seq}`);
const message = (seq: number, channel = 'room:1') => server.connection.sendFrame({ type: 'm', channel, seq, data: '' });
const ping = (seq: number) => server.connection.sendFrame({ type: 'ping', data: { t: 1, seq } });

/** Answers the last `subscribe` or `resume`. */
const answer = async (data: object) => {
  const { id } = server.connection.frames.filter(({ type }) => /^(subscribe|resume)$/.test(type)).at(-1) as Frame;
  server.connection.ack(data, id);
  await pass();
};
const ack = (seq: number, more: object = {}) =>
  answer({ epoch: EPOCH, seq, subscribed: ['room:1', 'room:2'], refused: [], resync: [], replay: 0, ...more });

const welcomed = async (more: object = {}) => {
  server.connection.open();
  server.connection.sendWelcome(more);
  await pass();
};
const broken = async (more?: object) => {
  const { length } = server.connections;
  server.connection.close(1006);
  while (server.connections.length === length) await pass(500);
  await pass(10);
  await welcomed(more);
};
const channels = (frame: Frame | undefined) => (frame?.data as { channels: unknown[] }).channels;

/** A listener with a state whose loads are answered by hand. */
const follow = (name = 'room:1') => {
  const loads: ((state: LoadedState<string>) => void)[] = [];
  const onError = vi.fn();
  const onResync = vi.fn();
  const end = client.channel(name).subscribe<string>({
    state: () => new Promise((resolve) => loads.push(resolve)),
    onState: (data) => void heard.push(data),
    onMessage: note as never,
    onError,
    onResync,
  });
  const loaded = async (seq: number, epoch = EPOCH) => {
    loads.at(-1)?.({ data: `state ${seq}`, epoch, seq });
    await pass();
  };
  return { loads, loaded, onError, onResync, end };
};
const plain = (name = 'room:1') => client.channel(name).subscribe({ onMessage: () => {} });

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  heard = [];
  server = createMockServer({ manual: true });
  client = withChannels(createClient({ url: server.url, WebSocket: server.WebSocket, logger: null }));
  void client.connect();
  await pass();
  await welcomed();
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe('a state that is loaded while the channel is asked for', () => {
  it('without a position is loaded again where the subscription begins after it', async () => {
    plain();
    await pass();
    const b = follow();
    await pass();
    await b.loaded(100);
    expect(channels(sent('subscribe')[0])).toEqual(['room:1']);

    await ack(105);
    message(106);
    expect(b.loads).toHaveLength(2);
    await b.loaded(106);
    message(107);

    expect(heard).toEqual(['state 100', 'state 106', 'room:1 107']);
    expect(b.onError).not.toHaveBeenCalled();
  });

  it('is not loaded again where it holds all that came before the subscription', async () => {
    plain();
    await pass();
    const b = follow();
    await pass();
    await b.loaded(105);

    await ack(105);
    message(106);

    expect(b.loads).toHaveLength(1);
    expect(heard).toEqual(['state 105', 'room:1 106']);
  });

  it('and answers after the ack is used, unless it is older than that', async () => {
    plain();
    await pass();
    const b = follow();
    const c = follow();
    await pass();
    await ack(105);
    message(106);

    await b.loaded(105);
    expect(heard).toEqual(['state 105', 'room:1 106']);
    await c.loaded(104);
    await pass(3_000);
    await c.loaded(106);

    expect(c.onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_old' }));
    expect(heard.slice(2)).toEqual(['state 106']);
  });

  it('of another epoch is loaded again, higher as it may be', async () => {
    plain();
    await pass();
    const b = follow();
    await pass();
    await b.loaded(900, 'oldepoch');

    await ack(105);
    await b.loaded(105);
    message(106);

    expect(heard).toEqual(['state 900', 'state 105', 'room:1 106']);
  });

  it('is where the channel goes on from when the answer never comes', async () => {
    plain();
    await pass();
    const b = follow();
    await pass();
    await b.loaded(100);

    await broken();
    expect(sent('resume')[0]?.data).toMatchObject({ epoch: EPOCH, seq: 100 });
    await ack(105, { replay: 1 });
    message(103);

    expect(b.loads).toHaveLength(1);
    expect(heard).toEqual(['state 100', 'room:1 103']);
  });

  it('is where the channel goes on from when the answer is to try again', async () => {
    plain();
    await pass();
    const b = follow();
    await pass();
    await b.loaded(100);

    server.connection.sendFrame({
      type: 'error',
      id: sent('subscribe')[0]?.id,
      error: { code: 'engine_unavailable', message: 'away', retryable: true, retryAfterMs: 200 },
    });
    await pass(300);
    expect(channels(sent('subscribe')[1])).toEqual([{ channel: 'room:1', epoch: EPOCH, seq: 100 }]);
    await ack(105, { replay: 1 });
    message(103);

    expect(heard).toEqual(['state 100', 'room:1 103']);
  });

  it('from a position is loaded again where it is older than that', async () => {
    const b = follow();
    const c = follow();
    await pass();
    c.loads[0]?.(undefined as never);
    await pass();
    expect(c.onError).toHaveBeenCalledTimes(1);
    // The second try begins while nobody has a place yet, and answers while the frame is under way.
    await pass(3_000);
    expect(c.loads).toHaveLength(2);
    await b.loaded(100);
    expect(channels(sent('subscribe')[0])).toEqual([{ channel: 'room:1', epoch: EPOCH, seq: 100 }]);
    await c.loaded(95);
    await ack(105, { replay: 1 });
    message(103);
    expect(c.loads).toHaveLength(3);
    await c.loaded(103);

    expect(heard).toEqual(['state 100', 'state 95', 'room:1 103', 'state 103']);
    expect(b.loads).toHaveLength(1);
  });

  it('by a resume is loaded again where it is older than that', async () => {
    const b = follow();
    const c = follow();
    await pass();
    await b.loaded(100);
    await broken();
    expect(sent('resume')[0]?.data).toMatchObject({ seq: 100 });
    await c.loaded(95);
    await ack(105, { replay: 1 });
    message(103);
    await c.loaded(105);

    expect(heard).toEqual(['state 100', 'state 95', 'room:1 103', 'state 105']);
    expect(b.loads).toHaveLength(1);
  });

  it('for a listener that takes the place of one that has left is loaded again, too', async () => {
    const end = plain();
    await pass();
    end();
    const b = follow();
    await pass();
    await b.loaded(100);

    await ack(105);
    await b.loaded(105);
    message(106);

    expect(sent('unsubscribe')).toEqual([]);
    expect(heard).toEqual(['state 100', 'state 105', 'room:1 106']);
  });

  it('of each of two listeners counts for itself', async () => {
    plain();
    await pass();
    const b = follow();
    const c = follow();
    await pass();
    await b.loaded(107);
    await c.loaded(100);

    await ack(105);
    message(106);
    message(108);
    await c.loaded(106);

    expect(b.loads).toHaveLength(1);
    expect(heard).toEqual(['state 107', 'state 100', 'room:1 108', 'state 106', 'room:1 108']);
  });

  it('of two epochs is asked for again instead of being mixed', async () => {
    const b = follow();
    const c = follow();
    await pass();
    await b.loaded(100);
    await c.loaded(5, 'bbbbbbbb');

    expect(c.onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_old' }));
    expect(channels(sent('subscribe')[0])).toEqual([{ channel: 'room:1', epoch: EPOCH, seq: 100 }]);
  });

  it('without a position takes nobody else his', async () => {
    const b = follow();
    const c = follow();
    await pass();
    await b.loaded(100);
    c.loads[0]?.({ data: 'none' } as never);
    await pass();

    expect(channels(sent('subscribe')[0])).toEqual([{ channel: 'room:1', epoch: EPOCH, seq: 100 }]);
  });

  it('goes on after a break without being loaded again, also when pings have moved its place', async () => {
    const b = follow();
    await pass();
    await b.loaded(100);
    await ack(105);
    ping(300);
    await broken();
    await ack(310, { replay: 1 });
    message(308);

    expect(b.loads).toHaveLength(1);
    expect(heard).toEqual(['state 100', 'room:1 308']);
  });

  it('for alice is not given to bob', async () => {
    const b = follow();
    await pass();
    const [alice] = b.loads;
    await broken({ user: { subject: 'bob', displayName: 'Bob', roles: [] } });
    expect(b.loads).toHaveLength(2);

    alice?.({ data: 'of alice', epoch: EPOCH, seq: 100 });
    await b.loaded(100);

    expect(heard).toEqual(['state 100']);
  });
});

describe('a state that takes long', () => {
  it('keeps the last thousand messages, and is loaded again where it is older than those', async () => {
    plain();
    await pass();
    await ack(0);
    const b = follow();
    const c = follow();
    await pass();
    for (let seq = 1; seq <= 3_000; seq++) message(seq);

    await b.loaded(2_000);
    expect(heard).toHaveLength(1_001);
    expect(heard.slice(0, 2)).toEqual(['state 2000', 'room:1 2001']);
    heard = [];
    await c.loaded(1_999);
    expect(heard).toEqual([]);
    await pass(3_000);
    await c.loaded(3_000);
    message(3_001);

    expect(c.onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_old' }));
    expect(c.loads).toHaveLength(2);
    expect(heard).toEqual(['state 3000', 'room:1 3001', 'room:1 3001']);
  });
});

describe('what an answer leaves out', () => {
  const onResync = vi.fn();

  beforeEach(async () => {
    onResync.mockReset();
    for (const name of ['room:1', 'room:2'])
      client.channel(name).subscribe({ onMessage: note as never, onResync: () => onResync(name) });
    await pass();
  });

  it.each([
    [{ resumed: true }, []],
    [{}, []],
    [{ resumed: false, reason: 'too_old' }, ['room:1', 'room:2']],
    [{ resumed: false }, ['room:1', 'room:2']],
    [{ reason: 'too_old' }, ['room:1', 'room:2']],
    [{ resumed: false, reason: 'too_old', resync: ['room:2'] }, ['room:2']],
  ])('without resync, %j means %j', async (data, told) => {
    await ack(10);
    await broken();
    await answer({ epoch: EPOCH, seq: 12, subscribed: ['room:1', 'room:2'], replay: 0, ...data });
    message(13);

    expect(onResync.mock.calls.flat()).toEqual(told);
    expect(heard).toEqual(['room:1 13']);
  });

  it('without replay loses nothing of one, nor of one that is broken', async () => {
    await ack(10);
    await broken();
    await answer({ resumed: true, epoch: EPOCH, seq: 14 });
    message(11);
    await broken();
    expect(sent('resume')[0]?.data).toMatchObject({ seq: 10 });
    await answer({ resumed: true, epoch: EPOCH, seq: 14 });
    message(11);
    message(12, 'room:2');
    message(13);
    message(15, 'room:2');

    expect(heard).toEqual(['room:1 11', 'room:2 12', 'room:1 13', 'room:2 15']);
    expect(onResync).not.toHaveBeenCalled();
  });

  it('without subscribed means all but the refused', async () => {
    const statuses: string[] = [];
    client.channel('room:2').subscribe({ onStatus: ({ status }) => statuses.push(status) });
    await answer({ epoch: EPOCH, seq: 10, refused: [{ channel: 'room:2', code: 'channel_forbidden' }] });
    message(11);
    message(12, 'room:2');

    expect(heard).toEqual(['room:1 11']);
    expect(statuses).toEqual(['pending', 'refused']);
  });

  it('of a resume of the server itself means all', async () => {
    await ack(10);
    server.connection.sendFrame({ type: 'resume', data: { epoch: 'bbbbbbbb', seq: 3 } });
    message(4);

    expect(onResync.mock.calls.flat()).toEqual(['room:1', 'room:2']);
    expect(heard).toEqual(['room:1 4']);
  });
});

it('a client that is closed by the first of two that are subscribed shows neither as such', async () => {
  const statuses: string[] = [];
  client.channel('room:1').subscribe({ onStatus: ({ status }) => void (status === 'subscribed' && client.close()) });
  client.channel('room:2').subscribe({ onStatus: ({ status }) => void statuses.push(status) });
  await pass();
  await ack(10);

  expect(statuses).toEqual(['pending']);
});

describe('who is there', () => {
  let lists: Members[];
  const names = () => lists.at(-1)?.members.map(({ displayName }) => displayName);
  const frame = (seq: number, data: object) =>
    server.connection.sendFrame({ type: 'presence', channel: 'room:1', seq, data });
  const listed = async (...members: string[]) => {
    const list = members.map((subject) => ({ subject, displayName: subject }));
    server.connection.ack({ seq: 20, count: 2, members: list, partial: false }, sent('presence').at(-1)?.id);
    await pass();
  };
  const failed = async (error: object) => {
    server.connection.sendFrame({ type: 'error', id: sent('presence').at(-1)?.id, error: { message: 'no', ...error } });
    await pass();
  };
  const onError = vi.fn();
  const watch = () =>
    client.channel('room:1').subscribe({ onPresence: (list) => void lists.push(list), onError });

  beforeEach(async () => {
    onError.mockReset();
    lists = [];
    watch();
    await pass();
    await ack(10);
  });

  it('is there once, at the same place, when told again to have joined', async () => {
    await listed('alice', 'bob');
    frame(21, { joined: [{ subject: 'alice', displayName: 'Alice' }, { subject: 'eve', displayName: 'eve' }], left: [], count: 3 });
    frame(22, { joined: [{ subject: 'bob', displayName: 'Bob' }], left: [], count: 3 });

    expect(names()).toEqual(['Alice', 'Bob', 'eve']);
    expect(lists.at(-1)?.count).toBe(3);
  });

  it('is not changed by the leaving of somebody who is not, and the count is what the server says', async () => {
    await listed('alice', 'bob');
    frame(21, { joined: [], left: ['mallory'], count: 7 });

    expect(names()).toEqual(['alice', 'bob']);
    expect(lists.at(-1)?.count).toBe(7);
  });

  it('is told to nobody as nothing, when the first of two has closed the client', async () => {
    client.channel('room:1').onPresence(() => client.close());
    watch();
    await listed('alice', 'bob');

    expect(lists).toHaveLength(1);
    expect(lists).not.toContain(undefined);
  });

  it('is new to the list when leaving and coming are told in one frame', async () => {
    await listed('alice', 'bob');
    frame(21, { joined: [{ subject: 'alice', displayName: 'Alice' }], left: ['alice'], count: 2 });

    expect(names()).toEqual(['bob', 'Alice']);
  });

  it('is asked for again when the question was not answered in time', async () => {
    await pass(36_000);
    await ack(11);
    expect(sent('presence')).toHaveLength(2);
    await listed('alice');

    expect(names()).toEqual(['alice']);
    expect(onError).not.toHaveBeenCalled();
  });

  it('is not asked for again when that is refused, until somebody else wants to know', async () => {
    await failed({ code: 'channel_forbidden' });
    expect(onError).toHaveBeenCalledTimes(1);
    plain('room:2');
    await pass();
    await ack(11);
    await pass(30_000);
    expect(sent('presence')).toHaveLength(1);

    watch();
    await pass();
    await ack(12);
    expect(sent('presence')).toHaveLength(2);
    frame(19, { joined: [], left: ['alice'], count: 0 });
    frame(21, { joined: [], left: ['bob'], count: 1 });
    await listed('alice', 'bob');

    expect(lists.map(({ members }) => members.map(({ subject }) => subject))).toEqual([['alice'], ['alice']]);
  });

  it('keeps nothing of what comes after the refusal', async () => {
    await failed({ code: 'channel_forbidden' });
    frame(21, { joined: [{ subject: 'bob', displayName: 'bob' }], left: [], count: 1 });
    frame(22, { joined: [{ subject: 'eve', displayName: 'eve' }], left: [], count: 2 });
    watch();
    await pass();
    await ack(23);
    await listed('alice');

    expect(names()).toEqual(['alice']);
  });
});
