package dev.drawbridge.db.internal.pool;

import java.util.concurrent.TimeUnit;

/** How long to wait before the next attempt to connect: longer each time. Not thread-safe. */
public final class RetryPause {
  private static final long FIRST_MS = 50;
  private static final long LONGEST_MS = 500;

  /** A refused login will not heal by itself, and some servers lock accounts. */
  private static final long LOGIN_MS = 3_000;

  private long nextMs = FIRST_MS;

  /**
   * The next pause.
   *
   * @param login whether the server refused the login
   */
  public long nextNanos(boolean login) {
    long millis = login ? LOGIN_MS : nextMs;
    nextMs = Math.min(LONGEST_MS, nextMs * 2);
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
