// @vitest-environment node
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionSnapshot } from '../src/drawbridge.js';
import { principal } from '../src/tabs-notes.js';
import { Chromium, chromium, type Tab } from './chromium.js';
import { eventually } from './eventually.js';
import { TestServer } from './server.js';

const BUNDLE = 'target/classes/META-INF/resources/drawbridge';
const jwt = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');

/** `token()` and `more` may be changed by a test before `start()`. */
const PAGE = `<!doctype html><script type="module">
  import { shareTabs } from '/drawbridge/tabs.js';
  window.heard = [];
  window.token = '${jwt({ sub: 'alice' })}';
  window.asked = 0;
  window.start = (more = {}) => {
    window.client = shareTabs({ getToken: () => (asked++, token), logger: { error: () => {} }, ...more });
    client.on('news', (data) => heard.push(data));
    return client.connect().then(({ connectionId }) => connectionId);
  };
  window.until = (status) => new Promise((resolve) => {
    const look = () => client.getSnapshot().status === status && resolve(client.getSnapshot());
    client.subscribe(look);
    look();
  });
  window.ready = true;
</script>`;

let browser: Chromium;
let server: TestServer;
let tabs: Tab[];

const open = async (path = '/'): Promise<Tab> => {
  const tab = await browser.open(server.configUrl.replace('/ws/config', path));
  tabs.push(tab);
  await eventually(async () => expect(await tab.evaluate('window.ready')).toBe(true));
  return tab;
};
const snapshot = (tab: Tab) => tab.evaluate<ConnectionSnapshot>('client.getSnapshot()');
const two = async (): Promise<[leader: Tab, follower: Tab]> => {
  const leader = await open();
  await leader.evaluate('start()');
  const follower = await open();
  await follower.evaluate('start()');
  return [leader, follower];
};

