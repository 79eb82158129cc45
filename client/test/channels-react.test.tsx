import { act, StrictMode, Suspense, useState, type ReactNode } from 'react';
import { createRoot, hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useChannel, useChannels, useChannelState, usePresence } from '../src/channels-react.js';
import { createClient, type DrawbridgeClient } from '../src/drawbridge.js';
import { DrawbridgeProvider } from '../src/react.js';
import { createMockServer, type MockServer } from '../src/testing.js';

let root: Root;
let container: HTMLElement;
let server: MockServer;
let client: DrawbridgeClient;
let heard: string[];

const pass = (ms = 10) => act(() => vi.advanceTimersByTimeAsync(ms));
const text = () => container.textContent;
const frames = () => server.connection.frames.map(({ type, data }) => `${type} ${(data as { channels?: string[] }).channels ?? ''}`.trim());
const say = (said: string, channel = 'room:1') => act(async () => void server.channels.publish(channel, 'm', said));
const show = async (node: ReactNode) => {
  await act(() => root.render(<DrawbridgeProvider client={client}>{node}</DrawbridgeProvider>));
  await pass();
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  heard = [];
  server = createMockServer();
  client = createClient({ url: server.url, WebSocket: server.WebSocket, logger: null });
  container = document.createElement('div');
  root = createRoot(container);
});

