package dev.drawbridge.db.internal.users;

import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.DbTimeoutException;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.internal.threads.DaemonThreads;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import dev.drawbridge.db.user.UserSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
public final class Loader {
  private static final Logger log = LoggerFactory.getLogger(Loader.class);
  private static final long REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final AtomicInteger THREADS = new AtomicInteger();

  private final UserSource source;
  private final int batchSize;
  private final LongSupplier nanoClock;
  private final Breaker breaker;
  private final Waiting waiting;
  private final ThreadPoolExecutor executor;
  private final AtomicLong reportedAt = new AtomicLong();
  private volatile boolean reported;

  /**
   * A loader of a source.
   *
   * @throws DbConfigException if the source takes less than one subject at once
   */
  public Loader(
      UserSource source, UserDirectoryConfig config, int threads, LongSupplier nanoClock) {
    this.source = source;
    this.batchSize = source.batchSize();
    if (batchSize < 1) {
      throw new DbConfigException(
          "batchSize() of the user source must be at least 1, but is " + batchSize, null);
    }
    this.nanoClock = nanoClock;
    this.breaker = new Breaker(config.retryAfter().toNanos());
    this.waiting = new Waiting(config.maxQueuedLoads());
    this.executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            waiting,
            DaemonThreads.numbered("drawbridge-users-", THREADS));
    executor.allowCoreThreadTimeOut(true);
  }

  /** One subject that is to be loaded. */
  public static final class Load {
    final String subject;
    final Flight flight;
    final BiConsumer<@Nullable User, @Nullable UserLookupUnavailableException> landed;

    /**
     * A load.
     *
     * @param landed gets the user (null when absent) or the failure; called exactly once
     */
    public Load(
        String subject,
        Flight flight,
        BiConsumer<@Nullable User, @Nullable UserLookupUnavailableException> landed) {
      this.subject = subject;
      this.flight = flight;
      this.landed = landed;
    }
  }

  /** The batches that wait for a thread, with a bound on their subjects. Thread-safe. */
  private static final class Waiting extends LinkedBlockingQueue<Runnable> {
    private static final long serialVersionUID = 1L;

    private final int max;
    private final AtomicInteger subjects = new AtomicInteger();

    Waiting(int max) {
      this.max = max;
    }

    /** Called by the pool when no thread may be added. A batch alone may be of any size. */
    @Override
    public boolean offer(Runnable queued) {
      Batch batch = (Batch) queued;
      int size = batch.loads.size();
      int before = subjects.getAndUpdate(now -> isRoom(now, size) ? now + size : now);
      if (!isRoom(before, size)) {
        return false;
      }
      batch.waits = true;
      return super.offer(batch);
    }

    private boolean isRoom(int now, int size) {
      return now == 0 || (long) now + size <= max;
    }

    int subjects() {
      return subjects.get();
    }

    /** It does not wait any longer. */
    void left(Batch batch) {
      if (batch.waits) {
        batch.waits = false;
        subjects.addAndGet(-batch.loads.size());
      }
    }
  }

  /** Loads subjects, soon and on another thread: as many at once as the source takes. */
  public void load(List<Load> loads) {
    for (int from = 0; from < loads.size(); from += batchSize) {
      start(loads.subList(from, Math.min(loads.size(), from + batchSize)));
    }
  }

  private void start(List<Load> loads) {
    if (!breaker.tryEnter(nanoClock.getAsLong())) {
      refuse(loads, Reason.OUTAGE, "the user source is away; not asked again yet");
      return;
    }
    Batch batch = new Batch(loads);
    try {
      executor.execute(batch);
    } catch (RejectedExecutionException e) {
      breaker.abandoned();
      if (executor.isShutdown()) {
        refuse(loads, Reason.CLOSED, "the user directory is closed");
      } else {
        refuse(loads, Reason.OVERLOAD, "too many user lookups wait (" + waiting.subjects() + ")");
      }
    } catch (OutOfMemoryError e) {
      // No native thread: whoever waits for these users is told, and the next one tries again.
      if (executor.remove(batch)) {
        waiting.left(batch);
      }
      breaker.abandoned();
      refuse(loads, Reason.OVERLOAD, "no thread to load users could be started");
    }
  }

  private static void refuse(List<Load> loads, Reason reason, String why) {
    loads.forEach(
        load -> load.landed.accept(null, new UserLookupUnavailableException(reason, why, null)));
  }

  /** Subjects in the queue; takes others along that wait behind them. */
  private final class Batch implements Runnable {
    final List<Load> loads;

    /** It counts among those that wait. Set before it is in the queue, cleared behind it. */
    volatile boolean waits;

    Batch(List<Load> loads) {
      this.loads = loads;
    }

    @Override
    public void run() {
      waiting.left(this);
      List<Load> all = new ArrayList<>(loads);
      Runnable next = all.size() < batchSize ? executor.getQueue().poll() : null;
      while (next != null) {
        waiting.left((Batch) next);
        all.addAll(((Batch) next).loads);
        next = all.size() < batchSize ? executor.getQueue().poll() : null;
      }
      // one that was taken along may be as large
      for (int from = 0; from < all.size(); from += batchSize) {
        // a subject may wait twice, when its first load was invalidated
        Map<String, List<Load>> bySubject = new LinkedHashMap<>();
        for (Load load : all.subList(from, Math.min(all.size(), from + batchSize))) {
          bySubject.computeIfAbsent(load.subject, key -> new ArrayList<>()).add(load);
        }
        ask(bySubject);
      }
    }
  }

  private void ask(Map<String, List<Load>> loads) {
    long now = nanoClock.getAsLong();
    loads.values().forEach(same -> same.forEach(load -> load.flight.begin(now)));
    Map<String, User> users;
    try {
      users = loaded(loads.keySet());
    } catch (Throwable e) {
      failed(loads, e);
      return;
    }
    breaker.answered();
    loads.forEach(
        (subject, same) -> {
          User user = exact(subject, users.get(subject));
          same.forEach(load -> load.landed.accept(user, null));
        });
  }

  private Map<String, User> loaded(Set<String> subjects) {
    if (subjects.size() > 1) {
      return source.loadAll(subjects);
    }
    String subject = subjects.iterator().next();
    return source.load(subject).map(user -> Map.of(subject, user)).orElse(Map.of());
  }

  private void failed(Map<String, List<Load>> loads, Throwable e) {
    UserLookupUnavailableException failure =
        executor.isShutdown()
            // The close interrupted this load; what it failed with says nothing about the source.
            ? new UserLookupUnavailableException(Reason.CLOSED, "the user directory is closed", e)
            : failure(e);
    if (failure.reason() == Reason.FAILED && loads.size() > 1) {
      // one of them may be the reason: the others are not to suffer
      loads.forEach((subject, same) -> ask(Map.of(subject, same)));
      return;
    }
    if (failure.reason() == Reason.FAILED) {
      breaker.answered();
      report(e);
    } else if (failure.reason() != Reason.CLOSED) {
      breaker.failed(nanoClock.getAsLong());
    }
    loads.values().forEach(same -> same.forEach(load -> load.landed.accept(null, failure)));
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

  private @Nullable User exact(String subject, @Nullable User found) {
    if (found != null && !found.subject().equals(subject)) {
      log.warn(
          "the user source returned another subject than it was asked for, taken as absent;"
              + " does the column compare without regard to case or trailing blanks?");
      return null;
    }
    return found;
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

  public boolean isAway() {
    return breaker.isOpen();
  }

  public void close() {
    for (Runnable queued : executor.shutdownNow()) {
      log.debug("dropped a queued load: {}", queued);
    }
  }
}
