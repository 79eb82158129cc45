package dev.drawbridge.endpoint.internal.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.TestClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TrendTest {
  private static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

  private final AtomicLong nanos = new AtomicLong(-7_000_000_000L);
  private final TestClock clock = TestClock.at(NOON);
  private final Counters counters = new Counters();
  private final Trend trend = new Trend(counters, clock, nanos::get);

  private static final class Counters implements Trend.Source {
    private int connections;
    private long received;
    private long refused;
    private long[] roundTrips = {};

    @Override
    public int connections() {
      return connections;
    }

    @Override
    public long received() {
      return received;
    }

    @Override
    public long sent() {
      return received * 3;
    }

    @Override
    public long welcomed() {
      return 0;
    }

    @Override
    public long refused() {
      return refused;
    }

    @Override
    public long[] roundTrips() {
      return roundTrips.clone();
    }
  }

  /** Time goes on, with a tick after each half second of it, as the timer has them. */
  private void pass(Duration time) {
    for (long half = 0; half < time.toMillis(); half += 500) {
      stand(Duration.ofMillis(500));
      trend.tick();
    }
  }

  private void stand(Duration time) {
    nanos.addAndGet(time.toNanos());
    clock.set(clock.instant().plus(time));
  }

  @SuppressWarnings({"unchecked", "NullAway"})
  private List<Object> shown(String figure) {
    return (List<Object>) trend.toMap().get(figure);
  }

  @Test
  void aServerThatHasJustStartedHasNoSample() {
    pass(Duration.ofMillis(4_500));

    assertThat(shown("connections")).isEmpty();
    assertThat(trend.toMap()).containsEntry("at", null);
  }

  @Test
  void aSampleHoldsWhatWasCountedWithinIt() {
    counters.connections = 2;
    counters.received = 5;
    counters.refused = 1;
    pass(Duration.ofSeconds(5));
    counters.received = 7;
    pass(Duration.ofSeconds(5));

    assertThat(shown("connections")).isEqualTo(List.of(2, 2));
    assertThat(shown("received")).isEqualTo(List.of(5L, 2L));
    assertThat(shown("sent")).isEqualTo(List.of(15L, 6L));
    assertThat(shown("refused")).isEqualTo(List.of(1L, 0L));
    assertThat(trend.toMap()).containsEntry("at", clock.millis());
  }

  @Test
  void betweenTwoSamplesNothingChanges() {
    pass(Duration.ofSeconds(5));
    Map<String, Object> before = trend.toMap();

    counters.connections = 9;
    pass(Duration.ofMillis(4_500));

    assertThat(trend.toMap()).isEqualTo(before);
  }

  @Test
  void theLastTenMinutesAreKeptAndNoMore() {
    for (int i = 0; i < 300; i++) {
      counters.connections = i;
      pass(Duration.ofSeconds(5));
    }

    List<Object> connections = shown("connections");
    assertThat(connections).hasSize(Trend.SAMPLES).startsWith(180).endsWith(299);
    assertThat(Duration.ofMillis(Trend.SAMPLES * Trend.PERIOD_MS)).hasMinutes(10);
  }

  @Test
  void anIdleServerHasSamplesOfNothing() {
    pass(Duration.ofSeconds(10));

    assertThat(shown("connections")).isEqualTo(List.of(0, 0));
    assertThat(shown("received")).isEqualTo(List.of(0L, 0L));
    assertThat(shown("roundTripMicros")).isEqualTo(Arrays.asList(null, null));
  }

  @Test
  void aClockThatIsSetChangesNoSample() {
    pass(Duration.ofSeconds(5));
    clock.set(NOON.minus(Duration.ofDays(400)));
    counters.connections = 1;
    pass(Duration.ofSeconds(5));
    clock.set(NOON.plus(Duration.ofDays(400)));
    counters.connections = 2;
    pass(Duration.ofSeconds(5));

    assertThat(shown("connections")).isEqualTo(List.of(0, 1, 2));
  }

  @Test
  void aProcessThatStoodStillHasNoSampleOfThatTimeAndLosesNoCount() {
    pass(Duration.ofSeconds(5));
    counters.received = 10;
    stand(Duration.ofSeconds(15));
    trend.tick();
    pass(Duration.ofSeconds(5));

    assertThat(shown("connections")).isEqualTo(Arrays.asList(0, null, null, 0, 0));
    assertThat(shown("received")).isEqualTo(Arrays.asList(0L, null, null, 10L, 0L));
  }

  @Test
  void whoSleptForHoursFindsNothingOfBefore() {
    counters.connections = 3;
    pass(Duration.ofMinutes(20));
    stand(Duration.ofHours(3));
    trend.tick();

    List<Object> connections = shown("connections");
    assertThat(connections).hasSize(Trend.SAMPLES).endsWith(3);
    assertThat(connections.subList(0, Trend.SAMPLES - 1)).containsOnlyNulls();
  }

  @Test
  void ofNineteenThousandRoundTripsTheMedianAndTheSlowestAreTold() {
    counters.connections = 19_000;
    counters.roundTrips = new long[19_000];
    Arrays.setAll(
        counters.roundTrips, i -> TimeUnit.MICROSECONDS.toNanos((i * 7_919L) % 19_000 + 1));

    pass(Duration.ofSeconds(5));

    assertThat(shown("roundTripMicros")).isEqualTo(Collections.singletonList(9_500L));
    assertThat(shown("slowestMicros")).isEqualTo(Collections.singletonList(19_000L));
  }
}
