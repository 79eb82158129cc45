package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way to its handler, what the application does at the opening, or the refusal of
 * a message that waits for its turn to be sent. Thread-safe.
 */
public final class HandlerTask {
  /** Of refusals, which no handler sees. */
  private static final EndpointDefinition.Registration<Void> NO_HANDLER =
      new EndpointDefinition.Registration<>(
          Void.class,
          Execution.READING_THREAD,
          (nothing, connection) -> null,
          RequiredRoles.NONE,
          TypeMeters.NONE,
          HandlerPace.UNKNOWN);

  /** Of frames that answer themselves. */
  private static final EndpointDefinition.Registration<Void> POOLED =
      new EndpointDefinition.Registration<>(
          Void.class,
          Execution.POOLED,
          (nothing, connection) -> null,
          RequiredRoles.NONE,
          TypeMeters.NONE,
          HandlerPace.UNKNOWN);

  final EndpointDefinition.Registration<?> registration;
  final String type;
  final @Nullable String id;
  final @Nullable Object data;

  /** What is done in place of a handler, and answers itself; null for most. */
  final @Nullable Work work;

  /** What answers a frame of the protocol in its turn. */
  interface Work {
    /** May block. What it returns or throws is a handler's, but that a value is no answer. */
    @Nullable Object run(HandlerTask task) throws Exception;
  }

  /** Null for what a handler gets. */
  final @Nullable EncodedMessage refusal;

  /** Exactly one of the handler, its failure and the time-out answers. */
  private final AtomicBoolean answered = new AtomicBoolean();

  /** It has begun. Guarded by this. */
  private boolean started;

  /** When it began; of no meaning before. Guarded by this. */
  private long startedNanos;

  public HandlerTask(
      EndpointDefinition.Registration<?> registration,
      String type,
      @Nullable String id,
      @Nullable Object data) {
    this(registration, type, id, data, null, null);
  }

  private HandlerTask(
      EndpointDefinition.Registration<?> registration,
      String type,
      @Nullable String id,
      @Nullable Object data,
      @Nullable EncodedMessage refusal,
      @Nullable Work work) {
    this.registration = registration;
    this.type = type;
    this.id = id;
    this.data = data;
    this.refusal = refusal;
    this.work = work;
  }

  /** An error that is sent when all before it is answered. */
  static HandlerTask refusal(EncodedMessage error) {
    return new HandlerTask(NO_HANDLER, "", null, null, error, null);
  }

  /** A frame of the protocol that is handled on the pool and answers itself. */
  static HandlerTask answeringItself(String type, @Nullable String id, Work work) {
    return new HandlerTask(POOLED, type, id, null, null, work);
  }

  /** The thread of the pool that is inside of the handler, else null. Guarded by this. */
  private @Nullable Thread runner;

  /** It was late while it was inside. Guarded by this. */
  private boolean stuck;

  /** It was found late. Guarded by this. */
  private boolean overdue;

  /** Gives up its stage; null unless it has returned one. Guarded by this. */
  private @Nullable Runnable abandon;

  synchronized void awaits(Runnable abandonStage) {
    abandon = abandonStage;
  }

  /** How to give up the stage that it waits for; null when it waits for none. */
  synchronized @Nullable Runnable abandon() {
    return abandon;
  }

  /**
   * It begins, on a thread of the pool or, with null, on one that is never interrupted. Who sees
   * the time sees the thread, too.
   */
  public synchronized void enter(@Nullable Thread thread) {
    started = true;
    startedNanos = System.nanoTime();
    runner = thread;
  }

  /** How long it has run by then, in nanoseconds; negative when it has not begun. */
  public synchronized long ageNanos(long nowNanos) {
    return started ? Math.max(0, nowNanos - startedNanos) : -1;
  }

  /** When it began; of no meaning before. */
  synchronized long startedNanos() {
    return startedNanos;
  }

  /** True if it was interrupted inside. */
  public synchronized boolean leave() {
    runner = null;
    return stuck;
  }

  /** False when it is not inside, or was interrupted before. */
  public synchronized boolean interrupt() {
    if (runner == null || stuck) {
      return false;
    }
    stuck = true;
    runner.interrupt();
    return true;
  }

  /** Asked when it is late: true for the first time. */
  synchronized boolean isOverdueFirst() {
    boolean first = !overdue;
    overdue = true;
    return first;
  }

  /** What became of it. */
  void handled(TypeMeters.Outcome outcome) {
    long since;
    synchronized (this) {
      since = startedNanos;
    }
    registration.meters().handled(outcome, since);
  }

  boolean claimAnswer() {
    return answered.compareAndSet(false, true);
  }

  /** True if its client was told already that it has timed out, or is told now. */
  boolean isAnswered() {
    return answered.get();
  }

  /** Whoever has claimed it has not answered, and does not. */
  void disclaimAnswer() {
    answered.set(false);
  }
}
