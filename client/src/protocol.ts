/**
 * The wire format of `drawbridge.v1` as this client reads and writes it. PROTOCOL.md is the contract;
 * a test compares the close-code table there with `closeReaction`.
 */

import { messageError } from './errors.js';

/** What can be done about a refusal or an error; the server's word, or ours for local causes. */
export type Action =
  | 'login'
  | 'refresh_token'
  | 'wait'
  | 'fix_client'
  | 'fix_config'
  | 'fix_issuer'
  | 'check_clock'
  | 'contact_admin'
  | 'report';

/** The authenticated user, as the server sees it. */
export interface User {
  readonly subject: string;
  readonly displayName: string;
  readonly roles: readonly string[];
}

/** Sizes in UTF-8 bytes, rates per second; 0 or absent means no limit. */
export interface Limits {
  readonly maxMessageBytes?: number;
  readonly messagesPerSecond?: number;
  readonly burst?: number;
  readonly connectionsPerUser?: number;
}

/** The server's first frame. Its values bind, over those of discovery. Times are epoch milliseconds. */
export interface Welcome {
  readonly connectionId: string;
  readonly protocol: string;
  readonly user: User;
  readonly heartbeat: { readonly intervalMs: number; readonly graceMs: number };
  readonly limits: Limits;
  readonly tokenExpiresAt?: number;
  readonly serverTime: number;
  readonly mode: 'dev' | 'prod';
  /** What the server can do beyond the core, such as `channels`. */
  readonly features?: readonly string[];
}

/** The discovery document of `/ws/config`; members this client does not use are left out. */
export interface ServerConfig {
  readonly configVersion: 1;
  readonly path: string;
  readonly protocols: readonly string[];
  readonly diagnose?: string;
  readonly status?: 'ok' | 'draining';
  readonly reconnect?: ReconnectTimes;
}

/** How the server wants to be reconnected to, in milliseconds. */
export interface ReconnectTimes {
  readonly baseMs?: number;
  readonly capMs?: number;
  readonly stableAfterMs?: number;
}

/** One problem of a payload, found by the server. `path` is a JSON pointer. */
export interface ErrorDetail {
  readonly path: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** The body of an `error` frame. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly action?: Action;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly details?: readonly ErrorDetail[];
  readonly requestId?: string;
}

/** One text message on the wire. */
export interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly channel?: string;
  /** Where a channel's message stands in the log. */
  readonly seq?: number;
  /** Who has published it. */
  readonly from?: string;
  readonly data?: unknown;
  readonly error?: ErrorBody;
}

/** Frames of the protocol itself that `client.on` can also listen to. */
export interface ControlMessages {
  welcome: { receive: Welcome };
  error: { receive: ErrorBody };
  drain: { receive: { reconnectAfterMs: number } };
  'auth.expiring': { receive: { expiresAt: number } };
}

/**
 * What an end asks of the client. `retry` backs off as usual, `slowly` starts with a long back-off,
 * `now` waits for nothing, `refresh` gets a new token and tries once. Numbers, in this order, because
 * the bundler writes them where they are used.
 */
export const enum Reaction {
  stop,
  retry,
  slowly,
  now,
  refresh,
}

/** Texts, because the bundler writes them where they are used. */
export const enum Subprotocol {
  v1 = 'drawbridge.v1',
  bearer = 'drawbridge.bearer.',
}

const REACTIONS: Readonly<Record<number, Reaction>> = {
  1013: Reaction.slowly,
  4401: Reaction.refresh,
  4429: Reaction.slowly,
  4511: Reaction.now,
};

/** One frame, or undefined for anything that is none: a client must survive a foreign server. */
export const parseFrame = (json: string): Frame | undefined => {
  const frame = tried(() => JSON.parse(json) as Frame | null);
  return frame?.type?.trim && frame;
};

/**
 * What goes out. JSON knows plain objects, lists, texts, numbers and what says by `toJSON` how it is
 * written; anything else would arrive empty.
 *
 * @throws MessageError `not_serializable`
 */
export const encode = (message: Frame): string => {
  try {
    return JSON.stringify(message, (_, value) => {
      const kind = {}.toString.call(value);
      if (typeof value === 'object' && !/ (Object|Array|Null)]/.test(kind))
        throw TypeError(kind);
      return value as unknown;
    });
  } catch (cause) {
    throw messageError('not_serializable', (cause as Error).message, { cause });
  }
};

/** @returns undefined for what throws */
export const tried = <T>(use: () => T): T | undefined => {
  try {
    return use();
  } catch {}
};

/** Section 6 of PROTOCOL.md. Unknown codes: 4400-4499 stop, everything else reconnects. */
export const closeReaction = (code: number): Reaction =>
  REACTIONS[code] ?? (/^(100[02378]|1010|44)/.test(code as never) ? Reaction.stop : Reaction.retry);
