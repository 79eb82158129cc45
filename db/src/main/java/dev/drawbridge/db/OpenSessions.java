package dev.drawbridge.db;

import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions that are open now, for leak reports and busy errors. Thread-safe. */
final class OpenSessions {
  private static final Logger log = LoggerFactory.getLogger(Database.class);

  private final Set<OpenSession> open = ConcurrentHashMap.newKeySet();
  private final LongAdder leaks = new LongAdder();

  OpenSession add(Object place, long openedNanos) {
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
