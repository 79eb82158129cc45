package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.util.DaemonThreads;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys from a key-set URL. They are fetched by one background thread, ahead of their expiry; a
 * failed fetch leaves the old keys in force. Thread-safe.
 *
 * <p>A token that names an unknown key causes at most one fetch in 30 s, counted by time alone: a
 * stranger can name any key.
 */
final class JwksUrlKeys implements SigningKeys {

  /** Clock difference to the key server that is worth a warning. */
  private static final Duration WORRYING_DRIFT = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(JwksUrlKeys.class);

  /**
   * How long things take.
   *
   * @param fetchTimeout of one request
   * @param waitTimeout longest wait of a handshake for a running fetch
   * @param cacheTime of a set whose answer does not say
   * @param minCacheTime and maxCacheTime clamp what the answer says
   * @param unknownKeyPause shortest time between two fetches for an unknown key
   * @param firstRetry pause after a failed fetch; it doubles up to {@code maxRetry}
   * @param maxStale how old keys may be that cannot be fetched again
   */
  record Times(
      Duration fetchTimeout,
      Duration waitTimeout,
      Duration cacheTime,
      Duration minCacheTime,
      Duration maxCacheTime,
      Duration unknownKeyPause,
      Duration firstRetry,
      Duration maxRetry,
      Duration maxStale) {

    static final Times DEFAULT =
        new Times(
            Duration.ofSeconds(3),
            Duration.ofSeconds(2),
            Duration.ofMinutes(10),
            Duration.ofMinutes(1),
            Duration.ofHours(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            Duration.ofHours(24));

    /**
     * When a set is fetched again: at four fifths of the time for which it may be kept.
     *
     * @param maxAge what the answer says; null when it does not
     */
    Duration refreshAfter(@Nullable Duration maxAge) {
      Duration kept = maxAge == null ? cacheTime : maxAge;
      if (kept.compareTo(minCacheTime) < 0) {
        kept = minCacheTime;
      } else if (kept.compareTo(maxCacheTime) > 0) {
        kept = maxCacheTime;
      }
      return kept.multipliedBy(4).dividedBy(5);
    }
  }

  /** Handshakes that wait for a fetch at most; the others are answered at once. */
  static final int MAX_WAITING = 16;

  private final KeyFetch fetch;
  private final String server;
  private final Set<SignatureAlgorithm> algorithms;
  private final Times times;
  private final Clock clock;
  private final ScheduledExecutorService thread;
  private final Semaphore waiting = new Semaphore(MAX_WAITING);
  private final Object lock = new Object();

  private volatile @Nullable KeySet keys;
  private volatile long fetchedAt;

  /** The fetch that runs or waits for its thread, null when none does; guarded by the lock. */
  private @Nullable CompletableFuture<Void> running;

  /** When an unknown key last caused a fetch, null before the first; guarded by the lock. */
  private @Nullable Long unknownKeyFetchAt;

  /** Why the last fetch failed, null before the first failure. */
  private volatile @Nullable UnusableKeysException lastFailure;

  /** Failures since the last success; owned by the background thread. */
  private int failures;

  /** The next fetch, null before the first one ended; owned by the background thread. */
  private @Nullable ScheduledFuture<?> planned;

  /**
   * Starts to fetch in the background and returns at once.
   *
   * @param algorithms those that are allowed; a set that serves none of them counts as a failure
   */
  JwksUrlKeys(URI url, Set<SignatureAlgorithm> algorithms, Times times, Clock clock) {
    this(new JwksFetch(url, times.fetchTimeout()), algorithms, times, clock);
  }

  /** The same for keys that come in another way. */
  JwksUrlKeys(KeyFetch fetch, Set<SignatureAlgorithm> algorithms, Times times, Clock clock) {
    this.fetch = fetch;
    this.server = fetch.server();
    this.algorithms = Set.copyOf(algorithms);
    this.times = times;
    this.clock = clock;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("drawbridge-jwks"));
    refresh();
  }

  @Override
  public KeySet current() {
    KeySet now = keys;
    if (now == null) {
      // Only before the first success: a request just after the start need not fail.
      await(runningFetch());
      now = keys;
    }
    if (now == null) {
      throw unavailable("no key set could be fetched yet");
    }
    if (System.nanoTime() - fetchedAt > times.maxStale().toNanos()) {
      throw unavailable("the key set is older than " + times.maxStale() + " and cannot be fetched");
    }
    return now;
  }

  @Override
  public @Nullable KeySet known() {
    return keys;
  }

  private RefusedException unavailable(String what) {
    UnusableKeysException reason = lastFailure;
    return reason == null
        ? Refusals.refuse(RefusalCode.KEYS_UNAVAILABLE, what + "; see the log")
        : Refusals.refuse(reason.code(), what + " from " + server + ": " + reason.getMessage());
  }

  @Override
  public KeySet newerThan(KeySet seen) {
    KeySet now = current();
    if (now != seen) {
      return now;
    }
    CompletableFuture<Void> fetching;
    synchronized (lock) {
      fetching = running;
      if (fetching == null) {
        long time = System.nanoTime();
        if (unknownKeyFetchAt != null
            && time - unknownKeyFetchAt < times.unknownKeyPause().toNanos()) {
          return now;
        }
        unknownKeyFetchAt = time;
        fetching = startFetch(true);
      }
    }
    await(fetching);
    return current();
  }

