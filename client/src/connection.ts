import type { ConnectionError } from './errors.js';
import type { CloseReaction, Welcome } from './protocol.js';

/**
 * - `idle`: never connected
 * - `connecting`: finding the server, getting a token, opening, waiting for `welcome`
 * - `open`: welcomed
 * - `waiting`: will try again at `retryAt`
 * - `suspended`: will try again when the page is shown or the network is back
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

export type ConnectionEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'welcome'; readonly welcome: Welcome }
  /** `welcome` came some seconds ago. */
  | { readonly type: 'stable' }
  | { readonly type: 'drain' }
  /** The try or the connection is over. `delay` is computed from the attempt that this event makes. */
  | {
      readonly type: 'lost';
      readonly error: ConnectionError;
      readonly reaction: CloseReaction;
      readonly retryAt: number;
    }
  /** No use in trying now: hidden for long, offline, or in the back/forward cache. */
  | { readonly type: 'suspend' }
  /** The time of `waiting` is over, or the page woke up. */
  | { readonly type: 'retry' }
  | { readonly type: 'renewed'; readonly tokenExpiresAt: number }
  | { readonly type: 'close' };

/** The snapshot before the first `connect`, and on a server that renders pages. */
export const IDLE: ConnectionSnapshot = Object.freeze({
  status: 'idle',
  attempt: 0,
  retryAt: null,
  welcome: null,
  error: null,
  draining: false,
  refreshed: false,
});

/** The whole state machine: pure, and the same object back for an event that means nothing here. */
export function transition(state: ConnectionSnapshot, event: ConnectionEvent): ConnectionSnapshot {
  const { status, attempt, welcome, refreshed } = state;
  const live = status === 'connecting' || status === 'open';
  switch (event.type) {
    case 'connect':
      return status === 'idle' || status === 'failed' || status === 'closed'
        ? { ...IDLE, status: 'connecting' }
        : state;
    case 'welcome':
      return status === 'connecting'
        ? { ...IDLE, status: 'open', attempt, welcome: event.welcome }
        : state;
    case 'stable':
      return status === 'open' && attempt ? { ...state, attempt: 0 } : state;
    case 'drain':
      return status === 'open' ? { ...state, draining: true } : state;
    case 'renewed':
      return status === 'open' && welcome
        ? { ...state, welcome: { ...welcome, tokenExpiresAt: event.tokenExpiresAt } }
        : state;
    case 'lost': {
      if (!live) return state;
      const refresh = event.reaction === 'refresh';
      const stop = event.reaction === 'stop' || (refresh && refreshed);
      return {
        ...state,
        status: stop ? 'failed' : 'waiting',
        attempt: attempt + 1,
        retryAt: stop ? null : event.retryAt,
        error: event.error,
        draining: false,
        refreshed: refreshed || refresh,
      };
    }
    case 'suspend':
      return live || status === 'waiting'
        ? { ...state, status: 'suspended', retryAt: null, draining: false }
        : state;
    case 'retry':
      return status === 'waiting' || status === 'suspended'
        ? { ...state, status: 'connecting', retryAt: null }
        : state;
    case 'close':
      return status === 'closed' ? state : { ...IDLE, status: 'closed' };
  }
}
