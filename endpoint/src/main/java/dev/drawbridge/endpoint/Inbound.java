package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.Endpoint.Execution;
import dev.drawbridge.endpoint.metrics.TypeMeters;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages of one connection on their way to handlers: one at a time, in order. Thread-safe.
 */
final class Inbound {
  private static final Logger log = LoggerFactory.getLogger(Inbound.class);

  /** A message with its handler. */
  static final class Task {
    final Endpoint.Registration<?> registration;
    final String type;
    final @Nullable String id;
    final @Nullable Object data;

    /** Exactly one of the handler, its failure and the time-out answers. */
    private final AtomicBoolean answered = new AtomicBoolean();

    /** 0 until it runs. */
    private volatile long startedNanos;

    Task(
        Endpoint.Registration<?> registration,
        String type,
        @Nullable String id,
        @Nullable Object data) {
      this.registration = registration;
      this.type = type;
      this.id = id;
      this.data = data;
    }

    /** The thread of the pool that is inside of the handler, else null. Guarded by this. */
    private @Nullable Thread runner;

    /** It was late while it was inside. Guarded by this. */
    private boolean stuck;

    private synchronized void enter(Thread thread) {
      runner = thread;
    }

    /** True if it was interrupted inside. */
    private synchronized boolean leave() {
      runner = null;
      return stuck;
    }

    /** False when it is not inside, or was interrupted before. */
    private synchronized boolean interrupt() {
      if (runner == null || stuck) {
        return false;
      }
      stuck = true;
      runner.interrupt();
      return true;
    }

    /** What became of it. */
    void handled(TypeMeters.Outcome outcome) {
      registration.meters().handled(outcome, startedNanos);
    }

    boolean claimAnswer() {
      return answered.compareAndSet(false, true);
    }
  }

  /** What the connection does with what comes out. */
  interface Listener {
    /** Calls the handler; what it returns is the result, or a stage of it. */
    @Nullable Object call(Task task) throws Exception;

    /** The handler has returned, or its stage has completed. */
    void finished(Task task, @Nullable Object result, @Nullable Throwable failure);

    /** The handler is late. */
    void late(Task task);

    /** The connection is not to be read. */
    void pause();

    /** There is room again: read on. */
    void resume();
  }

  /** Messages handled in a row before the thread is given to another connection. */
  private static final int MAX_IN_A_ROW = 16;

  private final HandlerThreads threads;
  private final Listener listener;
  private final int maxWaiting;
  private final long timeoutNanos;

  /** Null until a message has to wait. Guarded by this. */
  private @Nullable ArrayDeque<Task> queue;

  /** The message that is being handled, also while its stage is open. Guarded by this. */
  private @Nullable Task running;

  /** The connection is not read until there is room. Guarded by this. */
  private boolean full;

  /** What waits is forgotten. Guarded by this. */
  private boolean ended;

  Inbound(HandlerThreads threads, EndpointConfig config, Listener listener) {
    this.threads = threads;
    this.listener = listener;
    this.maxWaiting = config.receiveQueueFrames();
    this.timeoutNanos = config.handlerTimeout().toNanos();
  }

  /**
   * Takes a message.
   *
   * @return false when the connection is not to be read until {@link Listener#resume}
   */
  boolean accept(Task task) {
    synchronized (this) {
      if (ended) {
        return true;
      }
      if (running != null) {
        if (queue == null) {
          queue = new ArrayDeque<>(4);
        }
        queue.add(task);
        full = queue.size() >= maxWaiting;
        if (full) {
          // Under the lock: the handler's thread must not resume before this.
          listener.pause();
        }
        return !full;
      }
      running = task;
    }
    if (task.registration.execution() == Execution.READING_THREAD) {
      if (run(task, false)) {
        next(1);
      }
    } else {
      submit();
    }
    return true;
  }

  /** True while a message waits or is handled. */
  synchronized boolean isBusy() {
    return running != null;
  }

  /** Messages that wait. */
  synchronized int waiting() {
    return queue == null ? 0 : queue.size();
  }

  /** Called by the timer: answers for a handler that is late, and interrupts it. */
  void checkTimeout(long nowNanos) {
    Task task;
    synchronized (this) {
      task = running;
    }
    if (task != null && task.startedNanos != 0 && nowNanos - task.startedNanos > timeoutNanos) {
      listener.late(task);
      if (task.interrupt()) {
        threads.stuck();
      }
    }
  }

  /** Reads on even if there is no room: the connection is closing, what comes is dropped. */
  void open() {
    synchronized (this) {
      if (!full) {
        return;
      }
      full = false;
    }
    listener.resume();
  }

  /** Forgets what waits: there is nobody to answer. */
  synchronized void ended() {
    ended = true;
    queue = null;
    full = false;
  }

  private void submit() {
    if (!threads.execute(this::runMany)) {
      ended();
    }
  }

  private void runMany() {
    Task task;
    synchronized (this) {
      task = running;
    }
    if (task != null && run(task, true)) {
      next(MAX_IN_A_ROW);
    }
  }

  /** Goes on with what waits, on this thread for a while. */
  private void next(int inARow) {
    int left = inARow;
    while (true) {
      Task task;
      boolean resume;
      synchronized (this) {
        task = queue == null ? null : queue.poll();
        running = task;
        if (task == null) {
          queue = null;
        }
        resume = full && (queue == null || queue.size() <= maxWaiting / 2);
        full = full && !resume;
      }
      if (resume) {
        listener.resume();
      }
      if (task == null) {
        return;
      }
      left--;
      if (left <= 0) {
        submit();
        return;
      }
      if (!run(task, true)) {
        return;
      }
    }
  }

  /**
   * Handles one message.
   *
   * @param pooled false on a thread of Jetty, which is never interrupted
   * @return false when its result is still to come; it then goes on by itself
   */
  private boolean run(Task task, boolean pooled) {
    Object result = null;
    Throwable failure = null;
    task.startedNanos = System.nanoTime();
    if (pooled) {
      task.enter(Thread.currentThread());
    }
    try {
      result = listener.call(task);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = e;
    } catch (Exception | Error e) {
      // Errors too, even of the JVM: without an answer this connection would wait for ever.
      failure = e;
    } finally {
      if (task.leave()) {
        // The interrupt was for this message alone.
        boolean wasSet = Thread.interrupted();
        log.debug("a late handler of {} is back (interrupt unused: {})", task.type, wasSet);
        threads.freed();
      }
    }
    if (result instanceof CompletionStage<?> stage) {
      return await(task, stage);
    }
    listener.finished(task, result, failure);
    return true;
  }

  private boolean await(Task task, CompletionStage<?> stage) {
    // Whichever comes second goes on: a stage that is complete already must not recurse.
    AtomicBoolean other = new AtomicBoolean();
    stage.whenComplete(
        (result, failure) -> {
          listener.finished(task, result, failure);
          if (!other.compareAndSet(false, true)) {
            submitNext();
          }
        });
    return !other.compareAndSet(false, true);
  }

  private void submitNext() {
    if (!threads.execute(() -> next(MAX_IN_A_ROW))) {
      ended();
    }
  }
}
