package dev.drawbridge.endpoint.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.Heartbeat.Due;
import dev.drawbridge.filters.settings.Settings;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeartbeatDueTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);

  private final HeartbeatCounts stats = new HeartbeatCounts();
  private final Heartbeat liveness =
      new Heartbeat(
          EndpointConfig.from(
              Settings.of(
                  Map.of(
                      "ENVIRONMENT", "development",
                      "WEBSOCKET_DEV_MODE", "true",
                      "drawbridge.heartbeat.interval", "40s",
                      "drawbridge.heartbeat.grace", "10s"))),
          stats,
          0);

  @Test
  void firstPingIsDueBetweenHalfAndAllOfTheInterval() {
    assertThat(liveness.due(19 * S, 0)).isEqualTo(Due.NOTHING);
    assertThat(liveness.due(41 * S, 0)).isEqualTo(Due.PING);
  }

  @Test
  void laterPingsComeUpToATenthEarlier() {
    liveness.due(40 * S, 0);
    liveness.received(40 * S);

    assertThat(liveness.due(40 * S + 35 * S, 40 * S)).isEqualTo(Due.NOTHING);
    assertThat(liveness.due(40 * S + 41 * S, 40 * S)).isEqualTo(Due.PING);
  }

  @Test
  void trafficBothWaysNeedsNoPing() {
    for (long now = 0; now < 400 * S; now += 10 * S) {
      liveness.received(now);
      assertThat(liveness.due(now, now)).isEqualTo(Due.NOTHING);
    }
  }

  @Test
  void silenceOfIntervalAndGraceIsTheEnd() {
    assertThat(liveness.due(50 * S, 0)).isNotEqualTo(Due.GONE);
    assertThat(liveness.due(50 * S + 1, 0)).isEqualTo(Due.GONE);
  }

  @Test
  void timeWithoutReadingDoesNotCount() {
    liveness.paused(true, 10 * S);
    assertThat(liveness.due(1000 * S, 999 * S)).isNotEqualTo(Due.GONE);
    liveness.paused(false, 1000 * S);

    assertThat(liveness.due(1050 * S, 1000 * S)).isNotEqualTo(Due.GONE);
    assertThat(liveness.due(1051 * S, 1000 * S)).isEqualTo(Due.GONE);
  }

  @Test
  void standstillOfTheProcessIsForgiven() {
    liveness.forgive(500 * S);

    assertThat(liveness.due(500 * S, 500 * S)).isNotEqualTo(Due.GONE);
  }

  @Test
  void pongsAreCountedByWhenTheyCome() {
    liveness.asked(7, 0);
    liveness.answered(8L, S);
    liveness.answered(null, S);
    liveness.answered(7L, 10 * S);
    liveness.answered(7L, 11 * S);
    liveness.asked(9, 100 * S);
    liveness.answered(9L, 111 * S);
    liveness.asked(10, 200 * S);
    liveness.ended(205 * S);

    assertThat(stats).hasToString("1 of 2 in time, 1 late");
    assertThat(liveness.roundTripNanos()).isEqualTo(11 * S);
  }
}
