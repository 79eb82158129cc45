package dev.drawbridge.db.internal.users;

import java.util.concurrent.CompletableFuture;

/** One load under way that any number of callers wait for. Thread-safe. */
public final class Flight {
  /** Completed by the loader only; a waiter that gives up leaves it alone. */
  public final CompletableFuture<Entry> result = new CompletableFuture<>();

  private volatile long beganNanos;
  private volatile boolean began;

  /** Called once, right before the source is asked. */
  public void begin(long now) {
    beganNanos = now;
    began = true;
  }

  public long beganNanos() {
    return beganNanos;
  }

  /** Whether its answer will be young enough for a caller who asks now. */
  public boolean isWithin(long maxAgeNanos, long now) {
    return !began || now - beganNanos < maxAgeNanos;
  }
}
