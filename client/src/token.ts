import { absence, localError } from './diagnosis.js';
import type { Endpoint } from './discovery.js';
import { ConnectionError } from './errors.js';
import { TOKEN_MS } from './limits.js';

export interface TokenContext {
  /** `rejected`: the last token was refused as expired, so a cached one is of no use. */
  readonly reason: 'connect' | 'expiring' | 'rejected';
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export type GetToken = (context: TokenContext) => Promise<string | null> | string | null;

/**
 * @param server is asked whether it lives when there is no token: often the two fail for one reason
 * @throws ConnectionError whatever the function throws, in words that hold no token
 */
export async function fetchToken(
  getToken: GetToken | undefined,
  context: TokenContext,
  server?: Endpoint | Promise<Endpoint>,
): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let token: string | null;
  try {
    token = await Promise.race([
      getToken ? getToken(context) : null,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject('Not within 10 s'), TOKEN_MS);
        context.signal.addEventListener('abort', reject);
      }),
    ]);
  } catch (cause) {
    if (cause instanceof ConnectionError) throw cause;
    const more = { hint: `${(cause as Error | null)?.message ?? cause}`, cause };
    const found = await server;
    throw (
      (found && (await absence('token', found.diagnoseUrl, context.signal, more))) ??
      localError('token_unavailable', 'token', more)
    );
  } finally {
    clearTimeout(timer);
  }
  // Anything else would make the browser throw, and its text would hold the token.
  if (token !== null && !/^[\w.-]+$/.test(token ?? '')) throw localError('token_malformed', 'token');
  return token;
}
