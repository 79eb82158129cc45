import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withChannels, type ChannelClient, type ChannelMessage, type ChannelSnapshot } from '../src/channels.js';
import { createClient, type ClientOptions, type DrawbridgeClient, type MessageError } from '../src/drawbridge.js';
import type { Frame } from '../src/protocol.js';
import { shareTabs } from '../src/tabs.js';
import { createMockServer, type MockServer } from '../src/testing.js';

let server: MockServer;
let client: ChannelClient;
let heard: string[];
const logged = vi.fn();

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
/** Until the client has come back. */
const back = async () => {
  const { length } = server.connections;
  while (server.connections.length === length) await pass(500);
  await pass(10);
};
const options = (more: ClientOptions = {}): ClientOptions => ({
  ...{ url: server.url, WebSocket: server.WebSocket, logger: { error: logged } },
  ...more,
});

/** What has come of a channel, as `room:1 5 hi`. */
const note = ({ channel, seq, data }: ChannelMessage) => void heard.push(`${channel} ${seq} ${String(data)}`);
const listen = (name: string, more: object = {}) =>
  client.channel(name).subscribe({ onMessage: note, ...more });
const sent = (type?: string): readonly Frame[] =>
  server.connection.frames.filter((frame) => !type || frame.type === type);
const say = (text: string, channel = 'room:1') => server.channels.publish(channel, 'chat.message', text);

async function open(start: DrawbridgeClient = client): Promise<void> {
  void start.connect();
  await pass();
  await pass(10);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  logged.mockReset();
  heard = [];
  server = createMockServer();
  client = withChannels(createClient(options()));
});

afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe('a subscription', () => {
  it('gets the messages after its ack, with who has published them', async () => {
    const messages: ChannelMessage[] = [];
    client.channel('room:1').subscribe({ onMessage: (message) => messages.push(message) });
    say('before');
    await open();

    say('one');
    server.channels.publish('room:1', 'chat.message', 'two', 'bob');
    say('elsewhere', 'room:2');

    expect(messages).toEqual([
      { type: 'chat.message', channel: 'room:1', seq: 3, data: 'one' },
      { type: 'chat.message', channel: 'room:1', seq: 4, from: 'bob', data: 'two' },
    ]);
  });

  it('is asked for once by all listeners of the channel, in one frame with those of the others', async () => {
    await open();
    const room = client.channel('room:1');
    room.on('chat.message', () => {});
    room.on('chat.typing', () => {});
    client.channel('room:1').subscribe({});
    listen('room:2');
    await pass();

    expect(sent()).toEqual([
      { type: 'subscribe', id: 's1', data: { channels: ['room:1', 'room:2'], presence: false } },
    ]);
    expect(server.channels.subscribers('room:1')).toBe(1);
  });

  it('ends with its last listener', async () => {
    const end = [listen('room:1'), listen('room:1'), listen('room:2')];
    await open();
    say('one');

    end[0]?.();
    end[0]?.();
    say('two');
    await pass();
    end[1]?.();
    say('three');
    await pass();
    say('four');

    expect(heard).toEqual(['room:1 3 one', 'room:1 3 one', 'room:1 4 two']);
    expect(sent('unsubscribe')).toEqual([{ type: 'unsubscribe', data: { channels: ['room:1'] } }]);
    expect(server.channels.subscribers('room:1')).toBe(0);
  });

  it('that ends and begins again in the same task asks for nothing', async () => {
    const first = listen('room:1');
    await open();

    first();
    listen('room:1');
    await pass();

    expect(sent()).toHaveLength(1);
  });

  it('of a channel that was left before the ack is given back, and can be taken up again', async () => {
    await open();
    const end = listen('room:1');
    await Promise.resolve();
    end();
    await pass();
    listen('room:1');
    await pass();
    say('one');

    expect(sent().map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe', 'subscribe']);
    expect(heard).toEqual(['room:1 4 one']);
  });

  it('calls the handler of a type with the data and the message', async () => {
    const handler = vi.fn();
    client.channel('room:1').on('chat.message', handler);
    await open();

    server.channels.publish('room:1', 'chat.typing', {});
    say('hi');

    expect(handler.mock.calls).toEqual([
      ['hi', { type: 'chat.message', channel: 'room:1', seq: 3, data: 'hi' }],
    ]);
  });

  it('takes its messages from the handlers of the client, and leaves the others to them', async () => {
    const plain = vi.fn();
    const any = vi.fn();
    client.on('chat.message' as never, plain);
    client.onAny(any);
    listen('room:1');
    await open();

    say('in the room');
    server.connection.send('chat.message', 'direct');

    expect(plain.mock.calls).toEqual([['direct']]);
    expect(any.mock.calls.map(([type]) => type as string)).toEqual(['welcome', 'chat.message']);
  });

  it('goes on when a handler fails, and the log says so', async () => {
    client.channel('room:1').subscribe({
      onMessage: () => {
        throw new Error('of the application');
      },
    });
    listen('room:1');
    await open();

    say('one');

    expect(heard).toEqual(['room:1 2 one']);
    expect(logged).toHaveBeenCalledWith('[drawbridge] channel handler failed', expect.any(Error));
  });

  it('begins with the next message for who joins in a handler, and is over for who leaves in one', async () => {
    let leave = () => {};
    let joined = false;
    client.channel('room:1').subscribe({
      onMessage: () => {
        leave();
        if (!joined) listen('room:1');
        joined = true;
      },
    });
    leave = client.channel('room:1').subscribe({ onMessage: () => heard.push('left') });
    await open();

    say('one');
    say('two');

    expect(heard).toEqual(['room:1 3 two']);
  });

  it('connects a client that is lazy', async () => {
    client = withChannels(createClient(options({ lazy: true })));
    expect(server.connections).toHaveLength(0);

    listen('room:1');
    await pass();

    expect(client.getSnapshot().status).toBe('open');
  });

  it('can be had from a client that is open already', async () => {
    const core = createClient(options());
    await open(core);

    client = withChannels(core);
    listen('room:1');
    await pass();

    expect(sent('subscribe')).toHaveLength(1);
    expect(withChannels(core)).toBe(core);
  });

  it('of many channels is asked for in frames that the server takes', async () => {
    for (let at = 0; at < 250; at++) listen(`room:${at}`);
    await open();

    expect(sent('subscribe').map(({ data }) => (data as { channels: string[] }).channels.length)).toEqual([100, 100, 50]);
  });

  it('leaves nothing behind in memory, also after 10 000 channels', async () => {
    await open();
    for (let at = 0; at < 10_000; at++) listen(`room:${at}`)();
    await pass();

    expect(sent()).toEqual([]);
  });
});

describe('a refusal', () => {
  it('shows in the status, with the code and what to do', async () => {
    const statuses: ChannelSnapshot[] = [];
    const onError = vi.fn();
    server.channels.refuse((name) => (name === 'room:secret' ? 'channel_forbidden' : undefined));
    listen('room:secret', { onStatus: (one: ChannelSnapshot) => statuses.push(one), onError });
    listen('room:1');
    listen('no name');
    await open();
    say('one');

    expect(statuses.map(({ status }) => status)).toEqual(['pending', 'refused']);
    expect(statuses[1]?.error).toMatchObject({ code: 'channel_forbidden', action: 'contact_admin' });
    expect(onError).toHaveBeenCalledExactlyOnceWith(statuses[1]?.error);
    expect(heard).toHaveLength(1);
  });

  it('is asked again with the next connection', async () => {
    server.channels.refuse(() => 'channel_forbidden');
    listen('room:1');
    await open();
    server.channels.refuse(undefined);

    server.connection.close(1006);
    await back();
    say('one');

    expect(heard).toHaveLength(1);
  });

  it('by the server ends a subscription', async () => {
    const onError = vi.fn();
    listen('room:1', { onError });
    await open();

    server.channels.unsubscribe('room:1');
    say('one');
    await pass();

    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'channel_forbidden' }));
    expect(heard).toEqual([]);
    expect(sent('subscribe')).toHaveLength(1);
  });

  it('of a whole frame is tried channel by channel', async () => {
    const onError = vi.fn();
    server.channels.fail('subscribe', { code: 'too_many_channels', message: 'at most 2', action: 'fix_client' });
    for (const name of ['room:1', 'room:2', 'room:3']) listen(name, { onError });
    await open();
    await pass();

    expect(sent('subscribe').map(({ data }) => (data as { channels: string[] }).channels)).toEqual([
      ['room:1', 'room:2', 'room:3'],
      ['room:1'],
      ['room:2'],
      ['room:3'],
    ]);
    expect(onError).not.toHaveBeenCalled();

    server.channels.fail('subscribe', { code: 'too_many_channels', message: 'at most 3', action: 'fix_client' });
    listen('room:4', { onError });
    await pass();
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_many_channels' }));
  });

  it('that heals is waited for', async () => {
    server.channels.fail('subscribe', { code: 'engine_unavailable', message: 'away', retryable: true, retryAfterMs: 700 }, 2);
    listen('room:1');
    await open();
    await pass(680);
    expect(sent('subscribe')).toHaveLength(1);
    await pass(720);
    say('one');

    expect(sent('subscribe')).toHaveLength(3);
    expect(heard).toHaveLength(1);
  });

  it('of channels as such is said by a server that has none', async () => {
    server = createMockServer({ channels: false });
    client = withChannels(createClient(options()));
    const onError = vi.fn();
    listen('room:1', { onError });
    await open();

    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'channels_unsupported', action: 'fix_config' }),
    );
    expect(sent()).toEqual([]);
    await expect(client.channel('room:1').publish('m', 1)).rejects.toMatchObject({ code: 'channels_unsupported' });
  });

  it('of a connection that tabs share says what to use', () => {
    vi.stubGlobal('navigator', { locks: {} });
    vi.stubGlobal('BroadcastChannel', class {});

    expect(() => withChannels(shareTabs(options()))).toThrow('shareTabs has no channels');

    vi.unstubAllGlobals();
  });
});

