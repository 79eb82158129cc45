import { ask, insecure, retryAfter } from './http.js';
import { DIAGNOSE_MS } from './limits.js';
import type { Endpoint } from './discovery.js';
import { ConnectionError, type ConnectionErrorFields, type Stage } from './errors.js';

/** Causes that only the client can see. The guide has these explanations; the README's table lists them, too. */
export type LocalCode =
  | 'offline' // The browser is offline
  | 'server_unreachable' // No server answers at this address
  | 'origin_denied' // The server does not answer this page's origin -> Allow it in WEBSOCKET_ALLOWED_ORIGINS or DEV_WEBSOCKET_ORIGINS
  | 'path_wrong' // Not Drawbridge answers at this address
  | 'upgrade_not_forwarded' // The upgrade never reached the server -> The proxy must forward it (Vite: ws: true; nginx: Upgrade and Connection headers)
  | 'csp_blocked' // The page's Content-Security-Policy forbids it -> Add the addresses of the hint to its connect-src
  | 'mixed_content' // A page by https must use wss
  | 'url_invalid' // The browser refuses this address
  | 'no_websocket' // The runtime has no WebSocket -> Pass one: createClient({ WebSocket })
  | 'no_fetch' // The runtime has no fetch, so nothing can be discovered -> Pass url
  | 'try_failed' // url() has failed, or the runtime has thrown something else: see the error's cause
  | 'subprotocol_mismatch' // The server did not choose drawbridge.v1 -> A proxy must pass Sec-WebSocket-Protocol
  | 'token_malformed' // getToken returned no compact JWS
  | 'token_unavailable' // getToken failed
  | 'open_timeout' // The socket did not open in time
  | 'welcome_timeout' // No welcome came in time
  | 'heartbeat_lost' // The server has gone silent
  | 'connection_lost'; // The connection was lost

/**
 * Code, action and hint of each; the title is what the code says, in words, and an action that is left
 * out is to wait. Texts, because the bundler writes them where they are used.
 */
export const enum Cause {
  offline = 'offline',
  server_unreachable = 'server_unreachable',
  origin_denied = 'origin_denied|fix_config',
  path_wrong = 'path_wrong|fix_config',
  upgrade_not_forwarded = 'upgrade_not_forwarded|fix_config|Vite: ws: true; nginx: Upgrade, Connection',
  csp_blocked = 'csp_blocked|fix_config',
  mixed_content = 'mixed_content|fix_config|Use wss',
  url_invalid = 'url_invalid|fix_client',
  no_websocket = 'no_websocket|fix_client|Pass createClient({ WebSocket })',
  no_fetch = 'no_fetch|fix_client|Pass url',
  try_failed = 'try_failed',
  subprotocol_mismatch = 'subprotocol_mismatch|fix_config|Pass Sec-WebSocket-Protocol',
  token_malformed = 'token_malformed|fix_client',
  token_unavailable = 'token_unavailable',
  open_timeout = 'open_timeout',
  welcome_timeout = 'welcome_timeout',
  heartbeat_lost = 'heartbeat_lost',
  connection_lost = 'connection_lost',
}

/** The members of a refusal and of `/ws/diagnose`'s 200 that matter here. */
interface Answer {
  readonly type?: string;
  readonly code?: string;
  readonly attempt?: { readonly stage: string; readonly code: string } | null;
}

/**
 * An opaque answer is an answer: the server lives, even if this origin may not read it.
 *
 * @param address any of the server's routes
 * @param present what it is when anything answers
 */
export const absence = (
  address: string,
  signal: AbortSignal,
  more: Partial<ConnectionErrorFields>,
  present: ConnectionError,
): Promise<ConnectionError> =>
  // A route that needs no token.
  ask(address.replace(/[^/]*$/, 'health'), signal, DIAGNOSE_MS, { mode: 'no-cors' }).then(
    () => present,
    () =>
      localError(
        globalThis.navigator?.onLine === false
          ? Cause.offline
          : insecure(address)
            ? Cause.mixed_content
            : Cause.server_unreachable,
        more,
      ),
  );

