package dev.drawbridge.db;

/** A snapshot of the pool's numbers. Immutable; -1 where the pool is not ours and does not tell. */
public final class DbMetrics {
  private final int active;
  private final int idle;
  private final int waiting;
  private final int max;
  private final int openSessions;
  private final long busy;
  private final long unavailable;
  private final long leaks;

  DbMetrics(
      int active,
      int idle,
      int waiting,
      int max,
      int openSessions,
      long busy,
      long unavailable,
      long leaks) {
    this.active = active;
    this.idle = idle;
    this.waiting = waiting;
    this.max = max;
    this.openSessions = openSessions;
    this.busy = busy;
    this.unavailable = unavailable;
    this.leaks = leaks;
  }

  /** Connections in use. */
  public int active() {
    return active;
  }

  /** Connections free. */
  public int idle() {
    return idle;
  }

  /** Threads waiting for a connection. */
  public int waiting() {
    return waiting;
  }

  /** The size of the pool. */
  public int max() {
    return max;
  }

  /** Sessions opened and not yet closed. */
  public int openSessions() {
    return openSessions;
  }

  /** How often a caller was turned away because the pool was exhausted, since the start. */
  public long busy() {
    return busy;
  }

  /** How often the database could not be reached or hung up, since the start. */
  public long unavailable() {
    return unavailable;
  }

  /** How many sessions were reported as leaks, since the start. */
  public long leaks() {
    return leaks;
  }

  @Override
  public String toString() {
    return "active " + active + ", idle " + idle + ", waiting " + waiting + ", max " + max;
  }
}
