package dev.drawbridge.endpoint;

import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that handlers run on: as many as needed, at most {@value #MAX_THREADS}; beyond that
 * work waits, at most one piece for each connection. A thread that is stuck in a late handler is
 * replaced until it comes back, at most {@value #MAX_REPLACED} are. Thread-safe.
 */
final class HandlerThreads {
  static final int MAX_THREADS = 256;
  static final int MAX_REPLACED = 256;

  private static final Logger log = LoggerFactory.getLogger(HandlerThreads.class);
  private static final int IDLE_SECONDS = 30;

  private final ThreadPoolExecutor pool;

  /** Threads inside of handlers that are late. Guarded by this. */
  private int stuck;

  HandlerThreads(ClassLoader classLoader) {
    AtomicInteger number = new AtomicInteger();
    HandOff queue = new HandOff();
    pool =
        new ThreadPoolExecutor(
            0,
            MAX_THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            queue,
            work -> {
              Thread thread = new Thread(work, "drawbridge-handler-" + number.incrementAndGet());
              thread.setDaemon(true);
              thread.setContextClassLoader(classLoader);
              return thread;
            },
            (work, executor) -> {
              if (executor.isShutdown()) {
                throw new RejectedExecutionException("the endpoint is stopped");
              }
              queue.put(work);
            });
  }

  /**
   * Runs a piece of work.
   *
   * @return false when the endpoint is stopped
   */
  boolean execute(Runnable work) {
    try {
      pool.execute(
          () -> {
            try {
              work.run();
            } catch (RuntimeException | Error e) {
              log.error("a task of the endpoint failed", e);
            }
          });
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** A thread is inside of a handler that is late: another one takes its place. */
  synchronized void stuck() {
    stuck++;
    resize();
    if (!pool.getQueue().isEmpty() && !pool.isShutdown()) {
      // The pool starts threads for new work only; this one then goes on with what waits.
      execute(() -> {});
    }
  }

  /** It has come back. */
  synchronized void freed() {
    stuck--;
    resize();
  }

  private void resize() {
    pool.setMaximumPoolSize(MAX_THREADS + Math.min(stuck, MAX_REPLACED));
  }

  /** Interrupts what runs and forgets what waits. */
  void stop() {
    pool.shutdownNow();
  }

  /**
   * Refuses an offer unless a thread is waiting for it, so that the pool grows before it queues.
   */
  private static final class HandOff extends LinkedTransferQueue<Runnable> {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean offer(Runnable work) {
      return tryTransfer(work);
    }
  }
}
