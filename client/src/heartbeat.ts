import { alarm } from './backoff.js';
import { FRESH_MS, LATE_MS, LONGEST_MS, PROBE_MS } from './limits.js';

export interface Heartbeat {
  /** Any frame came. */
  readonly heard: () => void;
  /**
   * The page woke up.
   *
   * @param limitMs how long the probe may take; a short one counts over one that runs
   * @param changed the network did, and a frame heard just now proves nothing
   */
  readonly wake: (changed: boolean, limitMs?: number) => void;
  readonly halt: () => void;
}

/**
 * Notices that the server has gone silent. The server pings; any frame is life. Deadlines are compared
 * with the clock, because hidden tabs and sleeping machines fire timers late.
 *
 * @param patienceMs longest silence; interval and grace of `welcome`, the only source, because
 *     settings on two sides would drift apart. A server that gives no sense gets no deadline
 * @param ask asks the server for a sign of life
 */
export const startHeartbeat = (
  patienceMs: number,
  ask: () => void,
  dead: () => void,
): Heartbeat => {
  patienceMs = patienceMs > 0 ? Math.min(patienceMs, LONGEST_MS) : LONGEST_MS;
  /** Until when something must be heard. */
  let limit: number;
  let probing: boolean;
  const timer = alarm();

  // No timer per frame: one that a frame has overtaken starts again.
  const heard = () => {
    probing = false;
    limit = Date.now() + patienceMs;
  };
  const probe = (limitMs = PROBE_MS) => {
    probing = true;
    limit = Date.now() + limitMs;
    timer(limitMs, check);
    ask();
  };
  const check = () => {
    const now = Date.now();
    // A clock that was set back would make the silence look short.
    limit = Math.min(limit, now + patienceMs);
    if (now < limit) timer(limit - now, check);
    // Late, or in a hidden tab, the sign of life may wait in the same wake-up as this timer.
    else if (now - limit > LATE_MS || (!probing && globalThis.document?.hidden)) probe();
    else dead();
  };
  heard();
  check();

  return {
    heard,
    wake: (changed, limitMs) => {
      if (limitMs || (!probing && (changed || Date.now() + patienceMs - limit > FRESH_MS)))
        probe(limitMs);
    },
    halt: timer,
  };
};
