package dev.drawbridge.db;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
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

  private static final int FEWEST_SLOTS = 64;
  private static final int MOST_SLOTS = 4_096;

  /** How many slots a session tries before it goes to the rest. */
  private static final int TRIES = 8;

  /** Spreads neighbouring numbers of threads over the slots. */
  private static final int GOLDEN_RATIO = 0x9E3779B9;

  private final int half;

  /**
   * Where a session is while it is open: taken with one compare-and-set, so that it costs a
   * fraction of what an entry in a map does. A power of two.
   */
  private final AtomicReferenceArray<@Nullable OpenSession> slots;

  /** Those that found no slot. */
  private final Set<OpenSession> rest = ConcurrentHashMap.newKeySet();

  private final LongAdder opened = new LongAdder();
  private final LongAdder closed = new LongAdder();
  private final LongAdder leaks = new LongAdder();

  OpenSessions(int poolSize) {
    this.half = (poolSize + 1) / 2;
    int wanted = Math.max(FEWEST_SLOTS, Math.min(MOST_SLOTS, poolSize * 4));
    this.slots = new AtomicReferenceArray<>(Integer.highestOneBit(wanted));
  }

  /**
   * Whether to look up the place that opens the next session: always when half of the pool is in
   * use, as it is sooner or later when sessions are not closed.
   */
  boolean wantsPlace() {
    long before = opened.sum();
    return before < PLACES_FIRST
        || before - closed.sum() >= half
        || ThreadLocalRandom.current().nextInt(PLACES_ONE_IN) == 0;
  }

  OpenSession add(@Nullable Object place, long openedNanos) {
    OpenSession session = new OpenSession(place, openedNanos);
    opened.increment();
    int slot = ((int) Thread.currentThread().getId() * GOLDEN_RATIO) >>> 16;
    for (int i = 0; i < TRIES; i++) {
      slot = (slot + i) & (slots.length() - 1);
      if (slots.compareAndSet(slot, null, session)) {
        session.slot = slot;
        return session;
      }
    }
    rest.add(session);
    return session;
  }

  /** Once for each that was added; from any thread. */
  void remove(OpenSession session) {
    closed.increment();
    if (session.slot >= 0) {
      slots.set(session.slot, null);
    } else {
      rest.remove(session);
    }
  }

  /** How many are open; one that is opened or closed meanwhile may count or not. */
  int size() {
    return (int) Math.max(0, opened.sum() - closed.sum());
  }

  /** How many were opened so far. */
  long opened() {
    return opened.sum();
  }

  private List<OpenSession> open() {
    List<OpenSession> open = new ArrayList<>(rest);
    for (int i = 0; i < slots.length(); i++) {
      OpenSession session = slots.get(i);
      if (session != null) {
        open.add(session);
      }
    }
    return open;
  }

  long leaks() {
    return leaks.sum();
  }

  /** The first to ask when the pool is exhausted, and whether the caller blocks itself. */
  String oldest() {
    String thread = Thread.currentThread().getName();
    List<OpenSession> open = open();
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
    for (OpenSession session : open()) {
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
