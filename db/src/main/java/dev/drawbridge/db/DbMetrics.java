package dev.drawbridge.db;

import dev.drawbridge.db.internal.pool.Pool;
import java.time.Duration;

/**
 * A snapshot of the numbers of a {@link Database}. Immutable; -1 for numbers of a pool that is not
 * ours.
 */
public final class DbMetrics {
  private final Pool.Numbers pool;
  private final int openSessions;
  private final Counters counters;
  private final long leaks;

  DbMetrics(Pool.Numbers pool, int openSessions, Counters counters, long leaks) {
    this.pool = pool;
    this.openSessions = openSessions;
    this.counters = counters;
    this.leaks = leaks;
  }

  /** Connections in use. */
  public int active() {
    return pool.active;
  }

  /** Connections free. */
  public int idle() {
    return pool.idle;
  }

  /** Threads waiting for a connection. */
  public int waiting() {
    return pool.waiting;
  }

  /** The size of the pool; of a container's, too, where it says so. */
  public int max() {
    return pool.max;
  }

  /** Sessions opened and not yet closed. */
  public int openSessions() {
    return openSessions;
  }

  /** How many connections were borrowed since the start. */
  public long acquired() {
    return counters.acquired;
  }

  /** How long all those waited together; after the first 1,000 estimated from one in 8. */
  public Duration acquireTime() {
    return Duration.ofNanos(counters.acquireNanos);
  }

  /** How often a caller was turned away because the pool was exhausted, since the start. */
  public long busy() {
    return counters.busy;
  }

  /** How often the database could not be reached or hung up, since the start. */
  public long unavailable() {
    return counters.unavailable;
  }

  /** How many sessions were reported as leaks, since the start. */
  public long leaks() {
    return leaks;
  }

  @Override
  public String toString() {
    return pool + ", open sessions " + openSessions + ", acquired " + acquired();
  }

  /** What the database counts since its start. */
  static final class Counters {
    final long acquired;
    final long acquireNanos;
    final long busy;
    final long unavailable;

    Counters(long acquired, long acquireNanos, long busy, long unavailable) {
      this.acquired = acquired;
      this.acquireNanos = acquireNanos;
      this.busy = busy;
      this.unavailable = unavailable;
    }
  }
}
