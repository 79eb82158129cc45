import { absence, Cause, localError } from './diagnosis.js';
import type { Endpoint } from './discovery.js';
import { STUCK_MS, TOKEN_MS } from './limits.js';
import { within } from './backoff.js';

export interface TokenContext {
  /** `rejected`: the last token was refused as expired, so a cached one is of no use. */
  readonly reason: 'connect' | 'expiring' | 'rejected';
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export type GetToken = (context: TokenContext) => Promise<string | null> | string | null;

/** From `connect` to the end: holds the call of `getToken` that has not ended yet, so that no login runs twice. */
export interface Life {
  readonly signal: AbortSignal;
  answer?: Promise<string | null> | undefined;
}

/**
 * @param server is asked whether it lives when there is no token: often the two fail for one reason
 * @throws ConnectionError whatever the function throws, in words that hold no token
 */
export const fetchToken = async (
  getToken: GetToken | undefined,
  context: TokenContext,
  life: Life,
  server?: Endpoint | Promise<Endpoint>,
): Promise<string | null> => {
  if (!getToken) return null;
  const { signal } = context;
  const token = await within(
    async () =>
      (life.answer ??= within(async () => getToken(context), STUCK_MS, life.signal).finally(
        () => (life.answer = undefined),
      )),
    TOKEN_MS,
    signal,
  ).catch(async (cause) => {
    // By name: it can come from the other one of the package's two formats, with classes of its own.
    if (cause?.name === 'ConnectionError') throw cause;
    const hint = `${cause?.message ?? cause?.status ?? cause}`;
    const more = { stage: 'token', hint, cause } as const;
    const failed = localError(Cause.token_unavailable, more);
    const found = (globalThis.fetch as unknown) && (await server);
    throw found ? await absence((found as Endpoint).diagnoseUrl, signal, more, failed) : failed;
  });
  const kind = typeof token;
  const text = kind === 'string' ? (token as string) : kind;
  // Anything else would make the browser throw, and its text would hold the token.
  if (token === null || (text === token && /^[\w.-]+$/.test(text))) return token;
  throw localError(Cause.token_malformed, {
    stage: 'token',
    hint: /</.test(text)
      ? 'HTML'
      : /\s|^$/.test(text)
        ? 'blanks in it'
        : text === token
          ? 'no base64url'
          : text,
    // An error's page, its words or nothing at all heals; what a program has made itself does not.
    ...(/^\s*$|<|\S\s+\S|^undefined$/.test(text) && { action: 'wait' }),
  });
};
