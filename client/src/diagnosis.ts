import type { Endpoint } from './discovery.js';
import { ConnectionError, type ConnectionErrorFields, type Stage } from './errors.js';
import { ask, insecure, retryAfter } from './http.js';
import { DIAGNOSE_MS } from './limits.js';
import { closeReaction, type Action, type CloseReaction, type ErrorBody } from './protocol.js';

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

/** Action, title and hint; what is left out is to wait, the code's own words, and nothing. */
const LOCAL: { readonly [code in LocalCode]?: readonly [action: Action, title?: string, hint?: string] } = {
  offline: ['wait', 'The browser is offline'],
  server_unreachable: ['wait', 'No server answers at this address'],
  url_invalid: ['fix_client', 'The browser refuses this address'],
  origin_denied: ['fix_config', "The server does not answer this page's origin"],
  path_wrong: ['fix_config', 'Not Drawbridge answers at this address'],
  upgrade_not_forwarded: ['fix_config', 'The upgrade never reached the server', 'The proxy must forward it (Vite: ws: true; nginx: Upgrade and Connection headers)'],
  csp_blocked: ['fix_config', "The page's CSP forbids it"],
  mixed_content: ['fix_config', 'A page by https must use wss'],
  no_websocket: ['fix_client', , 'Pass one: createClient({ WebSocket })'],
  no_fetch: ['fix_client', , 'Pass url'],
  subprotocol_mismatch: ['fix_config', , 'A proxy must pass Sec-WebSocket-Protocol'],
  token_unavailable: ['wait', 'getToken failed'],
  token_malformed: ['fix_client', 'getToken returned no compact JWS'],
  open_timeout: ['wait', 'The socket did not open in time'],
  welcome_timeout: ['wait', 'No welcome came in time'],
  heartbeat_lost: ['wait', 'The server has gone silent'],
};

export function localError(
  code: LocalCode,
  stage: Stage,
  more?: Partial<ConnectionErrorFields>,
): ConnectionError {
  const [action, title = code.replace(/_/g, ' '), hint] = LOCAL[code] ?? ['wait'];
  return new ConnectionError({ stage, code, title, action, hint, ...more });
}

/** A page's policy has blocked this address. */
export function forbidden(address: string): ConnectionError {
  const rest = address.replace(/^(ws|http)(s?:\/\/[^/?]*).*/, '$2');
  return localError('csp_blocked', 'connect', { hint: `Add to it: connect-src ws${rest} http${rest}` });
}

/**
 * What a close says.
 *
 * @param said the server's last error without an id: one that closes is sent before the close
 */
export function closeError(
  closeCode: number,
  reason: string,
  stage: Stage,
  said?: ErrorBody,
): ConnectionError {
  const told = said?.code === reason ? said : undefined;
  const actions: Partial<Record<CloseReaction, Action>> = { stop: 'fix_client', refresh: 'refresh_token' };
  return localError('connection_lost', stage, {
    action: closeCode === 4403 ? 'contact_admin' : (actions[closeReaction(closeCode)] ?? 'wait'),
    title: told?.message ?? `The connection was closed with ${closeCode}`,
    ...(reason && { code: reason }),
    ...told,
    closeCode,
  });
}

/** Whether trying again by itself can help. */
export function errorReaction({ action, code }: ConnectionError): CloseReaction {
  if (action === 'refresh_token') return 'refresh';
  // Something else may stand in the way of the server for a while: a deployment, a firewall, a portal.
  // Seen through a load balancer, the try may be known to another of its servers; and a socket cut
  // between the server's answer and its arrival looks like one that the browser refused.
  if (/_forwarded$|_mismatch$|path_wrong|origin_denied/.test(code)) return 'slowly';
  return action === 'wait' ? 'retry' : 'stop';
}

/** The members of a refusal and of `/ws/diagnose`'s 200 that matter here. */
interface Answer {
  readonly type?: string;
  readonly code?: string;
  readonly attempt?: { readonly stage: string; readonly code: string } | null;
}

export const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/**
 * An opaque answer is an answer: the server lives, even if this origin may not read it.
 *
 * @param address any of the server's routes
 * @returns undefined when anything answers
 */
export async function absence(
  stage: Stage,
  address: string,
  signal: AbortSignal,
  more?: Partial<ConnectionErrorFields>,
): Promise<ConnectionError | undefined> {
  // A route that needs no token.
  const health = address.replace(/[^/]*$/, 'health');
  try {
    await ask(health, signal, DIAGNOSE_MS, { mode: 'no-cors' });
    return undefined;
  } catch {
    return localError(
      isOffline() ? 'offline' : insecure(address) ? 'mixed_content' : 'server_unreachable',
      stage,
      more,
    );
  }
}

/**
 * Why no answer could be read.
 *
 * @returns undefined when it only took too long: what is too slow for one request is for two
 */
export async function silence(
  stage: Stage,
  address: string,
  signal: AbortSignal,
  failure: unknown,
): Promise<ConnectionError | undefined> {
  return !globalThis.fetch || signal.aborted || !(failure as Error).name
    ? undefined
    : ((await absence(stage, address, signal, { hint: address })) ??
        localError('origin_denied', stage, { hint: `Allow it in WEBSOCKET_ALLOWED_ORIGINS or DEV_WEBSOCKET_ORIGINS: ${address}` }));
}

/** What an answer says that is not the server's. */
export function stranger(stage: Stage, hint: string, answer: Response): ConnectionError {
  const { status } = answer;
  // These come from a proxy whose server is away, or is asked too much.
  const code = status > 499 || status === 429 ? 'server_unreachable' : 'path_wrong';
  return localError(code, stage, { hint, retryAfterMs: retryAfter(answer) });
}

/**
 * Asks the server why a try failed; one request, two when even that one is not readable.
 *
 * @param seen what the socket alone could tell
 */
export async function diagnose(
  seen: ConnectionError,
  { diagnoseUrl, problem }: Endpoint,
  attemptId: string,
  token: string | null,
  signal: AbortSignal,
): Promise<ConnectionError> {
  const { stage } = seen;
  try {
    const [response, json] = await ask(`${diagnoseUrl}?attempt=${attemptId}`, signal, DIAGNOSE_MS, {
      headers: token ? { authorization: 'Bearer ' + token } : {},
    });
    const answer = (json || {}) as Answer;
    // Other servers answer in JSON, and with codes, too.
    if (/drawbridge/.test(answer.type as string))
      return new ConnectionError({
        ...(answer as ConnectionErrorFields),
        stage,
        retryAfterMs: retryAfter(response),
      });
    if (answer.code !== 'ok')
      return stranger(stage, problem ?? `${diagnoseUrl} answered ${response.status}`, response);
    // The socket has opened: the server's view of the handshake says no more.
    if (stage !== 'connect') return seen;
    const { attempt } = answer;
    // It came, but a proxy had taken its Upgrade header away.
    if (!attempt || attempt.code === 'upgrade_required')
      return localError('upgrade_not_forwarded', stage);
    // The server has upgraded, but this browser did not like its answer.
    if (/^(ok|closed_)/.test(attempt.code))
      return seen.code === 'connection_lost' ? localError('subprotocol_mismatch', stage) : seen;
    return new ConnectionError({
      stage,
      code: attempt.code,
      title: `Refused at stage ${attempt.stage}`,
      // Limits and outages may have passed; a transport that is off has not.
      action: /unavailable|draining|too_many|rate_/.test(attempt.code) ? 'wait' : 'fix_client',
    });
  } catch (failure) {
    return (await silence(stage, diagnoseUrl, signal, failure)) ?? seen;
  }
}
