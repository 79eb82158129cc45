import { act, StrictMode, useState, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  createClient,
  type ClientOptions,
  type ConnectionError,
  type DrawbridgeClient,
  type MessageError,
} from '../src/drawbridge.js';
import {
  createHooks,
  DrawbridgeProvider,
  useConnectionState,
  useDrawbridge,
  useMessage,
  useRequest,
  useSend,
} from '../src/react.js';
import { backToReality, FakeSocket, withoutNetwork } from './fake-socket.js';

let root: Root;
let container: HTMLElement;
let seen: DrawbridgeClient | undefined;

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const show = async (node: ReactNode) => {
  await act(() => root.render(node));
  await pass(0);
};
const options = (change: Partial<ClientOptions> = {}): ClientOptions => ({
  url: 'ws://server/ws',
  getToken: () => 'a.b.c',
  logger: { error: () => {} },
  ...change,
});
const Spy = () => ((seen = useDrawbridge()), useConnectionState().status);
const page = (change: Partial<ClientOptions> = {}, enabled?: boolean) => (
  <DrawbridgeProvider options={options(change)} enabled={enabled}>
    <Spy />
  </DrawbridgeProvider>
);
const open = () => FakeSocket.all.filter((socket) => socket.closedWith === undefined);

beforeEach(() => {
  withoutNetwork();
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  container = document.createElement('div');
  root = createRoot(container);
});

afterEach(async () => {
  await act(() => root.unmount());
  await pass(0);
  expect(FakeSocket.all.filter((socket) => socket.listening)).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  backToReality();
});

describe('a client made elsewhere', () => {
  it('is connected and not closed by the provider, in StrictMode neither', async () => {
    const client = createClient(options());
    await show(
      <StrictMode>
        <DrawbridgeProvider client={client} />
      </StrictMode>,
    );
    FakeSocket.last.welcome();

    await show(null);

    expect(client.getSnapshot().status).toBe('open');
    client.close();
  });

  it('is left alone by a provider that is not enabled, now and later', async () => {
    const client = createClient(options());
    await show(<DrawbridgeProvider client={client} enabled={false} />);
    expect(client.getSnapshot().status).toBe('idle');

    await show(<DrawbridgeProvider client={client} enabled />);
    expect(client.getSnapshot().status).toBe('connecting');
    await show(<DrawbridgeProvider client={client} enabled={false} />);

    expect(client.getSnapshot().status).toBe('connecting');
    client.close();
  });

  it('that takes the place of options ends the connection of these', async () => {
    const client = createClient(options({ url: 'ws://elsewhere/ws' }));
    await show(page());

    await show(<DrawbridgeProvider client={client} />);

    expect(open().map(({ url }) => new URL(url).host)).toEqual(['elsewhere']);
    client.close();
  });
});

describe('enabled', () => {
  it('connects when it becomes true and closes when it becomes false', async () => {
    await show(page({}, false));
    expect(FakeSocket.all).toEqual([]);
    expect(container.textContent).toBe('idle');

    await show(page({}, true));
    act(() => void FakeSocket.last.welcome());
    expect(container.textContent).toBe('open');

    await show(page({}, false));
    expect(container.textContent).toBe('closed');
    await show(page({}, true));
    expect(container.textContent).toBe('connecting');
    expect(open()).toHaveLength(1);
  });

  it('given as undefined is the default', async () => {
    await show(page({}, undefined));

    expect(open()).toHaveLength(1);
  });
});

