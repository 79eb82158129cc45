package dev.drawbridge.endpoint.internal.channels.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.testing.DocumentedNumbers;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What section 11 of PROTOCOL.md says of limits and waits of channels. */
class ChannelNumbersTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();

  @Test
  void limitsAndWaitsAreAsTold() {
    ChannelConfig config = EndpointConfig.from(Settings.of(Map.of())).channels();
    Map<String, Object> values = new TreeMap<>();
    values.put("behind", Duration.ofMillis(ChannelLog.BEHIND_MS));
    values.put("epoch", Position.EPOCH_LENGTH);
    values.put("linger", config.presenceLinger());
    values.put("members", config.presenceMembers());
    values.put("name", ChannelNames.MAX_LENGTH);
    values.put("orders", Appender.MAX_CONTROLS);
    values.put("per-connection", config.channelsPerConnection());
    values.put("replay.bytes", config.replayBytes());
    values.put("replay.messages", config.replayMessages());
    values.put("window", config.window());
    values.put("window.bytes", config.windowBytes());
    values.put("window.messages", config.windowMessages());

    assertThat(TOLD.names("channels"))
        .containsExactlyElementsOf(values.keySet().stream().map(n -> "channels." + n).toList());
    values.forEach(ChannelNumbersTest::isTold);
  }

  private static void isTold(String name, Object value) {
    if (value instanceof Duration duration) {
      assertThat(TOLD.duration("channels." + name)).as(name).isEqualTo(duration);
    } else {
      long count = ((Number) value).longValue();
      assertThat(TOLD.count("channels." + name)).as(name).isEqualTo(count);
    }
  }
}
