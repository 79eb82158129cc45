package dev.drawbridge.endpoint.cluster;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of an engine whose log is elsewhere, made of what its writer and its tail meet: down
 * while one of them fails, behind while an own append does not come back or many entries are still
 * to be read, else up. Down until the tail says otherwise. Thread-safe.
 */
public final class EngineStatus {
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAG_COUNTS_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FAR_BEHIND = 1_000;

  /** Where appends are refused the engine is down for so long after the last refusal. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Supplier<@Nullable Head> head;
  private final LongSupplier tailed;

  /** Why the tail is down, null when it is not; at the start it is. */
  private volatile @Nullable String tailReason = "not connected yet";

  private volatile @Nullable String appendReason;
  private volatile boolean refused;
  private volatile long appendFailedNanos;
  private volatile Instant since = Instant.now();
  private volatile EngineHealth.State state = EngineHealth.State.DOWN;

  /**
   * The last append of this node that has not come back: its last n, 0 for none, and since when.
   */
  private volatile long awaitedN;

  private volatile long awaitedNanos;
  private volatile long lagMillis;

  /** When that was seen. */
  private volatile long lagNanos;

  /**
   * An engine that has read nothing yet.
   *
   * @param head gives the head of the log as last read; null before
   * @param tailed gives the number of the last entry that the sink has; not asked without a head
   */
  public EngineStatus(Supplier<@Nullable Head> head, LongSupplier tailed) {
    this.head = head;
    this.tailed = tailed;
  }

  /**
   * An append begins.
   *
   * @param n of its last entry
   */
  public void appending(long n) {
    awaitedNanos = System.nanoTime();
    awaitedN = n;
  }

  /** What executes appends has answered, be it that the log is another one. */
  public void appendAnswered() {
    appendReason = null;
    update();
  }

  /**
   * An append has failed.
   *
   * @param reason nothing secret
   * @param isRefusal true if what executes appends has said no: a read that it answers then proves
   *     nothing for some seconds
   */
  public void appendFailed(@Nullable String reason, boolean isRefusal) {
    awaitedN = 0;
    appendFailedNanos = System.nanoTime();
    appendReason = reason;
    refused = isRefusal;
    update();
  }

  /** What was appended last does not come back: it is not in the log, or the log is another one. */
  public void awaitNothing() {
    awaitedN = 0;
    update();
  }

  /**
   * The tail has read an entry of this node.
   *
   * @param n of that entry
   */
  public void ownEntryIsBack(long n) {
    if (n != 0 && n >= awaitedN && awaitedN != 0) {
      lagNanos = System.nanoTime();
      lagMillis = TimeUnit.NANOSECONDS.toMillis(lagNanos - awaitedNanos);
      awaitedN = 0;
    }
  }

  /** The tail has read the head. */
  public void tailIsUp() {
    tailReason = null;
    // What is said of appends is not disproved by the answer to a read.
    if (!refused || System.nanoTime() - appendFailedNanos > REFUSED_NANOS) {
      appendReason = null;
    }
    update();
  }

  /**
   * The tail cannot read.
   *
   * @param reason nothing secret
   */
  public void tailIsDown(String reason) {
    tailReason = reason;
    update();
  }

  private synchronized void update() {
    EngineHealth.State now = EngineHealth.State.UP;
    if (tailReason != null || appendReason != null) {
      now = EngineHealth.State.DOWN;
    } else if (behind() != null) {
      now = EngineHealth.State.BEHIND;
    }
    if (now != state) {
      state = now;
      since = Instant.now();
    }
  }

  private @Nullable String behind() {
    if (awaitedN != 0 && System.nanoTime() - awaitedNanos > SLOW_NANOS) {
      return "an append of this server has not come back for over a second";
    }
    Head known = head.get();
    long left = known == null ? 0 : known.top() - tailed.getAsLong();
    return left > FAR_BEHIND ? "this server is " + left + " entries behind the log" : null;
  }

  /** As {@link ClusterEngine#health} wants it. */
  public EngineHealth health() {
    update();
    String reason = tailReason;
    if (reason == null) {
      reason = appendReason;
    }
    if (reason == null) {
      reason = behind();
    }
    EngineHealth.State shown = state;
    return new EngineHealth(
        shown,
        since,
        shown == EngineHealth.State.UP ? null : reason,
        // What was slow once says nothing of a server that has been quiet since.
        System.nanoTime() - lagNanos < LAG_COUNTS_NANOS ? lagMillis : 0,
        head.get());
  }
}
