package dev.drawbridge.bench.soak;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Everything that the soak counts. Thread-safe. */
final class Tally {
  final LongAdder attempts = new LongAdder();
  final LongAdder welcomed = new LongAdder();

  /** Messages that want an answer. */
  final LongAdder requests = new LongAdder();

  final LongAdder answers = new LongAdder();

  /** Chat messages that the server said it wrote to the other. */
  final LongAdder chatsWritten = new LongAdder();

  /** Chat messages that the server said it did not write: not lost, but noticed. */
  final LongAdder chatsRefused = new LongAdder();

  final LongAdder chatsReceived = new LongAdder();
  final LongAdder newsReceived = new LongAdder();

  final LongAdder pings = new LongAdder();

  /** Pings that were older than the grace when they were answered. */
  final LongAdder latePings = new LongAdder();

  final LongAdder renewals = new LongAdder();

  private final Map<String, LongAdder> faults = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> misdeeds = new ConcurrentSkipListMap<>();

  /** How long handshakes took: while all come, in each minute, and in all minutes but the first. */
  final Times coming = new Times();

  final Times firstMinute = new Times();
  final Times established = new Times();
  private volatile List<Times> phases = List.of(coming);

  /** What follows goes here, until the next phase. */
  void phase(Times... times) {
    phases = List.of(times);
  }

  void established(long nanos) {
    phases.forEach(times -> times.add(nanos));
  }

  /** Nanoseconds from the start of a handshake to its welcome. Thread-safe. */
  static final class Times {
    private long[] nanos = new long[1 << 12];
    private int count;

    synchronized void add(long one) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, count * 2);
      }
      nanos[count++] = one;
    }

    /** The given part of them took at most so many milliseconds. */
    synchronized double ms(double part) {
      if (count == 0) {
        return 0;
      }
      long[] sorted = Arrays.copyOf(nanos, count);
      Arrays.sort(sorted);
      int index = (int) Math.ceil(part * count) - 1;
      return sorted[Math.max(0, index)] / 1e6;
    }

    @Override
    public String toString() {
      return String.format("%.1f / %.1f / %.1f", ms(0.5), ms(0.99), ms(1));
    }
  }

  /** Something that must not happen to an honest client. */
  void fault(String what) {
    faults.computeIfAbsent(what, w -> new LongAdder()).increment();
  }

  /** What became of a misdeed. */
  void misdeed(String what, String outcome) {
    misdeeds.computeIfAbsent(what + ": " + outcome, w -> new LongAdder()).increment();
  }

  Map<String, Long> faults() {
    return copy(faults);
  }

  Map<String, Long> misdeeds() {
    return copy(misdeeds);
  }

  private static Map<String, Long> copy(Map<String, LongAdder> counters) {
    Map<String, Long> copy = new TreeMap<>();
    counters.forEach((name, count) -> copy.put(name, count.sum()));
    return copy;
  }
}
