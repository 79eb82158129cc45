import type { Welcome } from './protocol.js';
import type { ConnectionError } from './errors.js';

/**
 * - `idle`: never connected
 * - `connecting`: finding the server, getting a token, opening, waiting for `welcome`
 * - `open`: welcomed
 * - `waiting`: will try again at `retryAt`
 * - `suspended`: the page is leaving, or in the back/forward cache; tries again when it is back
 * - `failed`: will not try again by itself; `error` says why
 * - `closed`: closed by the caller
 */
export type ConnectionStatus =
  | 'idle'
  | 'connecting'
  | 'open'
  | 'waiting'
  | 'suspended'
  | 'failed'
  | 'closed';

/** What an application sees. Immutable; replaced only when something changed. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** Failed tries since the last connection that stayed open for a while. */
  readonly attempt: number;
  /** Epoch milliseconds of the next try, while `waiting`. */
  readonly retryAt: number | null;
  /** The server's words while `open`; the last ones afterwards. */
  readonly welcome: Welcome | null;
  /** The present cause; null while all is well. */
  readonly error: ConnectionError | null;
  /** The server has said that it is going down. */
  readonly draining: boolean;
  /** A new token was asked for since the last `welcome`: the next refusal of a token is final. */
  readonly refreshed: boolean;
}

/**
 * What happens to a connection: from where that leads, where to, and whether all that was before is
 * forgotten; elsewhere it comes too late, or for nothing. Texts, because the bundler writes them where
 * they are used.
 *
 * - `update`: something about the open connection: it has held, will drain, has a new token; or about
 *   the wait: its end comes sooner
 * - `lost`: the try or the connection is over; to `failed` when the change says so
 * - `suspend`: the page is leaving
 * - `reset`: the caller wants it as if just made
 * - `retry`: the time of `waiting` is over, or the page woke up
 */
export const enum Happening {
  update = 'open waiting',
  lost = 'connecting open|waiting',
  suspend = 'connecting open waiting|suspended',
  retry = 'waiting suspended|connecting',
  connect = 'idle failed closed|connecting|new',
  welcome = 'connecting|open|new',
  close = '|closed|new',
  reset = '|idle|new',
}

/**
 * The whole state machine: pure, and the same object back for an event that means nothing here.
 *
 * @param change what the event brings
 */
export const transition = (
  state: ConnectionSnapshot,
  event: Happening,
  change?: Partial<ConnectionSnapshot>,
): ConnectionSnapshot => {
  const { status } = state;
  const [from, to = status, fresh] = event.split('|') as [string, ConnectionStatus?, string?];
  return (from ? !from.includes(status) : to === status)
    ? state
    : {
        ...state,
        ...(fresh && IDLE),
        ...(to !== status && { status: to, retryAt: null, draining: false }),
        ...change,
      };
};

/** The snapshot before the first `connect`, and on a server that renders pages. */
export const IDLE: ConnectionSnapshot = {
  status: 'idle',
  attempt: 0,
  retryAt: null,
  welcome: null,
  error: null,
  draining: false,
  refreshed: false,
};
