package dev.drawbridge.db.user;

import dev.drawbridge.db.internal.config.ConfigRules;
import dev.drawbridge.db.internal.threads.DaemonThreads;
import dev.drawbridge.db.internal.users.Entry;
import dev.drawbridge.db.internal.users.Flight;
import dev.drawbridge.db.internal.users.Loader;
import dev.drawbridge.db.internal.users.SqlUserSource;
import dev.drawbridge.db.internal.users.UserCache;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds users by subject, with a cache in front of a {@link UserSource}. Thread-safe.
 *
 * <p>A known user is returned at once until {@code ttl}, and read again in the background from
 * {@code refreshAfter} on. While the source is away a known user is returned until {@code
 * maxStale}. An outage is never reported as "no such user". After {@link #invalidate} no later
 * lookup sees what was read before, source or no source.
 */
public final class UserDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(UserDirectory.class);
  private static final double JITTER = 0.1;
  private static final long ANY_AGE = Long.MAX_VALUE;

  /** Never stale, unlike {@link #ANY_AGE}. */
  private static final long NO_LIMIT = ANY_AGE - 1;

  private final UserDirectoryConfig config;
  private final LongSupplier nanoClock;
  private final DoubleSupplier random;
  private final UserCache cache;
  private final Loader loader;
  private final ScheduledThreadPoolExecutor timer;
  private final long maxStaleNanos;
  private final List<Consumer<@Nullable String>> listeners = new CopyOnWriteArrayList<>();

  private final LongAdder hits = new LongAdder();
  private final LongAdder loads = new LongAdder();
  private final LongAdder loadFailures = new LongAdder();
  private final LongAdder staleAnswers = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final LongAdder invalidations = new LongAdder();

  UserDirectory(
      UserSource source,
      UserDirectoryConfig config,
      LongSupplier nanoClock,
      DoubleSupplier random) {
    this.config = config;
    this.nanoClock = nanoClock;
    this.random = random;
    this.cache = new UserCache(config, nanoClock);
    this.loader = new Loader(source, config, threads(source, config), nanoClock);
    this.maxStaleNanos = config.maxStale().toNanos();
    this.timer = new ScheduledThreadPoolExecutor(1, DaemonThreads.named("drawbridge-users-timer"));
    timer.setRemoveOnCancelPolicy(true);
  }

  /**
   * A directory in front of a source; the source is asked when somebody is looked up.
   *
   * @throws dev.drawbridge.db.DbConfigException if {@link UserSource#batchSize} is less than 1
   */
  public static UserDirectory of(UserSource source, UserDirectoryConfig config) {
    return new UserDirectory(
        source, config, System::nanoTime, () -> ThreadLocalRandom.current().nextDouble());
  }

  /**
   * Half of the pool at most, so that handshakes leave room for the application's own work; one
   * where the pool has but one or does not tell its size.
   */
  static int threads(UserSource source, UserDirectoryConfig config) {
    return source instanceof SqlUserSource
        ? Math.max(1, Math.min(config.loaderThreads(), ((SqlUserSource) source).poolSize() / 2))
        : config.loaderThreads();
  }

  /**
   * Looks a user up; waits at most the lookup time-out.
   *
   * @param subject compared exactly
   * @throws UserLookupUnavailableException when it cannot be known now whether there is such a user
   */
  public Lookup find(String subject) {
    Lookup known = cached(subject, ANY_AGE, true);
    return known != null ? known : await(subject, ANY_AGE);
  }

  /**
   * Looks a user up who was read at most {@code maxAge} ago; never stale.
   *
   * @param maxAge zero asks the source in any case
   * @throws UserLookupUnavailableException when it cannot be known now whether there is such a user
   */
  public Lookup find(String subject, Duration maxAge) {
    long maxAgeNanos = nanos(maxAge);
    Lookup known = cached(subject, maxAgeNanos, true);
    return known != null ? known : await(subject, maxAgeNanos);
  }

  /**
   * Like {@link #find(String)}, but never blocks the caller; the stage ends within the lookup
   * time-out, exceptionally with {@link UserLookupUnavailableException}. What depends on the stage
   * may run on a loading thread: let it block elsewhere.
   */
  public CompletionStage<Lookup> findAsync(String subject) {
    return findAsync(subject, ANY_AGE);
  }

  /**
   * Like {@link #find(String, Duration)}, but never blocks the caller; the stage ends as that of
   * {@link #findAsync(String)}.
   *
   * @param maxAge zero asks the source in any case
   */
  public CompletionStage<Lookup> findAsync(String subject, Duration maxAge) {
    return findAsync(subject, nanos(maxAge));
  }

  /**
   * Looks several users up who were read at most {@code maxAge} ago, as with {@link #find(String,
   * Duration)} for each, without blocking; sources that can are asked for many at once.
   *
   * @return a stage for each different subject, in the order given; each ends like that of {@link
   *     #findAsync(String)}
   */
  public Map<String, CompletionStage<Lookup>> findAllAsync(
      Collection<String> subjects, Duration maxAge) {
    long maxAgeNanos = nanos(maxAge);
    Map<String, CompletionStage<Lookup>> answers = new LinkedHashMap<>();
    List<Loader.Load> loads = new ArrayList<>();
    try {
      for (String subject : subjects) {
        answers.computeIfAbsent(subject, key -> findAsync(key, maxAgeNanos, loads));
      }
    } finally {
      // Others may have joined those before one that failed.
      loader.load(loads);
    }
    return answers;
  }

  private CompletionStage<Lookup> findAsync(String subject, long maxAgeNanos) {
    List<Loader.Load> loads = new ArrayList<>(1);
    try {
      return findAsync(subject, maxAgeNanos, loads);
    } finally {
      // As above.
      loader.load(loads);
    }
  }

  /**
   * The same, but leaves it to the caller to begin.
   *
   * @param loads gets the load that is to be begun, if there is one
   */
  private CompletionStage<Lookup> findAsync(
      String subject, long maxAgeNanos, List<Loader.Load> loads) {
    Lookup known = cached(subject, maxAgeNanos, true);
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    CompletableFuture<Lookup> answer = new CompletableFuture<>();
    Flight flight = join(subject, maxAgeNanos, loads);
    Future<?> giveUp = giveUpLater(() -> complete(answer, subject, maxAgeNanos, null, timeout()));
    var unused =
        flight.result.whenComplete(
            (entry, failure) -> {
              giveUp.cancel(false);
              complete(answer, subject, maxAgeNanos, entry, failure);
            });
    return answer;
  }

  /** Longer than any age that an entry can have is no limit. */
  private static long nanos(Duration maxAge) {
    return ConfigRules.LONGEST.compareTo(maxAge) < 0
        ? NO_LIMIT
        : maxAge.isNegative() ? 0 : maxAge.toNanos();
  }

  private Future<?> giveUpLater(Runnable giveUp) {
    try {
      return timer.schedule(giveUp, config.lookupTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // closed meanwhile, which ended all flights
      return CompletableFuture.completedFuture(null);
    }
  }

  private void complete(
      CompletableFuture<Lookup> answer,
      String subject,
      long maxAgeNanos,
      @Nullable Entry entry,
      @Nullable Throwable failure) {
    if (answer.isDone()) {
      return;
    }
    try {
      answer.complete(
          entry != null
              ? lookup(entry, Lookup.Source.LOADED)
              : staleOrThrow(subject, maxAgeNanos, unwrapped(failure)));
    } catch (UserLookupUnavailableException e) {
      answer.completeExceptionally(e);
    }
  }

  /** What is known and still fresh, without asking anybody. */
  public Optional<Lookup> peek(String subject) {
    return Optional.ofNullable(cached(subject, ANY_AGE, false));
  }

  private @Nullable Lookup cached(String subject, long maxAgeNanos, boolean refresh) {
    Entry entry = cache.get(subject);
    if (entry == null) {
      return null;
    }
    long now = nanoClock.getAsLong();
    if (!entry.isFresh(now) || entry.age(now) >= maxAgeNanos) {
      return null;
    }
    if (refresh && entry.wantsRefresh(now) && !cache.isLoading(subject)) {
      start(subject, ANY_AGE);
    }
    hits.increment();
    return new Lookup(entry.user, entry.age(now), Lookup.Source.CACHE);
  }

  private Lookup await(String subject, long maxAgeNanos) {
    Entry entry = cache.get(subject);
    long now = nanoClock.getAsLong();
    if (entry != null && !entry.mayRetry(now) && mayBeStale(entry, maxAgeNanos, now)) {
      return stale(entry, now);
    }
    Flight flight = start(subject, maxAgeNanos);
    try {
      Entry loaded = flight.result.get(config.lookupTimeout().toNanos(), TimeUnit.NANOSECONDS);
      return lookup(loaded, Lookup.Source.LOADED);
    } catch (ExecutionException e) {
      return staleOrThrow(subject, maxAgeNanos, unwrapped(e));
    } catch (TimeoutException e) {
      return staleOrThrow(subject, maxAgeNanos, timeout());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      unavailable.increment();
      throw new UserLookupUnavailableException(
          Reason.INTERRUPTED, "interrupted while waiting for a user", e);
    }
  }

  /** Joins the flight of this subject or starts one. */
  private Flight start(String subject, long maxAgeNanos) {
    List<Loader.Load> loads = new ArrayList<>(1);
    Flight flight = join(subject, maxAgeNanos, loads);
    loader.load(loads);
    return flight;
  }

  /**
   * The same without beginning.
   *
   * @param loads gets the load of a flight of its own
   */
  private Flight join(String subject, long maxAgeNanos, List<Loader.Load> loads) {
    Flight mine = new Flight();
    Flight flight = cache.join(subject, mine, maxAgeNanos, nanoClock.getAsLong());
    if (flight == mine) {
      loads.add(
          new Loader.Load(subject, mine, (user, failure) -> landed(subject, mine, user, failure)));
    }
    return flight;
  }

  private void landed(
      String subject,
      Flight flight,
      @Nullable User user,
      @Nullable UserLookupUnavailableException failure) {
    if (failure != null) {
      loadFailures.increment();
      Entry old = cache.get(subject);
      if (old != null) {
        old.retryAt(nanoClock.getAsLong() + config.retryAfter().toNanos());
      }
      cache.land(subject, flight, null);
      flight.result.completeExceptionally(failure);
      return;
    }
    loads.increment();
    Entry entry = entry(user, flight.beganNanos());
    cache.land(subject, flight, entry);
    flight.result.complete(entry);
  }

  private Entry entry(@Nullable User user, long readNanos) {
    // spread, so that users who came together are not all read again together
    double factor = 1 - JITTER + 2 * JITTER * random.getAsDouble();
    Duration ttl = user == null ? config.negativeTtl() : config.ttl();
    return new Entry(
        user,
        readNanos,
        (long) (config.refreshAfter().toNanos() * factor),
        (long) (ttl.toNanos() * factor));
  }

  /** Reads the cache again: an invalidation during the wait must win. */
  private Lookup staleOrThrow(
      String subject, long maxAgeNanos, UserLookupUnavailableException failure) {
    Entry entry = cache.get(subject);
    long now = nanoClock.getAsLong();
    if (entry != null && mayBeStale(entry, maxAgeNanos, now) && isOutage(failure.reason())) {
      if (entry.mayRetry(now)) {
        entry.retryAt(now + config.retryAfter().toNanos());
      }
      return stale(entry, now);
    }
    unavailable.increment();
    throw failure;
  }

  private boolean mayBeStale(Entry entry, long maxAgeNanos, long now) {
    return entry.user != null && maxAgeNanos == ANY_AGE && entry.age(now) < maxStaleNanos;
  }

  private Lookup stale(Entry entry, long now) {
    staleAnswers.increment();
    return new Lookup(entry.user, entry.age(now), Lookup.Source.STALE);
  }

  private static boolean isOutage(Reason reason) {
    return reason == Reason.OUTAGE || reason == Reason.OVERLOAD || reason == Reason.TIMEOUT;
  }

  private Lookup lookup(Entry entry, Lookup.Source source) {
    return new Lookup(entry.user, entry.age(nanoClock.getAsLong()), source);
  }

  private UserLookupUnavailableException timeout() {
    return new UserLookupUnavailableException(
        Reason.TIMEOUT, "no answer about a user within " + config.lookupTimeout(), null);
  }

  /** A new exception per waiter: one shared by many threads would collect their stack traces. */
  private static UserLookupUnavailableException unwrapped(@Nullable Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof UserLookupUnavailableException) {
      return new UserLookupUnavailableException((UserLookupUnavailableException) cause);
    }
    return new UserLookupUnavailableException(Reason.FAILED, "the user source failed", cause);
  }

  /**
   * Forgets a subject. Every lookup that starts later reads it anew; loads under way store nothing.
   * Also when the source is away: revocation wins over availability.
   */
  public void invalidate(String subject) {
    cache.invalidate(subject);
    tell(subject);
  }

  /** Forgets everybody; see {@link #invalidate}. */
  public void invalidateAll() {
    cache.invalidateAll();
    tell(null);
  }

  /**
   * Registers a listener.
   *
   * @param listener called after each invalidation, on the invalidating thread, with the subject or
   *     with null for all; what it throws is logged
   */
  public Registration onInvalidate(Consumer<@Nullable String> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private void tell(@Nullable String subject) {
    invalidations.increment();
    for (Consumer<@Nullable String> listener : listeners) {
      try {
        listener.accept(subject);
      } catch (RuntimeException e) {
        log.error("a listener for invalidated users failed", e);
      }
    }
  }

  /** Numbers since the start. */
  public UserDirectoryStats stats() {
    return new UserDirectoryStats(
        hits.sum(),
        loads.sum(),
        loadFailures.sum(),
        staleAnswers.sum(),
        unavailable.sum(),
        invalidations.sum(),
        cache.users(),
        cache.absent(),
        cache.loading(),
        loader.isAway());
  }

  /**
   * Stops the loading threads; who waits or would have to wait fails from now on, who is fresh in
   * the cache is still found. Idempotent.
   */
  @Override
  public void close() {
    loader.close();
    cache.endFlights(
        new UserLookupUnavailableException(Reason.CLOSED, "the user directory is closed", null));
    timer.shutdownNow();
  }
}
