package dev.drawbridge.db.internal.users;

import dev.drawbridge.db.user.User;
import org.jspecify.annotations.Nullable;

/** What one load found. Immutable but for the time of the next attempt. */
public final class Entry {
  /** Null when the source knows no such subject. */
  public final @Nullable User user;

  /** When the load began, so that the age is never understated. */
  public final long readNanos;

  public final long refreshNanos;
  public final long ttlNanos;

  /** After a failed reload no new one before this time; 0 while none has failed. Any thread. */
  private volatile long retryAtNanos;

  private volatile boolean retrying;

  public Entry(@Nullable User user, long readNanos, long refreshNanos, long ttlNanos) {
    this.user = user;
    this.readNanos = readNanos;
    this.refreshNanos = refreshNanos;
    this.ttlNanos = ttlNanos;
  }

  public long age(long now) {
    return Math.max(0, now - readNanos);
  }

  public boolean isFresh(long now) {
    return now - readNanos < ttlNanos;
  }

  public boolean wantsRefresh(long now) {
    return user != null && now - readNanos >= refreshNanos && mayRetry(now);
  }

  public boolean mayRetry(long now) {
    return !retrying || now - retryAtNanos >= 0;
  }

  public void retryAt(long nanos) {
    retryAtNanos = nanos;
    retrying = true;
  }
}
