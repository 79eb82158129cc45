package dev.drawbridge.db.internal.users;

/**
 * Stops asking a source that is away: every attempt would cost a whole time-out. After {@value
 * #FAILURES} failures in a row it opens; after a pause one attempt probes. Thread-safe.
 */
public final class Breaker {
  public static final int FAILURES = 3;

  private final long pauseNanos;

  // guarded by this; nothing under the lock blocks
  private int failures;
  private long retryAt;
  private boolean probing;

  public Breaker(long pauseNanos) {
    this.pauseNanos = pauseNanos;
  }

  /** Whether the source may be asked now; every true is answered by one of the methods below. */
  public synchronized boolean tryEnter(long now) {
    if (failures < FAILURES) {
      return true;
    }
    if (probing || now - retryAt < 0) {
      return false;
    }
    probing = true;
    return true;
  }

  public synchronized void answered() {
    failures = 0;
    probing = false;
  }

  public synchronized void failed(long now) {
    failures = Math.min(failures + 1, FAILURES);
    retryAt = now + pauseNanos;
    probing = false;
  }

  /** The attempt never reached the source. */
  public synchronized void abandoned() {
    probing = false;
  }

  public synchronized boolean isOpen() {
    return failures >= FAILURES;
  }
}