export const localError = (
  cause: string,
  more?: Partial<ConnectionErrorFields>,
): ConnectionError => {
  const [code, action = 'wait', hint] = cause.split('|') as [string, ...string[]];
  const fields = { stage: 'connect', code, title: code.replace(/_/g, ' '), action, hint, ...more };
  return new ConnectionError(fields as ConnectionErrorFields);
};

/**
 * Asks one of the server's routes.
 *
 * @param seen what it is when no answer comes and another request cannot tell why: at the end of the
 *     try, without `fetch`, and after too long a time, because what is too slow for one is for two
 * @throws ConnectionError why no answer could be read
 */
export const inquire = (
  address: string,
  signal: AbortSignal,
  limitMs: number,
  seen: ConnectionError,
  init?: RequestInit,
): ReturnType<typeof ask> =>
  ask(address, signal, limitMs, init).catch(async (failure) => {
    const more = { stage: seen.stage, hint: address.replace(/\?attempt.*/, '') };
    // Named is what `fetch` throws, a `TypeError` in browsers, but for an `AbortError`.
    throw (globalThis.fetch as unknown) && /^[^Au]/.test((failure as Error).name)
      ? await absence(
          address,
          signal,
          more,
          localError(Cause.origin_denied, {
            ...more,
            hint: 'Set WEBSOCKET_ALLOWED_ORIGINS or DEV_WEBSOCKET_ORIGINS: ' + more.hint,
          }),
        )
      : seen;
  });

/**
 * Asks the server why a try failed; one request, two when even that one is not readable.
 *
 * @param seen what the socket alone could tell
 */
export const diagnose = async (
  seen: ConnectionError,
  { diagnoseUrl, problem }: Endpoint,
  attemptId: string,
  token: string | null,
  signal: AbortSignal,
): Promise<ConnectionError> => {
  const { stage } = seen;
  const [response, json] = await inquire(
    `${diagnoseUrl}?attempt=${attemptId}`,
    signal,
    DIAGNOSE_MS,
    seen,
    { headers: token ? { authorization: 'Bearer ' + token } : {} },
  );
  const { type, code, attempt } = (json || {}) as Answer;
  // Other servers answer in JSON, and with codes, too.
  if (/drawbridge/.test(type as string))
    return new ConnectionError({
      ...(json as ConnectionErrorFields),
      stage,
      retryAfterMs: retryAfter(response),
    });
  if (code !== 'ok')
    return stranger(stage, problem ?? `${diagnoseUrl} answered ${response.status}`, response);
  // The socket has opened: the server's view of the handshake says no more.
  if (stage !== 'connect') return seen;
  // It came, but a proxy had taken its Upgrade header away.
  if (!attempt || attempt.code === 'upgrade_required')
    return localError(Cause.upgrade_not_forwarded);
  // The server has upgraded, but this browser did not like its answer.
  if (/^ok|^closed/.test(attempt.code))
    return seen.code === 'connection_lost' ? localError(Cause.subprotocol_mismatch) : seen;
  return new ConnectionError({
    stage,
    code: attempt.code,
    title: `Refused at stage ${attempt.stage}`,
    // Limits and outages may have passed; a transport that is off has not.
    action: /unav|drain|too_m|rate_/.test(attempt.code) ? 'wait' : 'fix_client',
  });
};

/** What an answer says that is not the server's. */
export const stranger = (stage: Stage, hint: string, answer: Response): ConnectionError =>
  localError(
    // These come from a proxy whose server is away, or is asked too much.
    /^5|429/.test(answer.status as never) ? Cause.server_unreachable : Cause.path_wrong,
    { stage, hint, retryAfterMs: retryAfter(answer) },
  );
