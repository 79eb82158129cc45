package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A token that a handshake takes must fit into the frame that renews it, too. */
class RenewalSizeTest {

  @ParameterizedTest
  @CsvSource({
    "65536, 6144, false",
    "6272, 6144, false",
    "6271, 6144, true",
    "4096, 6144, true",
    "4096, 1024, false",
    "128, 1024, true",
    "65536, 65408, false",
    "65536, 65536, true",
    "131072, 65536, false"
  })
  void tooSmallMessagesForARenewalAreToldAtTheStart(String message, String token, boolean told) {
    for (String environment : new String[] {"development", "production"}) {
      Settings settings =
          Settings.of(
              Map.of(
                  "ENVIRONMENT", environment,
                  "drawbridge.max.message.bytes", message,
                  "drawbridge.jwt.max.length", token));

      assertThat(settings.warnings().stream().filter(line -> line.contains("1009")).count())
          .isEqualTo(told ? 1 : 0);
    }
  }
}
