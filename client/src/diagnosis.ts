import { isJson, type Endpoint } from './discovery.js';
import { ConnectionError, type ConnectionErrorFields, type Stage } from './errors.js';
import { closeReaction, type Action, type CloseReaction, type ErrorBody } from './protocol.js';

/** How long the explanation may take, in milliseconds. */
const DIAGNOSE_MS = 3_000;

/** Causes that only the client can see: title, action, hint. The README's table lists them all. */
const LOCAL = {
  offline: ['The browser is offline', 'wait', ''],
  server_unreachable: [
    'No server answers',
    'wait',
    'Is it running, and on this host and port?',
  ],
  origin_denied: [
    "The server answers, but not to this page's origin",
    'fix_config',
    'Add the origin to DEV_WEBSOCKET_ORIGINS (development) or WEBSOCKET_ALLOWED_ORIGINS (production)',
  ],
  path_wrong: ['Something other than Drawbridge answers at this address', 'fix_config', ''],
  upgrade_not_forwarded: [
    'The server answers HTTP, but the WebSocket upgrade never reached it',
    'fix_config',
    'A proxy in between must forward upgrades (Vite: ws: true; nginx: proxy_http_version 1.1 with the Upgrade and Connection headers)',
  ],
  url_invalid: ['The browser refuses to open this address', 'fix_client', ''],
  subprotocol_mismatch: [
    'The server did not choose drawbridge.v1',
    'fix_config',
    'Another WebSocket endpoint answers at this address',
  ],
  token_malformed: ['getToken returned something that is no compact JWS', 'fix_client', ''],
  token_unavailable: ['getToken failed', 'fix_client', ''],
  welcome_timeout: ['The socket opened, but no welcome came', 'wait', ''],
  open_timeout: ['The socket did not open in time', 'wait', ''],
  heartbeat_lost: ['The server has gone silent', 'wait', ''],
  connection_lost: ['The connection was lost', 'wait', ''],
} as const satisfies Record<string, readonly [string, Action, string]>;

export type LocalCode = keyof typeof LOCAL;

export function localError(
  code: LocalCode,
  stage: Stage,
  more?: Partial<ConnectionErrorFields>,
  options?: ErrorOptions,
): ConnectionError {
  const [title, action, hint] = LOCAL[code];
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
  if (!reason && reaction !== 'stop') return localError('connection_lost', stage, { closeCode });
  const explained = said?.code === reason ? said : undefined;
  const action: Action =
    reaction === 'refresh'
      ? 'refresh_token'
      : reaction !== 'stop'
        ? 'wait'
        : closeCode === 4403
          ? 'contact_admin'
          : 'fix_client';
  return new ConnectionError({
    action,
    ...explained,
    stage,
    code: reason || `closed_${closeCode}`,
    title: explained?.message ?? `The server closed the connection with ${closeCode}`,
    closeCode,
  });
}

/** Whether trying again by itself can help. `welcomed`: this server has worked for this client before. */
export function errorReaction(error: ConnectionError, welcomed: boolean): CloseReaction {
  const { action, code } = error;
  if (action === 'refresh_token') return 'refresh';
  // Behind a proxy, a server that restarts looks like a wrong path or like a proxy without upgrades.
  const passing = code === 'path_wrong' || code === 'upgrade_not_forwarded';
  return action === 'wait' || code === 'token_unavailable' || (passing && welcomed)
    ? 'retry'
    : 'stop';
}

export interface DiagnosisInput {
  readonly endpoint: Endpoint;
  readonly attemptId: string;
  readonly token: string | null;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** What the socket alone could tell. */
  readonly seen: ConnectionError;
}

/** The members of a refusal and of `/ws/diagnose`'s 200 that matter here. */
interface Answer {
  readonly code?: string;
  readonly title?: string;
  readonly action?: Action;
  readonly hint?: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly attempt?: { readonly stage: string; readonly code: string } | null;
}

/** Asks the server why the try failed; one request, two when even that one is not readable. */
export async function diagnose(input: DiagnosisInput): Promise<ConnectionError> {
  const { endpoint, attemptId, token, fetch, seen } = input;
  const { stage } = seen;
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, DIAGNOSE_MS);
  input.signal.addEventListener('abort', stop);
  const init: RequestInit = { cache: 'no-store', signal: limit.signal };
  const url = new URL(endpoint.diagnoseUrl);
  try {
    let response: Response;
    try {
      url.searchParams.set('attempt', attemptId);
      response = await fetch(url, {
        ...init,
        headers: token === null ? {} : { authorization: 'Bearer ' + token },
      });
    } catch {
      // An opaque answer is an answer: the server lives, this origin may not read it.
      const lives = await fetch(endpoint.diagnoseUrl, { ...init, mode: 'no-cors' }).then(
        () => true,
        () => false,
      );
      const code = lives ? 'origin_denied' : 'server_unreachable';
      const offline = !lives && globalThis.navigator?.onLine === false;
      return localError(offline ? 'offline' : code, stage);
    }
    const { status } = response;
    const answer = isJson(response) ? ((await response.json()) as Answer) : {};
    if (!answer.code) {
      // 502 to 504 come from a proxy whose server is away.
      const gone = status >= 500;
      const hint = `${url.origin}${url.pathname} answered ${status}`;
      return localError(gone ? 'server_unreachable' : 'path_wrong', stage, {
        hint: gone ? hint : (endpoint.problem ?? hint),
      });
    }
    if (answer.code !== 'ok') {
      const { code, title = code, action = 'report', hint, requestId } = answer;
      const seconds = Number(response.headers.get('retry-after'));
      const retryAfterMs = seconds ? seconds * 1_000 : undefined;
      return new ConnectionError({ stage, code, title, action, hint, requestId, retryAfterMs });
    }
    const { attempt } = answer;
    if (stage !== 'connect') return seen;
    if (!attempt) return localError('upgrade_not_forwarded', stage);
    // The upgrade was refused for what has passed since: a limit, an outage.
    return attempt.code === 'ok'
      ? seen
      : new ConnectionError({
          stage,
          code: attempt.code,
          title: `The server refused at its stage "${attempt.stage}"`,
          action: 'wait',
        });
  } catch {
    return seen;
  } finally {
    clearTimeout(timer);
    input.signal.removeEventListener('abort', stop);
  }
}
