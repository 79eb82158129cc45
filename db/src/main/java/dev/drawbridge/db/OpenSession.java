package dev.drawbridge.db;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is remembered of a session while it is open: for leak reports and busy errors. */
final class OpenSession {
  /** Null when it was not looked up. */
  private final @Nullable Object place;

  private final Thread opener;
  private final String thread;
  private final long openedNanos;

  /** Where {@link OpenSessions} keeps it; -1 for among the rest. */
  int slot = -1;

  /** Whether it was reported as a leak already; only the watcher's thread uses it. */
  boolean reported;

  OpenSession(@Nullable Object place, long openedNanos) {
    this.place = place;
    this.opener = Thread.currentThread();
    this.thread = opener.getName();
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
    if (place != null) {
      return "opened at " + place + " by thread '" + thread + "'";
    }
    StackTraceElement now = Places.of(opener);
    return "opened by thread '"
        + thread
        + "'"
        + (now == null ? "" : ", which is at " + now + " now");
  }
}
