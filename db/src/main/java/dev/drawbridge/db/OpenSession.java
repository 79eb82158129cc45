package dev.drawbridge.db;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is remembered of a session while it is open: for leak reports and busy errors. */
final class OpenSession {
  private final Object place;
  private final String thread;
  private final long openedNanos;

  /** Whether it was reported as a leak already; only the watcher's thread uses it. */
  boolean reported;

  OpenSession(Object place, long openedNanos) {
    this.place = place;
    this.thread = Thread.currentThread().getName();
    this.openedNanos = openedNanos;
  }

  Duration age(long nowNanos) {
    return Duration.ofNanos(nowNanos - openedNanos);
  }

  String thread() {
    return thread;
  }

  long openedNanos() {
    return openedNanos;
  }

  /** Cheaper than an identity hash, which every new object would have to be given first. */
  @Override
  public int hashCode() {
    return Long.hashCode(openedNanos);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public String toString() {
    return "opened at " + place + " by thread '" + thread + "'";
  }
}
