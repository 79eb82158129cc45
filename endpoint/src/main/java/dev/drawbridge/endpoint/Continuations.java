package dev.drawbridge.endpoint;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which the stages that the application holds complete, so that what it attaches may
 * block: at most {@value #MAX_THREADS}, beyond that completions wait. They are not those of the
 * handlers, which may wait for a stage. Thread-safe.
 */
final class Continuations implements Executor {
  static final int MAX_THREADS = 64;

  private final ThreadPoolExecutor pool;

  Continuations(ClassLoader classLoader) {
    this.pool = HandlerThreads.pool(classLoader, "drawbridge-stage-", MAX_THREADS);
  }

  /** Runs a completion; on this thread if the endpoint is stopped. */
  @Override
  public void execute(Runnable completion) {
    try {
      pool.execute(completion);
    } catch (RejectedExecutionException e) {
      completion.run();
    }
  }

  /** Lets what runs and what waits come to its end for a while, then interrupts it. */
  void stop() {
    pool.shutdown();
    try {
      if (pool.awaitTermination(HandlerThreads.STOP_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<Runnable> waiting = pool.shutdownNow();
    if (!waiting.isEmpty()) {
      // Who waits for one of these stages must not do so for ever, whatever holds up this thread.
      Thread rest = new Thread(() -> waiting.forEach(Runnable::run), "drawbridge-stage-rest");
      rest.setDaemon(true);
      rest.start();
    }
  }
}
