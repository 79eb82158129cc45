package dev.drawbridge.db.user;

import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbTimeoutException;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the source on a few threads of its own, so that logins cannot drain the pool. */
final class Loader {
  private static final Logger log = LoggerFactory.getLogger(Loader.class);
  private static final long REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final AtomicInteger THREADS = new AtomicInteger();

  private final UserSource source;
  private final LongSupplier nanoClock;
  private final Breaker breaker;
  private final ThreadPoolExecutor executor;
  private final AtomicLong reportedAt = new AtomicLong();
  private volatile boolean reported;

  Loader(UserSource source, UserDirectoryConfig config, int threads, LongSupplier nanoClock) {
    this.source = source;
    this.nanoClock = nanoClock;
    this.breaker = new Breaker(config.retryAfter().toNanos());
    this.executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(config.maxQueuedLoads()),
            task -> {
              Thread thread = new Thread(task, "drawbridge-users-" + THREADS.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
  }

  /**
   * Loads a subject, soon and on another thread.
   *
   * @param landed gets the user (null when absent) or the failure; called exactly once
   */
  void load(
      String subject,
      Flight flight,
      BiConsumer<@Nullable User, @Nullable UserLookupUnavailableException> landed) {
    if (!breaker.tryEnter(nanoClock.getAsLong())) {
      landed.accept(
          null,
          new UserLookupUnavailableException(
              Reason.OUTAGE, "the user source is away; not asked again yet", null));
      return;
    }
    try {
      executor.execute(() -> ask(subject, flight, landed));
    } catch (RejectedExecutionException e) {
      breaker.abandoned();
      boolean closed = executor.isShutdown();
      landed.accept(
          null,
          new UserLookupUnavailableException(
              closed ? Reason.CLOSED : Reason.OVERLOAD,
              closed
                  ? "the user directory is closed"
                  : "too many user lookups wait (" + executor.getQueue().size() + ")",
              null));
    }
  }

  private void ask(
      String subject,
      Flight flight,
      BiConsumer<@Nullable User, @Nullable UserLookupUnavailableException> landed) {
    flight.begin(nanoClock.getAsLong());
    User user;
    try {
      user = exact(subject, source.load(subject));
    } catch (Throwable e) {
      if (executor.isShutdown()) {
        // The close interrupted this load; what it failed with says nothing about the source.
        landed.accept(
            null,
            new UserLookupUnavailableException(Reason.CLOSED, "the user directory is closed", e));
        return;
      }
      UserLookupUnavailableException failure = failure(e);
      if (failure.reason() == Reason.FAILED) {
        breaker.answered();
        report(e);
      } else {
        breaker.failed(nanoClock.getAsLong());
      }
      landed.accept(null, failure);
      return;
    }
    breaker.answered();
    landed.accept(user, null);
  }

  /** At most once a minute: a missing table fails every login, and says the same each time. */
  private void report(Throwable e) {
    long now = nanoClock.getAsLong();
    long last = reportedAt.get();
    boolean due = !reported || now - last >= REPORT_NANOS;
    if (due && reportedAt.compareAndSet(last, now)) {
      reported = true;
      log.error("users cannot be loaded; said once a minute", e);
    }
  }

  private @Nullable User exact(String subject, Optional<User> found) {
    if (found.isPresent() && !found.get().subject().equals(subject)) {
      log.warn(
          "the user source returned another subject than it was asked for, taken as absent;"
              + " does the column compare without regard to case or trailing blanks?");
      return null;
    }
    return found.orElse(null);
  }

  private static UserLookupUnavailableException failure(Throwable e) {
    if (e instanceof UserLookupUnavailableException) {
      return (UserLookupUnavailableException) e;
    }
    if (e instanceof DbUnavailableException) {
      return new UserLookupUnavailableException(Reason.OUTAGE, "the database is away", e);
    }
    if (e instanceof DbBusyException) {
      return new UserLookupUnavailableException(Reason.OVERLOAD, "the database is busy", e);
    }
    if (e instanceof DbTimeoutException) {
      return new UserLookupUnavailableException(Reason.TIMEOUT, "the database is slow", e);
    }
    return new UserLookupUnavailableException(Reason.FAILED, "the user source failed", e);
  }

  boolean isAway() {
    return breaker.isOpen();
  }

  void close() {
    for (Runnable queued : executor.shutdownNow()) {
      log.debug("dropped a queued load: {}", queued);
    }
  }
}