describe('after a break', () => {
  it('one resume is the first frame, before all that waits, and brings what was missed', async () => {
    listen('room:1');
    listen('room:2');
    await open();
    say('one');
    server.connection.close(1006);
    say('two');
    say('three', 'room:2');
    client.send('app.note' as never, 'queued' as never);
    await back();
    say('four');

    expect(sent()).toEqual([
      { type: 'resume', id: 's2', data: { epoch: 'mock0001', seq: 3, channels: ['room:1', 'room:2'], presence: false } },
      { type: 'app.note', data: 'queued' },
    ]);
    expect(heard).toEqual(['room:1 3 one', 'room:1 6 two', 'room:2 7 three', 'room:1 10 four']);
  });

  it('in a replay, twice, nothing is lost and nothing comes twice', async () => {
    listen('room:1');
    listen('room:2');
    await open();
    server.connection.close(1006);
    for (let at = 0; at < 6; at++) say(`m${at}`, `room:${(at % 2) + 1}`);
    for (const frames of [3, 4]) {
      const arrived = server.connected();
      vi.advanceTimersByTimeAsync(2_000);
      (await arrived).cutAfter(frames);
      await pass();
      say('later', 'room:2');
    }
    await back();
    say('end');

    expect(heard.map((line) => line.split(' ')[2])).toEqual(
      ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'later', 'later', 'end'],
    );
  });

  it('a resync is told once for each channel, and messages go on', async () => {
    const onResync = vi.fn();
    listen('room:1', { onResync });
    listen('room:2', { onResync });
    await open();
    server.connection.close(1006);
    say('lost');
    server.channels.forget();
    await back();
    say('after');
    server.connection.close(1006);
    await back();

    expect(onResync.mock.calls).toEqual([['too_old', 0], ['too_old', 0]]);
    expect(heard.map((line) => line.split(' ')[2])).toEqual(['after']);
  });

  it('a listener that is gone meanwhile is not asked for', async () => {
    const end = listen('room:1');
    listen('room:2');
    await open();
    server.connection.close(1006);
    end();
    await back();

    expect(sent('resume')[0]?.data).toMatchObject({ channels: ['room:2'] });
  });

  it('a resume that cannot be answered now is tried again from the same place', async () => {
    listen('room:1');
    await open();
    server.connection.close(1006);
    say('missed');
    server.channels.fail('resume', { code: 'engine_unavailable', message: 'away', retryable: true, retryAfterMs: 300 });
    await back();
    await pass(400);

    expect(heard).toEqual(['room:1 3 missed']);
    expect(sent('subscribe')[0]?.data).toEqual({
      channels: [{ channel: 'room:1', epoch: 'mock0001', seq: 0 }],
      presence: false,
    });
  });

  it('what the server says of its own accord goes on from there', async () => {
    const onResync = vi.fn();
    listen('room:1', { onResync });
    await open();
    for (let at = 0; at < 5; at++) say('old');
    heard = [];

    server.channels.restart(4_000);
    say('new');
    server.connection.close(1006);
    say('missed');
    await back();

    expect(onResync.mock.calls).toEqual([['epoch_changed', 2_000]]);
    expect(heard).toEqual(['room:1 1 new', 'room:1 3 missed']);
    expect(sent('resume')[0]?.data).toMatchObject({ epoch: 'mock0002', seq: 1 });
  });

  it('close and connect go on from the same place', async () => {
    listen('room:1');
    await open();
    client.close();
    say('missed');
    await open();

    expect(heard).toEqual(['room:1 2 missed']);
  });

  it('another user begins anew, and is told so', async () => {
    let subject = 'alice';
    server = createMockServer({ welcome: () => ({ user: { subject, displayName: subject, roles: [] } }) });
    client = withChannels(createClient(options()));
    const onResync = vi.fn();
    listen('room:1', { onResync });
    await open();
    subject = 'bob';
    server.connection.close(1006);
    say('of alice');
    await back();
    say('of bob');

    expect(sent().map(({ type }) => type)).toEqual(['subscribe']);
    expect(onResync.mock.calls).toEqual([['principal_changed', 0]]);
    expect(heard.map((line) => line.split(' ').slice(2).join(' '))).toEqual(['of bob']);
  });

  it('a client that was reset begins anew', async () => {
    const onResync = vi.fn();
    listen('room:1', { onResync });
    await open();
    client.reset();
    say('lost');
    await open();

    expect(sent().map(({ type }) => type)).toEqual(['subscribe']);
    expect(onResync.mock.calls).toEqual([['principal_changed', 0]]);
    expect(heard).toEqual([]);
  });
});

