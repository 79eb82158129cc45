import { FLOOR_MS, LONGEST_MS } from './limits.js';

/** Calls back once, in the place of what it was set for before; without a call it is only unset. */
export type Alarm = (ms?: number, call?: () => void) => void;

/** A timer that waits as long as a timer can, where it is asked for more. */
export const alarm = (): Alarm => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (ms, call) => {
    clearTimeout(timer);
    timer = call && setTimeout(call, Math.min(ms as number, LONGEST_MS));
  };
};

/**
 * What the call gives, unless that takes too long or the signal aborts; no call when it has already.
 *
 * @param late makes the reason of the rejection when it takes too long; on abort it is the signal's
 */
export const within = <T>(
  use: () => Promise<T>,
  ms: number,
  signal?: AbortSignal,
  late = (text: string): unknown => text,
): Promise<T> => {
  const timer = alarm();
  let abort: () => void;
  return new Promise<T>((resolve, reject) => {
    abort = () => reject(signal?.reason);
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    timer(ms, () => reject(late(`Not within ${ms} ms`)));
    use().then(resolve, reject);
  }).finally(() => {
    timer();
    signal?.removeEventListener('abort', abort);
  });
};

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
export const retryDelay = (
  attempt: number,
  random: number,
  baseMs: number,
  capMs: number,
  hintMs?: number,
): number =>
  hintMs == null
    ? Math.max(FLOOR_MS, random * Math.min(capMs, baseMs * 2 ** attempt))
    : hintMs + random * Math.max(250, hintMs / 4);