describe('lazy options', () => {
  const Listener = () => (useMessage('news', () => {}), null);
  const lazily = (enabled: boolean, child: ReactNode = null) => (
    <StrictMode>
      <DrawbridgeProvider options={options({ lazy: true })} enabled={enabled}>
        <Spy />
        {child}
      </DrawbridgeProvider>
    </StrictMode>
  );

  it('connect when the first component listens', async () => {
    await show(lazily(true));
    await pass(60_000);
    expect(FakeSocket.all).toEqual([]);

    await show(lazily(true, <Listener />));

    expect(open()).toHaveLength(1);
  });

  it('connect when the first component sends', async () => {
    await show(lazily(true));

    act(() => void seen?.send('news', 1));
    await pass(0);

    expect(open()).toHaveLength(1);
  });

  it('do not connect while the provider is not enabled, and do so afterwards, again and again', async () => {
    await show(lazily(false, <Listener />));
    expect(FakeSocket.all).toEqual([]);

    for (let round = 1; round <= 2; round++) {
      await show(lazily(true, <Listener />));
      expect(open()).toHaveLength(1);
      await show(lazily(false, <Listener />));
      expect(open()).toEqual([]);
    }
  });
});

describe('options that change', () => {
  it.each<[string, (round: number) => Partial<ClientOptions>]>([
    ['getToken', (round) => ({ getToken: () => `t.${round}` })],
    ['a url function', (round) => ({ url: () => `ws://server/${round}` })],
    ['logger', () => ({ logger: { error: () => {} } })],
    ['the same values, made anew', () => ({ configUrls: [new URL('http://server/ws/config')] })],
    ['an address as text and as an object', (round) => ({ url: round % 2 ? 'ws://server/ws' : new URL('ws://server/ws') })],
    ['a member that is undefined', (round) => (round % 2 ? {} : ({ configUrls: undefined } as object))],
  ])('keep the connection: %s', async (_, change) => {
    await show(page(change(0)));
    const before = seen;
    for (let round = 1; round <= 3; round++) await show(page(change(round)));

    expect(seen).toBe(before);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it.each<[string, Partial<ClientOptions>]>([
    ['another address', { url: 'ws://other/ws' }],
    ['an address where a function was', { url: () => 'ws://other/ws' }],
    ['further documents', { configUrls: ['http://other/ws/config'] }],
  ])('connect anew, and leave the connection before: %s', async (_, change) => {
    await show(page());
    const before = seen;
    const answer = expect(before?.request('echo', 1)).rejects.toMatchObject({ code: 'closed' });

    await show(page(change));

    expect(seen).not.toBe(before);
    expect(before?.getSnapshot().status).toBe('closed');
    expect(open()).toHaveLength(1);
    await answer;
  });

  it.each([
    ['nothing', undefined, 'undefined'],
    ['an empty text', '', 'blanks in it'],
  ])('getToken that returns %s is not one that has no token', async (_, nothing, hint) => {
    await show(page({ getToken: () => nothing as string }));

    expect(seen?.getSnapshot()).toMatchObject({
      status: 'waiting',
      error: { code: 'token_malformed', hint },
    });
    expect(FakeSocket.all).toEqual([]);
  });

  it('have their say at the next token, of a function that came later', async () => {
    await show(page({ getToken: () => null }));
    act(() => void FakeSocket.last.welcome());
    const { getToken: _, ...without } = options();
    await show(
      <DrawbridgeProvider options={without}>
        <Spy />
      </DrawbridgeProvider>,
    );
    await show(page({ getToken: () => 'the.latest.one' }));

    act(() => FakeSocket.last.end(1012));
    await pass(5_000);

    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.last.offered).toContain('drawbridge.bearer.the.latest.one');
  });

  it('bring the handlers along to the new client', async () => {
    const heard: unknown[] = [];
    const Listener = () => (useMessage('news', (data) => heard.push(data)), null);
    const at = (url: string) => (
      <DrawbridgeProvider options={options({ url })}>
        <Listener />
      </DrawbridgeProvider>
    );
    await show(at('ws://server/ws'));
    await show(at('ws://other/ws'));

    act(() => FakeSocket.last.welcome().receive({ type: 'news', data: 1 }));

    expect(heard).toEqual([1]);
  });
});

interface My {
  'chat.send': { send: { text: string }; ack: { sentAt: number } };
  'chat.message': { receive: { text: string } };
}

describe('a map of its own', () => {
  it('fits the provider, and types the hooks that are made for it', async () => {
    const client = createClient<My>(options());
    const hooks = createHooks<My>();
    const Chat = () => {
      const [send, { data, error }] = hooks.useRequest('chat.send');
      const [last, setLast] = useState('');
      hooks.useMessage('chat.message', ({ text }) => setLast(text));
      // @ts-expect-error no such type in this map
      hooks.useSend('chat.sent');
      expectTypeOf(data).toEqualTypeOf<{ sentAt: number } | undefined>();
      expectTypeOf(error).toEqualTypeOf<MessageError | ConnectionError | undefined>();
      expectTypeOf(send).parameter(0).toEqualTypeOf<{ text: string }>();
      expectTypeOf(hooks.useDrawbridge()).toEqualTypeOf<DrawbridgeClient<My>>();
      expectTypeOf(useDrawbridge<My>()).toEqualTypeOf<DrawbridgeClient<My>>();
      return last;
    };
    await show(
      <DrawbridgeProvider client={client}>
        <Chat />
      </DrawbridgeProvider>,
    );
    await act(() => FakeSocket.last.welcome().receive({ type: 'chat.message', data: { text: 'hello' } }));

    expect(container.textContent).toBe('hello');
    client.close();
  });
});

describe('useSend', () => {
  it('sends by a function that stays the same, and tells of a refusal', async () => {
    const functions = new Set<(data: unknown) => boolean>();
    const Sender = () => (functions.add(useSend('news')), useConnectionState().status);
    await show(
      <DrawbridgeProvider options={options()}>
        <Sender />
        <Spy />
      </DrawbridgeProvider>,
    );
    act(() => void FakeSocket.last.welcome());
    const [send] = functions;

    expect(send?.(1)).toBe(true);
    expect(FakeSocket.last.sent).toContainEqual({ type: 'news', data: 1 });
    act(() => seen?.close());
    expect(send?.(2)).toBe(false);
    expect(functions.size).toBe(1);
  });
});

describe('the error of useRequest', () => {
  let run: (data: unknown, more?: { signal?: AbortSignal }) => Promise<unknown>;
  let error: MessageError | ConnectionError | undefined;
  const Request = () => {
    const [request, state] = useRequest('echo');
    run = request;
    error = state.error;
    return null;
  };
  const start = async () => {
    await show(
      <DrawbridgeProvider options={options()}>
        <Request />
        <Spy />
      </DrawbridgeProvider>,
    );
    act(() => void FakeSocket.last.welcome());
  };

  it.each<[string, unknown]>([
    ['an Error', new Error('not needed any more')],
    ['a text', 'not needed any more'],
    ['the default', undefined],
    ['nothing', null],
  ])('has the code `aborted` when a signal aborts with %s, and the promise its reason', async (_, reason) => {
    await start();
    const abort = new AbortController();
    let caught: unknown;
    await act(
      async () =>
        void run(1, { signal: abort.signal }).catch((failure: unknown) => (caught = failure)),
    );
    await act(async () => abort.abort(reason));
    await pass(0);

    expect(error).toMatchObject({ name: 'MessageError', code: 'aborted', cause: abort.signal.reason });
    expect(error?.message).toMatch(/\(aborted\)$/);
    expect(caught).toBe(abort.signal.reason);
  });

  it('has a code for data that cannot be sent', async () => {
    await start();
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;

    await act(async () => void run(circle).catch(() => {}));
    await pass(0);

    expect(error).toMatchObject({ name: 'MessageError', code: expect.any(String) });
  });

  it('is the cause when the client has given up', async () => {
    await start();
    await act(async () => FakeSocket.last.end(4403, 'user_disabled'));

    await act(async () => void run(1).catch(() => {}));
    await pass(0);

    expect(error).toMatchObject({ name: 'ConnectionError', code: 'user_disabled' });
  });

  it('is the server word for word', async () => {
    await start();
    void act(() => void run(1).catch(() => {}));
    const { id } = FakeSocket.last.sent.at(-1) ?? {};

    await act(async () => FakeSocket.last.receive({ type: 'error', id, error: { code: 'no', message: 'No' } }));
    await pass(0);

    expect(error).toMatchObject({ name: 'MessageError', code: 'no' });
  });
});