describe('the position', () => {
  /** A server that is led by hand. */
  const welcomed = async () => {
    const connection = server.connection;
    connection.open();
    connection.sendWelcome();
    await pass();
    return connection;
  };
  const ack = (seq: number, more: object = {}) =>
    server.connection.ack({ epoch: 'aaaaaaaa', seq, subscribed: ['room:1', 'room:2'], refused: [], resync: [], replay: 0, ...more }, server.connection.frames.at(-1)?.id);
  const message = (seq: number, channel = 'room:1') =>
    server.connection.sendFrame({ type: 'm', channel, seq, data: '' });
  const resumed = async () => {
    server.connection.close(1006);
    await back();
    await welcomed();
    return (sent('resume')[0]?.data as { seq: number }).seq;
  };

  beforeEach(async () => {
    server = createMockServer({ manual: true });
    client = withChannels(createClient(options()));
    listen('room:1');
    listen('room:2');
    void client.connect();
    await pass();
    await welcomed();
    ack(10);
  });

  it('is moved by messages, pings and the acks of subscriptions', async () => {
    message(11);
    expect(await resumed()).toBe(11);
    ack(15);
    server.connection.sendFrame({ type: 'ping', data: { t: 1, seq: 20 } });
    expect(await resumed()).toBe(20);
    expect(sent('resume')).toHaveLength(1);
  });

  it('is not moved by welcome, a ping without one, the ack of a publish, or presence', async () => {
    void client.channel('room:1').publish('m', 1);
    server.connection.ack({ epoch: 'aaaaaaaa', seq: 30 });
    server.connection.sendFrame({ type: 'presence', channel: 'room:1', seq: 31, data: { count: 1 } });
    server.connection.sendFrame({ type: 'ping', data: { t: 1 } });
    server.connection.sendWelcome({ log: { epoch: 'aaaaaaaa', seq: 99, windowMs: 1 } } as object);

    expect(await resumed()).toBe(10);
  });

  it('of each channel stays until its replay is complete, over breaks and a ping before the ack', async () => {
    message(11, 'room:1');
    await resumed();
    ack(14, { replay: 3 });
    message(12, 'room:1');
    message(13, 'room:2');
    expect(await resumed()).toBe(12);
    server.connection.sendFrame({ type: 'ping', data: { t: 1, seq: 14 } });
    expect(await resumed()).toBe(12);
    ack(16, { replay: 4 });
    for (const [seq, room] of [[13, 2], [14, 1], [15, 2], [16, 1]] as const) message(seq, `room:${room}`);

    expect(heard.map((line) => line.trim())).toEqual(
      ['room:1 11', 'room:1 12', 'room:2 13', 'room:1 14', 'room:2 15', 'room:1 16'],
    );
    expect(await resumed()).toBe(16);
  });

  it('goes down with a resume at a server that is behind, and a channel above it keeps its own', async () => {
    await resumed();
    ack(14, { replay: 2 });
    message(12, 'room:1');
    // Room 2 stands at 10, room 1 at 12; the next server has not come further than 11.
    expect(await resumed()).toBe(10);
    ack(11);
    message(12, 'room:1');
    message(13, 'room:2');

    expect(heard.map((line) => line.trim())).toEqual(['room:1 12', 'room:2 13']);
    expect(await resumed()).toBe(13);
  });

  it('of a channel from a position is its own until the replay is complete', async () => {
    client.channel('room:3').subscribe({ state: () => ({ data: 0, epoch: 'aaaaaaaa', seq: 5 }), onMessage: note });
    await pass();
    expect(sent('subscribe').at(-1)?.data).toEqual({
      channels: [{ channel: 'room:3', epoch: 'aaaaaaaa', seq: 5 }],
      presence: false,
    });
    ack(12, { subscribed: ['room:3'], replay: 2 });
    message(6, 'room:3');
    expect(await resumed()).toBe(6);
    ack(12, { subscribed: ['room:1', 'room:2', 'room:3'], replay: 1 });
    message(7, 'room:3');

    expect(heard.map((line) => line.trim())).toEqual(['room:3 6', 'room:3 7']);
  });

  it('is not given to another user', async () => {
    server.connection.close(1006);
    await back();
    server.connection.open();
    server.connection.sendWelcome({ user: { subject: 'bob', displayName: 'Bob', roles: [] } });
    await pass();

    expect(sent()).toEqual([
      { type: 'subscribe', id: 's2', data: { channels: ['room:1', 'room:2'], presence: false } },
    ]);
  });

  it('of a late answer or a hostile frame does no harm', async () => {
    for (const frame of [
      { type: 'ack', id: 's99', data: {} },
      { type: 'presence', channel: 'room:9', seq: 1, data: {} },
      { type: 'm', channel: 'room:9', seq: 50 },
      { type: 'm', channel: 'room:1' },
      { type: 'unsubscribe', channel: 'room:9', error: { code: 'x', message: 'x' } },
      { type: 'ping', data: null },
      { type: 'resume', channel: 'room:1' },
      { type: 'presence', channel: 'room:1', seq: 7 },
      { type: 'ack', id: 'c1' },
      { type: 'ping', data: { seq: 'x' } },
    ])
      server.connection.sendFrame(frame);
    server.connection.sendFrame({ type: 'resume', data: { epoch: 'bbbbbbbb', seq: 3 } });
    message(51);
    server.connection.sendFrame({ type: 'unsubscribe', channel: 'room:1' });
    message(52);

    expect(heard).toEqual(['room:1 51 ']);
  });
});