describe.skipIf(!chromium)('tabs of a real Chromium', () => {
  beforeAll(async () => {
    browser = await Chromium.start();
  });

  afterAll(() => browser.stop());

  beforeEach(async () => {
    tabs = [];
    server = await new TestServer().start();
    server.config = { configVersion: 1, path: '/ws', protocols: ['drawbridge.v1'], reconnect: server.reconnect };
    for (const path of ['/', '/a/', '/b/']) server.pages.set(path, ['text/html', PAGE]);
    for (const file of ['drawbridge.js', 'tabs.js'])
      server.pages.set(`/drawbridge/${file}`, ['text/javascript', readFileSync(`${BUNDLE}/${file}`)]);
  });

  afterEach(async () => {
    await Promise.all(tabs.map((tab) => tab.close().catch(() => {})));
    await server.stop();
  });

  it('share one connection, its welcome, state and pushes', async () => {
    const [leader, follower] = await two();

    expect(server.peers.size).toBe(1);
    expect(server.upgrades).toHaveLength(1);
    expect(await snapshot(follower)).toEqual(await snapshot(leader));
    expect(await snapshot(follower)).toMatchObject({ status: 'open', welcome: { user: { subject: 'alice' } } });
    server.broadcast({ type: 'news', data: { n: 1 } });
    for (const tab of [leader, follower])
      await eventually(async () => expect(await tab.evaluate('heard')).toEqual([{ n: 1 }]));
  });

  it('get the answers to their own requests, and only these', async () => {
    const [leader, follower] = await two();

    const answers = await Promise.all(
      [leader, follower].map((tab, at) =>
        tab.evaluate(`Promise.all([1, 2, 3].map((n) => client.request('echo', { tab: ${at}, n })))`),
      ),
    );

    expect(answers).toEqual([0, 1].map((tab) => [1, 2, 3].map((n) => ({ tab, n }))));
    expect(server.upgrades).toHaveLength(1);
  });

  it('get the errors of the server and of the client by name', async () => {
    server.onMessage = ({ id }, peer) =>
      server.send(peer, { type: 'error', id, error: { code: 'no', message: 'No', details: [{ path: '/a' }] } });
    server.limits = { maxMessageBytes: 100 };
    const [, follower] = await two();
    const fails = (call: string) =>
      follower.evaluate(`(async () => ${call})().then(() => 'none', ({ name, message, code, details }) => ({ name, message, code, details }))`);

    expect(await fails(`client.request('echo', 1)`)).toEqual({
      ...{ name: 'MessageError', message: 'No (no)', code: 'no', details: [{ path: '/a' }] },
    });
    expect(await fails(`client.request('echo', 'x'.repeat(200))`)).toMatchObject({ code: 'message_too_large' });
    expect(await fails(`client.send('echo', 'x'.repeat(200))`)).toMatchObject({ code: 'message_too_large' });
    expect(await fails(`client.request('echo', 1, { signal: AbortSignal.abort('away') })`)).toEqual({});
  });

  it('send in order, whichever tab they are', async () => {
    const [, follower] = await two();

    expect(await follower.evaluate(`[1, 2, 3].map((n) => client.send('log', n))`)).toEqual([true, true, true]);

    await eventually(() => expect(server.received.map(({ data }) => data)).toEqual([1, 2, 3]));
    expect(await follower.evaluate('client.ping()')).toBeGreaterThan(0);
  });

  it.each<[string, (leader: Tab) => Promise<unknown>]>([
    ['is closed by its user', (leader) => leader.close()],
    ['dies', (leader) => leader.crash()],
    ['closes its client', (leader) => leader.evaluate('client.close()')],
    ['goes to another page', (leader) => leader.evaluate(`void (location.href = 'about:blank')`)],
  ])('take over when the tab with the connection %s', async (_, end) => {
    const [leader, follower] = await two();
    server.onMessage = () => {};
    await follower.evaluate(`void (window.outcome = client.request('slow', 1).catch(({ code }) => code))`);
    await eventually(() => expect(server.received).toHaveLength(1));

    await end(leader);

    await eventually(() => expect(server.upgrades).toHaveLength(2));
    await follower.evaluate(`until('open')`);
    expect(await follower.evaluate('outcome')).toBe('connection_lost');
    server.onMessage = (frame, peer) => server.send(peer, { type: 'ack', id: frame.id, data: frame.data });
    expect(await follower.evaluate(`client.request('echo', 'mine')`)).toBe('mine');
    expect(server.peers.size).toBe(1);
  });

  it('come back from the back/forward cache, which the lock and the channel do not prevent', async () => {
    const [leader, follower] = await two();
    server.pages.set('/elsewhere', ['text/html', '<!doctype html><script>window.elsewhere = true</script>']);

    await leader.evaluate(`void (window.kept = true, location.href = '/elsewhere')`);
    await eventually(async () => expect(await leader.evaluate('window.elsewhere')).toBe(true));
    await eventually(() => expect(server.upgrades).toHaveLength(2));
    await leader.evaluate('history.back()');

    await eventually(async () => expect(await leader.evaluate('window.kept')).toBe(true));
    await leader.evaluate(`until('open')`);
    await follower.evaluate(`until('open')`);
    expect(await leader.evaluate(`client.request('echo', 'back')`)).toBe('back');
    expect(server.peers.size).toBe(1);
  });

  it('of two users have a connection each', async () => {
    const alice = await open();
    await alice.evaluate('start()');
    const bob = await open();
    await bob.evaluate(`token = '${jwt({ sub: 'bob' })}'; start()`);

    expect(server.upgrades.map(({ token }) => principal(token ?? null))).toEqual([
      principal(jwt({ sub: 'alice' })),
      principal(jwt({ sub: 'bob' })),
    ]);
    expect(server.peers.size).toBe(2);
  });

  it('part when a tab becomes another user, whose frames the others do not carry', async () => {
    const [leader, follower] = await two();

    await leader.evaluate(`void (token = '${jwt({ sub: 'bob' })}')`);
    server.closeAll(1012);

    await eventually(() => expect(server.upgrades).toHaveLength(3));
    await leader.evaluate(`until('open')`);
    await follower.evaluate(`until('open')`);
    expect(server.upgrades.slice(1).map(({ token }) => principal(token ?? null)).sort()).toEqual([
      principal(jwt({ sub: 'alice' })),
      principal(jwt({ sub: 'bob' })),
    ]);
    expect(server.peers.size).toBe(2);
  });

  it('in folders of their own have a connection each, and share where the scope says so', async () => {
    const starts = async (more: string) => {
      for (const path of ['/a/', '/b/']) await (await open(path)).evaluate(`start(${more})`);
    };
    await starts('{}');
    expect(server.peers.size).toBe(2);

    await starts(`{ scope: '/' }`);

    expect(server.peers.size).toBe(3);
  });

  it('show the cause when the server refuses, and come back together', async () => {
    const leader = await open();
    server.refuse = () => ({ status: 403, code: 'user_disabled', action: 'contact_admin' });
    expect(await leader.evaluate(`start().catch(({ code }) => code)`)).toBe('user_disabled');
    const follower = await open();
    expect(await follower.evaluate(`start().catch(({ name, code }) => name + ' ' + code)`)).toBe(
      'ConnectionError user_disabled',
    );

    server.refuse = () => undefined;
    await follower.evaluate(`client.connect().then(() => 'open')`);

    await leader.evaluate(`until('open')`);
    expect(server.peers.size).toBe(1);
  });

  it('let another tab try whose token is a better one, and follow it', async () => {
    const bad = jwt({ sub: 'alice', bad: true });
    server.refuse = (token) =>
      token === bad ? { status: 401, code: 'token_revoked', action: 'login' } : undefined;
    const first = await open();
    expect(await first.evaluate(`token = '${bad}'; start().catch(({ code }) => code)`)).toBe('token_revoked');

    const second = await open();
    await second.evaluate('start()');

    await first.evaluate(`until('open')`);
    expect(await first.evaluate(`client.request('echo', 1)`)).toBe(1);
    expect(server.peers.size).toBe(1);
    // The first one is in the queue again.
    server.refuse = () => undefined;
    await second.close();
    await eventually(() => expect(server.upgrades.at(-1)?.token).toBe(bad));
    await first.evaluate(`until('open')`);
  });

  it('whose connection is refused for good try one after the other, and then rest', async () => {
    const [leader, follower] = await two();
    const third = await open();
    await third.evaluate('start()');
    server.refuse = () => ({ status: 403, code: 'user_disabled', action: 'contact_admin' });

    server.closeAll(4403, 'user_disabled');

    for (const tab of [leader, follower, third])
      await eventually(async () =>
        expect(await snapshot(tab)).toMatchObject({ status: 'failed', error: { code: 'user_disabled' } }),
      );
    expect(server.upgrades).toHaveLength(3);
  });

  it('that are lazy connect at the first message', async () => {
    const tab = await open();
    await tab.evaluate(`import('/drawbridge/tabs.js').then(({ shareTabs }) => {
      window.client = shareTabs({ lazy: true, getToken: () => token });
    })`);
    expect(server.upgrades).toEqual([]);

    expect(await tab.evaluate(`client.request('echo', 1)`)).toBe(1);
  });

  it('without the locks of the browser have a connection each', async () => {
    for (let n = 0; n < 2; n++) {
      const tab = await open();
      await tab.evaluate(`Object.defineProperty(navigator, 'locks', { value: undefined }); start()`);
    }

    expect(server.peers.size).toBe(2);
  });

  it('whose locks are refused, as in a sandboxed frame, have a connection each', async () => {
    for (let n = 0; n < 2; n++) {
      const tab = await open();
      await tab.evaluate(`navigator.locks.request = () => Promise.reject(new DOMException('', 'SecurityError')); start()`);
    }

    expect(server.peers.size).toBe(2);
  });

  it('never put the token into the channel', async () => {
    const spy = await open();
    await spy.evaluate(`(() => {
      window.overheard = [];
      const name = 'drawbridge.tabs.1 ' + JSON.stringify([new URL('.', location).href, 'undefined']) + ' ' + ${JSON.stringify(principal(jwt({ sub: 'alice' })))};
      window.tap = new BroadcastChannel(name);
      tap.onmessage = ({ data }) => overheard.push(JSON.stringify(data));
    })()`);
    const [, follower] = await two();
    await follower.evaluate(`client.request('echo', 1)`);

    const overheard = await spy.evaluate<string[]>('overheard');

    expect(overheard.length).toBeGreaterThan(3);
    expect(overheard.join()).not.toContain(jwt({ sub: 'alice' }).split('.')[1]);
  });
});

describe('the user of a token', () => {
  it.each<[string, string | null, string | undefined]>([
    ['none: the cookies decide', null, ''],
    ['a token', jwt({ sub: 'alice', iss: 'i' }), '["i","alice",null]'],
    ['no token', 'abc', undefined],
    ['no JSON', 'a.bm9uZQ.c', undefined],
    ['no subject', jwt({ iss: 'i' }), undefined],
    ['a subject beyond Latin', jwt({ sub: 'Юлія ñ' }), expect.any(String) as string],
  ])('is read from %s', (_, token, user) => {
    expect(principal(token)).toEqual(user);
  });
});
