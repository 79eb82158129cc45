/**
 * Every limit of time, in milliseconds, and of memory. A file without imports, because the bundler
 * writes such constants where they are used.
 */

/** Shortest wait before a retry, so that a refused connection is never a busy loop. */
export const FLOOR_MS = 100;

/** A wait that starts here is long: the server asked for patience (close 1013 and 4429). */
export const SLOW_ATTEMPT = 4;

/** Tries are at least this far apart, whatever wakes the page how often. */
export const MIN_GAP_MS = 1_000;

/** What discovery has not said otherwise. */
export const STABLE_MS = 5_000;
export const BASE_MS = 500;
export const CAP_MS = 30_000;

/** After this many failed tries the server may have moved: discovery runs again. */
export const REDISCOVER_EVERY = 3;

/** A token that takes longer is of no use to anyone who waits. */
export const TOKEN_MS = 10_000;

/** A call of `getToken` that takes longer will not end any more: the next one begins beside it. */
export const STUCK_MS = 60_000;

/** How long discovery, and then the socket, may take at first and at most, and the server to say `welcome`. */
export const OPEN_MS = 4_000;
export const LONGEST_OPEN_MS = 30_000;
export const WELCOME_MS = 5_000;

/** How long the explanation of a failure may take. */
export const DIAGNOSE_MS = 3_000;

/** How much later than a failed request a browser says that a policy has blocked it. */
export const CSP_MS = 50;

/** How long a probe may take before the connection is given up. */
export const PROBE_MS = 5_000;

/** The same when the browser says that it is offline, so that a page can show it within 2 s. */
export const OFFLINE_MS = 1_500;

/** A timer that is this late was held back by the browser or by sleep. */
export const LATE_MS = 2_000;

/** After waking up, a connection heard from within this time needs no probe. */
export const FRESH_MS = 10_000;

/** Longer than the server's own 30 s for a handler, so that its `handler_timeout` is what one sees. */
export const REQUEST_TIMEOUT_MS = 35_000;

/** More unanswered requests than this mean a leak, not load. */
export const MAX_PENDING = 1_024;

/** How much waits for a connection, or for a socket whose buffer is full. */
export const MAX_QUEUED = 256;
export const MAX_QUEUED_BYTES = 1_048_576;

/** Above this, more `socket.send` would only pile up in the browser. */
export const MAX_BUFFERED_BYTES = 1_000_000;

/** How soon the rest of the queue is tried. */
export const AGAIN_MS = 100;

/** 23 days. A browser's timer that is set for longer than 2^31 - 1 ms fires at once. */
export const LONGEST_MS = 2_000_000_000;
