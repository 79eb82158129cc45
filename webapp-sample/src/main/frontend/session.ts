import { ConnectionError, createClient, type GetToken } from '@drawbridge/client';
import { withChannels } from '@drawbridge/client/channels';
import { createLine, type CutLine } from './line.js';

/** Relative to the page, so that the application works under any context path. */
export const at = (path: string) => new URL(path, document.baseURI).href;

/** What the page needs of `/ws/config` before anyone connects. */
export interface ServerInfo {
  readonly mode: 'dev' | 'prod';
  readonly devToken?: string;
  /** An address; in dev mode, to a browser on the server's machine. */
  readonly diagnostics?: string;
}

export async function serverInfo(): Promise<ServerInfo | null> {
  try {
    const response = await fetch(at('ws/config'));
    if (!response.ok) return null;
    const info = (await response.json()) as ServerInfo;
    const { diagnostics } = info;
    return diagnostics ? { ...info, diagnostics: new URL(diagnostics, response.url).href } : info;
  } catch {
    return null;
  }
}

/** What is wrong with the tokens, on a person's wish. */
export type TokenFault = 'expired-once' | 'expired' | 'forged' | 'short-lived';

/** One user of this page. */
export interface Session {
  readonly who: string;
  readonly client: ReturnType<typeof connection>;
  readonly line: CutLine;
  /** Connects anew with such tokens. Absent where the page cannot make any. */
  readonly spoil?: (fault: TokenFault) => void;
}

/** A client for a line that can be cut: while it is, not even a token comes through. */
function connection(line: CutLine, getToken: GetToken) {
  return withChannels(
    createClient({
      WebSocket: line.WebSocket,
      getToken: (context) => {
        line.check();
        return getToken(context);
      },
    }),
  );
}

/** A fresh token for every try, as a real application would ask its identity provider. */
export function demoSession(who: string): Session {
  let fault: TokenFault | undefined;
  const line = createLine();
  const client = connection(line, async ({ reason, signal }) => {
    const expired = fault === 'expired' || (fault === 'expired-once' && reason === 'connect');
    const ttlSeconds = fault === 'short-lived' && reason === 'connect' ? SHORT_SECONDS : 3_600;
    const token = await devToken({ sub: who, expired, ttlSeconds }, signal);
    // The signature is the last part; only its beginning changes, so that its form stays right.
    return fault === 'forged' ? token.replace(/\.....([\w-]+)$/, '.AAAA$1') : token;
  });
  const spoil = (wanted: TokenFault) => {
    client.close();
    fault = wanted;
    void client.connect().finally(() => (fault = undefined)).catch(() => {});
  };
  return { who, client, line, spoil };
}

/** Long enough to connect with, short enough to wait for: the last fifth is for the renewal. */
const SHORT_SECONDS = 10;

/** Production: the token comes from elsewhere, and lives as long as it lives. */
export function tokenSession(token: string): Session {
  const line = createLine();
  return { who: 'you', client: connection(line, () => token), line };
}

export async function devToken(
  wish: { sub: string; expired?: boolean; ttlSeconds?: number },
  signal?: AbortSignal,
): Promise<string> {
  const response = await fetch(at('ws/dev-token'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
    ...(signal && { signal }),
  });
  if (response.ok) return ((await response.json()) as { token: string }).token;
  if (response.status >= 500) throw new Error(`the dev-token route answered ${response.status}`);
  const problem = (await response.json().catch(() => ({}))) as { code?: string; hint?: string };
  throw new ConnectionError({
    stage: 'token',
    code: problem.code ?? 'dev_token_unavailable',
    title: `The server gives out no dev token (${response.status})`,
    action: 'fix_config',
    hint:
      problem.hint ??
      'Dev tokens exist in development mode, over localhost and with a secret as key',
  });
}

/**
 * Ends the connection without a close frame, as a broken network does, by the button of the diagnostics
 * page; in dev mode, from the server's machine.
 *
 * @returns false where that is not allowed
 */
export async function drop(connection: string): Promise<boolean> {
  const response = await fetch(at('ws/diagnostics/drop'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connection }),
  });
  return response.ok;
}
