import { act, StrictMode, useEffect, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, type DrawbridgeClient } from '../src/drawbridge.js';
import {
  ConnectionStatus,
  DrawbridgeProvider,
  useConnectionError,
  useConnectionState,
  useDrawbridge,
  useMessage,
  useRequest,
} from '../src/react.js';
import { backToReality, FakeSocket, withoutNetwork } from './fake-socket.js';

let root: Root;
let container: HTMLElement;
let client: DrawbridgeClient;
let options: object;

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const show = (node: ReactNode) => act(() => root.render(node));
const text = () => container.textContent;

beforeEach(() => {
  withoutNetwork();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  options = { url: 'ws://server/ws', getToken: () => 'a.b.c', logger: { error: () => {} } };
  client = createClient(options);
  container = document.createElement('div');
  root = createRoot(container);
});

afterEach(async () => {
  await act(() => root.unmount());
  client.close();
  await pass(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(FakeSocket.all.filter((socket) => socket.listening)).toEqual([]);
  backToReality();
});

describe('the provider', () => {
  it('connects when it mounts and closes when it is gone', async () => {
    await show(<DrawbridgeProvider options={options}>x</DrawbridgeProvider>);
    await pass(0);
    FakeSocket.last.welcome();
    expect(FakeSocket.last.closedWith).toBeUndefined();

    await show(null);
    await pass(0);
    expect(FakeSocket.last.closedWith).toBe(1000);
  });

  it('opens one socket in StrictMode, which mounts twice', async () => {
    await show(
      <StrictMode>
        <DrawbridgeProvider options={options}>x</DrawbridgeProvider>
      </StrictMode>,
    );
    await pass(0);

    expect(FakeSocket.all).toHaveLength(1);
    expect(FakeSocket.last.closedWith).toBeUndefined();
  });

  it('keeps the connection of a client that another provider takes over at once', async () => {
    await show(<DrawbridgeProvider key="before" client={client} />);
    await pass(0);
    FakeSocket.last.welcome();
    await show(<DrawbridgeProvider key="after" client={client} />);
    await pass(0);

    expect(FakeSocket.all).toHaveLength(1);
    expect(client.getSnapshot().status).toBe('open');
  });

  it('renders on a server without a socket', () => {
    const page = renderToString(
      <DrawbridgeProvider options={options}>
        <ConnectionStatus className="c" />
      </DrawbridgeProvider>,
    );

    expect(page).toBe('<span role="status" class="c" data-status="idle">Not connected</span>');
    expect(FakeSocket.all).toEqual([]);
  });

  it('is named by a hook that misses it', () => {
    const Lost = () => (useDrawbridge(), null);

    expect(() => renderToString(<Lost />)).toThrow('<DrawbridgeProvider>');
  });

  it('leaves nothing behind after 1 000 mounts', async () => {
    for (let n = 0; n < 1_000; n++) {
      // Not awaited: that would take a turn of the event loop each.
      act(() => root.render(<DrawbridgeProvider key={n} options={options} />));
    }
    await show(null);
    await pass(0);

    expect(vi.getTimerCount()).toBe(0);
    expect(FakeSocket.all.filter((socket) => socket.listening)).toEqual([]);
  });
});

describe('the hooks', () => {
  it('show the state and the cause, and render nothing for a frame', async () => {
    let renders = 0;
    function State(): ReactNode {
      renders++;
      const { status } = useConnectionState();
      const error = useConnectionError();
      return `${status} ${error?.code ?? ''}`;
    }
    await show(
      <DrawbridgeProvider client={client}>
        <State />
      </DrawbridgeProvider>,
    );
    await pass(0);
    await act(() => void FakeSocket.last.welcome());
    expect(text()).toBe('open ');

    const before = renders;
    await act(() => {
      for (let n = 0; n < 100; n++) FakeSocket.last.receive({ type: 'chat.message', data: n });
    });
    expect(renders).toBe(before);

    await act(() => FakeSocket.last.end(4403, 'user_disabled'));
    expect(text()).toBe('failed user_disabled');
  });

  it('useMessage calls the latest handler with every message', async () => {
    const seen: string[] = [];
    function Listener({ name }: { name: string }): ReactNode {
      useMessage('chat.message', (data) => seen.push(`${name}${String(data)}`));
      return null;
    }
    const page = (name: string) => (
      <DrawbridgeProvider client={client}>
        <Listener name={name} />
      </DrawbridgeProvider>
    );
    await show(page('a'));
    await pass(0);
    const socket = FakeSocket.last.welcome();
    socket.receive({ type: 'chat.message', data: 1 });
    socket.receive({ type: 'chat.message', data: 2 });
    await show(page('b'));
    socket.receive({ type: 'chat.message', data: 3 });

    expect(seen).toEqual(['a1', 'a2', 'b3']);
  });

  it('useRequest shows the outcome of the last call', async () => {
    function Asker({ run }: { run: (ask: (data: unknown) => Promise<unknown>) => void }): ReactNode {
      const [ask, { pending, data, error }] = useRequest('echo');
      useEffect(() => run(ask), [ask, run]);
      return JSON.stringify({ pending, data, code: error?.code });
    }
    let ask: (data: unknown) => Promise<unknown> = () => Promise.reject(new Error('not yet'));
    const keep = (given: typeof ask) => void (ask = given);
    await show(
      <DrawbridgeProvider client={client}>
        <Asker run={keep} />
      </DrawbridgeProvider>,
    );
    await pass(0);
    const socket = FakeSocket.last.welcome();

    await act(() => void ask(1));
    expect(text()).toBe('{"pending":true}');
    await act(() => void ask(2));
    await act(() => socket.receive({ type: 'ack', id: socket.sent[0]?.id, data: 'first' }));
    expect(text()).toBe('{"pending":true}');
    await act(() => socket.receive({ type: 'ack', id: socket.sent[1]?.id, data: 'second' }));
    expect(text()).toBe('{"pending":false,"data":"second"}');

    await act(() => void ask(3).catch(() => {}));
    const error = { code: 'handler_failed', message: 'x' };
    await act(() => socket.receive({ type: 'error', id: socket.sent[2]?.id, error }));
    expect(text()).toBe('{"pending":false,"code":"handler_failed"}');
  });
});

it('useRequest shows no outcome of a type that it was not asked for', async () => {
  let ask: (data: unknown) => Promise<unknown> = () => Promise.reject(new Error('not yet'));
  function Asker({ type }: { type: string }): ReactNode {
    const [run, { pending, data }] = useRequest(type);
    useEffect(() => void (ask = run), [run]);
    return JSON.stringify({ pending, data });
  }
  const page = (type: string) => (
    <DrawbridgeProvider client={client}>
      <Asker type={type} />
    </DrawbridgeProvider>
  );
  await show(page('echo'));
  await pass(0);
  const socket = FakeSocket.last.welcome();
  await act(() => void ask(1));
  expect(text()).toBe('{"pending":true}');

  await show(page('other'));
  expect(text()).toBe('{"pending":false}');
  await act(() => socket.receive({ type: 'ack', id: socket.sent[0]?.id, data: 'old' }));
  expect(text()).toBe('{"pending":false}');
  await show(page('echo'));
  expect(text()).toBe('{"pending":false}');
});

it('the status component says the state and the cause in a live region', async () => {
  await show(
    <DrawbridgeProvider client={client}>
      <ConnectionStatus />
    </DrawbridgeProvider>,
  );
  expect(text()).toBe('Connecting');
  await pass(0);
  await act(() => void FakeSocket.last.welcome());
  expect(text()).toBe('Connected');

  await act(() => FakeSocket.last.end(1006));
  expect(container.querySelector('[role=status]')?.getAttribute('data-status')).toBe('waiting');
  expect(text()).toContain('(connection_lost)');
});
