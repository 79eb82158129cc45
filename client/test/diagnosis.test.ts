// @vitest-environment node
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { Cause, localError } from '../src/diagnosis.js';
import type { ClientOptions, ConnectionSnapshot } from '../src/drawbridge.js';
import { createClient, type ConnectionError, type DrawbridgeClient } from '../src/drawbridge.js';
import { TestServer, type Refusal } from './server.js';

let server: TestServer;
let client: DrawbridgeClient | undefined;
let logged: string[];
/** When the first cause showed. */
let shown: ConnectionSnapshot;
let diagnoseCalls: number;

/** Connects, and gives the first cause that the client shows. */
async function firstCause(options: ClientOptions = {}): Promise<ConnectionError> {
  const made = (client = createClient({
    url: server.url,
    getToken: () => 'a.b.c',
    logger: { error: (text: string) => logged.push(text) },
    ...options,
  }));
  return new Promise((resolve) => {
    const stop = made.subscribe(() => {
      const { error } = made.getSnapshot();
      if (!error) return;
      stop();
      shown = { ...made.getSnapshot() };
      diagnoseCalls = server.diagnoseCalls.length;
      resolve(error);
    });
    void made.connect();
  });
}

beforeEach(async () => {
  logged = [];
  vi.stubGlobal('WebSocket', NodeWebSocket);
  server = await new TestServer().start();
});

afterEach(async () => {
  client?.close();
  await server.stop();
  vi.unstubAllGlobals();
});

/** As in a browser: an answer without permission for this page's origin cannot be read. */
function pageOfAnotherOrigin(): void {
  const real = fetch;
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    const response = await real(url, { ...init, mode: 'cors' });
    const opaque = init.mode === 'no-cors';
    if (!opaque && !response.headers.has('access-control-allow-origin'))
      throw new TypeError('Failed to fetch');
    return response;
  });
}

describe('causes that only the client can see', () => {
  it('no server', async () => {
    await server.stop();

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'server_unreachable', action: 'wait', stage: 'connect' });
    expect(shown.status).toBe('waiting');
    await server.start();
  });

  it('an offline browser', async () => {
    await server.stop();
    vi.stubGlobal('navigator', { onLine: false });

    expect(await firstCause()).toMatchObject({ code: 'offline', action: 'wait' });
    await server.start();
  });

  it('an origin that may not read the answer, told apart by one opaque request', async () => {
    server.allowsOrigin = false;
    server.refuse = () => ({ status: 403, code: 'origin_denied' });
    pageOfAnotherOrigin();

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'origin_denied', action: 'fix_config' });
    expect(cause.hint).toContain('WEBSOCKET_ALLOWED_ORIGINS');
    // A firewall's or a portal's page looks the same.
    expect(shown.status).toBe('waiting');
    expect(diagnoseCalls).toBe(1);
  });

  it('a proxy that does not forward upgrades', async () => {
    server.forwardsUpgrades = false;

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'upgrade_not_forwarded', action: 'fix_config' });
    expect(cause.hint).toContain('ws: true');
  });

  it('a wrong path', async () => {
    const cause = await firstCause({ url: server.url.replace('/ws', '/other') });

    expect(cause).toMatchObject({ code: 'path_wrong', action: 'fix_config' });
    expect(cause.hint).toMatch(/other\/diagnose answered 404$/);
    expect(shown.status).toBe('waiting');
  });

  it('another WebSocket endpoint at the address', async () => {
    server.echoesProtocol = false;
    // The browsers differ here: some open such a socket, some do not. This one does.
    class Lenient extends NodeWebSocket {
      constructor(url: string) {
        super(url);
      }
    }
    vi.stubGlobal('WebSocket', Lenient);

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'subprotocol_mismatch', stage: 'welcome' });
    expect(shown.status).toBe('waiting');
  });

  it.each([
    ['upgraded', 'ok'],
    ['closed', 'closed_1006'],
  ])('an upgrade that the browser did not like, recorded as %s %s', async (stage, code) => {
    server.echoesProtocol = false;
    server.remembered = { stage, code };

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'subprotocol_mismatch', stage: 'connect' });
    expect(cause.hint).toContain('Sec-WebSocket-Protocol');
    expect(shown.status).toBe('waiting');
  });

  it('an address that is none', async () => {
    expect(await firstCause({ url: 'ftp://x' })).toMatchObject({ code: 'url_invalid' });
    expect(shown.status).toBe('failed');
  });

  it('no welcome', async () => {
    server.welcome = false;

    const cause = await firstCause();

    expect(cause).toMatchObject({ code: 'welcome_timeout', stage: 'welcome', action: 'wait' });
  });

  it('getToken that fails, without a try on the wire', async () => {
    const cause = await firstCause({ getToken: () => Promise.reject(new Error('login is down')) });

    expect(cause).toMatchObject({ code: 'token_unavailable', stage: 'token', hint: 'login is down' });
    expect(shown.status).toBe('waiting');
    expect(server.upgrades).toEqual([]);
    expect(diagnoseCalls).toBe(0);
  });

  it('getToken that fails because its server is down, which is the same', async () => {
    await server.stop();

    const cause = await firstCause({
      getToken: () => fetch(server.configUrl).then((response) => response.text()),
    });

    expect(cause).toMatchObject({ code: 'server_unreachable', stage: 'token', hint: 'fetch failed' });
    expect(shown.status).toBe('waiting');
    await server.start();
  });
});