describe('a publish', () => {
  it('says where it stands in the log, and needs no subscription', async () => {
    await open();

    const published = await client.channel('room:1').publish('chat.message', { text: 'hi' });

    expect(published).toEqual({ epoch: 'mock0001', seq: 1 });
    expect(sent('publish')).toEqual([
      { type: 'publish', id: 'c1', channel: 'room:1', data: { type: 'chat.message', data: { text: 'hi' } } },
    ]);
  });

  it('waits for a connection', async () => {
    const published = client.channel('room:1').publish('chat.message', 'hi');
    await open();

    expect(await published).toMatchObject({ seq: 1 });
  });

  it.each(['publish_unknown', 'connection_lost'])('with a key is repeated once after %s', async (code) => {
    listen('room:1');
    await open();
    if (code === 'publish_unknown')
      server.channels.fail('publish', { code, message: 'not known', retryable: true });
    // The publish arrives, and its delivery and ack do not.
    else server.connection.cutAfter(0);
    const published = client.channel('room:1').publish('chat.message', 'hi', { key: 'a1' });
    await pass();
    await back();

    expect(await published).toMatchObject({ epoch: 'mock0001' });
    expect(heard.map((line) => line.split(' ')[2])).toEqual(['hi']);
  });

  it.each([
    [undefined, 'publish_unknown', 1],
    ['a1', 'engine_unavailable', 1],
    ['a1', 'publish_unknown', 2],
  ])('with the key %s fails by %s after %d', async (key, code, times) => {
    await open();
    server.channels.fail('publish', { code, message: 'no', retryable: true }, 9);

    const failed = client.channel('room:1').publish('m', 1, key ? { key } : {}).catch((error: MessageError) => error.code);
    await pass();

    expect(await failed).toBe(code);
    expect(sent('publish')).toHaveLength(times);
  });

  it('of alice is not sent as bob', async () => {
    let subject = 'alice';
    server = createMockServer({ welcome: () => ({ user: { subject, displayName: subject, roles: [] } }) });
    client = withChannels(createClient(options()));
    await open();
    server.connection.close(1006);
    subject = 'bob';
    const failed = client.channel('room:1').publish('m', 1, { key: 'k' }).catch((error: MessageError) => error);
    await back();

    expect(await failed).toMatchObject({ code: 'not_sent', reason: 'principal_changed' });
    expect(sent('publish')).toEqual([]);
  });
});

