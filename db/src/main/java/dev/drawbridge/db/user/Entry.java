package dev.drawbridge.db.user;

import org.jspecify.annotations.Nullable;

/** What one load found. Immutable but for the time of the next attempt. */
final class Entry {
  /** Null when the source knows no such subject. */
  final @Nullable User user;

  /** When the load began, so that the age is never understated. */
  final long readNanos;

  final long refreshNanos;
  final long ttlNanos;

  /** After a failed reload no new one before this time; 0 while none has failed. Any thread. */
  private volatile long retryAtNanos;

  private volatile boolean retrying;

  Entry(@Nullable User user, long readNanos, long refreshNanos, long ttlNanos) {
    this.user = user;
    this.readNanos = readNanos;
    this.refreshNanos = refreshNanos;
    this.ttlNanos = ttlNanos;
  }

  long age(long now) {
    return Math.max(0, now - readNanos);
  }

  boolean isFresh(long now) {
    return now - readNanos < ttlNanos;
  }

  boolean wantsRefresh(long now) {
    return user != null && now - readNanos >= refreshNanos && mayRetry(now);
  }

  boolean mayRetry(long now) {
    return !retrying || now - retryAtNanos >= 0;
  }

  void retryAt(long nanos) {
    retryAtNanos = nanos;
    retrying = true;
  }
}
