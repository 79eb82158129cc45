package dev.drawbridge.filters.log;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps one kind of event from flooding the log: some lines a minute, and then the number of those
 * that were withheld. Thread-safe.
 */
public final class LogBudget {
  /** What {@link #take()} returns when nothing is to be written: {@value}. */
  public static final int NOTHING = -1;

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final int linesPerMinute;
  private final LongSupplier nanoTime;

  /** Guarded by this, like the rest. */
  private long startedAt;

  private int written;
  private int withheld;

  /**
   * A full budget.
   *
   * @param linesPerMinute at least 1
   * @param nanoTime {@code System::nanoTime}, or a test's clock
   */
  public LogBudget(int linesPerMinute, LongSupplier nanoTime) {
    this.linesPerMinute = linesPerMinute;
    this.nanoTime = nanoTime;
    this.startedAt = nanoTime.getAsLong();
  }

  /**
   * Asks for one line.
   *
   * @return {@link #NOTHING} when the minute's lines are used up; else how many were withheld since
   *     the last line
   */
  public synchronized int take() {
    long now = nanoTime.getAsLong();
    if (now - startedAt >= MINUTE_NANOS) {
      startedAt = now;
      written = 0;
    }
    if (written >= linesPerMinute) {
      withheld++;
      return NOTHING;
    }
    written++;
    int before = withheld;
    withheld = 0;
    return before;
  }
}
