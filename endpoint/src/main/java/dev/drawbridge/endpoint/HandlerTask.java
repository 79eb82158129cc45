package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.metrics.TypeMeters;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way to its handler, or what the application does at the opening. Thread-safe.
 */
final class HandlerTask {
  final Endpoint.Registration<?> registration;
  final String type;
  final @Nullable String id;
  final @Nullable Object data;

  /** Exactly one of the handler, its failure and the time-out answers. */
  private final AtomicBoolean answered = new AtomicBoolean();

  /** It has begun. Guarded by this. */
  private boolean started;

  /** When it began; of no meaning before. Guarded by this. */
  private long startedNanos;

  HandlerTask(
      Endpoint.Registration<?> registration,
      String type,
      @Nullable String id,
      @Nullable Object data) {
    this.registration = registration;
    this.type = type;
    this.id = id;
    this.data = data;
  }

  /** The thread of the pool that is inside of the handler, else null. Guarded by this. */
  private @Nullable Thread runner;

  /** It was late while it was inside. Guarded by this. */
  private boolean stuck;

  /**
   * It begins, on a thread of the pool or, with null, on one that is never interrupted. Who sees
   * the time sees the thread, too.
   */
  synchronized void enter(@Nullable Thread thread) {
    started = true;
    startedNanos = System.nanoTime();
    runner = thread;
  }

  /** How long it has run by then, in nanoseconds; negative when it has not begun. */
  synchronized long ageNanos(long nowNanos) {
    return started ? Math.max(0, nowNanos - startedNanos) : -1;
  }

  /** True if it was interrupted inside. */
  synchronized boolean leave() {
    runner = null;
    return stuck;
  }

  /** False when it is not inside, or was interrupted before. */
  synchronized boolean interrupt() {
    if (runner == null || stuck) {
      return false;
    }
    stuck = true;
    runner.interrupt();
    return true;
  }

  /** What became of it. */
  void handled(TypeMeters.Outcome outcome) {
    long since;
    synchronized (this) {
      since = startedNanos;
    }
    registration.meters().handled(outcome, since);
  }

  boolean claimAnswer() {
    return answered.compareAndSet(false, true);
  }
}
