package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words on clocks that stay the same while the clocks do. */
class RedisFactsTest {
  @ParameterizedTest
  @CsvSource({
    "5001, about 10 s",
    "12000, about 10 s",
    "30000, about 30 s",
    "60000, about 1 min",
    "600000, about 10 min",
    "1800000, about 30 min",
    "3600000, about 1.0 h",
    "20700000, about 5.75 h",
    "86400000, about 24.0 h"
  })
  void whatTheNetworkAddsChangesNoWord(long millis, String words) {
    for (long more = 0; more < 900; more += 50) {
      assertThat(RedisFacts.about(Duration.ofMillis(millis + more))).isEqualTo(words);
      assertThat(RedisFacts.about(Duration.ofMillis(Math.max(5_001, millis - more))))
          .isEqualTo(words);
    }
  }
}
