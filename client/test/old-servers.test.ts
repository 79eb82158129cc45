// @vitest-environment node
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClient } from '../src/drawbridge.js';
import { MockSocket, WELCOME } from '../src/mock-socket.js';
import { eventually } from './eventually.js';

// What the server of an earlier commit has said to this client, word by word: PROTOCOL.md section 12. It was
// recorded between the two; test/old-servers has the recordings, each named after the server's commit.

interface Step {
  /** The connection, counted from 1. */
  readonly c: number;
  readonly open?: true;
  readonly in?: Record<string, unknown>;
  readonly out?: Record<string, unknown>;
  readonly close?: readonly [number, string];
}

const recorded = JSON.parse(
  readFileSync(new URL('./old-servers/server-c0ba3883.json', import.meta.url), 'utf8'),
) as { readonly config: unknown; readonly steps: readonly Step[] };

/** Answers as the recording does: after what was sent, by its type, comes what came. */
class RecordedSocket extends MockSocket {
  static count = 0;
  readonly #steps: Step[];
  /** From the recording's ids to those that this client takes. */
  readonly #ids = new Map<unknown, unknown>();

  constructor(url: string | URL, offered: readonly string[]) {
    super(url, offered);
    const connection = ++RecordedSocket.count;
    this.#steps = recorded.steps.filter((step) => step.c === connection && !step.open);
    queueMicrotask(() => {
      this.open();
      this.#play();
    });
  }

  override send(text: string): void {
    super.send(text);
    const frame = JSON.parse(text) as { readonly type: string; readonly id?: unknown };
    const at = this.#steps.findIndex((step) => step.out?.['type'] === frame.type);
    expect(at, `the recording has no ${frame.type} here`).toBeGreaterThanOrEqual(0);
    const [step] = this.#steps.splice(at, 1);
    this.#ids.set(step?.out?.['id'], frame.id);
    queueMicrotask(() => this.#play());
  }

  /** All that came before the next frame of the client's. */
  #play(): void {
    for (let step = this.#steps[0]; step && !step.out; step = this.#steps[0]) {
      this.#steps.shift();
      if (step.close) this.end(...step.close);
      else {
        const { id, ...frame } = step.in ?? {};
        this.receive((id === undefined ? frame : { ...frame, id: this.#ids.get(id) }) as never);
      }
    }
  }
}

beforeEach(() => {
  RecordedSocket.count = 0;
  vi.stubGlobal('WebSocket', RecordedSocket);
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(recorded.config)));
});
afterEach(() => vi.unstubAllGlobals());

it('takes what a later server may say for what it does', async () => {
  const sockets: MockSocket[] = [];
  class Later extends MockSocket {
    constructor(url: string | URL, offered: readonly string[]) {
      super(url, offered);
      sockets.push(this);
    }
  }
  vi.stubGlobal('WebSocket', Later);
  const client = createClient({ url: 'ws://127.0.0.1/ws', getToken: () => 'a.b.c', logger: { error: () => {} } });
  const opened = client.connect();
  await eventually(() => expect(sockets).toHaveLength(1));
  const socket = sockets[0] as MockSocket;

  socket.open().receive({
    type: 'welcome',
    data: { ...WELCOME, features: ['time.travel'], future: { of: 1 } },
    trace: 'x',
  });
  await opened;
  socket.receive({ type: 'from.the.future', data: 1 });
  const asked = client.request('echo', 1).catch((error: unknown) => error);
  const id = socket.sent.at(-1)?.id;
  const error = { code: 'moon_too_full', message: 'wait', action: 'wait', retryable: true, phase: 4 };
  socket.receive({ type: 'error', id, error });
  expect(await asked).toMatchObject({ code: 'moon_too_full', action: 'wait' });
  socket.end(4599, 'a_later_reason');
  expect(client.getSnapshot().status).toBe('waiting');
  await eventually(() => expect(sockets).toHaveLength(2));
  sockets[1]?.open().receive({ type: 'welcome', data: WELCOME });
  sockets[1]?.end(4450, 'another_later_reason');

  expect(client.getSnapshot().status).toBe('failed');
  client.close();
});

/** A server that says more than this client knows, and lets nobody in. */
const refusing = (diagnosis: unknown, status: number) => {
  vi.stubGlobal(
    'WebSocket',
    class extends MockSocket {
      constructor(url: string | URL, offered: readonly string[]) {
        super(url, offered);
        queueMicrotask(() => this.end(1006));
      }
    },
  );
  const config = {
    ...(recorded.config as object),
    protocols: ['drawbridge.v2', 'drawbridge.v1'],
    later: { of: 2 },
  };
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(url.includes('diagnose') ? Response.json(diagnosis, { status }) : Response.json(config)),
  );
  return createClient({
    configUrls: ['http://127.0.0.1:8080/ws/config'],
    getToken: () => 'a.b.c',
    logger: { error: () => {} },
  });
};

