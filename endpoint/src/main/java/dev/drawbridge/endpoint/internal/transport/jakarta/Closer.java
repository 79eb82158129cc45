package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.filters.util.DaemonThreads;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes and cuts WebSockets where the container may block in it: neither the timer nor whoever
 * wants the close waits. Each close takes as long as the container needs for one small frame, and
 * is over at the latest when its connection is cut. Thread-safe.
 */
final class Closer {
  private static final Logger log = LoggerFactory.getLogger(Closer.class);
  private static final int THREADS = 8;
  private static final long IDLE_SECONDS = 10;

  /** How long the stop waits for what was begun; more than a close and a cut take. */
  private static final long STOP_SECONDS = 5;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          DaemonThreads.named("drawbridge-closer"));

  Closer() {
    threads.allowCoreThreadTimeOut(true);
  }

  /** Has it done soon; after the stop at once. */
  void execute(Runnable work) {
    try {
      threads.execute(() -> run(work));
    } catch (RejectedExecutionException e) {
      run(work);
    }
  }

  private static void run(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | LinkageError e) {
      log.debug("the container did not close as it was asked to", e);
    }
  }

  /** Ends what was begun, and then every thread. */
  void stop() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        log.debug("the container still closes connections");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
