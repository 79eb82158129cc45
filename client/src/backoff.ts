/** Shortest wait before a retry, so that a refused connection is never a busy loop. */
export const FLOOR_MS = 100;

/** A wait that starts here is long: the server asked for patience (close 1013 and 4429). */
export const SLOW_ATTEMPT = 4;

/**
 * Full jitter: a uniformly random wait below a doubling ceiling, so that clients cut off together do
 * not come back together.
 *
 * @param attempt tries since the last stable connection, from 1
 * @param random uniform in [0, 1)
 * @param baseMs ceiling before the first doubling
 * @param capMs highest ceiling
 * @param hintMs the server's own wish (`Retry-After`, `drain`): never undercut, spread a little above
 */
export function retryDelay(
  attempt: number,
  random: number,
  baseMs: number,
  capMs: number,
  hintMs?: number,
): number {
  return hintMs === undefined
    ? Math.max(FLOOR_MS, random * Math.min(capMs, baseMs * 2 ** attempt))
    : hintMs + random * Math.max(250, hintMs / 4);
}
