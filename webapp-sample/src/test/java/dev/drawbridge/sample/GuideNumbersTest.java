package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.testing.DocumentedNumbers;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.server.HttpConfiguration;
import org.junit.jupiter.api.Test;

/** The numbers of docs/debugging.md, those in the advice that is written by the code included. */
class GuideNumbersTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();

  private static final Settings PRODUCTION = Settings.of(Map.of());
  private static final Settings DEVELOPMENT =
      Settings.of(Map.of("ENVIRONMENT", "dev", "WEBSOCKET_DEV_MODE", "true"));

  @Test
  void theIdleLimitOfAProxyMustBeAboveHeartbeatAndGrace() {
    assertThat(TOLD.names("guide"))
        .containsExactly(
            "guide.head",
            "guide.heartbeat",
            "guide.heartbeat.dev",
            "guide.silence",
            "guide.silence.dev");
    assertThat(PRODUCTION.duration(Setting.HEARTBEAT_INTERVAL)).isEqualTo(told("heartbeat"));
    assertThat(DEVELOPMENT.duration(Setting.HEARTBEAT_INTERVAL)).isEqualTo(told("heartbeat.dev"));
    assertThat(silence(PRODUCTION)).isEqualTo(told("silence"));
    assertThat(silence(DEVELOPMENT)).isEqualTo(told("silence.dev"));
  }

  private static Duration told(String name) {
    return TOLD.duration("guide." + name);
  }

  private static Duration silence(Settings settings) {
    return settings
        .duration(Setting.HEARTBEAT_INTERVAL)
        .plus(settings.duration(Setting.HEARTBEAT_GRACE));
  }

  @Test
  void headersOverJettysLimitNeverComeToAnApplication() {
    assertThat(new HttpConfiguration().getRequestHeaderSize())
        .isEqualTo((int) TOLD.count("guide.head"));
  }

  /** What PROTOCOL.md promises, again in the advice that goes with a code. */
  @Test
  void adviceHasTheNumbersOfTheProtocol() {
    assertThat(RefusalCode.TOKEN_SUBJECT_INVALID.fix())
        .contains("1 to " + count("filters.subject", " characters"));
    assertThat(RefusalCode.TOKEN_CLAIM_INVALID.fix())
        .contains("1 to " + count("filters.subject", " characters"));
    assertThat(ErrorCode.MESSAGE_TOO_DEEP.fix())
        .contains(TOLD.count("endpoint.depth") - 1 + " deep");
    assertThat(ErrorCode.MESSAGE_ID_INVALID.fix())
        .contains("1 to " + count("endpoint.id-length", " printable"));
    assertThat(TOLD.count("endpoint.invalid")).isEqualTo(10);
    assertThat(TOLD.duration("endpoint.invalid-window")).hasSeconds(10);
    assertThat(CloseCode.TOO_MANY_INVALID_MESSAGES.meaning())
        .startsWith("ten messages within ten seconds");
    assertThat(TOLD.duration("endpoint.overrun")).hasSeconds(10);
    assertThat(CloseCode.RATE_LIMITED.meaning()).endsWith("for ten seconds");
  }

  private static String count(String name, String unit) {
    return TOLD.count(name) + unit;
  }
}
