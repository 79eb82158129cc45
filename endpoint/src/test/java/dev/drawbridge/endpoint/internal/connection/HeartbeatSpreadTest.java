package dev.drawbridge.endpoint.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.Heartbeat.Due;
import dev.drawbridge.filters.settings.Settings;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Over which time the pings of many connections are spread: [H/2, H], and later [0.9 H, H]. */
class HeartbeatSpreadTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int CONNECTIONS = 2_000;
  private static final long STEP_MS = 20;

  private static final EndpointConfig CONFIG =
      EndpointConfig.from(
          Settings.of(
              Map.of(
                  "ENVIRONMENT", "development",
                  "WEBSOCKET_DEV_MODE", "true",
                  "drawbridge.heartbeat.interval", "40s",
                  "drawbridge.heartbeat.grace", "10s")));

  /** The first millisecond from a start on at which a ping is due, in steps. */
  private static long firstPing(Heartbeat heartbeat, long startMs, long writtenMs) {
    long now = startMs;
    while (heartbeat.due(now * MILLI, writtenMs * MILLI) != Due.PING) {
      now += STEP_MS;
    }
    return now;
  }

  private static LongSummaryStatistics ofMany(LongUnaryOperator time) {
    return LongStream.range(0, CONNECTIONS).map(time).summaryStatistics();
  }

  @Test
  void firstPingsAreSpreadOverTheSecondHalfOfTheInterval() {
    LongSummaryStatistics first =
        ofMany(i -> firstPing(new Heartbeat(CONFIG, new HeartbeatCounts(), 0), 0, 0));

    assertThat(first.getMin()).isBetween(20_000L, 20_400L);
    assertThat(first.getMax()).isBetween(39_600L, 40_000L + STEP_MS);
  }

  @Test
  void laterPingsAreSpreadOverTheLastTenthOfTheInterval() {
    LongSummaryStatistics later =
        ofMany(
            i -> {
              Heartbeat heartbeat = new Heartbeat(CONFIG, new HeartbeatCounts(), 0);
              long ping = firstPing(heartbeat, 0, 0);
              heartbeat.received(ping * MILLI);
              return firstPing(heartbeat, ping, ping) - ping;
            });

    assertThat(later.getMin()).isBetween(36_000L, 36_200L);
    assertThat(later.getMax()).isBetween(39_800L, 40_000L + STEP_MS);
  }
}
