package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.connection.CloseListener;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Closing;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Remembers for the diagnostics page what is over: the closes. And whom the page has disabled. Dev
 * mode only. Thread-safe.
 */
public final class Witness implements CloseListener {
  /** Closes that are kept one by one: {@value}. */
  static final int CLOSINGS = 256;

  /** Kinds of closes that are counted: an application's reasons are free text. */
  static final int KINDS = 64;

  private static final String OTHER = "(other)";

  /**
   * One kind of close.
   *
   * @param reason the code word, empty when the close has none or free text
   */
  record Kind(int code, String reason, Initiator by) implements Comparable<Kind> {
    @Override
    public int compareTo(Kind other) {
      int byCode = Integer.compare(code, other.code);
      int byReason = byCode != 0 ? byCode : reason.compareTo(other.reason);
      return byReason != 0 ? byReason : by.compareTo(other.by);
    }
  }

  private final Clock clock;
  private final Set<String> disabled = new ConcurrentSkipListSet<>();

  /** Oldest first. Guarded by this. */
  private final Deque<Closing> closings = new ArrayDeque<>();

  /** Guarded by this. */
  private final Map<Kind, Integer> kinds = new TreeMap<>();

  public Witness(Clock clock) {
    this.clock = clock;
  }

  /** A connection that was open is over. */
  @Override
  public synchronized void closed(
      int code, String why, Initiator by, Duration age, Duration quiet) {
    if (closings.size() == CLOSINGS) {
      closings.removeFirst();
    }
    closings.addLast(
        new Closing(
            code, by == Initiator.SERVER, clock.millis(), age.toMillis(), quiet.toMillis()));
    String reason = by == Initiator.SERVER && why.matches("[a-z][a-z0-9_]{0,63}") ? why : "";
    Kind kind = new Kind(code, reason, by);
    boolean known = kinds.containsKey(kind) || kinds.size() < KINDS;
    kinds.merge(known ? kind : new Kind(0, OTHER, by), 1, Integer::sum);
  }

  /** Newest first. */
  synchronized List<Closing> closings() {
    List<Closing> newest = new ArrayList<>(closings.size());
    closings.descendingIterator().forEachRemaining(newest::add);
    return newest;
  }

  /** How often each kind of close was seen. */
  synchronized Map<Kind, Integer> kinds() {
    return new TreeMap<>(kinds);
  }

  /** The users whom the page has disabled, in this process alone. */
  Set<String> disabled() {
    return disabled;
  }
}
