import { localError } from './diagnosis.js';
import { ConnectionError } from './errors.js';
import { TOKEN_MS } from './limits.js';

export interface TokenContext {
  /** `rejected`: the last token was refused as expired, so a cached one is of no use. */
  readonly reason: 'connect' | 'expiring' | 'rejected';
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

export type GetToken = (context: TokenContext) => Promise<string | null> | string | null;

/** @throws ConnectionError whatever the function throws, in words that hold no token */
export async function fetchToken(
  getToken: GetToken | undefined,
  context: TokenContext,
): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let token: string | null;
  try {
    token = await Promise.race([
      getToken ? getToken(context) : null,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(Error('Not within 10 s')), TOKEN_MS);
        context.signal.addEventListener('abort', reject);
      }),
    ]);
  } catch (cause) {
    if (cause instanceof ConnectionError) throw cause;
    const hint = `${(cause as Error | null)?.message ?? cause}`;
    throw localError('token_unavailable', 'token', { hint, cause });
  } finally {
    clearTimeout(timer);
  }
  // Anything else would make the browser throw, and its text would hold the token.
  if (token !== null && !/^[\w.-]+$/.test(token ?? '')) throw localError('token_malformed', 'token');
  return token;
}
