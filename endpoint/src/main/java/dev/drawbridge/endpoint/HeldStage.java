package dev.drawbridge.endpoint;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stage that the application holds: whoever settles it does not run what the application has
 * attached to it. What is settled before it is {@linkplain #handOut() handed out} costs no change
 * of threads, because nothing can be attached by then. Thread-safe.
 */
final class HeldStage<T> extends CompletableFuture<T> {
  private final Executor continuations;

  /** The application may attach something. Guarded by this. */
  private boolean handedOut;

  /** What it came to before it was handed out, null when it has not. Guarded by this. */
  private @Nullable Runnable early;

  /**
   * An open stage.
   *
   * @param continuations runs what the application attaches
   */
  HeldStage(Executor continuations) {
    this.continuations = continuations;
  }

  /** Settles it with a value; only the first call counts. */
  void settle(@Nullable T value) {
    settle(() -> complete(value));
  }

  /** Settles it with a failure; only the first call counts. */
  void settleFailed(Throwable failure) {
    settle(() -> completeExceptionally(failure));
  }

  private void settle(Runnable completion) {
    synchronized (this) {
      if (!handedOut) {
        early = Objects.requireNonNullElse(early, completion);
        return;
      }
    }
    continuations.execute(completion);
  }

  /** Called once, by the thread that gives it to the application. */
  CompletionStage<T> handOut() {
    Runnable completion;
    synchronized (this) {
      handedOut = true;
      completion = early;
      early = null;
    }
    if (completion != null) {
      completion.run();
    }
    return this;
  }
}
