import { isJson, request, type Endpoint } from './discovery.js';
import { ConnectionError, type ConnectionErrorFields, type Stage } from './errors.js';
import { closeReaction, type Action, type CloseReaction, type ErrorBody } from './protocol.js';

/** How long the explanation may take, in milliseconds. */
const DIAGNOSE_MS = 3_000;

/** Causes that only the client can see: action, title, hint. The README's table lists them all. */
const LOCAL = {
  offline: ['wait', 'The browser is offline'],
  server_unreachable: ['wait', 'No server answers at this address'],
  origin_denied: [
    'fix_config',
    "The server answers, but not to this page's origin",
    'Allow it in WEBSOCKET_ALLOWED_ORIGINS or DEV_WEBSOCKET_ORIGINS',
  ],
  path_wrong: ['fix_config', 'Not Drawbridge answers at this address'],
  upgrade_not_forwarded: [
    'fix_config',
    'The server answers, but the upgrade never reached it',
    'The proxy must forward it (Vite: ws: true; nginx: Upgrade and Connection headers)',
  ],
  url_invalid: ['fix_client', 'The browser refuses this address'],
  subprotocol_mismatch: ['fix_config', 'The server did not choose drawbridge.v1'],
  token_malformed: ['fix_client', 'getToken returned no compact JWS'],
  token_unavailable: ['fix_client', 'getToken failed'],
  open_timeout: ['wait', 'The socket did not open in time'],
  welcome_timeout: ['wait', 'No welcome came in time'],
  heartbeat_lost: ['wait', 'The server has gone silent'],
  connection_lost: ['wait', 'The connection was lost'],
} as const satisfies Record<string, readonly [Action, string, string?]>;

export type LocalCode = keyof typeof LOCAL;

export function localError(
  code: LocalCode,
  stage: Stage,
  more?: Partial<ConnectionErrorFields>,
  options?: ErrorOptions,
): ConnectionError {
  const [action, title, hint]: readonly [Action, string, string?] = LOCAL[code];
  return new ConnectionError({ stage, code, title, action, hint, ...more }, options);
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
  const reaction = closeReaction(closeCode);
  return new ConnectionError({
    action:
      closeCode === 4403
        ? 'contact_admin'
        : reaction === 'stop'
          ? 'fix_client'
          : reaction === 'refresh'
            ? 'refresh_token'
            : 'wait',
    ...(said?.code === reason && said),
    stage,
    code: reason || 'connection_lost',
    title: (said?.code === reason && said.message) || `The connection was closed with ${closeCode}`,
    closeCode,
  });
}

/** Whether trying again by itself can help. `welcomed`: this server has worked for this client before. */
export function errorReaction({ action, code }: ConnectionError, welcomed: boolean): CloseReaction {
  if (action === 'refresh_token') return 'refresh';
  // Seen through a load balancer, the try may be known to another of its servers.
  if (code === 'upgrade_not_forwarded') return 'retry-slowly';
  // Behind a proxy, a server that restarts looks like a wrong path.
  const passing = code === 'token_unavailable' || (code === 'path_wrong' && welcomed);
  return passing || action === 'wait' ? 'retry' : 'stop';
}

/** What only the record of a try shows: limits and outages that have passed, or a transport that is off. */
function actionOf(code: string): Action {
  return /unavailable|draining|too_many|rate_/.test(code) ? 'wait' : 'fix_client';
}

/** The members of a refusal and of `/ws/diagnose`'s 200 that matter here. */
interface Answer {
  readonly code?: string;
  readonly title?: string;
  readonly action?: Action;
  readonly hint?: string;
  readonly requestId?: string;
  readonly attempt?: { readonly stage: string; readonly code: string } | null;
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
  const init = request(signal, DIAGNOSE_MS);
  const url = new URL(diagnoseUrl);
  try {
    url.searchParams.set('attempt', attemptId);
    const headers = token ? { authorization: 'Bearer ' + token } : {};
    const response = await fetch(url, { ...init, headers }).catch(() => null);
    if (!response) {
      // Too slow to answer at all is what the socket has seen already.
      if (init.signal?.aborted) return seen;
      // An opaque answer is an answer: the server lives, this origin may not read it.
      const lives = await fetch(url, { ...init, mode: 'no-cors' }).catch(() => null);
      const offline = globalThis.navigator?.onLine === false;
      return localError(
        lives ? 'origin_denied' : offline ? 'offline' : 'server_unreachable',
        stage,
      );
    }
    const { status } = response;
    const answer: Answer = isJson(response) ? await response.json() : {};
    const { code, attempt } = answer;
    if (!code) {
      const hint = `${diagnoseUrl} answered ${status}`;
      // 502 to 504 come from a proxy whose server is away.
      return status >= 500
        ? localError('server_unreachable', stage, { hint })
        : localError('path_wrong', stage, { hint: problem ?? hint });
    }
    if (code !== 'ok') {
      const retryAfterMs = Number(response.headers.get('retry-after')) * 1_000 || undefined;
      return new ConnectionError({
        title: code,
        action: 'report',
        ...answer,
        code,
        stage,
        retryAfterMs,
      });
    }
    // The socket has opened: the server's view of the handshake says no more.
    if (stage !== 'connect') return seen;
    if (!attempt) return localError('upgrade_not_forwarded', stage);
    return attempt.code === 'ok'
      ? seen
      : new ConnectionError({
          stage,
          code: attempt.code,
          title: `Refused at stage ${attempt.stage}`,
          action: actionOf(attempt.code),
        });
  } catch {
    return seen;
  }
}
