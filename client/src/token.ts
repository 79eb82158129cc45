import { within } from './backoff.js';
import { absence, localError } from './diagnosis.js';
import type { Endpoint } from './discovery.js';
import { ConnectionError } from './errors.js';
import { STUCK_MS, TOKEN_MS } from './limits.js';

export interface TokenContext {
  /** `rejected`: the last token was refused as expired, so a cached one is of no use. */
  readonly reason: 'connect' | 'expiring' | 'rejected';
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export type GetToken = (context: TokenContext) => Promise<string | null> | string | null;

/** The call of `getToken` that has not ended yet: one at a time, so that no login runs twice. */
export interface Asking {
  answer?: Promise<string | null> | undefined;
  until?: number;
}

/**
 * @param server is asked whether it lives when there is no token: often the two fail for one reason
 * @throws ConnectionError whatever the function throws, in words that hold no token
 */
export async function fetchToken(
  getToken: GetToken | undefined,
  context: TokenContext,
  asking: Asking,
  server?: Endpoint | Promise<Endpoint>,
): Promise<string | null> {
  if (!getToken) return null;
  const { signal } = context;
  const now = performance.now();
  if (!asking.answer || now > (asking.until as number)) {
    const answer = (asking.answer = (async () => getToken(context))());
    asking.until = now + STUCK_MS;
    const over = () => {
      if (asking.answer === answer) asking.answer = undefined;
    };
    answer.then(over, over);
  }
  let token: string | null;
  try {
    token = await within(asking.answer, TOKEN_MS, signal);
  } catch (cause) {
    if (cause instanceof ConnectionError) throw cause;
    const thrown = cause as { message?: string; status?: number } | undefined;
    const more = { hint: `${thrown?.message ?? thrown?.status ?? cause}`, cause };
    const found = 'fetch' in globalThis ? await server : undefined;
    throw (
      (found && (await absence('token', found.diagnoseUrl, signal, more))) ??
      localError('token_unavailable', 'token', more)
    );
  }
  const kind = typeof token;
  const text = kind === 'string' ? (token as string) : kind;
  // Anything else would make the browser throw, and its text would hold the token.
  if (token === null || (text === token && /^[\w.-]+$/.test(text))) return token;
  const what = /</.test(text) ? 'HTML' : /\s|^$/.test(text) ? 'blanks in it' : text === token ? 'no base64url' : text;
  // An error's page, its words or nothing at all heals; what a program has made itself does not.
  const action = /^$|<|\S\s+\S|^undefined$/.test(text) ? 'wait' : 'fix_client';
  throw localError('token_malformed', 'token', { hint: what, action });
}
