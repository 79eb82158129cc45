package dev.drawbridge.endpoint.internal.channels.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Over how long pages load anew when continuity was lost. */
class SpreadTest {
  @ParameterizedTest
  @CsvSource({
    "0, 500",
    "1, 500",
    "2500, 500",
    "2505, 501",
    "10000, 2000",
    "150000, 30000",
    "151000, 30000",
    "2147483647, 30000"
  })
  void reloadsAreSpreadByTheNumberOfConnections(int connections, long millis) {
    assertThat(ChannelLog.spreadMs(connections)).isEqualTo(millis);
  }
}
