import type { ConnectionError } from './errors.js';
import type { CloseReaction, Welcome } from './protocol.js';

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

/** The end of a try or of a connection; `retryAt` is computed from the attempt that this makes. */
export interface Loss {
  readonly error: ConnectionError;
  readonly reaction: CloseReaction;
  readonly retryAt: number;
}

/**
 * - `update`: something about the open connection: it has held, will drain, has a new token; or about
 *   the wait: its end comes sooner
 * - `suspend`: the page is leaving
 * - `reset`: the caller wants it as if just made
 * - `retry`: the time of `waiting` is over, or the page woke up
 */
export type ConnectionEvent =
  | readonly [type: 'connect' | 'suspend' | 'retry' | 'close' | 'reset']
  | readonly [type: 'welcome', welcome: Welcome]
  | readonly [type: 'update', change: Partial<ConnectionSnapshot>]
  | readonly [type: 'lost', loss: Loss];

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

/** From where an event leads, and where to; elsewhere it comes too late, or for nothing. */
const LEADS: Readonly<Record<ConnectionEvent[0], readonly [from: string, to?: ConnectionStatus]>> = {
  connect: ['idle failed closed', 'connecting'],
  welcome: ['connecting', 'open'],
  update: ['open waiting'],
  lost: ['connecting open'],
  suspend: ['connecting open waiting', 'suspended'],
  retry: ['waiting suspended', 'connecting'],
  close: ['', 'closed'],
  reset: ['', 'idle'],
};

/** The whole state machine: pure, and the same object back for an event that means nothing here. */
export function transition(
  state: ConnectionSnapshot,
  ...[type, more]: ConnectionEvent
): ConnectionSnapshot {
  const [from, to = state.status] = LEADS[type];
  if (from ? !from.includes(state.status) : to === state.status) return state;
  if (type === 'update') return { ...state, ...more };
  const kept = { ...state, status: to, retryAt: null, draining: false };
  if (type === 'lost') {
    const { error, reaction, retryAt } = more;
    const refreshed = reaction === 'refresh';
    // A second refusal of a token, without a welcome in between, is final.
    const over = reaction === 'stop' || (refreshed && state.refreshed);
    return {
      ...kept,
      ...(over ? { status: 'failed' } : { status: 'waiting', retryAt }),
      attempt: state.attempt + 1,
      error,
      refreshed: refreshed || state.refreshed,
    };
  }
  return /retry|suspend/.test(type)
    ? kept
    : { ...IDLE, status: to, ...(more && { attempt: state.attempt, welcome: more }) };
}
