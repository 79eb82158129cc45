package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.filters.util.DaemonThreads;
import java.util.Collection;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads for what must not be done on the thread that wants it: closes and cuts, in which the
 * container may block, and handlers of parts that came too early. Each kind has threads of its own,
 * so that a cut waits for no close, and neither for a handler. After the stop nothing is done.
 * Thread-safe.
 */
final class Closer {
  private static final Logger log = LoggerFactory.getLogger(Closer.class);
  private static final int CLOSING = 8;
  private static final int CUTTING = 8;
  private static final int READING = 4;
  private static final long IDLE_SECONDS = 10;

  /** How long the stop waits for closes that were begun; more than one takes. */
  static final long CLOSES_SECONDS = 3;

  /** How long it waits for all cuts, each of which waits for nobody. */
  private static final long CUTS_SECONDS = 5;

  private final ThreadPoolExecutor closes = pool(CLOSING, DaemonThreads.named("drawbridge-closer"));
  private final ThreadPoolExecutor cuts = pool(CUTTING, DaemonThreads.named("drawbridge-cutter"));
  private final ThreadPoolExecutor reads = pool(READING, DaemonThreads.named("drawbridge-early"));

  private static ThreadPoolExecutor pool(int threads, ThreadFactory factory) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Has a close frame sent, which takes as long as the container needs, 2 s at most. */
  void close(Runnable work) {
    execute(closes, work);
  }

  /** Has a connection cut, whatever closes and handlers are under way. */
  void cut(Runnable work) {
    execute(cuts, work);
  }

  /** Has parts given to whoever takes them; it may be a handler. */
  void read(Runnable work) {
    execute(reads, work);
  }

  private static void execute(ThreadPoolExecutor threads, Runnable work) {
    try {
      threads.execute(() -> run(work));
    } catch (RejectedExecutionException e) {
      // The stop cuts all that is open.
      log.debug("nothing is closed one by one after the stop");
    }
  }

  private static void run(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | LinkageError e) {
      log.debug("the container did not close as it was asked to", e);
    }
  }

  /** True from the begin of the stop on. */
  boolean isStopped() {
    return closes.isShutdown();
  }

  /**
   * Lets closes that were begun end for a while, then cuts all that is left, and ends every thread.
   *
   * @param open those that are open
   */
  void stop(Collection<JakartaSocket> open) {
    closes.shutdown();
    await(closes, CLOSES_SECONDS, "closes");
    // A close that waits for its turn does not begin any more.
    open.forEach(JakartaSocket::giveUp);
    closes.shutdownNow();
    reads.shutdownNow();
    open.forEach(socket -> cut(socket::cut));
    cuts.shutdown();
    await(cuts, CUTS_SECONDS, "cuts");
    cuts.shutdownNow();
  }

  private static void await(ThreadPoolExecutor threads, long seconds, String what) {
    try {
      if (!threads.awaitTermination(seconds, TimeUnit.SECONDS)) {
        log.debug("the container is not done with {} yet", what);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