  @Override
  public boolean isReady() {
    return keys != null && System.nanoTime() - fetchedAt <= times.maxStale().toNanos();
  }

  @Override
  public void close() {
    thread.shutdownNow();
    CompletableFuture<Void> dropped = runningFetch();
    if (dropped != null) {
      // It may not have begun: nobody waits for what does not come.
      dropped.complete(null);
    }
  }

  private @Nullable CompletableFuture<Void> runningFetch() {
    synchronized (lock) {
      return running;
    }
  }

  /** Joins the running fetch or starts one: there is never more than one. */
  private CompletableFuture<Void> startFetch(boolean forUnknownKey) {
    synchronized (lock) {
      if (running != null) {
        return running;
      }
      CompletableFuture<Void> started = new CompletableFuture<>();
      running = started;
      try {
        thread.execute(() -> fetchOnce(started, forUnknownKey));
      } catch (RejectedExecutionException e) {
        running = null;
        started.complete(null);
      }
      return started;
    }
  }

  private void refresh() {
    CompletableFuture<Void> fetching = startFetch(false);
    log.trace("fetch from {}: {}", server, fetching);
  }

  private void fetchOnce(CompletableFuture<Void> started, boolean forUnknownKey) {
    @Nullable Duration next;
    try {
      next = forUnknownKey ? fetchForUnknownKey() : fetchWithOneRetry();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      next = null;
    } catch (RuntimeException e) {
      // Whatever it was, the next try must not be lost with it.
      log.warn("fetching keys from {} failed: {}", server, e.getClass().getName());
      next = times.maxRetry();
    } finally {
      synchronized (lock) {
        running = null;
      }
      started.complete(null);
    }
    if (next != null) {
      try {
        if (planned != null) {
          // A fetch for an unknown key came in between; one successor is enough.
          planned.cancel(false);
        }
        planned = thread.schedule(this::refresh, next.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        log.debug("closed while fetching keys");
      }
    }
  }

  /**
   * Asks once. A stranger may have caused it, so a failure is followed by nothing: there are keys
   * in force, and the next fetch is planned already.
   */
  private @Nullable Duration fetchForUnknownKey() throws InterruptedException {
    try {
      return fetched(fetch.fetch());
    } catch (UnusableKeysException e) {
      failures++;
      tell(e);
      return null;
    }
  }

  private Duration fetchWithOneRetry() throws InterruptedException {
    try {
      return fetched(fetch.fetch());
    } catch (UnusableKeysException first) {
      try {
        return fetched(fetch.fetch());
      } catch (UnusableKeysException second) {
        return failed(second);
      }
    }
  }

  private Duration fetched(KeyFetch.Answer answer) throws UnusableKeysException {
    if (!answer.keys().servesAny(algorithms)) {
      throw new UnusableKeysException(
          "none of its keys serves "
              + Refusals.sorted(names())
              + ", and "
              + Setting.JWT_ALGORITHMS.variable()
              + " allows no other; remove it to take what the keys allow");
    }
    KeySet before = keys;
    if (before == null || !before.sameKeysAs(answer.keys())) {
      keys = answer.keys();
      log.info("fetched {} keys from {}", answer.keys().entries().size(), server);
    } else if (failures > 0) {
      log.info("{} answers again", server);
    }
    fetchedAt = System.nanoTime();
    failures = 0;
    warnOfDrift(answer.date());
    return times.refreshAfter(answer.maxAge());
  }

  private Duration failed(UnusableKeysException reason) {
    failures++;
    tell(reason);
    Duration pause = times.firstRetry().multipliedBy(1L << Math.min(failures - 1, 10));
    return pause.compareTo(times.maxRetry()) > 0 ? times.maxRetry() : pause;
  }

  /** One warning until it succeeds again. */
  private void tell(UnusableKeysException reason) {
    lastFailure = reason;
    String consequence =
        keys == null ? "handshakes are answered 503" : "the keys fetched before stay in force";
    if (failures == 1) {
      log.warn("no keys from {}: {}; {}", server, reason.getMessage(), consequence);
    } else {
      log.debug("no keys from {} ({} times): {}", server, failures, reason.getMessage());
    }
  }

  private void warnOfDrift(@Nullable Instant date) {
    if (date != null) {
      Duration drift = Duration.between(date, clock.instant());
      if (drift.abs().compareTo(WORRYING_DRIFT) > 0) {
        log.warn("this clock and that of {} differ by {} s", server, drift.toSeconds());
      }
    }
  }

  private void await(@Nullable CompletableFuture<Void> fetching) {
    if (fetching == null || !waiting.tryAcquire()) {
      return;
    }
    try {
      fetching.get(times.waitTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.debug("a handshake did not wait longer for the keys");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a fetch completes only normally", e);
    } finally {
      waiting.release();
    }
  }

  private Set<String> names() {
    return algorithms.stream().map(Enum::name).collect(Collectors.toSet());
  }
}
