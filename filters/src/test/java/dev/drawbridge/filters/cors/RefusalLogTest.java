package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.TestClock;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
  private static final String APP = "Origin: https://app.example.com";

  private final TestClock clock = TestClock.at(Instant.EPOCH);
  private CapturedLog log;

  @BeforeEach
  void capture() {
    log = CapturedLog.of(DevCorsFilter.class);
  }

  @AfterEach
  void release() {
    log.close();
  }

  private CorsServer start(java.util.Map<String, String> settings) throws Exception {
    CorsServer server =
        CorsServer.start(settings, context -> context.setAttribute(Clock.class.getName(), clock));
    log.clear();
    return server;
  }

  private List<String> warnings() {
    return log.messages();
  }

  private void pass(Duration time) {
    clock.jump(time);
  }

  private static void refused(CorsServer server, String origin) throws IOException {
    assertThat(
            RawHttp.send(server.port(), "GET /api/ok?token=secret", "Origin: " + origin).status())
        .isEqualTo(403);
  }

  @Test
  void oneLineForAnOriginAndReasonAMinuteWithTheCount() throws Exception {
    try (CorsServer server = start(CorsServer.PRODUCTION)) {
      for (int i = 0; i < 5; i++) {
        refused(server, "https://app.example.com:8443");
      }
      refused(server, "null");
      pass(Duration.ofSeconds(59));
      refused(server, "https://app.example.com:8443");
      assertThat(warnings()).hasSize(2);
      pass(Duration.ofSeconds(1));
      refused(server, "https://app.example.com:8443");

      assertThat(warnings()).hasSize(3);
      assertThat(warnings().get(0))
          .matches(
              "Refused: origin_denied origin=\"https://app.example.com:8443\" reason=not-listed kind=request"
                  + " method=GET path=\"/api/ok\" host=\"127.0.0.1:[0-9]+\" count=1"
                  + " requestId=[0-9a-f]{12} setting=WEBSOCKET_ALLOWED_ORIGINS"
                  + " hint=\"port differs from https://app.example.com;"
                  + " add https://app.example.com:8443 to WEBSOCKET_ALLOWED_ORIGINS\"");
      assertThat(warnings().get(1)).contains("reason=null-origin");
      assertThat(warnings().get(2)).contains(" count=6 ");
      assertThat(String.join("", warnings())).doesNotContain("secret");
    }
  }

  @Test
  void scannerCannotFloodTheLog() throws Exception {
    try (CorsServer server = start(CorsServer.PRODUCTION)) {
      for (int i = 0; i < RefusalLog.MAX_NEW_KEYS + 40; i++) {
        refused(server, "https://scan" + i + ".example.com");
      }
      assertThat(warnings()).hasSize(RefusalLog.MAX_NEW_KEYS);
      pass(Duration.ofMinutes(1));
      refused(server, "https://late.example.com");

      assertThat(warnings()).hasSize(RefusalLog.MAX_NEW_KEYS + 2);
      assertThat(warnings().get(RefusalLog.MAX_NEW_KEYS))
          .isEqualTo("Refused: 40 more of further origins, without a line each");
    }
  }

  @Test
  void kindOfTheRequestIsSaidAndLinesCannotBeForged() throws Exception {
    try (CorsServer server = start(CorsServer.DEV)) {
      RawHttp.handshake(server.port(), "Origin: https://a\u00e9\"\\ reason=ok");
      RawHttp.send(
          server.port(),
          "OPTIONS /x%22y;jsessionid=secret",
          "Origin: https://evil.com",
          "Access-Control-Request-Method: PUT");
      RawHttp.send(server.port(), "GET /api/ok", "Host: evil.com");
      RawHttp.send(server.port(), "GET /api/ok", "Origin: https://" + "a".repeat(5000));

      assertThat(warnings()).hasSize(4);
      assertThat(warnings().get(0))
          .contains(
              "origin=\"https://a\\u00e9\\\"\\\\ reason=ok\" reason=not-ascii kind=websocket");
      assertThat(warnings().get(1)).contains("kind=preflight").contains("path=\"/x%22y\"");
      assertThat(warnings().get(2))
          .contains("reason=host")
          .contains("host=\"evil.com\"")
          .contains("setting=DRAWBRIDGE_ALLOWED_HOSTS");
      assertThat(warnings().get(3)).hasSizeLessThan(700);
      assertThat(String.join("", warnings())).doesNotContain("secret").matches("[ -~…]*");
    }
  }

  @Test
  void preflightForWhatIsNotListedIsExplainedInTheLog() throws Exception {
    try (CorsServer server = start(CorsServer.PRODUCTION)) {
      for (int i = 0; i < 3; i++) {
        RawHttp.send(server.port(), "OPTIONS /api/ok", APP, "Access-Control-Request-Method: BREW");
        RawHttp.send(
            server.port(),
            "OPTIONS /api/ok",
            APP,
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: authorization, x-tenant");
      }
      RawHttp.send(
          server.port(),
          "OPTIONS /api/ok",
          APP,
          "Access-Control-Request-Method: POST",
          "Access-Control-Request-Headers: AUTHORIZATION");

      assertThat(warnings())
          .satisfiesExactly(
              line ->
                  assertThat(line)
                      .contains("method BREW is not in DRAWBRIDGE_CORS_ALLOWED_METHODS"),
              line ->
                  assertThat(line)
                      .contains("header x-tenant is not in DRAWBRIDGE_CORS_ALLOWED_HEADERS"));
    }
  }
}
