package dev.drawbridge.filters.cors;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Decides which refusals become a line of the log: one for each origin and reason a minute, and not
 * more than {@value #MAX_NEW_KEYS} new ones a minute in all, so that a scanner cannot flood it.
 * Thread-safe; memory is bounded.
 */
final class RefusalLog {
  /** Origins and reasons that get a line of their own in a minute: {@value}. */
  static final int MAX_NEW_KEYS = 60;

  private static final int MAX_REMEMBERED = 512;
  private static final long PERIOD_MILLIS = Duration.ofMinutes(1).toMillis();

  /**
   * What to do with one refusal.
   *
   * @param isLogged true when it becomes a line
   * @param count refusals that the line stands for, itself included; 0 when it is not logged
   * @param others refusals of the period before that got no line of their own
   */
  record Decision(boolean isLogged, long count, long others) {
    private static final Decision SILENT = new Decision(false, 0, 0);
  }

  private record Key(String subject, String reason) {}

  /** Guarded by {@link #lock}. */
  private static final class Repeats {
    private long loggedAtMillis;
    private long silent;
  }

  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by {@link #lock}; the first is the one that was asked for longest ago. */
  private final Map<Key, Repeats> remembered = new LinkedHashMap<>(16, 0.75f, true);

  /** Guarded by {@link #lock}. */
  private long periodStart;

  /** Guarded by {@link #lock}. */
  private int newKeys;

  /** Guarded by {@link #lock}. */
  private long others;

  RefusalLog(Clock clock) {
    this.clock = clock;
    this.periodStart = clock.millis();
  }

  /**
   * Counts one refusal.
   *
   * @param subject the origin, or what else was refused; cut by the caller
   */
  Decision count(String subject, String reason) {
    long now = clock.millis();
    Key key = new Key(subject, reason);
    lock.lock();
    try {
      Repeats repeats = remembered.get(key);
      if (repeats == null) {
        return first(key, now);
      }
      if (now - repeats.loggedAtMillis < PERIOD_MILLIS) {
        repeats.silent++;
        return Decision.SILENT;
      }
      long count = repeats.silent + 1;
      repeats.silent = 0;
      repeats.loggedAtMillis = now;
      return new Decision(true, count, takeOthers(now));
    } finally {
      lock.unlock();
    }
  }

  private Decision first(Key key, long now) {
    long before = takeOthers(now);
    if (newKeys >= MAX_NEW_KEYS) {
      others++;
      return Decision.SILENT;
    }
    newKeys++;
    Repeats repeats = new Repeats();
    repeats.loggedAtMillis = now;
    remembered.put(key, repeats);
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.remove(remembered.keySet().iterator().next());
    }
    return new Decision(true, 1, before);
  }

  /** Starts a new period when one is over, and hands out what the last one kept silent. */
  private long takeOthers(long now) {
    if (now - periodStart < PERIOD_MILLIS) {
      return 0;
    }
    long before = others;
    periodStart = now;
    newKeys = 0;
    others = 0;
    return before;
  }
}
