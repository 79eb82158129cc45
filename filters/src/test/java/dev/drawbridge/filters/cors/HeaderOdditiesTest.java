package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes on a socket of the real server. */
class HeaderOdditiesTest {
  private static final String GOOD = "https://app.example.com";
  private static CorsServer server;

  @BeforeAll
  static void startServer() throws Exception {
    server = CorsServer.start(CorsServer.DEV);
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @BeforeEach
  void forget() {
    server.seen.clear();
  }

  /** The reason, or 400 and 431 where the server itself finds fault before any filter runs. */
  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("multiple", "Origin: " + GOOD + "\r\nOrigin: " + GOOD),
        Arguments.of("multiple", "Origin: " + GOOD + "\r\nOrigin: https://evil.com"),
        Arguments.of("multiple", "Origin: https://evil.com\r\norigin: " + GOOD),
        Arguments.of("multiple", "Origin: " + GOOD + "\r\nX-Between: 1\r\nORIGIN: null"),
        Arguments.of("multiple", "Origin: " + GOOD + "\r\nOrigin:"),
        Arguments.of("multiple", "Origin:\r\nOrigin: " + GOOD),
        Arguments.of("multiple", "Origin: " + GOOD + " " + GOOD),
        Arguments.of("multiple", "Origin: " + GOOD + ", https://evil.com"),
        Arguments.of("malformed", "Origin:"),
        Arguments.of("malformed", "Origin: "),
        Arguments.of("malformed", "Origin: \t "),
        Arguments.of("null-origin", "Origin: null"),
        Arguments.of("not-listed", "oRiGiN:https://evil.com"),
        Arguments.of("not-listed", "Connection: Origin\r\nOrigin: https://evil.com"),
        Arguments.of("not-listed", "Origin: https://evil.com\r\nX-Forwarded-Host: evil.com"),
        Arguments.of("400", "Origin: https://evil.com\r\nHost: evil.com"),
        Arguments.of("not-ascii", "Origin: https://\u00e9vil.example.com"),
        Arguments.of("not-ascii", "Origin: " + GOOD + "\u0080"),
        Arguments.of("not-ascii", "Origin: " + GOOD + "\u00a0"),
        Arguments.of("400", "Origin: " + GOOD + "\u0000"),
        Arguments.of("400", "Origin: " + GOOD + "\u0001"),
        Arguments.of("400", "Origin: " + GOOD + "\u007f"),
        Arguments.of("400", "Origin : " + GOOD),
        Arguments.of("400", "Origin: " + GOOD + "\r\n https://evil.com"),
        Arguments.of("400", "Origin: " + GOOD + "\rOrigin: https://evil.com"),
        Arguments.of("too-long", "Origin: https://" + "a".repeat(6000) + ".example.com"),
        Arguments.of("431", "Origin: https://" + "a".repeat(20_000) + ".example.com"),
        Arguments.of("path", "Origin: " + GOOD + "/\\\"hint\":\""),
        Arguments.of("user-info", "Origin: https://app.example.com@evil.com"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void oddLinesAreRefusedForRequestsAndHandshakes(String expected, String lines)
      throws IOException {
    for (Answer answer :
        List.of(
            RawHttp.send(server.port(), "GET /api/ok", lines),
            RawHttp.handshake(server.port(), lines))) {
      if (expected.length() == 3) {
        assertThat(answer.status()).isIn(400, 403, 431);
      } else {
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.header("X-Cors-Reason")).contains(expected);
        assertThat(answer.corsHeaders()).isEmpty();
      }
    }
    assertThat(server.seen).isEmpty();
  }

  @Test
  void blanksAroundTheValueAreNoneOfIt() throws IOException {
    Answer answer = RawHttp.send(server.port(), "GET /api/ok", "Origin: \t " + GOOD + " \t ");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Access-Control-Allow-Origin")).contains(GOOD);
  }

  @Test
  void everyWayToWriteTheTargetOrMethodMeetsTheRule() throws IOException {
    for (String target :
        List.of(
            "GET //api/ok",
            "GET /api/./ok",
            "GET /api/%6fk",
            "GET /api/ok;x=1",
            "GET /api/../api/ok",
            "GET /ws/echo",
            "GET http://127.0.0.1/api/ok",
            "OPTIONS *",
            "BREW /api/ok",
            "options /api/ok",
            "TRACE /api/ok",
            "CONNECT 127.0.0.1:80",
            "GET /api/%2e%2e/ok",
            "GET /api/..;/ok",
            "PRI /api/ok")) {
      Answer answer = RawHttp.send(server.port(), target, "Origin: https://evil.com");
      assertThat(answer.status()).as(target).isBetween(400, 501);
    }
    assertThat(server.seen).isEmpty();
  }

  @Test
  void olderVersionsOfHttpMeetTheRule() throws IOException {
    Answer answer =
        RawHttp.sendText(server.port(), "GET /api/ok HTTP/1.0\r\nOrigin: https://evil.com\r\n\r\n");

    assertThat(answer.status()).isEqualTo(403);
    assertThat(
            RawHttp.sendText(server.port(), "GET /api/ok HTTP/1.0\r\nOrigin: " + GOOD + "\r\n\r\n")
                .status())
        .isEqualTo(200);
  }

  @Test
  void handshakeIsFoundInWhateverFormItComes() throws IOException {
    for (String upgrade :
        List.of("Upgrade: WebSocket", "Upgrade: websocket, foo", "upgrade:WEBSOCKET")) {
      Answer answer =
          RawHttp.send(
              server.port(),
              "GET /ws/echo",
              "connection: UPGRADE",
              upgrade,
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Origin: https://evil.com");
      assertThat(answer.status()).as(upgrade).isEqualTo(403);
    }
    assertThat(RawHttp.handshake(server.port(), "Origin: " + GOOD).status()).isEqualTo(101);
  }

  @Test
  void upgradeToClearTextHttp2MeetsTheRule() throws Exception {
    long before = server.counters().refused(OriginReason.NOT_LISTED);

    String request =
        """
        GET /api/ok HTTP/1.1\r
        Host: localhost\r
        Connection: Upgrade, HTTP2-Settings\r
        Upgrade: h2c\r
        HTTP2-Settings: AAMAAABkAAQAAP__\r
        Origin: https://evil.com\r
        \r
        """;
    // Open until the filter has judged: a connection that goes away takes its request with it.
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      long end = System.nanoTime() + 30_000_000_000L;
      while (server.counters().refused(OriginReason.NOT_LISTED) == before) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.onSpinWait();
      }
      // 101: the answer itself is a 403 in frames of HTTP/2.
      byte[] status = socket.getInputStream().readNBytes(12);
      assertThat(new String(status, StandardCharsets.US_ASCII)).matches("HTTP/1.1 (101|403)");
    }
    assertThat(server.seen).isEmpty();
  }
}
