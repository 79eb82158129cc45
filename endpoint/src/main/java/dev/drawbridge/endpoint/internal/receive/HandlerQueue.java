package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messages of one connection on their way to handlers: one at a time, in order, between what
 * comes first and what comes last. Thread-safe; the listener is called without the lock, but for
 * {@link Listener#pause}.
 *
 * <pre>
 *            begin         accept           next, none waits
 * not begun ------> idle ---------> running ----------------> idle
 *                                     |  accept, too many wait
 *                                     v
 *                                    full ---half are gone---> running
 * any of them ---close, end---> nothing is taken; what comes last is done when nothing runs
 * </pre>
 */
final class HandlerQueue {
  private static final Logger log = LoggerFactory.getLogger(HandlerQueue.class);

  /** What the connection does with what comes out. */
  interface Listener {
    /** Calls the handler; what it returns is the result, or a stage of it. */
    @Nullable Object call(HandlerTask task) throws Exception;

    /** It is the turn of a refusal. */
    void refuse(EncodedMessage refusal);

    /**
     * The handler has returned, or its stage has completed.
     *
     * @param more true if another answer is to follow at once: this one may wait for it, until
     *     {@link #flush}
     */
    void finished(
        HandlerTask task, @Nullable Object result, @Nullable Throwable failure, boolean more);

    /** What waits is to be written. */
    void flush();

    /** The handler is late. */
    void late(HandlerTask task);

    /** The connection is not to be read. */
    void pause();

    /** There is room again: read on. */
    void resume();
  }

  /** Messages handled in a row before the thread is given to another connection. */
  private static final int MAX_IN_A_ROW = 16;

  private final HandlerExecutor threads;
  private final Limits limits;
  private final Listener listener;

  /** Null until a message has to wait. Guarded by this. */
  private @Nullable ArrayDeque<HandlerTask> queue;

  /** The message that is being handled, also while its stage is open. Guarded by this. */
  private @Nullable HandlerTask running;

  /** The connection is not read until there is room. Guarded by this. */
  private boolean full;

  /** {@link #begin} was called. Guarded by this. */
  private boolean begun;

  /** Nothing is taken any more. Guarded by this. */
  private boolean closed;

  /** What comes after the last handler; null before the end and once begun. Guarded by this. */
  private @Nullable HandlerTask last;

  /** An answer may wait for another one. Only the thread that handles uses it. */
  private volatile boolean gathered;

  HandlerQueue(HandlerExecutor threads, Limits limits, Listener listener) {
    this.threads = threads;
    this.limits = limits;
    this.listener = listener;
  }

  /**
   * Handles what comes before every message, even if the connection is over already: who is told of
   * the end is told of the beginning. When the endpoint is stopped nobody is told of either.
   *
   * @param first null for nothing
   */
  void begin(@Nullable HandlerTask first) {
    HandlerTask end;
    synchronized (this) {
      begun = true;
      running = first;
      end = takeLast();
    }
    startLast(end);
    if (first != null && !threads.executeTurn(() -> runMany(first))) {
      synchronized (this) {
        begun = false;
        running = null;
      }
    }
  }

  /**
   * Takes a message.
   *
   * @return false when the connection is not to be read until {@link Listener#resume}
   */
  boolean accept(HandlerTask task) {
    synchronized (this) {
      if (closed) {
        return true;
      }
      if (running != null) {
        if (queue == null) {
          queue = new ArrayDeque<>(4);
        }
        queue.add(task);
        full = queue.size() >= maxWaiting();
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
        next(task, 1);
      }
    } else {
      submit(task);
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

  /**
   * Called by the timer, also after the end: answers for a handler that is late, and interrupts it
   * or gives up its stage.
   *
   * @return true when nothing is left to wait for
   */
  boolean checkTimeout(long nowNanos) {
    HandlerTask task;
    synchronized (this) {
      task = running;
    }
    if (task == null) {
      return true;
    }
    if (!isLate(task, nowNanos)) {
      return false;
    }
    listener.late(task);
    Runnable abandon = task.abandon();
    if (abandon != null) {
      // Nobody knows whether the stage ever completes: the next message does not wait for it.
      abandon.run();
      return false;
    }
    if (task.interrupt()) {
      threads.stuck();
    }
    if (task.isOverdueFirst()) {
      // Until the next call it may return, or hand out a stage.
      return false;
    }
    HandlerTask end;
    synchronized (this) {
      if (running != task) {
        // It has returned meanwhile; what runs now has its own time.
        return running == null;
      }
      if (last == null) {
        return true;
      }
      // It may never return: the end does not wait for it any longer, nor for what is behind it.
      queue = null;
      running = null;
      end = takeLast();
    }
    startLast(end);
    return end == null;
  }

  private boolean isLate(HandlerTask task, long nowNanos) {
    long age = task.ageNanos(nowNanos);
    return age >= 0
        && limits.elapsed(nowNanos - age, nowNanos) > limits.config().handlerTimeout().toNanos();
  }

  private int maxWaiting() {
    return limits.config().receiveQueueFrames();
  }

  /**
   * The connection closes: forgets what waits, because nobody could be answered any more, and reads
   * on, so that the other side's answer is seen.
   */
  void close() {
    if (forget()) {
      listener.resume();
    }
  }

  /**
   * The connection is gone.
   *
   * @param orderly what waits is still handled: the client has sent it before its close (RFC 6455
   *     section 1.4)
   * @param afterwards handled once, after the last handler, but not later than the time-out of one
   *     that does not return; null for nothing
   */
  void end(boolean orderly, @Nullable HandlerTask afterwards) {
    HandlerTask end;
    if (!orderly) {
      forget();
    }
    synchronized (this) {
      closed = true;
      full = false;
      last = afterwards;
      end = takeLast();
    }
    startLast(end);
  }

  /** True if the connection was not read. */
  private synchronized boolean forget() {
    boolean paused = full;
    closed = true;
    queue = null;
    full = false;
    return paused;
  }

  /** What comes last runs now, if it is its turn. Called with the lock. */
  private @Nullable HandlerTask takeLast() {
    if (!begun || running != null) {
      return null;
    }
    running = last;
    last = null;
    return running;
  }

  /** Whatever the state of the endpoint: who was told of the beginning is told of the end. */
  private void startLast(@Nullable HandlerTask end) {
    if (end != null) {
      threads.executeAnyway(() -> runMany(end));
    }
  }

  private void submit(HandlerTask task) {
    if (!threads.executeTurn(() -> runMany(task))) {
      stopped(task);
    }
  }

  /** A turn: what waits is handled in a row, and its answers go out together. */
  private void runMany(HandlerTask task) {
    if (run(task, true)) {
      next(task, MAX_IN_A_ROW);
    }
  }

  /**
   * Goes on with what waits, on this thread for a while.
   *
   * @param done what was handled; if it is not what runs it was given up, and others go on
   */
  private void next(HandlerTask done, int inARow) {
    HandlerTask before = done;
    int left = inARow;
    while (true) {
      HandlerTask task;
      HandlerTask end;
      boolean resume;
      synchronized (this) {
        if (running != before) {
          return;
        }
        task = queue == null ? null : queue.poll();
        running = task;
        if (task == null) {
          queue = null;
        }
        end = takeLast();
        resume = full && (queue == null || queue.size() <= maxWaiting() / 2);
        full = full && !resume;
      }
      if (resume) {
        listener.resume();
      }
      startLast(end);
      left--;
      if (task == null || left <= 0) {
        flush();
      }
      if (task == null) {
        return;
      }
      before = task;
      if (left <= 0) {
        submit(task);
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
   * @param pooled false on a thread of the container, which is never interrupted
   * @return false when its result is still to come; it then goes on by itself
   */
  private boolean run(HandlerTask task, boolean pooled) {
    if (task.refusal != null) {
      listener.refuse(task.refusal);
      return true;
    }
    if (!pooled) {
      return call(task, false);
    }
    HandlerPace pace = task.registration.pace();
    boolean quick = pace.isQuick();
    if (!quick) {
      flush();
    }
    threads.enter(quick, () -> failed(pace));
    try {
      return call(task, true);
    } finally {
      // Only now: what the handler returned may ask somebody, too, when it is written as JSON.
      pace.took(System.nanoTime() - task.startedNanos());
      threads.leave();
    }
  }

  /** The same between going in and coming back. */
  private boolean call(HandlerTask task, boolean pooled) {
    Object result = null;
    Throwable failure = null;
    task.enter(pooled ? Thread.currentThread() : null);
    try {
      result = listener.call(task);
    } catch (Exception | Error e) {
      // Errors too, even of the JVM: without an answer this connection would wait for ever.
      failure = e;
    }
    boolean late = task.leave();
    // An interrupt was for this message alone. Left behind, it would close the channel that this
    // thread reads or writes next, whosever it is.
    boolean wasSet = Thread.interrupted();
    if (late) {
      log.debug("a late handler of {} is back (interrupt unused: {})", task.type, wasSet);
      threads.freed();
    }
    if (result instanceof CompletionStage<?> stage) {
      flush();
      return await(task, stage);
    }
    boolean more = pooled && isMoreToCome();
    finish(task, result, failure, more);
    if (more) {
      gathered = true;
    }
    return true;
  }

  /** True if the next message is expected to be answered at once. */
  private synchronized boolean isMoreToCome() {
    HandlerTask next = queue == null ? null : queue.peek();
    return next != null && next.refusal == null && next.registration.pace().isQuick();
  }

  /** Whatever waits for another answer goes out, because none may come soon. */
  private void flush() {
    if (gathered) {
      gathered = false;
      listener.flush();
    }
  }

  /** A handler of this pace, which was expected to return at once, does not. */
  private void failed(HandlerPace pace) {
    pace.hasBlocked();
    listener.flush();
  }

  /** A handler is done, with a result or with a failure. */
  void finish(HandlerTask task, @Nullable Object result, @Nullable Throwable failure) {
    finish(task, result, failure, false);
  }

  private void finish(
      HandlerTask task, @Nullable Object result, @Nullable Throwable failure, boolean more) {
    try {
      listener.finished(task, result, failure, more);
    } catch (RuntimeException | Error e) {
      // Not the exception itself: it is one that fails when it is looked at.
      log.error("the end of a handler of {} failed: {}", task.type, e.getClass().getName());
    }
  }

  private boolean await(HandlerTask task, CompletionStage<?> stage) {
    AwaitedStage awaited = new AwaitedStage(task, this);
    task.awaits(awaited::abandon);
    try {
      CompletionStage<?> unused = stage.whenComplete(awaited);
      log.trace("the handler of {} has returned a stage: {}", task.type, unused != null);
    } catch (RuntimeException | Error e) {
      awaited.accept(null, e);
    }
    return awaited.isComplete();
  }

  /** Goes on with what waits behind this one, on a thread of the pool. */
  void submitNext(HandlerTask done) {
    if (!threads.executeTurn(() -> next(done, MAX_IN_A_ROW))) {
      stopped(done);
    }
  }

  /** The endpoint is stopped: what waits is forgotten, what comes last still comes. */
  private void stopped(HandlerTask done) {
    forget();
    next(done, 1);
  }
}
