package dev.drawbridge.db;

import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions that are open now, for leak reports and busy errors. Thread-safe. */
final class OpenSessions {
  private static final Logger log = LoggerFactory.getLogger(Database.class);

  /** The place of each of the first ones is looked up: as many as a test or a morning opens. */
  static final int PLACES_FIRST = 1_000;

  /** Later the place of one in so many is, since that costs more than all else of a session. */
  static final int PLACES_ONE_IN = 16;

  private final int half;
  private final Set<OpenSession> open = ConcurrentHashMap.newKeySet();
  private final LongAdder leaks = new LongAdder();

  OpenSessions(int poolSize) {
    this.half = (poolSize + 1) / 2;
  }

  /**
   * Whether to look up the place that opens the next session: always when half of the pool is in
   * use, as it is sooner or later when sessions are not closed.
   *
   * @param before how many were opened before
   */
  boolean wantsPlace(long before) {
    return before < PLACES_FIRST
        || open.size() >= half
        || ThreadLocalRandom.current().nextInt(PLACES_ONE_IN) == 0;
  }

  OpenSession add(@Nullable Object place, long openedNanos) {
    OpenSession session = new OpenSession(place, openedNanos);
    open.add(session);
    return session;
  }

  void remove(OpenSession session) {
    open.remove(session);
  }

  int size() {
    return open.size();
  }

  long leaks() {
    return leaks.sum();
  }

  /** The first to ask when the pool is exhausted, and whether the caller blocks itself. */
  String oldest() {
    String thread = Thread.currentThread().getName();
    long own = open.stream().filter(session -> session.thread().equals(thread)).count();
    return open.stream()
            .min(Comparator.comparingLong(OpenSession::openedNanos))
            .map(
                s -> "oldest session open for " + s.age(System.nanoTime()).toMillis() + " ms, " + s)
            .orElse("no session open")
        + (own > 0 ? ", this thread holds " + own : "");
  }

  /** Reports each session once that is open for longer. */
  void reportOlderThan(Duration leakAfter) {
    long now = System.nanoTime();
    for (OpenSession session : open) {
      if (!session.reported && session.age(now).compareTo(leakAfter) >= 0) {
        session.reported = true;
        leaks.increment();
        log.warn(
            "a session is open for {} ms, is close() missing? It was {}",
            session.age(now).toMillis(),
            session);
      }
    }
  }
}