afterEach(async () => {
  await act(() => root.unmount());
  client.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function Room({ name, tag = '' }: { name: string | null; tag?: string }) {
  const { status, error } = useChannel(name, { m: (data) => heard.push(`${tag}${String(data)}`) });
  return <>{`${status} ${error?.code ?? ''}`.trim()}</>;
}

it('a component hears the messages while it is there', async () => {
  await show(<Room name="room:1" />);
  await say('one');
  expect(text()).toBe('subscribed');

  await show(null);
  await say('two');

  expect(heard).toEqual(['one']);
  expect(frames()).toEqual(['subscribe room:1', 'unsubscribe room:1']);
});

it('StrictMode, and the same channel in other components, is one subscription', async () => {
  await show(
    <StrictMode>
      <Room name="room:1" tag="a" />
      <Room name="room:1" tag="b" />
    </StrictMode>,
  );
  await say('one');

  expect(frames()).toEqual(['subscribe room:1']);
  expect(heard).toEqual(['aone', 'bone']);
});

it('another page with the same channel asks for nothing', async () => {
  await show(<Room key="before" name="room:1" />);
  await show(<Room key="after" name="room:1" tag="after " />);
  await say('one');

  expect(frames()).toEqual(['subscribe room:1']);
  expect(heard).toEqual(['after one']);
});

it('the latest handler is called, and a new one subscribes nothing anew', async () => {
  await show(<Room name="room:1" tag="first " />);
  await show(<Room name="room:1" tag="second " />);
  await say('one');

  expect(heard).toEqual(['second one']);
  expect(frames()).toHaveLength(1);
});

it('another name is another channel, whose status begins anew', async () => {
  server.channels.refuse((name) => (name === 'room:2' ? 'channel_forbidden' : undefined));
  await show(<Room name="room:1" />);
  await show(<Room name="room:2" />);
  expect(text()).toBe('refused channel_forbidden');
  await show(<Room name={null} />);
  expect(text()).toBe('pending');
  await show(<Room name="room:1" />);

  expect(text()).toBe('subscribed');
  await say('one');
  expect(heard).toEqual(['one']);
});

it('a component that suspends while it mounts asks for nothing', async () => {
  const never = new Promise(() => {});
  function Waits(): ReactNode {
    useChannel('room:1');
    throw never;
  }
  await show(
    <Suspense fallback="waits">
      <Waits />
    </Suspense>,
  );

  expect(text()).toBe('waits');
  expect(frames()).toEqual([]);
});

it('publishes by a function that stays the same', async () => {
  const seen = new Set<unknown>();
  let again = () => {};
  function Writer() {
    const { publish } = useChannel('room:1', { m: (data) => heard.push(String(data)) });
    const [, set] = useState(0);
    seen.add(publish);
    again = () => set(1);
    return <button onClick={() => void publish('m', 'hi')} />;
  }
  await show(<Writer />);
  await act(() => again());
  container.querySelector('button')?.click();
  // React listens at the container, which is in no document.
  await act(async () => void (await [...seen].map((publish) => (publish as (type: string, data: unknown) => unknown)('m', 'hi'))[0]));

  expect(seen.size).toBe(1);
  expect(heard).toContain('hi');
});

it('who is there is a list', async () => {
  function Present() {
    const { members, count, error } = usePresence('room:1');
    return <>{`${count}: ${members.map((one) => one.displayName).join()} ${String(error)}`}</>;
  }
  await show(<Present />);
  expect(text()).toBe('1: Alice null');

  await act(async () =>
    server.connection.sendFrame({ type: 'presence', channel: 'room:1', seq: 99, data: { joined: [{ subject: 'bob', displayName: 'Bob' }], left: [], count: 2 } }),
  );

  expect(text()).toBe('2: Alice,Bob null');
});

it('a state is loaded, then reduced, and loaded again after a resync', async () => {
  let loads = 0;
  const load = async () => ({ data: [`load ${++loads}`], ...server.channels.position });
  function Lines() {
    const { state, status } = useChannelState('room:1', load, (lines, { data }) => [...lines, String(data)]);
    return <>{`${status} ${state?.join() ?? 'nothing'}`}</>;
  }
  await show(
    <StrictMode>
      <Lines />
      <Room name="room:1" />
    </StrictMode>,
  );
  expect(text()).toBe('subscribed load 1subscribed');
  await say('one');
  expect(text()).toContain('load 1,one');

  server.channels.restart(500);
  await say('two');
  await pass(600);
  await say('three');

  expect(text()).toContain('subscribed load 2,three');
  expect(heard).toEqual(['one', 'two', 'three']);
});

it('a state that fails says why until it has not', async () => {
  let broken = true;
  function Lines() {
    const { state, error } = useChannelState(
      'room:1',
      () => {
        if (broken) throw new Error('away');
        return { data: 'state', ...server.channels.position };
      },
      (before) => before,
    );
    return <>{`${state ?? ''} ${error ? String(error) : ''}`.trim()}</>;
  }
  await show(<Lines />);
  expect(text()).toBe('Error: away');
  broken = false;
  await pass(10_000);

  expect(text()).toBe('state');
});

it('a resync is told to the latest callback', async () => {
  const onResync = vi.fn();
  function Told({ by }: { by: string }) {
    useChannel('room:1', undefined, { onResync: (reason) => onResync(by, reason) });
    return null;
  }
  await show(<Told by="first" />);
  await show(<Told by="second" />);
  await act(async () => server.channels.restart());

  expect(onResync.mock.calls).toEqual([['second', 'epoch_changed']]);
});

it('a page rendered on a server needs no connection, and takes up its channel in the browser', async () => {
  function Page() {
    useChannels();
    const { state } = useChannelState('room:1', () => ({ data: 1, epoch: 'a', seq: 1 }), (before) => before);
    const { count } = usePresence('room:1');
    return <p>{`${state} ${count}`} <Room name="room:1" /></p>;
  }
  const page = <DrawbridgeProvider client={client}><Page /></DrawbridgeProvider>;
  const html = renderToString(page);
  expect(html).toContain('undefined 0');
  expect(server.connections).toHaveLength(0);

  await act(() => root.unmount());
  container = document.createElement('div');
  container.innerHTML = html;
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  await act(async () => void (root = hydrateRoot(container, page)));
  await pass(5_000);

  expect(errors).not.toHaveBeenCalled();
  expect(text()).toContain('subscribed');
});

it('a client that tabs share is refused where the hook is used', async () => {
  const { extend: _, ...shared } = client;
  const render = async () =>
    act(() => root.render(<DrawbridgeProvider client={shared}><Room name="room:1" /></DrawbridgeProvider>));
  await expect(render()).rejects.toThrow('shareTabs has no channels');
});