describe('presence', () => {
  const names = (list: { members: readonly { subject: string }[] }) => list.members.map(({ subject }) => subject);
  let bob: ChannelClient;
  let lists: string[][];

  beforeEach(() => {
    server = createMockServer({
      welcome: (token) => ({ user: { subject: token?.split('.')[1] as string, displayName: 'x', roles: [] } }),
    });
    client = withChannels(createClient(options({ getToken: () => 'a.alice.c' })));
    bob = withChannels(createClient(options({ getToken: () => 'a.bob.c' })));
    lists = [];
  });

  afterEach(() => bob.close());

  it('is a list that follows who comes and goes', async () => {
    client.channel('room:1').onPresence((list) => lists.push(names(list)));
    await open();
    const end = bob.channel('room:1').on('m', () => {});
    await open(bob);
    end();
    await pass();

    expect(lists).toEqual([['alice'], ['alice', 'bob'], ['alice']]);
    expect(server.connections[0]?.frames[0]?.data).toEqual({ channels: ['room:1'], presence: true });
  });

  it('begins for a channel that is subscribed already, and for the next who asks at once', async () => {
    listen('room:1');
    await open();
    client.channel('room:1').onPresence((list) => lists.push(names(list)));
    await pass();
    client.channel('room:1').onPresence((list) => lists.push(names(list)));

    expect(lists).toEqual([['alice'], ['alice']]);
    expect(sent('presence')).toHaveLength(1);
  });

  it('is asked for the channels alone where somebody wants to know', async () => {
    const onError = vi.fn();
    listen('room:2', { onError });
    client.channel('room:1').onPresence((list) => lists.push(names(list)));
    await open();
    server.connection.close(1006);
    await back();
    expect(sent('presence').map(({ channel }) => channel)).toEqual(['room:1']);

    client.channel('room:2').onPresence((list) => lists.push(['room:2', ...names(list)]));
    await pass();

    expect(lists.at(-1)).toEqual(['room:2', 'alice']);
    expect(onError).not.toHaveBeenCalled();
  });

  it('is asked for again after every resume, and what comes before the list is applied after it', async () => {
    client.channel('room:1').onPresence((list) => lists.push([...names(list), `${list.count}`]));
    await open();
    lists = [];
    server.on('presence', () => {
      const { sendFrame } = server.connection;
      sendFrame({ type: 'presence', channel: 'room:1', seq: 90, data: { joined: [{ subject: 'old' }], left: [], count: 9 } });
      sendFrame({ type: 'presence', channel: 'room:1', seq: 101, data: { joined: [{ subject: 'eve' }], left: ['alice'], count: 2 } });
      return { seq: 100, count: 2, members: [{ subject: 'alice' }, { subject: 'bob' }], partial: false };
    });
    server.connection.close(1006);
    await back();

    expect(lists).toEqual([['bob', 'eve', '2']]);
  });

  it('of too many names counts them', async () => {
    const seen: object[] = [];
    client.channel('room:1').onPresence((list) => seen.push({ ...list, members: list.members.length }));
    await open();

    server.connection.sendFrame({ type: 'presence', channel: 'room:1', seq: 500, data: { partial: true, count: 700 } });

    expect(seen.at(-1)).toEqual({ members: 1, count: 700, partial: true, seq: 500 });
  });

  it('that is refused is told, and the messages come all the same', async () => {
    const onError = vi.fn();
    server.channels.fail('presence', { code: 'channel_forbidden', message: 'no' });
    const others = vi.fn();
    client.channel('room:1').subscribe({ onError: others });
    listen('room:1', { onPresence: () => lists.push([]), onError });
    await open();
    say('one');

    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'channel_forbidden' }));
    expect(heard).toHaveLength(1);
    expect(lists).toEqual([]);
    expect(others).not.toHaveBeenCalled();
  });

  it('is not of the own channel, where each user hears its own messages', async () => {
    listen('~');
    listen('~bob');
    bob.channel('~').subscribe({ onMessage: note });
    await open();
    await open(bob);

    server.channels.publishToUser('alice', 'chat.sent', 'for alice');
    server.channels.publishToUser('bob', 'chat.sent', 'for bob');
    server.connections[0]?.close(1006);
    server.channels.publishToUser('alice', 'chat.sent', 'missed');
    await back();

    expect(heard).toEqual(['~ 1 for alice', '~ 2 for bob', '~ 3 missed']);
  });

  it('can be asked for without a subscription', async () => {
    await open();

    expect(await client.channel('room:1').presence()).toEqual({ seq: 0, count: 0, members: [], partial: false });
  });
});

