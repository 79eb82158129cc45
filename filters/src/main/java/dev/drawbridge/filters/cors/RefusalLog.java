package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.log.LogBudget;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

  /** Of lines about keys that were not remembered. */
  private final LogBudget newKeys;

  RefusalLog(Clock clock) {
    this.clock = clock;
    this.newKeys = new LogBudget(MAX_NEW_KEYS, () -> TimeUnit.MILLISECONDS.toNanos(clock.millis()));
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
      return new Decision(true, count, newKeys.overdue());
    } finally {
      lock.unlock();
    }
  }

  private Decision first(Key key, long now) {
    int others = newKeys.take();
    if (others == LogBudget.NOTHING) {
      return Decision.SILENT;
    }
    Repeats repeats = new Repeats();
    repeats.loggedAtMillis = now;
    remembered.put(key, repeats);
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.remove(remembered.keySet().iterator().next());
    }
    return new Decision(true, 1, others);
  }
}
