import { FLOOR_MS, LONGEST_MS } from './limits.js';

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

/** What the application gives, unless that takes too long or the try is over. */
export function within<T>(given: T | Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  return Promise.race([
    given,
    new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(`Not within ${ms} ms`), ms);
      signal.addEventListener('abort', reject);
    }),
  ]).finally(() => clearTimeout(timer));
}

/** A timer that waits as long as a timer can, where it is asked for more. */
export function later(call: () => void, ms: number): ReturnType<typeof setTimeout> {
  return setTimeout(call, Math.min(ms, LONGEST_MS));
}
