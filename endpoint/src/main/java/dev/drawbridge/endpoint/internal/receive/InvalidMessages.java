package dev.drawbridge.endpoint.internal.receive;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Counts the invalid messages of one connection. Guarded by its {@link ClientLimits}. */
public final class InvalidMessages {
  /** So many within {@link #WINDOW_NANOS} are too many. */
  static final int MAX = 10;

  static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** When the last ones came, as a ring; null until the first. */
  private long @Nullable [] times;

  private int count;

  /**
   * Notes one more.
   *
   * @return true when it is the tenth within ten seconds
   */
  public boolean isTooMany(long nowNanos) {
    if (times == null) {
      times = new long[MAX];
    }
    int slot = count % MAX;
    times[slot] = nowNanos;
    count++;
    if (count < MAX) {
      return false;
    }
    long oldest = times[count % MAX];
    return nowNanos - oldest < WINDOW_NANOS;
  }
}