describe('a state', () => {
  let loads: number;
  /** What the application's database holds, and the position read before it. */
  const load = () => {
    loads++;
    return { data: `state ${server.channels.position.seq}`, ...server.channels.position };
  };
  const follow = (more: object = {}) =>
    listen('room:1', { state: load, onState: (data: unknown) => heard.push(String(data)), ...more });
  const words = () => heard.map((line) => line.split(' ').slice(-1)[0]);

  beforeEach(() => {
    loads = 0;
  });

  it('is loaded first, and the messages after it follow', async () => {
    say('before');
    await open();
    follow();
    await pass();
    say('after');

    expect(sent('subscribe')[0]?.data).toEqual({
      channels: [{ channel: 'room:1', epoch: 'mock0001', seq: 1 }],
      presence: false,
    });
    expect(heard).toEqual(['state 1', 'room:1 3 after']);
  });

  it('that takes a while misses nothing', async () => {
    await open();
    let done = (_: object) => {};
    follow({ state: () => new Promise((resolve) => (done = resolve)) });
    await pass();
    const position = server.channels.position;
    say('meanwhile');
    done({ data: 'state', ...position });
    await pass();

    expect(heard).toEqual(['state', 'room:1 1 meanwhile']);
  });

  it('of a channel that is subscribed already applies what has come meanwhile once', async () => {
    listen('room:1', { onMessage: undefined });
    await open();
    let done = (_: object) => {};
    follow({ state: () => new Promise((resolve) => (done = resolve)) });
    await pass();
    say('in the state');
    const position = server.channels.position;
    say('after it');
    done({ data: 'state', ...position });
    await pass();
    say('live');

    expect(words()).toEqual(['state', 'it', 'live']);
  });

  it('older than the subscription is loaded again', async () => {
    const onError = vi.fn();
    listen('room:1', { onMessage: undefined });
    say('before');
    await open();
    const old = [{ data: 'old', epoch: 'mock0001', seq: 0 }];
    follow({ onError, state: () => old.pop() ?? load() });
    await pass(5_000);
    say('live');

    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_old' }));
    expect(heard).toEqual(['state 2', 'room:1 3 live']);
  });

  it('without a position is told, and not used', async () => {
    const onError = vi.fn();
    await open();
    follow({ onError, state: () => ({ data: 'state' }) });
    await pass();

    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'too_old' }));
    expect(heard).toEqual([]);
  });

  it('that fails is told and tried again, ever more rarely, and holds up nobody', async () => {
    const onError = vi.fn();
    await open();
    let broken = true;
    follow({
      onError,
      state: () => {
        if (broken) throw new Error('the database is away');
        return load();
      },
    });
    listen('room:1');
    await pass();
    say('one');
    expect(heard).toEqual(['room:1 2 one']);
    await pass(60_000);
    const tries = onError.mock.calls.length;
    broken = false;
    await pass(60_000);
    say('two');

    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(9);
    expect(words().slice(2)).toEqual(['two', 'two']);
    expect(heard[1]).toMatch('state ');
  });

  it('that fails without a connection waits for one', async () => {
    let offline = true;
    const onError = vi.fn();
    const state = vi.fn(() => {
      if (offline) throw new Error('offline');
      return load();
    });
    follow({ state, onError });
    await pass(100_000);
    expect(onError).toHaveBeenCalledTimes(1);

    offline = false;
    await open();
    say('live');

    expect(state).toHaveBeenCalledTimes(2);
    expect(onError).toHaveBeenCalledTimes(1);
    expect(words()).toEqual(['0', 'live']);
  });

  it('is loaded again after a resync, within the time that the server gives', async () => {
    follow();
    await open();
    await pass();
    say('one');
    server.channels.restart(4_000);
    say('two');
    await pass(1_999);
    expect(loads).toBe(1);
    await pass(1);
    say('three');

    expect(loads).toBe(2);
    expect(words()).toEqual(['0', 'one', '1', 'three']);
  });

  it('is loaded again where the position is too old for a replay', async () => {
    await open();
    const old = server.channels.position;
    server.channels.forget();
    const answers = [{ data: 'old', ...old }];
    follow({ state: () => answers.pop() ?? load() });
    await pass(10);
    say('live');

    expect(words()).toEqual(['old', '2', 'live']);
  });

  it('goes on after a break without loading', async () => {
    follow();
    await open();
    await pass();
    server.connection.close(1006);
    say('missed');
    await back();

    expect(loads).toBe(1);
    expect(words()).toEqual(['0', 'missed']);
  });

  it('that was being loaded at a break is whole', async () => {
    listen('room:1', { onMessage: undefined });
    await open();
    let done = (_: object) => {};
    follow({ state: () => new Promise((resolve) => (done = resolve)) });
    await pass();
    const position = server.channels.position;
    say('live');
    server.connection.close(1006);
    say('missed');
    done({ data: 'state', ...position });
    await back();

    expect(words()).toEqual(['state', 'live', 'missed']);
  });

  it('is of the user who is there', async () => {
    let subject = 'alice';
    server = createMockServer({ welcome: () => ({ user: { subject, displayName: subject, roles: [] } }) });
    client = withChannels(createClient(options()));
    follow();
    await open();
    await pass();
    subject = 'bob';
    server.connection.close(1006);
    await back();
    say('live');

    expect(loads).toBe(2);
    expect(sent('resume')).toEqual([]);
    expect(words().at(-1)).toBe('live');
  });

  it('is loaded again for a channel that was refused meanwhile', async () => {
    follow();
    await open();
    await pass();
    server.channels.unsubscribe('room:1');
    say('unseen');
    server.connection.close(1006);
    await back();
    say('live');

    expect(loads).toBe(2);
    expect(words()).toEqual(['0', '3', 'live']);
  });

  it('that nobody wants any more is not used', async () => {
    await open();
    let done = (_: object) => {};
    const end = follow({ state: () => new Promise((resolve) => (done = resolve)) });
    await pass();
    end();
    done({ data: 'state', ...server.channels.position });
    await pass();

    expect(heard).toEqual([]);
    expect(sent()).toEqual([]);
  });
});
