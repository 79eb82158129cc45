package dev.drawbridge.db.user;

import java.util.concurrent.CompletableFuture;

/** One load under way that any number of callers wait for. Thread-safe. */
final class Flight {
  /** Completed by the loader only; a waiter that gives up leaves it alone. */
  final CompletableFuture<Entry> result = new CompletableFuture<>();

  private volatile long beganNanos;
  private volatile boolean began;

  /** Called once, right before the source is asked. */
  void begin(long now) {
    beganNanos = now;
    began = true;
  }

  long beganNanos() {
    return beganNanos;
  }

  /** Whether its answer will be young enough for a caller who asks now. */
  boolean isWithin(long maxAgeNanos, long now) {
    return !began || now - beganNanos < maxAgeNanos;
  }
}
