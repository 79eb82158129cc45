package dev.drawbridge.db;

import dev.drawbridge.db.DbHealth.Status;
import dev.drawbridge.db.internal.open.OpenSessions;
import dev.drawbridge.db.internal.pool.Pool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks the database how it is, at most once a second and for at most a second. Thread-safe. */
final class HealthCheck {
  private static final long KEEP_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long WAIT_MS = 1_000;

  /** How long callers that were turned away count as "degraded". */
  private static final long BUSY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Callable<@Nullable DbException> probe;
  private final Supplier<DbException> late;
  private final ScheduledExecutorService executor;
  private final Clock clock;
  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();

  /** When a caller was last turned away; any thread. */
  private volatile long busyAt;

  private volatile boolean wasBusy;

  // guarded by lock
  private @Nullable Future<@Nullable DbException> running;
  private long checkedAt;
  private @Nullable DbHealth last;

  /**
   * Makes a check.
   *
   * @param probe asks the database; null when it answered
   * @param late says what it means that the probe takes longer than a second
   */
  HealthCheck(
      Callable<@Nullable DbException> probe,
      Supplier<DbException> late,
      ScheduledExecutorService executor) {
    this(probe, late, executor, Clock.systemUTC(), System::nanoTime);
  }

  HealthCheck(
      Callable<@Nullable DbException> probe,
      Supplier<DbException> late,
      ScheduledExecutorService executor,
      Clock clock,
      LongSupplier nanoClock) {
    this.probe = probe;
    this.late = late;
    this.executor = executor;
    this.clock = clock;
    this.nanoClock = nanoClock;
  }

  /** A caller was turned away because the pool is exhausted. */
  void busy() {
    busyAt = nanoClock.getAsLong();
    wasBusy = true;
  }

  /** Whether one connection of the pool answers; null when it does. */
  static @Nullable DbException probe(Pool pool, OpenSessions sessions) {
    try (Connection connection = pool.getConnection()) {
      return connection.isValid(1)
          ? null
          : new DbUnavailableException("a connection does not answer within 1 s", null);
    } catch (SQLException e) {
      return pool.failure(e, sessions.oldest());
    }
  }

  DbHealth health() {
    lock.lock();
    try {
      DbHealth known = last;
      if (known != null && nanoClock.getAsLong() - checkedAt < KEEP_NANOS) {
        return known;
      }
      DbHealth now = judge();
      checkedAt = nanoClock.getAsLong();
      if (known != null
          && known.status() == now.status()
          && String.valueOf(known.reason()).equals(String.valueOf(now.reason()))) {
        return known;
      }
      // the reason may change while the status lasts
      DbHealth result =
          known != null && known.status() == now.status()
              ? new DbHealth(now.status(), now.reason(), known.since())
              : now;
      last = result;
      return result;
    } finally {
      lock.unlock();
    }
  }

  DbHealth whenClosed() {
    return new DbHealth(Status.DOWN, "the database is closed", clock.instant());
  }

  private DbHealth judge() {
    Future<@Nullable DbException> check = running;
    try {
      check = check == null ? executor.submit(probe) : check;
    } catch (RejectedExecutionException e) {
      return whenClosed();
    }
    running = check;
    DbException failure;
    try {
      failure = check.get(WAIT_MS, TimeUnit.MILLISECONDS);
      running = null;
    } catch (TimeoutException e) {
      // left running: the next call looks at the same one, so that checks never pile up
      failure = late.get();
    } catch (ExecutionException e) {
      running = null;
      failure = new DbUnavailableException("the check failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // says nothing about the database
      return last == null ? new DbHealth(Status.DOWN, "not checked yet", clock.instant()) : last;
    }
    return judgement(failure);
  }

  private DbHealth judgement(@Nullable DbException failure) {
    if (failure instanceof DbBusyException) {
      return new DbHealth(Status.DEGRADED, "all connections are in use", clock.instant());
    }
    if (failure != null) {
      return new DbHealth(Status.DOWN, failure.getMessage(), clock.instant());
    }
    if (wasBusy && nanoClock.getAsLong() - busyAt < BUSY_NANOS) {
      return new DbHealth(
          Status.DEGRADED, "callers were turned away in the last 10 s", clock.instant());
    }
    return new DbHealth(Status.UP, null, clock.instant());
  }
}