describe('causes that the server names', () => {
  const REFUSALS: [Refusal, 'failed' | 'waiting'][] = [
    [{ status: 400, code: 'credentials_ambiguous', action: 'fix_client' }, 'failed'],
    [{ status: 401, code: 'token_missing', action: 'login' }, 'failed'],
    [{ status: 401, code: 'token_signature_invalid', action: 'login' }, 'failed'],
    [{ status: 401, code: 'token_audience_invalid', action: 'fix_config' }, 'failed'],
    [{ status: 401, code: 'token_lifetime_too_long', action: 'fix_issuer' }, 'failed'],
    [{ status: 401, code: 'token_not_yet_valid', action: 'check_clock' }, 'failed'],
    [{ status: 401, code: 'token_revoked', action: 'login' }, 'failed'],
    [{ status: 401, code: 'user_not_found', action: 'login' }, 'failed'],
    [{ status: 403, code: 'user_disabled', action: 'contact_admin' }, 'failed'],
    [{ status: 401, code: 'token_expired', action: 'refresh_token' }, 'waiting'],
    [{ status: 429, code: 'rate_limited', action: 'wait' }, 'waiting'],
    [{ status: 503, code: 'auth_unavailable', action: 'wait' }, 'waiting'],
    [{ status: 503, code: 'draining', action: 'wait' }, 'waiting'],
    [{ status: 500, code: 'handshake_filter_missing', action: 'report' }, 'failed'],
  ];

  it.each(REFUSALS)('$code', async (refusal, status) => {
    server.refuse = () => ({ ...refusal, title: 'A title', hint: 'Change this' });

    const cause = await firstCause();

    expect(cause).toMatchObject({
      code: refusal.code,
      action: refusal.action,
      title: 'A title',
      hint: 'Change this',
      requestId: 'r1',
      message: `A title (${refusal.code}). Change this [request r1]`,
    });
    expect(shown.status).toBe(status);
    expect(diagnoseCalls).toBe(1);
  });

  it.each([
    ['limits', 'too_many_connections', 'waiting'],
    ['user', 'auth_unavailable', 'waiting'],
    ['credential', 'transport_disabled', 'failed'],
  ])('what the try itself recorded at stage %s: %s', async (stage, code, status) => {
    server.recorded = { stage, code };

    const cause = await firstCause();

    expect(cause).toMatchObject({ code, title: `Refused at stage ${stage}` });
    expect(shown.status).toBe(status);
  });

  it('waits as long as Retry-After says', async () => {
    server.refuse = () => ({
      status: 503,
      code: 'auth_unavailable',
      action: 'wait',
      retryAfterSeconds: 7,
    });
    const before = Date.now();

    const cause = await firstCause();

    expect(cause.retryAfterMs).toBe(7_000);
    expect(shown.retryAt).toBeGreaterThanOrEqual(before + 7_000);
  });
});

it('writes one line per code, not one per try', async () => {
  server.refuse = () => ({ status: 503, code: 'draining', action: 'wait', title: 'Going down' });
  await firstCause();
  await vi.waitFor(() => expect(server.upgrades.length).toBeGreaterThan(1), 30_000);

  expect(logged).toEqual(['[drawbridge] Going down (draining) [request r1] -> waiting']);
});

it('the README and the guide explain each code of a message that the client refuses', () => {
  const files = ['client', 'outbox', 'protocol'].map((file) => readFileSync(`src/${file}.ts`, 'utf8'));
  const codes = [...files.join('').matchAll(/messageError\(\s*'(\w+)'/g)].map(([, code]) => String(code));
  const pages = ['README.md', '../docs/debugging.md'].map((file) => readFileSync(file, 'utf8'));

  expect(new Set(codes).size).toBe(7);
  for (const page of pages) {
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
    expect(page).toContain('principal_changed');
  }
});

it.each([
  ['open_timeout', Cause.open_timeout, 'open timeout', 'wait'],
  ['no_fetch', Cause.no_fetch, 'no fetch', 'fix_client'],
  ['url_invalid', Cause.url_invalid, 'url invalid', 'fix_client'],
  ['mixed_content', Cause.mixed_content, 'mixed content', 'fix_config'],
  ['token_malformed', Cause.token_malformed, 'token malformed', 'fix_client'],
] as const)('of %s: %s the title is: %s', (code, cause, title, action) => {
  expect(localError(cause)).toMatchObject({ code, title, action });
});

it('the README explains every cause that only the client can see', () => {
  const source = readFileSync('src/diagnosis.ts', 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, code]) => String(code));
  const readme = readFileSync('README.md', 'utf8');

  expect(codes.length).toBeGreaterThan(10);
  expect([...source.matchAll(/^ {2}(\w+) = '(\w+)[|']/gm)].map(([, name, code]) => [name, code]).sort()).toEqual(
    codes.map((code) => [code, code]).sort(),
  );
  expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([]);
});
