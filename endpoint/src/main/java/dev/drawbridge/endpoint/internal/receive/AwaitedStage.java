package dev.drawbridge.endpoint.internal.receive;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A stage that a handler has returned, of anybody's make: it may complete twice, at once, late or
 * never, and on any thread. Thread-safe.
 */
final class AwaitedStage implements BiConsumer<@Nullable Object, @Nullable Throwable> {
  private final HandlerTask task;
  private final HandlerQueue queue;
  private final AtomicBoolean completed = new AtomicBoolean();

  /** Whichever comes second goes on: a stage that is complete already must not recurse. */
  private final AtomicBoolean other = new AtomicBoolean();

  AwaitedStage(HandlerTask task, HandlerQueue queue) {
    this.task = task;
    this.queue = queue;
  }

  @Override
  public void accept(@Nullable Object result, @Nullable Throwable failure) {
    if (completed.compareAndSet(false, true)) {
      queue.finish(task, result, failure);
      goOn();
    }
  }

  /** It is late: what comes of it is of no interest any more. */
  void abandon() {
    if (completed.compareAndSet(false, true)) {
      goOn();
    }
  }

  private void goOn() {
    if (!other.compareAndSet(false, true)) {
      queue.submitNext(task);
    }
  }

  /** Asked once, by the thread that has attached this: true if it goes on itself. */
  boolean isComplete() {
    return !other.compareAndSet(false, true);
  }
}