it.each([
  ['wait', true, 'waiting'],
  ['fix_issuer', false, 'failed'],
  ['contact_admin', false, 'failed'],
  ['look_at_the_moon', false, 'failed'],
])('goes by the action of a refusal that it does not know: %s', async (action, retryable, status) => {
  const code = 'moon_too_full';
  const client = refusing({ type: 'urn:drawbridge:problem:' + code, code, action, retryable, phase: 4 }, 403);

  client.connect().catch(() => {});

  await eventually(() => expect(client.getSnapshot()).toMatchObject({ status, error: { code, action } }));
  client.close();
});

it.each([
  ['moon_unavailable', 'waiting'],
  ['too_many_moons', 'waiting'],
  ['rate_of_moons', 'waiting'],
  ['draining_slowly', 'waiting'],
  ['moon_full', 'failed'],
])('knows by its word alone whether what came behind the filters may pass: %s', async (code, status) => {
  const client = refusing({ code: 'ok', attempt: { id: 'a', stage: 'limits', code, later: 1 } }, 200);

  client.connect().catch(() => {});

  await eventually(() => expect(client.getSnapshot()).toMatchObject({ status, error: { code } }));
  client.close();
});

it.each(['drawbridge.v2', ''])('offers its version and takes no other for it: "%s"', async (chosen) => {
  const sockets: MockSocket[] = [];
  class Later extends MockSocket {
    constructor(url: string | URL, offered: readonly string[]) {
      super(url, offered);
      sockets.push(this);
    }
  }
  const client = refusing({ code: 'ok', attempt: { id: 'a', stage: 'upgraded', code: 'ok' } }, 200);
  vi.stubGlobal('WebSocket', Later);

  client.connect().catch(() => {});
  await eventually(() => expect(sockets).toHaveLength(1));
  const socket = sockets[0] as MockSocket;
  socket.open(chosen);

  expect(socket.offered).toEqual(['drawbridge.v1', 'drawbridge.bearer.a.b.c']);
  expect(socket.closedWith).toBe(4901);
  await eventually(() => expect(client.getSnapshot().error?.code).toBe('subprotocol_mismatch'));
  client.close();
});

it('speaks with a server of an earlier commit', async () => {
  let tokens = 0;
  const client = createClient({
    configUrls: ['http://127.0.0.1:8080/ws/config'],
    getToken: () => `a.b.${tokens++}`,
    logger: { error: () => {} },
  });
  const news: unknown[] = [];
  client.on('news', (data) => news.push(data));
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: { readonly code: string }) => error.code,
    );

  const welcome = await client.connect();
  const echoed = await client.request('echo', { text: 'ä😀' });
  const trip = await client.ping();
  await client.request('push', {});
  const codes = [
    await code(client.request('nothing.of.that', {})),
    await code(client.request('number', { number: 'none' })),
    await code(client.request('welcome', {})),
  ];
  client.send('cut', {});
  await eventually(() => expect(RecordedSocket.count).toBe(2));
  await eventually(() => expect(client.getSnapshot().status).toBe('open'));
  const afterCut = await client.request('echo', 1);
  const before = tokens;
  client.send('expire', {});
  await eventually(() => expect(tokens).toBeGreaterThan(before));
  const renewed = await client.request('echo', 2);
  client.send('empty.server', {});
  await eventually(() => expect(client.getSnapshot().status).toBe('waiting'));
  client.close();

  expect([welcome.protocol, welcome.user.subject]).toEqual(['drawbridge.v1', 'alice']);
  expect(echoed).toEqual({ text: 'ä😀' });
  expect(trip).toBeGreaterThanOrEqual(0);
  expect(news).toEqual([{ of: 'alice' }]);
  expect(codes).toEqual(['message_type_unknown', 'message_data_invalid', 'message_type_reserved']);
  expect([afterCut, renewed]).toEqual([1, 2]);
  expect(RecordedSocket.count).toBe(2);
});
