// @vitest-environment node
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chromium, chromium, type Tab } from './chromium.js';
import { discovery, TestServer } from './server.js';

/** The bundle as it is shipped, in a real Chromium. The Maven build makes it before it runs this. */
const BUNDLE = 'target/classes/META-INF/resources/drawbridge/drawbridge.js';
const PAGE = `<!doctype html><script type="module">
  const { createClient } = await import('/drawbridge/drawbridge.js');
  window.create = (options) => {
    window.client = createClient({ getToken: () => 'a.b.c', logger: null, ...options });
    window.client.connect();
  };
  window.until = (...wanted) => new Promise((resolve) => {
    const look = () => wanted.includes(client.getSnapshot().status) && resolve(client.getSnapshot().error?.code ?? 'none');
    client.subscribe(look);
    look();
  });
  window.ready = true;
</script>`;
const WORKER = `
  import { createClient } from '/drawbridge/drawbridge.js';
  const client = createClient({ getToken: () => 'a.b.c', backoff: { baseMs: 20_000, capMs: 20_000 }, logger: null });
  client.subscribe(() => postMessage(client.getSnapshot().status));
  client.connect();
  onmessage = () => dispatchEvent(new Event('online'));
`;

let browser: Chromium;
let home: TestServer;
let other: TestServer;
let tab: Tab;

async function serve(): Promise<TestServer> {
  const server = await new TestServer().start();
  server.config = discovery(server);
  return server;
}

describe.skipIf(!chromium)('in a real Chromium', () => {
  beforeAll(async () => {
    browser = await Chromium.start();
  });
  afterAll(() => browser?.stop());

  beforeEach(async () => {
    home = await serve();
    other = await serve();
    home.pages.set('/shop/', ['text/html', PAGE]);
    home.pages.set('/assets/worker.js', ['text/javascript', WORKER]);
    home.pages.set('/drawbridge/drawbridge.js', ['text/javascript', readFileSync(BUNDLE)]);
    tab = await browser.open(home.configUrl.replace('/ws/config', '/shop/'));
    await vi.waitFor(async () => expect(await tab.evaluate('window.ready')).toBe(true), 20_000);
  });

  afterEach(async () => {
    await tab.close();
    await home.stop();
    await other.stop();
  });

  it('a worker finds the server from its own address, and hears that the network is back', async () => {
    await tab.evaluate(`new Promise((open) => {
      window.worker = new Worker('/assets/worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => { window.status = data; if (data === 'open') open(); };
    })`);
    expect(home.upgrades).toHaveLength(1);
    for (const peer of home.peers) peer.terminate();
    await vi.waitFor(async () => expect(await tab.evaluate('window.status')).toBe('waiting'), 10_000);

    await tab.evaluate('worker.postMessage(0)');

    await vi.waitFor(() => expect(home.upgrades).toHaveLength(2), 10_000);
  });

  it('a document on a line of 562 ms is found, and not its like at home', async () => {
    other.delayMs = 562;
    await tab.evaluate(`create({ configUrls: ['${other.configUrl}'] })`);

    expect(await tab.evaluate(`until('open', 'failed')`)).toBe('none');
    expect(other.upgrades).toHaveLength(1);
    expect(home.upgrades).toEqual([]);
  });

  it('a document whose server is down is waited for, and its token goes nowhere else', async () => {
    await tab.evaluate(`create()`);
    await tab.evaluate(`until('open')`);
    await other.stop();
    await tab.evaluate(`client.close(), create({ configUrls: ['${other.configUrl}'], backoff: { capMs: 1 } })`);
    expect(await tab.evaluate(`until('waiting', 'failed')`)).toBe('server_unreachable');
    expect(await tab.evaluate('client.getSnapshot().error.hint')).toBe(other.configUrl);

    await other.start();

    expect(await tab.evaluate(`until('open', 'failed')`)).toBe('none');
    expect(other.upgrades).toHaveLength(1);
    expect(home.upgrades).toHaveLength(1);
  });

  it('a document that this page may not read is waited for', async () => {
    other.allowsOrigin = false;
    await tab.evaluate(`create({ configUrls: ['${other.configUrl}'] })`);

    expect(await tab.evaluate(`until('waiting', 'failed')`)).toBe('origin_denied');
    expect(await tab.evaluate('client.getSnapshot().status')).toBe('waiting');
    expect(home.upgrades).toEqual([]);
  });
});
