package dev.drawbridge.endpoint.internal.send;

import dev.drawbridge.filters.log.LogBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads on which the stages that the application holds complete, so that what it attaches may
 * block: at most {@value #MAX_THREADS}, beyond that completions wait. They are not those of the
 * handlers, which may wait for a stage. A thread that waits for another stage ({@code join}, {@code
 * get}) is replaced meanwhile, at most {@value #MAX_REPLACED} are: that stage may need a thread to
 * complete. Thread-safe.
 *
 * <p>What waits has no bound but the memory, and is a few words for each stage: a send cannot be
 * held back for what was attached to the one before it. From {@value #MANY_WAITING} on the log
 * tells.
 */
public final class Continuations implements Executor {
  public static final int MAX_THREADS = 64;
  static final int MAX_REPLACED = 192;

  /** So many are no burst, but threads that do not come back. */
  static final int MANY_WAITING = 1000;

  private static final Logger log = LoggerFactory.getLogger(Continuations.class);
  private static final int IDLE_SECONDS = 30;

  /** What completions get when the endpoint stops: {@value} s. */
  private static final int STOP_SECONDS = 2;

  private final LogBudget warnings = new LogBudget(1, System::nanoTime);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Pool pool;

  public Continuations(ClassLoader classLoader) {
    this.pool = new Pool(classLoader);
  }

  /** Runs a completion; on this thread if the endpoint is stopped. */
  @Override
  public void execute(Runnable completion) {
    if (waiting.incrementAndGet() > MANY_WAITING && warnings.take() != LogBudget.NOTHING) {
      log.warn(
          "{} stages of sends wait to complete: what the application has attached to others blocks"
              + " all {} threads; let it return, or attach it with an executor of your own",
          waiting,
          MAX_THREADS);
    }
    try {
      pool.execute(
          () -> {
            waiting.decrementAndGet();
            completion.run();
          });
    } catch (RejectedExecutionException e) {
      waiting.decrementAndGet();
      completion.run();
    }
  }

  /** Completions that no thread has begun with. */
  public int waiting() {
    return waiting.get();
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
    List<ForkJoinTask<?>> rest = pool.drain();
    pool.shutdownNow();
    if (!rest.isEmpty()) {
      // Who waits for one of these stages must not do so for ever, whatever holds up this thread.
      Thread last =
          new Thread(() -> rest.forEach(ForkJoinTask::quietlyInvoke), "drawbridge-stage-rest");
      last.setDaemon(true);
      last.start();
    }
  }

  /** Starts threads as they are needed, and replaces one that waits for a stage. */
  private static final class Pool extends ForkJoinPool {
    Pool(ClassLoader classLoader) {
      super(
          MAX_THREADS,
          new Factory(classLoader),
          (thread, failure) -> log.error("a stage could not be completed", failure),
          true,
          MAX_THREADS,
          MAX_THREADS + MAX_REPLACED,
          MAX_THREADS,
          saturated -> true,
          IDLE_SECONDS,
          TimeUnit.SECONDS);
    }

    private List<ForkJoinTask<?>> drain() {
      List<ForkJoinTask<?>> tasks = new ArrayList<>();
      drainTasksTo(tasks);
      return tasks;
    }
  }

  private static final class Factory implements ForkJoinPool.ForkJoinWorkerThreadFactory {
    private final ClassLoader classLoader;
    private final AtomicInteger number = new AtomicInteger();

    private Factory(ClassLoader classLoader) {
      this.classLoader = classLoader;
    }

    @Override
    public ForkJoinWorkerThread newThread(ForkJoinPool pool) {
      return new StageThread(pool, "drawbridge-stage-" + number.incrementAndGet(), classLoader);
    }
  }

  /** Of the web application's class loader. */
  private static final class StageThread extends ForkJoinWorkerThread {
    StageThread(ForkJoinPool pool, String name, ClassLoader classLoader) {
      super(pool);
      setName(name);
      setContextClassLoader(classLoader);
    }
  }
}
