package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.send.WriteSafeThread;
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
public final class HandlerThreads implements HandlerExecutor {
  public static final int MAX_THREADS = 256;
  public static final int MAX_REPLACED = 256;

  private static final Logger log = LoggerFactory.getLogger(HandlerThreads.class);
  private static final int IDLE_SECONDS = 30;

  /** What handlers get when the endpoint stops: {@value} s. */
  public static final int STOP_SECONDS = 2;

  private final ThreadPoolExecutor pool;

  /** Threads inside of handlers that are late. Guarded by this. */
  private int stuck;

  public HandlerThreads(ClassLoader classLoader) {
    pool = pool(classLoader, "drawbridge-handler-", MAX_THREADS);
  }

  /** Daemon threads that are started as needed; beyond {@code max} work waits. */
  static ThreadPoolExecutor pool(ClassLoader classLoader, String name, int max) {
    AtomicInteger number = new AtomicInteger();
    HandOff queue = new HandOff();
    return new ThreadPoolExecutor(
        0,
        max,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        queue,
        work -> {
          Thread thread = new WriteSafeThread(work, name + number.incrementAndGet());
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

  @Override
  public boolean execute(Runnable work) {
    try {
      pool.execute(() -> run(work));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  @Override
  public void executeAnyway(Runnable work) {
    if (!execute(work)) {
      run(work);
    }
  }

  private static void run(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      log.error("a task of the endpoint failed", e);
    }
  }

  @Override
  public synchronized void stuck() {
    stuck++;
    resize();
    if (!pool.getQueue().isEmpty() && !pool.isShutdown()) {
      // The pool starts threads for new work only; this one then goes on with what waits.
      execute(() -> {});
    }
  }

  @Override
  public synchronized void freed() {
    stuck--;
    resize();
  }

  private void resize() {
    pool.setMaximumPoolSize(MAX_THREADS + Math.min(stuck, MAX_REPLACED));
  }

  /** Lets what runs and what waits come to its end for a while, then interrupts it. */
  public void stop() {
    pool.shutdown();
    try {
      if (pool.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    int dropped = pool.shutdownNow().size();
    log.warn("handlers have not returned within {} s; {} more wait", STOP_SECONDS, dropped);
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
