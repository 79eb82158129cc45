package dev.drawbridge.endpoint.internal.send;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A stage that the application holds: whoever settles it does not run what the application has
 * attached to it. What is settled before it is {@linkplain #handOut() handed out} costs no change
 * of threads, because nothing can be attached by then. Thread-safe.
 */
public class HeldStage<T> extends CompletableFuture<T> implements Runnable {
  private final Executor continuations;

  /** The application may attach something. Guarded by this. */
  private boolean handedOut;

  /** It has come to something; the two below say what. Guarded by this. */
  private boolean settled;

  private @Nullable T value;
  private @Nullable Throwable failure;

  /**
   * An open stage.
   *
   * @param continuations runs what the application attaches
   */
  public HeldStage(Executor continuations) {
    this.continuations = continuations;
  }

  /** Settles it with a value; only the first call counts. */
  public final void settle(@Nullable T result) {
    settle(result, null);
  }

  /** Settles it with a failure; only the first call counts. */
  public final void settleFailed(Throwable cause) {
    settle(null, cause);
  }

  private void settle(@Nullable T result, @Nullable Throwable cause) {
    synchronized (this) {
      if (settled) {
        return;
      }
      settled = true;
      value = result;
      failure = cause;
      if (!handedOut) {
        return;
      }
    }
    continuations.execute(this);
  }

  /** Called once, by the thread that gives it to the application. */
  public final CompletionStage<T> handOut() {
    boolean early;
    synchronized (this) {
      handedOut = true;
      early = settled;
    }
    if (early) {
      run();
    }
    return this;
  }

  /** Completes it with what it was settled with. */
  @Override
  public final void run() {
    T result;
    Throwable cause;
    synchronized (this) {
      result = value;
      cause = failure;
    }
    if (cause == null) {
      complete(result);
    } else {
      completeExceptionally(cause);
    }
  }
}
