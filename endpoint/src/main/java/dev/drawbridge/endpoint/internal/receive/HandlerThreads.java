package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.send.WriteSafeThread;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that handlers run on: as many as needed, at most {@value #MAX_THREADS}; beyond that
 * work waits, at most one piece for each connection. A thread that is stuck in a late handler is
 * replaced until it comes back, at most {@value #MAX_REPLACED} are. Thread-safe.
 *
 * <p>To wake a thread costs more than a handler that returns at once. So while a thread is inside
 * of what is expected to do so, it takes what waits afterwards, and no other one is woken for it. A
 * watch looks every {@value #LOOK_MILLIS} ms whether the expectation was good: a thread that has
 * not moved in between counts as blocked, another one takes what waits, and its type is not trusted
 * any more.
 */
public final class HandlerThreads implements HandlerExecutor {
  public static final int MAX_THREADS = 256;
  public static final int MAX_REPLACED = 256;

  private static final Logger log = LoggerFactory.getLogger(HandlerThreads.class);
  private static final int IDLE_SECONDS = 30;

  /** What handlers get when the endpoint stops: {@value} s. */
  public static final int STOP_SECONDS = 2;

  /** Between two looks of the watch: {@value} ms. */
  public static final int LOOK_MILLIS = 5;

  /** Looks without anything to see, after which the watch sleeps. */
  private static final int CALM_LOOKS = 40;

  /** Pieces of work that may wait for each thread that comes soon, before one more is called. */
  private static final int WAITING_EACH = 8;

  /**
   * A piece of work.
   *
   * @param turn true if it blocks only where it says so
   */
  private record Piece(Runnable work, boolean turn) {}

  private final ClassLoader classLoader;

  /** More threads than that do not make quick handlers quicker. */
  private final int processors = Runtime.getRuntime().availableProcessors();

  /** What no thread has begun with. Guarded by this. */
  private final ArrayDeque<Piece> waiting = new ArrayDeque<>();

  /** The one that was idle last comes first. Guarded by this. */
  private final ArrayDeque<Worker> idle = new ArrayDeque<>();

  /** Guarded by this. */
  private final Set<Worker> workers = new HashSet<>();

  /** Threads inside of handlers that are late. Guarded by this. */
  private int stuck;

  /** Threads that were called and have not looked for work yet. Guarded by this. */
  private int coming;

  /** Threads inside of what is expected to be over at once. Guarded by this. */
  private int quick;

  /** Guarded by this. */
  private int started;

  /** Guarded by this. */
  private boolean stopped;

  /** Null until the first turn. Guarded by this. */
  private @Nullable Thread watch;

  /** The watch looks; else it sleeps. Guarded by this. */
  private boolean watching;

  public HandlerThreads(ClassLoader classLoader) {
    this.classLoader = classLoader;
  }

  @Override
  public boolean execute(Runnable work) {
    return add(new Piece(work, false));
  }

  @Override
  public boolean executeTurn(Runnable turn) {
    return add(new Piece(turn, true));
  }

  @Override
  public void executeAnyway(Runnable work) {
    if (!execute(work)) {
      run(work);
    }
  }

  private boolean add(Piece piece) {
    Worker called;
    synchronized (this) {
      if (stopped) {
        return false;
      }
      waiting.add(piece);
      called = call();
    }
    go(called);
    return true;
  }

  private static void run(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      log.error("a task of the endpoint failed", e);
    }
  }

  /** Calls one more thread if what waits needs it. Called with the lock; null for none. */
  private @Nullable Worker call() {
    int soon = coming + quick;
    boolean enough =
        soon > 0 && (soon >= processors || waiting.size() <= (long) WAITING_EACH * soon);
    if (waiting.isEmpty() || enough) {
      return null;
    }
    Worker called = idle.poll();
    if (called == null) {
      if (workers.size() >= MAX_THREADS + Math.min(stuck, MAX_REPLACED)) {
        return null;
      }
      started++;
      called = new Worker(new Loop(), "drawbridge-handler-" + started);
      workers.add(called);
    }
    called.isCalled = true;
    coming++;
    return called;
  }

  /** Starts or wakes a thread that was called. Called without the lock. */
  private static void go(@Nullable Worker called) {
    if (called == null) {
      return;
    }
    if (called.getState() == Thread.State.NEW) {
      called.start();
    } else {
      LockSupport.unpark(called);
    }
  }

  /** The current thread; null for one that is not of this pool, as after the stop. */
  private @Nullable Worker ours() {
    return Thread.currentThread() instanceof Worker worker && worker.isOf(this) ? worker : null;
  }

  @Override
  public void enter(boolean expectedQuick, Expectation expectation) {
    Worker worker = ours();
    if (worker == null) {
      return;
    }
    if (expectedQuick) {
      worker.expectation = expectation;
      worker.step();
      return;
    }
    Worker called;
    synchronized (this) {
      called = blocks(worker);
    }
    go(called);
  }

  @Override
  public void leave() {
    Worker worker = ours();
    if (worker == null) {
      return;
    }
    worker.expectation = null;
    worker.step();
    if (worker.isBlocked) {
      synchronized (this) {
        worker.isBlocked = false;
        quick++;
        // What follows in this turn may be expected to be quick.
        keepWatch();
      }
    }
  }

  /** A thread may not be back soon: who takes what waits? Called with the lock. */
  private @Nullable Worker blocks(Worker worker) {
    if (!worker.isBlocked) {
      worker.isBlocked = true;
      quick--;
    }
    return call();
  }

  /** What a thread does: what waits, then it waits itself, for a while. */
  private final class Loop implements Runnable {
    @Override
    public void run() {
      Worker worker = Objects.requireNonNull(ours());
      while (true) {
        Piece piece = next(worker);
        if (piece != null) {
          HandlerThreads.run(piece.work);
        } else if (!sleep(worker)) {
          return;
        }
      }
    }
  }

  /** Ends the piece before and takes the next one; null when none waits. */
  private @Nullable Piece next(Worker worker) {
    Piece piece;
    Worker called = null;
    synchronized (this) {
      if (worker.isCalled) {
        worker.isCalled = false;
        coming--;
      }
      if (worker.isBusy && !worker.isBlocked) {
        quick--;
      }
      worker.isBlocked = false;
      piece = waiting.poll();
      worker.isBusy = piece != null;
      if (piece == null) {
        idle.push(worker);
      } else {
        worker.step();
        quick++;
        if (piece.turn) {
          keepWatch();
          called = call();
        } else {
          called = blocks(worker);
        }
      }
    }
    go(called);
    return piece;
  }

  /** False when nobody has called it for a while, or the endpoint is stopped: then it ends. */
  private boolean sleep(Worker worker) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(IDLE_SECONDS);
    long left = deadline - System.nanoTime();
    while (!worker.isCalled && !isStopped() && left > 0) {
      LockSupport.parkNanos(this, left);
      // One that came too late for its handler would keep it from waiting.
      boolean wasSet = Thread.interrupted();
      log.trace("a thread of handlers is awake (interrupted: {})", wasSet);
      left = deadline - System.nanoTime();
    }
    synchronized (this) {
      if (worker.isCalled) {
        return true;
      }
      idle.remove(worker);
      workers.remove(worker);
      notifyAll();
      return false;
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** Called with the lock. */
  private void keepWatch() {
    if (watching) {
      return;
    }
    watching = true;
    if (watch == null) {
      watch = new Thread(this::watch, "drawbridge-handler-watch");
      watch.setDaemon(true);
      watch.setContextClassLoader(classLoader);
      watch.start();
    } else {
      LockSupport.unpark(watch);
    }
  }

  private void watch() {
    int calm = 0;
    while (!isStopped()) {
      calm = look() ? 0 : calm + 1;
      if (calm < CALM_LOOKS) {
        LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
      } else if (mayRest()) {
        LockSupport.park(this);
      }
    }
  }

  /** Between two turns the watch may sleep; the next one wakes it. */
  private synchronized boolean mayRest() {
    watching = quick > 0;
    return !watching;
  }

  /**
   * Finds threads that do not move.
   *
   * @return true if there was something to watch
   */
  private boolean look() {
    List<@Nullable Expectation> failed = new ArrayList<>();
    List<@Nullable Worker> called = new ArrayList<>();
    boolean seen;
    synchronized (this) {
      seen = quick > 0;
      if (seen) {
        for (Worker worker : List.copyOf(workers)) {
          if (worker.isBusy && !worker.isBlocked && worker.steps == worker.seenSteps) {
            called.add(blocks(worker));
            failed.add(worker.expectation);
          }
          worker.seenSteps = worker.steps;
        }
      }
    }
    called.forEach(HandlerThreads::go);
    for (Expectation expectation : failed) {
      if (expectation != null) {
        run(expectation::failed);
      }
    }
    return seen;
  }

  @Override
  public void stuck() {
    Worker called;
    synchronized (this) {
      stuck++;
      called = stopped ? null : call();
    }
    go(called);
  }

  @Override
  public synchronized void freed() {
    stuck--;
  }

  /** Lets what runs and what waits come to its end for a while, then interrupts it. */
  public void stop() {
    List<Worker> sleeping;
    Thread watching;
    synchronized (this) {
      stopped = true;
      sleeping = List.copyOf(idle);
      watching = watch;
    }
    sleeping.forEach(LockSupport::unpark);
    LockSupport.unpark(watching);
    boolean ended = false;
    try {
      ended = awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (ended) {
      return;
    }
    int dropped;
    List<Worker> left;
    synchronized (this) {
      dropped = waiting.size();
      waiting.clear();
      left = List.copyOf(workers);
    }
    left.forEach(Worker::interrupt);
    log.warn("handlers have not returned within {} s; {} more wait", STOP_SECONDS, dropped);
  }

  private synchronized boolean awaitEnd() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
    while (!workers.isEmpty()) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** One thread. */
  private final class Worker extends WriteSafeThread {
    /** It shall look for work. Set with the lock. */
    private volatile boolean isCalled;

    /** Guarded by the pool. */
    private boolean isBusy;

    /** What it is inside of is not expected to be over at once. Set with the lock. */
    private volatile boolean isBlocked;

    /** Rises whenever it moves. Written by itself. */
    private volatile int steps;

    /** The same at the last look. Watch only. */
    private int seenSteps;

    /** Null unless it is inside of a handler that is expected to return at once. */
    private volatile @Nullable Expectation expectation;

    Worker(Runnable work, String name) {
      super(work, name);
      setDaemon(true);
      setContextClassLoader(classLoader);
    }

    /** Only by itself. */
    private void step() {
      int before = steps;
      steps = before + 1;
    }

    private boolean isOf(HandlerThreads pool) {
      return HandlerThreads.this == pool;
    }
  }
}
