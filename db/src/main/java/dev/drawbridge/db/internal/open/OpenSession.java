package dev.drawbridge.db.internal.open;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is remembered of a session while it is open: for leak reports and busy errors. */
public final class OpenSession {
  /** Null when it was not looked up. */
  private final @Nullable Object place;

  private final Thread opener;
  private final String thread;
  private final long openedNanos;

  /** Where {@link OpenSessions} keeps it; -1 for among the rest. */
  public int slot = -1;

  /** Whether it was reported as a leak already; only the watcher's thread uses it. */
  public boolean reported;

  public OpenSession(@Nullable Object place, long openedNanos) {
    this.place = place;
    this.opener = Thread.currentThread();
    this.thread = opener.getName();
    this.openedNanos = openedNanos;
  }

  public Duration age(long nowNanos) {
    return Duration.ofNanos(nowNanos - openedNanos);
  }

  public String thread() {
    return thread;
  }

  public long openedNanos() {
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
