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
import java.util.function.Consumer;
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
 * any more. What has waited longer than that gets a thread more, unless so much is done meanwhile
 * that only processors are missing.
 *
 * <p>Where the machine has no thread to give, what waits stays: it is tried again with whatever
 * comes next, and at every look of the watch.
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

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS);

  /** Steps of a thread for each handler: it takes its turn, goes in, and comes back. */
  private static final int STEPS = 3;

  /** Steps between two looks of a thread whose handlers are just quick enough. */
  private static final long QUICK_STEPS = STEPS * LOOK_NANOS / HandlerPace.QUICK_NANOS;

  private static final long REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** How a piece of work is to be treated. */
  private enum Kind {
    /** It may block. */
    WORK,
    /** It blocks only where it says so. */
    TURN,
    /** It may block, and must not be left out. */
    ANYWAY
  }

  /**
   * A piece of work.
   *
   * @param sinceNanos when it came
   */
  private record Piece(Runnable work, Kind kind, long sinceNanos) {}

  private final ClassLoader classLoader;

  /** Starts a thread; throws what {@link Thread#start} does. */
  private final Consumer<Thread> start;

  /** More threads than that do not make quick handlers quicker. */
  private final int processors = Runtime.getRuntime().availableProcessors();

  /** What no thread has begun with. Guarded by this. */
  private final ArrayDeque<Piece> waiting = new ArrayDeque<>();

  /** The one that was idle last comes first. Guarded by this. */
  private final ArrayDeque<Worker> idle = new ArrayDeque<>(MAX_THREADS + MAX_REPLACED);

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

  /** What was left at the stop had its time. Guarded by this. */
  private boolean over;

  /** When a failure may be told next; null for at once. Guarded by this. */
  private @Nullable Long reportNanos;

  /** Null until the first turn, and until it could be started. Guarded by this. */
  private @Nullable Thread watch;

  /** The watch looks; else it sleeps. Guarded by this. */
  private boolean watching;

  public HandlerThreads(ClassLoader classLoader) {
    this(classLoader, Thread::start);
  }

  /** The same with another way to start a thread. */
  HandlerThreads(ClassLoader classLoader, Consumer<Thread> start) {
    this.classLoader = classLoader;
    this.start = start;
  }

  @Override
  public boolean execute(Runnable work) {
    return add(work, Kind.WORK);
  }

  @Override
  public boolean executeTurn(Runnable turn) {
    return add(turn, Kind.TURN);
  }

  @Override
  public void executeAnyway(Runnable work) {
    if (!add(work, Kind.ANYWAY)) {
      run(work);
    }
  }

  private boolean add(Runnable work, Kind kind) {
    Piece piece = new Piece(work, kind, System.nanoTime());
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
    return waiting.isEmpty() || enough ? null : callOne();
  }

  /** Calls one more thread, if there may be one. Called with the lock; null for none. */
  private @Nullable Worker callOne() {
    Worker called = idle.poll();
    if (called == null) {
      if (workers.size() >= MAX_THREADS + Math.min(stuck, MAX_REPLACED)) {
        return null;
      }
      try {
        called = new Worker(new Loop(), "drawbridge-handler-" + (started + 1));
        workers.add(called);
      } catch (RuntimeException | Error e) {
        noThread(e);
        return null;
      }
      started++;
    }
    called.isCalled = true;
    coming++;
    return called;
  }

  /** Starts or wakes a thread that was called. Called without the lock. */
  private void go(@Nullable Worker called) {
    if (called == null) {
      return;
    }
    if (called.getState() != Thread.State.NEW) {
      LockSupport.unpark(called);
      return;
    }
    try {
      start.accept(called);
    } catch (RuntimeException | Error e) {
      // The JVM says with an error that the machine has no more threads.
      synchronized (this) {
        called.isCalled = false;
        coming--;
        workers.remove(called);
        keepWatch();
        notifyAll();
      }
      noThread(e);
    }
  }

  private void noThread(Throwable why) {
    if (mayReport()) {
      log.error("no thread for handlers could be started; said once a minute", why);
    }
  }

  private synchronized boolean mayReport() {
    long now = System.nanoTime();
    if (reportNanos != null && now - reportNanos < 0) {
      return false;
    }
    reportNanos = now + REPORT_NANOS;
    return true;
  }

  /** The current thread; null for one that is not of this pool, as after the stop. */
  private @Nullable Worker ours() {
    return Thread.currentThread() instanceof Worker worker && worker.isOf(this) ? worker : null;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // Only the thread itself writes it.
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
  @SuppressWarnings("NonAtomicVolatileUpdate") // As there.
  public void leave() {
    Worker worker = ours();
    if (worker == null) {
      return;
    }
    worker.expectation = null;
    worker.step();
    if (worker.isBlocked) {
      synchronized (this) {
        // What follows in this turn may be expected to be quick, if somebody looks after it.
        if (keepWatch()) {
          worker.isBlocked = false;
          quick++;
        }
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
        if (piece.kind == Kind.TURN && keepWatch()) {
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
      if (!waiting.isEmpty()) {
        // Whoever was called for it could not be started.
        return true;
      }
      workers.remove(worker);
      notifyAll();
      return false;
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  private synchronized boolean isOver() {
    return over;
  }

  /** Called with the lock; false if there is no watch. */
  private boolean keepWatch() {
    if (watching || over) {
      return watching;
    }
    if (watch == null) {
      try {
        Thread made = new Thread(this::watch, "drawbridge-handler-watch");
        made.setDaemon(true);
        made.setContextClassLoader(classLoader);
        start.accept(made);
        watch = made;
      } catch (RuntimeException | Error e) {
        noThread(e);
        return false;
      }
    } else {
      LockSupport.unpark(watch);
    }
    watching = true;
    return true;
  }

  private void watch() {
    int calm = 0;
    while (!isOver()) {
      boolean seen = true;
      try {
        seen = look();
      } catch (RuntimeException | Error e) {
        // Nobody else looks.
        if (mayReport()) {
          log.error("the watch of the handlers failed, and goes on; said once a minute", e);
        }
      }
      calm = seen ? 0 : calm + 1;
      if (calm < CALM_LOOKS) {
        LockSupport.parkNanos(this, LOOK_NANOS);
      } else if (mayRest()) {
        LockSupport.park(this);
      }
    }
  }

  /** Between two turns the watch may sleep; the next one wakes it. */
  private synchronized boolean mayRest() {
    watching = quick > 0 || !waiting.isEmpty();
    return !watching && !over;
  }

  /**
   * Finds threads that do not move, and work that waits for too long.
   *
   * @return true if there was something to watch
   */
  private boolean look() {
    List<@Nullable Expectation> failed;
    List<@Nullable Worker> called;
    synchronized (this) {
      if (quick == 0 && waiting.isEmpty()) {
        return false;
      }
      List<Worker> all = List.copyOf(workers);
      // Room for all: whoever is called is to be started, too.
      failed = new ArrayList<>(all.size());
      called = new ArrayList<>(all.size() + 1);
      long moved = 0;
      for (Worker worker : all) {
        int steps = worker.steps;
        if (worker.isBusy && !worker.isBlocked) {
          moved += steps - worker.seenSteps;
          if (steps == worker.seenSteps) {
            failed.add(worker.expectation);
            called.add(blocks(worker));
          }
        }
        worker.seenSteps = steps;
      }
      if (coming == 0 && isLate(waiting.peek()) && !isBusy(moved)) {
        called.add(callOne());
      }
    }
    called.forEach(this::go);
    for (Expectation expectation : failed) {
      if (expectation != null) {
        run(expectation::failed);
      }
    }
    return true;
  }

  private static boolean isLate(@Nullable Piece oldest) {
    return oldest != null && System.nanoTime() - oldest.sinceNanos > LOOK_NANOS;
  }

  /** True if all processors are busy with handlers that are quick: more threads do not help. */
  private boolean isBusy(long moved) {
    return quick >= processors && moved >= QUICK_STEPS * processors;
  }

  @Override
  public void stuck() {
    Worker called;
    synchronized (this) {
      stuck++;
      called = over ? null : call();
    }
    go(called);
  }

  @Override
  public synchronized void freed() {
    stuck--;
  }

  /**
   * Lets what runs and what waits come to its end for a while, then interrupts it. What must not be
   * left out and has not begun by then runs on the current thread.
   */
  public void stop() {
    List<Worker> sleeping;
    Worker called;
    synchronized (this) {
      stopped = true;
      sleeping = List.copyOf(idle);
      called = call();
    }
    go(called);
    sleeping.forEach(LockSupport::unpark);
    boolean ended = false;
    try {
      ended = awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<Piece> dropped;
    List<Worker> left;
    synchronized (this) {
      over = true;
      LockSupport.unpark(watch);
      dropped = List.copyOf(waiting);
      waiting.clear();
      left = List.copyOf(workers);
    }
    if (ended) {
      return;
    }
    left.forEach(Worker::interrupt);
    List<Piece> anyway = dropped.stream().filter(piece -> piece.kind == Kind.ANYWAY).toList();
    log.warn(
        "handlers have not returned within {} s; {} more wait",
        STOP_SECONDS,
        dropped.size() - anyway.size());
    anyway.forEach(piece -> run(piece.work));
  }

  private synchronized boolean awaitEnd() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(STOP_SECONDS);
    while (!workers.isEmpty() || !waiting.isEmpty()) {
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
