package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eclipse.jetty.http.CookieCompliance;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Handshakes byte for byte, with headers and queries as proxies and strange clients write them, on
 * both ways to upgrade.
 */
@Isolated("looks at the whole log")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandshakeHeadersTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String UPGRADE = "Upgrade: websocket|Connection: Upgrade|";
  private static final String VERSION = "Sec-WebSocket-Version: 13|";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|";
  private static final String GOOD = UPGRADE + VERSION + KEY;

  private TestServer direct;
  private TestServer api;

  private record Answer(int status, String head, String body) {
    String code() throws IOException {
      return JSON.readTree(body).path("code").asText();
    }

    boolean has(String headerLine) {
      return head.toLowerCase(Locale.ROOT).contains(headerLine.toLowerCase(Locale.ROOT));
    }
  }

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .cors()
        .set("drawbridge.require.origin", "true")
        .set("drawbridge.compression", "true")
        .set("drawbridge.connections.per.user", "1000");
  }

  @BeforeAll
  void start() {
    direct = setup().start();
    api = setup().api().start();
  }

  @AfterAll
  void stop() {
    direct.close();
    api.close();
  }

  private static Answer send(TestServer server, String target, String lines) throws IOException {
    return send(server, "GET " + target, lines, "Origin: http://localhost:3000");
  }

  private static Answer send(TestServer server, String line, String lines, String origin)
      throws IOException {
    List<String> headers = new ArrayList<>();
    headers.add("Host: localhost");
    for (String header : (lines + origin).split("\\|", -1)) {
      if (!header.isEmpty()) {
        headers.add(header.replace("~", "\t"));
      }
    }
    headers.add("Authorization: Bearer " + TestServer.TOKENS.of("alice"));
    RawHttp.Answer answer = RawHttp.send(server.port(), line, headers.toArray(new String[0]));
    return new Answer(answer.status(), answer.head(), answer.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: websocket, websocket|Connection: Upgrade|",
        "Upgrade: websocket|Upgrade: websocket|Connection: Upgrade|",
        "Upgrade: websocket,websocket|Connection: upgrade, upgrade|",
        "Upgrade: h2c, websocket|Connection: Upgrade, HTTP2-Settings|",
        "Upgrade: websocket, h2c|Connection: keep-alive, Upgrade|",
        "Upgrade: h2c|Upgrade: websocket|Connection: keep-alive|Connection: Upgrade|",
        "Upgrade: websocket|Upgrade: h2c|Connection: Upgrade|Connection: keep-alive|",
        "Upgrade: , WebSocket ,|Connection: ,UPGRADE|",
        "upgrade: ~WEBSOCKET~|connection:~upgrade~|",
      })
  void upgradeAndConnectionAreLists(String lines) throws IOException {
    for (TestServer server : List.of(direct, api)) {
      Answer answer = send(server, "/ws", lines + VERSION + KEY);

      assertThat(answer.status()).as(answer.toString()).isEqualTo(101);
      assertThat(answer.has("\r\nUpgrade: websocket\r\n")).isTrue();
      assertThat(answer.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/ws/health, Upgrade: h2c|Connection: Upgrade|, 200",
    "/ws/health, 'Upgrade: h2c|Connection: Upgrade, HTTP2-Settings|HTTP2-Settings: AAMAAABk|', 200",
    "/ws/config, Upgrade: HTTP/2.0|Connection: Upgrade|, 200",
    "/ws/config, Upgrade: TLS/1.0|Connection: Upgrade|, 200",
    "/ws/config, Upgrade: h2c|Upgrade: h2c|Connection: Upgrade|, 200",
    "/ws, Upgrade: h2c|Connection: Upgrade|, 426",
    // What may be a handshake needs an origin.
    "/ws/health, Upgrade: websocket|Connection: Upgrade|, 403",
    "/ws/health, 'Upgrade: h2c, websocket|Connection: Upgrade|', 403",
    "/ws/health, Upgrade: h2c|Connection: Upgrade|Sec-WebSocket-Key: x|, 403",
    "/ws/health, Upgrade: foo|Connection: Upgrade|, 403",
  })
  void offerOfHttp2IsAnOrdinaryRequest(String target, String lines, int status) throws IOException {
    for (TestServer server : List.of(direct, api)) {
      Answer answer = send(server, "GET " + target, lines, "X-None: 1");

      assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
      assertThat(answer.has("X-Request-Id: ")).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ws?x=100%",
        "/ws?%",
        "/ws?%=%",
        "/ws?%zz=1&attempt=a1",
        "/ws?attempt=%ff",
        "/ws?attempt=%c0%80",
        "/ws?attempt=%",
        "/ws?client=%2",
        "/ws?client=%ed%a0%80&attempt=%u0041",
        "/ws?x=%00&y=[]{}|\\^`",
        "/ws?a[]=b",
        "/ws?x=\u00ff",
        "/ws?attempt=a&attempt=b&&&=",
        "/ws?attempt=ok?x#",
        "/ws;a=%zz",
        "/ws;%?x=100%",
      })
  void whatIsWrongInTheQueryIsIgnored(String target) throws IOException {
    try (Log log = new Log()) {
      for (TestServer server : List.of(direct, api)) {
        Answer answer = send(server, target, GOOD);

        // 400: Jetty itself finds fault with the character.
        assertThat(answer.status()).as(target + answer).isIn(101, 400);
        if (target.chars().allMatch(c -> c < 0x7F) && target.indexOf('#') < 0) {
          assertThat(answer.status()).as(target + answer).isEqualTo(101);
        }
        assertThat(send(server, target.replace("/ws", "/ws/diagnose"), "").status())
            .as(target)
            .isIn(200, 400);
        assertThat(send(server, target.replace("/ws", "/ws/config"), "").status())
            .as(target)
            .isIn(200, 400);
      }
      assertThat(log.troubles()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Cookie: a=\"b",
        "Cookie: =",
        "Cookie: $Version=1; a=b; $Path=\"",
        "Cookie: a=b=c;;; ;, \u00e9=\u00e9; x=\"\\",
        "Accept-Language: ;q=x, *;q=, -;q=2",
        "Accept-Language: \"",
        "Accept: ;;;|Accept-Encoding: \"|Content-Type: ///;charset=\"",
        "If-Modified-Since: yesterday|Date: no|Range: bytes=-",
        "Content-Length: 0",
        "Forwarded: for=\"|X-Forwarded-For: \"",
        "Keep-Alive: timeout=|Referer: http://[|User-Agent: \"",
        "Sec-WebSocket-Extensions:",
        "Sec-WebSocket-Extensions: , ,",
        "Sec-WebSocket-Extensions: x; y=z, permessage-deflate; a=\"b\"",
        "Sec-WebSocket-Protocol:",
        "Sec-WebSocket-Protocol: ,,",
        "Sec-WebSocket-Protocol: chat, drawbridge.v1, superchat",
        "Sec-WebSocket-Protocol: chat|Sec-WebSocket-Protocol: drawbridge.v1",
      })
  void headersThatNobodyNeedsAreNotRead(String lines) throws IOException {
    try (Log log = new Log()) {
      for (TestServer server : List.of(direct, api)) {
        Answer answer = send(server, "/ws", GOOD + lines + "|");

        assertThat(answer.status()).as(answer.toString()).isEqualTo(101);
        assertThat(answer.has("Sec-WebSocket-Protocol: drawbridge.v1"))
            .isEqualTo(lines.contains("drawbridge.v1"));
        assertThat(send(server, "/ws/diagnose", lines + "|").status()).isEqualTo(200);
      }
      assertThat(log.troubles()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Cookie: a=\"b",
        "Cookie: =",
        "Cookie: a",
        "Cookie: a=b c; d\u0001=e",
        "Cookie: a=b=c;;; ;, \u00e9=\u00e9; x=\"\\",
        "Cookie: $Version=1; a=b; $Path=\"",
        "Accept-Language: ;q=x, *;q=, -;q=2",
        "Accept: \";;,",
        "Content-Type: ///;charset=\"",
        "Referer: http://[",
      })
  void headersThatNobodyNeedsAreNotReadBesideTheSocketEither(String lines) throws IOException {
    send(direct, "/ws?attempt=known-1", GOOD);
    try (Log log = new Log()) {
      for (String path :
          List.of("/ws/config", "/ws/health", "/ws/diagnostics", "/ws/diagnose?attempt=known-1")) {
        Answer answer = send(direct, path, lines + "|");

        // 400: Jetty itself finds fault with the character.
        int expected = path.equals("/ws/diagnostics") ? 403 : 200;
        assertThat(answer.status())
            .as(path + answer)
            .isIn(expected, lines.indexOf('\u0001') < 0 ? expected : 400);
      }
      assertThat(log.troubles()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Protocol: drawbridge.v1\"",
        "Sec-WebSocket-Protocol: \"drawbridge.v1\"",
        "Sec-WebSocket-Protocol: drawbridge.v1, a b",
        "Sec-WebSocket-Protocol: drawbridge.v1; x=1, drawbridge.v1",
        "Sec-WebSocket-Protocol: drawbridge.v1|Sec-WebSocket-Protocol: (",
        "Sec-WebSocket-Protocol: drawbridge.v1, \u00e9",
        "Sec-WebSocket-Extensions: x=",
        "Sec-WebSocket-Extensions: ;",
        "Sec-WebSocket-Extensions: =",
        "Sec-WebSocket-Extensions: permessage-deflate;",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=",
        "Sec-WebSocket-Extensions: permessage-deflate; \"a\"",
        "Sec-WebSocket-Extensions: permessage-deflate; a=\"",
        "Sec-WebSocket-Extensions: permessage-deflate; a=\"b c\"",
        "Sec-WebSocket-Extensions: permessage-deflate, x y",
        "Sec-WebSocket-Extensions: permessage-deflate|Sec-WebSocket-Extensions: @",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Version: 8",
      })
  void headersAgainstTheirGrammarAreRefusedInOurWords(String line) throws IOException {
    try (Log log = new Log()) {
      for (TestServer server : List.of(direct, api)) {
        Answer answer = send(server, "/ws", GOOD + line + "|");

        assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("handshake_invalid");
        assertThat(answer.has("Content-Type: application/problem+json")).isTrue();
        assertThat(server.core().opening()).isEmpty();
      }
      assertThat(log.troubles()).allMatch(text -> text.startsWith("handshake refused: "));
    }
  }

  @Test
  void cookiesThatAStrictContainerCannotReadAreNone() throws IOException {
    try (TestServer server = setup().start();
        Log log = new Log()) {
      server
          .connector()
          .getConnectionFactory(HttpConnectionFactory.class)
          .getHttpConfiguration()
          .setRequestCookieCompliance(CookieCompliance.RFC6265_STRICT);

      for (String path : List.of("/ws/config", "/ws/diagnose", "/ws/health")) {
        assertThat(send(server, path, "Cookie: a=\"b; ;=\u00e9|").status()).as(path).isEqualTo(200);
      }
      assertThat(send(server, "/ws", GOOD + "Cookie: a=\"b; ;=\u00e9|").status()).isEqualTo(101);
      assertThat(log.troubles()).isEmpty();
    }
  }

  @Test
  void refusedHeadersAreAtMostTenLinesAMinute() throws IOException {
    try (TestServer server = setup().start();
        Log log = new Log()) {
      for (int i = 0; i < 25; i++) {
        send(server, "/ws", GOOD + "Sec-WebSocket-Extensions: x=|");
        send(server, "/ws", GOOD + "Sec-WebSocket-Protocol: chat|");
      }

      assertThat(log.troubles())
          .hasSize(20)
          .allMatch(
              text ->
                  text.startsWith("handshake refused: handshake_invalid")
                      || text.startsWith("handshake refused: subprotocol_unsupported"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Protocol: drawbridge.v2",
        "Sec-WebSocket-Protocol: Drawbridge.V1",
        "Sec-WebSocket-Protocol: drawbridge.v1.1",
        "Sec-WebSocket-Protocol: chat|Sec-WebSocket-Protocol: graphql-ws",
      })
  void onlyUnknownSubprotocolsAreRefusedWithTheKnownOne(String line) throws IOException {
    for (TestServer server : List.of(direct, api)) {
      Answer answer = send(server, "/ws?attempt=unsupported-1", GOOD + line + "|");

      assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
      JsonNode body = JSON.readTree(answer.body());
      assertThat(body.path("code").asText()).isEqualTo("subprotocol_unsupported");
      assertThat(body.path("supported")).hasToString("[\"drawbridge.v1\"]");
      String told = send(server, "/ws/diagnose?attempt=unsupported-1", "").body();
      assertThat(JSON.readTree(told).at("/attempt/code").asText())
          .isEqualTo("subprotocol_unsupported");
    }
  }

  /** WARN and above, of everybody who has a logger. */
  private static final class Log implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    Log() {
      lines.start();
      root.addAppender(lines);
    }

    List<String> troubles() {
      return List.copyOf(lines.list).stream()
          .filter(event -> event.getLevel().isGreaterOrEqual(ch.qos.logback.classic.Level.WARN))
          .map(event -> (event.getThrowableProxy() == null ? "" : "TRACE ") + event)
          .map(text -> text.replaceFirst("^\\[[A-Z]+] ", ""))
          // The tests hang up.
          .filter(text -> !text.startsWith("connection closed: closed_1006"))
          .toList();
    }

    @Override
    public void close() {
      root.detachAppender(lines);
    }
  }
}
