package dev.drawbridge.endpoint.internal.diagnostics;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last ten minutes of this server in {@value #SAMPLES} samples of {@value #PERIOD_MS} ms each,
 * made of counters that are there anyway. Dev mode only. Thread-safe; {@link #tick} is for one
 * thread. PROTOCOL.md section 10.
 *
 * <p>Time is {@link System#nanoTime}: when the clock of the machine is set, no sample is lost and
 * none comes twice. A process that stood still has no samples of that time; what it counted
 * meanwhile is in the next one.
 */
final class Trend {
  /** Samples that are kept: {@value}. */
  static final int SAMPLES = 120;

  /** Length of one: {@value} ms. */
  static final long PERIOD_MS = 5_000;

  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
  private static final long NANOS_PER_MICRO = 1_000;

  /** What is sampled. Counters never go back. */
  interface Source {
    /** Open connections now. */
    int connections();

    /** Text messages of clients since the start. */
    long received();

    /** Text messages to clients since the start. */
    long sent();

    /** Handshakes that were welcomed since the start. */
    long welcomed();

    /** Handshakes that were refused since the start. */
    long refused();

    /** The last round trip of each connection that has one, in nanoseconds; the caller's own. */
    long[] roundTrips();
  }

  /** What the counters said at the end of the sample before. */
  private record Counts(long received, long sent, long welcomed, long refused) {
    static Counts of(Source source) {
      return new Counts(source.received(), source.sent(), source.welcomed(), source.refused());
    }
  }

  /**
   * One sample.
   *
   * @param number of its period since the start
   * @param median of the round trips in microseconds; null when there are none, as the slowest
   */
  private record Sample(
      long number,
      int connections,
      long received,
      long sent,
      long welcomed,
      long refused,
      @Nullable Long median,
      @Nullable Long slowest) {}

  private final Source source;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final long startedNanos;

  /** At the end of the newest sample. Thread of the ticks only, as the number of that sample. */
  private Counts before;

  private long sampled = -1;

  /** By number modulo size. Guarded by this, as all below. */
  private final @Nullable Sample[] ring = new @Nullable Sample[SAMPLES];

  /** Of the newest sample; -1 before the first. */
  private long newest = -1;

  /** When the newest was taken, in epoch milliseconds. */
  private long at;

  Trend(Source source, Clock clock, LongSupplier nanoTime) {
    this.source = source;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.startedNanos = nanoTime.getAsLong();
    this.before = Counts.of(source);
  }

  /** Takes a sample when a period is over; else it costs a subtraction. */
  void tick() {
    long number = (nanoTime.getAsLong() - startedNanos) / PERIOD_NANOS - 1;
    if (number <= sampled) {
      return;
    }
    Counts now = Counts.of(source);
    long[] trips = source.roundTrips();
    Arrays.sort(trips);
    int last = trips.length - 1;
    Sample sample =
        new Sample(
            number,
            source.connections(),
            now.received - before.received,
            now.sent - before.sent,
            now.welcomed - before.welcomed,
            now.refused - before.refused,
            last < 0 ? null : trips[last / 2] / NANOS_PER_MICRO,
            last < 0 ? null : trips[last] / NANOS_PER_MICRO);
    before = now;
    sampled = number;
    add(sample);
  }

  private synchronized void add(Sample sample) {
    ring[(int) (sample.number % SAMPLES)] = sample;
    newest = sample.number;
    at = clock.millis();
  }

  /**
   * The samples since the start or of the last ten minutes, a list for each figure, oldest first.
   */
  synchronized Map<String, Object> toMap() {
    List<@Nullable Sample> shown = new ArrayList<>(SAMPLES);
    for (long number = Math.max(0, newest - SAMPLES + 1); number <= newest; number++) {
      Sample sample = ring[(int) (number % SAMPLES)];
      shown.add(sample != null && sample.number == number ? sample : null);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("periodMs", PERIOD_MS);
    map.put("samples", SAMPLES);
    map.put("at", newest < 0 ? null : at);
    map.put("connections", column(shown, Sample::connections));
    map.put("received", column(shown, Sample::received));
    map.put("sent", column(shown, Sample::sent));
    map.put("roundTripMicros", column(shown, Sample::median));
    map.put("slowestMicros", column(shown, Sample::slowest));
    map.put("welcomed", column(shown, Sample::welcomed));
    map.put("refused", column(shown, Sample::refused));
    return map;
  }

  private static List<@Nullable Object> column(
      List<@Nullable Sample> shown, Function<Sample, @Nullable Object> figure) {
    List<@Nullable Object> column = new ArrayList<>(shown.size());
    for (Sample sample : shown) {
      column.add(sample == null ? null : figure.apply(sample));
    }
    return column;
  }
}
