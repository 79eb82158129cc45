/** How long a probe may take before the connection is given up, in milliseconds. */
export const PROBE_MS = 5_000;

/** A timer that is this late was held back by the browser or by sleep. */
const LATE_MS = 2_000;

/** After waking up, a connection heard from within this time needs no probe. */
const FRESH_MS = 10_000;

export interface HeartbeatOptions {
  /** From `welcome`, the only source: settings on two sides would drift apart. */
  readonly intervalMs: number;
  readonly graceMs: number;
  /** Asks the server for a sign of life. */
  readonly probe: () => void;
  readonly dead: () => void;
}

/**
 * Notices that the server has gone silent. The server pings; any frame is life. Deadlines are compared
 * with the clock, because hidden tabs and sleeping machines fire timers late.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #heardAt = Date.now();
  #deadline = 0;
  #probing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#arm();
  }

  /** Any frame came. */
  heard(): void {
    this.#heardAt = Date.now();
    if (this.#probing) {
      this.#probing = false;
      this.#arm();
    }
  }

  /** The page woke up, or the network changed. */
  wake(): void {
    if (!this.#probing && Date.now() - this.#heardAt > FRESH_MS) this.#probe();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** No timer per frame: one that fires early by `heardAt` arms itself again. */
  #arm(): void {
    const { intervalMs, graceMs } = this.#options;
    this.#schedule(this.#heardAt + intervalMs + graceMs);
  }

  #schedule(deadline: number): void {
    clearTimeout(this.#timer);
    this.#deadline = deadline;
    this.#timer = setTimeout(() => this.#check(), deadline - Date.now());
  }

  #check(): void {
    const { intervalMs, graceMs, dead } = this.#options;
    const now = Date.now();
    if (this.#probing) {
      // The answer may wait in the same wake-up as this timer.
      if (now - this.#deadline > LATE_MS) this.#probe();
      else dead();
    } else if (now < this.#heardAt + intervalMs + graceMs) this.#arm();
    else if (now - this.#deadline > LATE_MS || globalThis.document?.hidden) this.#probe();
    else dead();
  }

  #probe(): void {
    this.#probing = true;
    this.#schedule(Date.now() + PROBE_MS);
    this.#options.probe();
  }
}
