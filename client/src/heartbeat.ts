import { alarm } from './backoff.js';
import { FRESH_MS, LATE_MS, PROBE_MS } from './limits.js';

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
  readonly stop: () => void;
}

/**
 * Notices that the server has gone silent. The server pings; any frame is life. Deadlines are compared
 * with the clock, because hidden tabs and sleeping machines fire timers late.
 *
 * @param patienceMs longest silence; interval and grace of `welcome`, the only source, because
 *     settings on two sides would drift apart. A server that gives no sense gets no deadline
 * @param ask asks the server for a sign of life
 */
export function startHeartbeat(patienceMs: number, ask: () => void, dead: () => void): Heartbeat {
  patienceMs = patienceMs > 0 ? patienceMs : Infinity;
  let heardAt = Date.now();
  let deadline: number;
  let probing = false;
  const timer = alarm();

  const schedule = (at: number) => {
    deadline = at;
    timer(at - Date.now(), check);
  };
  const probe = (limitMs = PROBE_MS) => {
    probing = true;
    schedule(Date.now() + limitMs);
    ask();
  };
  const check = () => {
    const now = Date.now();
    // A clock that was set back would make the silence look short.
    heardAt = Math.min(heardAt, now);
    // No timer per frame: one that `heardAt` has overtaken starts again.
    if (!probing && now < heardAt + patienceMs) return schedule(heardAt + patienceMs);
    // Late, or in a hidden tab, the sign of life may wait in the same wake-up as this timer.
    if (now - deadline > LATE_MS || (!probing && globalThis.document?.hidden)) probe();
    else dead();
  };
  schedule(heardAt + patienceMs);

  return {
    heard: () => {
      heardAt = Date.now();
      if (probing) {
        probing = false;
        schedule(heardAt + patienceMs);
      }
    },
    wake: (changed, limitMs) => {
      if (limitMs || (!probing && (changed || Date.now() - heardAt > FRESH_MS))) probe(limitMs);
    },
    stop: timer,
  };
}
