package dev.drawbridge.endpoint.internal.channels.log;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts control entries by the user they are about, so that whoever has asked for rights learns
 * whether the answer may be out of date. Users share counters: then somebody asks once more.
 * Thread-safe.
 */
public final class ControlNumbers {
  private static final int STRIPES = 1024;

  private final AtomicLongArray counts = new AtomicLongArray(STRIPES);

  /** Grows with each control entry about the user. */
  public long of(String subject) {
    return counts.get(stripe(subject));
  }

  public void about(String subject) {
    counts.incrementAndGet(stripe(subject));
  }

  /** Everybody's answers are out of date. */
  public void aboutEverybody() {
    for (int i = 0; i < STRIPES; i++) {
      counts.incrementAndGet(i);
    }
  }

  private static int stripe(String subject) {
    int hash = subject.hashCode();
    return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (STRIPES - 1);
  }
}
