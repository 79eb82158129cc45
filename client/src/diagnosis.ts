import { isJson, request, type Endpoint } from './discovery.js';
import { ConnectionError, type ConnectionErrorFields, type Stage } from './errors.js';
import { DIAGNOSE_MS } from './limits.js';
import { closeReaction, type Action, type CloseReaction, type ErrorBody } from './protocol.js';

/** Causes that only the client can see: title, action, hint. The README's table lists them all. */
const LOCAL = {
  offline: ['The browser is offline'],
  server_unreachable: ['No server answers at this address'],
  origin_denied: [
    "The server answers, but not to this page's origin",
    'fix_config',
    'Allow it in WEBSOCKET_ALLOWED_ORIGINS or DEV_WEBSOCKET_ORIGINS',
  ],
  path_wrong: ['Not Drawbridge answers at this address', 'fix_config'],
  upgrade_not_forwarded: [
    'The server answers, but the upgrade never reached it',
    'fix_config',
    'The proxy must forward it (Vite: ws: true; nginx: Upgrade and Connection headers)',
  ],
  url_invalid: ['The browser refuses this address', 'fix_client'],
  subprotocol_mismatch: [
    'The answer to the upgrade did not choose drawbridge.v1',
    'fix_config',
    'A proxy must pass Sec-WebSocket-Protocol',
  ],
  token_malformed: ['getToken returned no compact JWS', 'fix_client'],
  token_unavailable: ['getToken failed'],
  open_timeout: ['The socket did not open in time'],
  welcome_timeout: ['No welcome came in time'],
  heartbeat_lost: ['The server has gone silent'],
  connection_lost: ['The connection was lost'],
} as const satisfies Record<string, readonly [string, Action?, string?]>;

export type LocalCode = keyof typeof LOCAL;

export function localError(
  code: LocalCode,
  stage: Stage,
  more?: Partial<ConnectionErrorFields>,
): ConnectionError {
  const [title, action = 'wait', hint]: readonly [string, Action?, string?] = LOCAL[code];
  return new ConnectionError({ stage, code, title, action, hint, ...more });
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
  const told = said?.code === reason ? said : undefined;
  return localError('connection_lost', stage, {
    action:
      closeCode === 4403
        ? 'contact_admin'
        : reaction === 'stop'
          ? 'fix_client'
          : reaction === 'refresh'
            ? 'refresh_token'
            : 'wait',
    title: told?.message ?? `The connection was closed with ${closeCode}`,
    ...(reason && { code: reason }),
    ...told,
    closeCode,
  });
}

/** Whether trying again by itself can help. `welcomed`: this server has worked for this client before. */
export function errorReaction({ action, code }: ConnectionError, welcomed: boolean): CloseReaction {
  if (action === 'refresh_token') return 'refresh';
  // Seen through a load balancer, the try may be known to another of its servers; and a socket cut
  // between the server's answer and its arrival looks like one that the browser refused.
  if (/_forwarded$|_mismatch$/.test(code)) return 'slowly';
  // Behind a proxy, a server that restarts looks like a wrong path.
  return action === 'wait' || (code === 'path_wrong' && welcomed) ? 'retry' : 'stop';
}

/** The members of a refusal and of `/ws/diagnose`'s 200 that matter here. */
interface Answer {
  readonly type?: string;
  readonly code?: string;
  readonly title?: string;
  readonly action?: Action;
  readonly hint?: string;
  readonly requestId?: string;
  readonly attempt?: { readonly stage: string; readonly code: string } | null;
}

/**
 * An opaque answer is an answer: the server lives, even if this origin may not read it.
 *
 * @returns undefined when anything answers
 */
export function absence(
  stage: Stage,
  diagnoseUrl: string,
  signal: AbortSignal,
  more?: Partial<ConnectionErrorFields>,
): Promise<ConnectionError | undefined> {
  // A route that needs no token.
  return fetch(new URL('health', diagnoseUrl), {
    ...request(signal, DIAGNOSE_MS),
    mode: 'no-cors',
  }).then(
    () => undefined,
    () =>
      localError(
        globalThis.navigator?.onLine === false ? 'offline' : 'server_unreachable',
        stage,
        more,
      ),
  );
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
  try {
    const url = new URL(diagnoseUrl);
    url.searchParams.set('attempt', attemptId);
    const headers = token ? { authorization: 'Bearer ' + token } : {};
    const response = await fetch(url, { ...init, headers }).catch(() => null);
    if (!response)
      // Too slow to answer at all is what the socket has seen already.
      return init.signal?.aborted
        ? seen
        : ((await absence(stage, diagnoseUrl, signal)) ?? localError('origin_denied', stage));
    const { status } = response;
    const retryAfterMs = +(response.headers.get('retry-after') as string) * 1_000 || undefined;
    const answer: Answer = (isJson(response) && (await response.json())) || {};
    // Other servers answer in JSON, and with codes, too.
    if (/drawbridge/.test(answer.type as string))
      return new ConnectionError({ ...(answer as ConnectionErrorFields), stage, retryAfterMs });
    if (answer.code !== 'ok') {
      const hint = `${diagnoseUrl} answered ${status}`;
      // These come from a proxy whose server is away, or is asked too much.
      return status >= 500 || status === 429
        ? localError('server_unreachable', stage, { hint, retryAfterMs })
        : localError('path_wrong', stage, { hint: problem ?? hint });
    }
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
  } catch {
    return seen;
  }
}
