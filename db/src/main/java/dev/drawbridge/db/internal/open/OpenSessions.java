package dev.drawbridge.db.internal.open;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions that are open now, for leak reports and busy errors. Thread-safe.
 *
 * <p>A session holds a slot while it is open, which it takes with one compare-and-set: a fraction
 * of what an entry in a map and counters of its own would cost it. The numbers of a slot are
 * written by its holder only, so plain additions do.
 */
public final class OpenSessions {
  private static final Logger log = LoggerFactory.getLogger("dev.drawbridge.db.Database");

  /** The place of each of the first ones is looked up: as many as a test or a morning opens. */
  public static final int PLACES_FIRST = 1_000;

  /** Later the place of one in so many is, since that costs more than all else of a session. */
  public static final int PLACES_ONE_IN = 16;

  /** Later one in so many is timed, and counts as that many: reading the clock is dear as well. */
  public static final int TIMED_ONE_IN = 8;

  /** Powers of two; a larger pool than the second is for keeps some sessions in the rest. */
  private static final int FEWEST_SLOTS = 64;

  private static final int MOST_SLOTS = 256;

  /** How many slots a session tries before it goes to the rest. */
  private static final int TRIES = 8;

  /** Spreads neighbouring numbers of threads over the slots. */
  private static final int GOLDEN_RATIO = 0x9E3779B9;

  private final int half;
  private final AtomicReferenceArray<@Nullable OpenSession> slots;
  private final AtomicLongArray opened;
  private final AtomicLongArray waitedNanos;

  /** Those that found no slot. */
  private final Set<OpenSession> rest = ConcurrentHashMap.newKeySet();

  private final LongAdder restOpened = new LongAdder();
  private final LongAdder restWaitedNanos = new LongAdder();
  private final LongAdder leaks = new LongAdder();

  /** Whether the first ones were opened; for good. */
  private volatile boolean warm;

  public OpenSessions(int poolSize) {
    this.half = (poolSize + 1) / 2;
    int size = FEWEST_SLOTS;
    while (size < MOST_SLOTS && size < poolSize * 4L) {
      size *= 2;
    }
    this.slots = new AtomicReferenceArray<>(size);
    this.opened = new AtomicLongArray(size);
    this.waitedNanos = new AtomicLongArray(size);
  }

  /**
   * Whether to look up the place that opens the next session: always when half of the pool is in
   * use, as it is sooner or later when sessions are not closed.
   */
  public boolean wantsPlace() {
    return !isWarm() || ThreadLocalRandom.current().nextInt(PLACES_ONE_IN) == 0 || size() >= half;
  }

  /** For how many sessions the wait of the next one counts; 0 when it need not be timed. */
  public int weight() {
    if (!isWarm()) {
      return 1;
    }
    return ThreadLocalRandom.current().nextInt(TIMED_ONE_IN) == 0 ? TIMED_ONE_IN : 0;
  }

  private boolean isWarm() {
    boolean known = warm;
    if (!known && opened() >= PLACES_FIRST) {
      known = true;
      warm = true;
    }
    return known;
  }

  /**
   * Notes a session.
   *
   * @param place null when it was not looked up
   * @param nanos how long it waited for its connection, times its {@link #weight}
   */
  public OpenSession add(@Nullable Object place, long openedNanos, long nanos) {
    OpenSession session = new OpenSession(place, openedNanos);
    int slot = ((int) Thread.currentThread().getId() * GOLDEN_RATIO) >>> 16;
    for (int i = 0; i < TRIES; i++) {
      slot = (slot + i) & (slots.length() - 1);
      if (slots.compareAndSet(slot, null, session)) {
        session.slot = slot;
        opened.lazySet(slot, opened.getPlain(slot) + 1);
        waitedNanos.lazySet(slot, waitedNanos.getPlain(slot) + nanos);
        return session;
      }
    }
    rest.add(session);
    restOpened.increment();
    restWaitedNanos.add(nanos);
    return session;
  }

  /** From any thread. */
  public void remove(OpenSession session) {
    if (session.slot >= 0) {
      slots.setRelease(session.slot, null);
    } else {
      rest.remove(session);
    }
  }

  /** How many are open; one that is opened or closed meanwhile may count or not. */
  public int size() {
    int size = rest.size();
    for (int i = 0; i < slots.length(); i++) {
      if (slots.get(i) != null) {
        size++;
      }
    }
    return size;
  }

  /** How many were opened so far. */
  public long opened() {
    return sum(opened) + restOpened.sum();
  }

  /** How long all of them waited together. */
  public long waitedNanos() {
    return sum(waitedNanos) + restWaitedNanos.sum();
  }

  private static long sum(AtomicLongArray numbers) {
    long sum = 0;
    for (int i = 0; i < numbers.length(); i++) {
      sum += numbers.get(i);
    }
    return sum;
  }

  public long leaks() {
    return leaks.sum();
  }

  /** The first to ask when the pool is exhausted, and whether the caller blocks itself. */
  public String oldest() {
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
  public void reportOlderThan(Duration leakAfter) {
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
}
