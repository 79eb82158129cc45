package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The refusals of section 3 of PROTOCOL.md that come from the endpoint itself, over real sockets:
 * the others have their test in the module of the filters.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EndpointRefusalTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String UPGRADE =
      "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13";
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  private TestServer server;
  private TestServer api;

  private record Answer(int status, Map<String, String> headers, String text) {
    JsonNode json() throws IOException {
      return JSON.readTree(text);
    }
  }

  @BeforeAll
  void start() {
    server = setup().start();
    api = setup().api().start();
  }

  private static TestServer.Setup setup() {
    return TestServer.setup().cors().set("drawbridge.connections.per.user", "1");
  }

  @AfterAll
  void stop() {
    server.close();
    api.close();
  }

  private static Answer ask(TestServer server, String requestLine, String headers)
      throws IOException {
    List<String> lines = new ArrayList<>(List.of("Connection: close"));
    if (!headers.isEmpty()) {
      lines.addAll(List.of(headers.split("\\|", -1)));
    }
    RawHttp.Answer answer = RawHttp.send(server.port(), requestLine, lines.toArray(new String[0]));
    Map<String, String> map = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    answer.lines().stream()
        .skip(1)
        .forEach(line -> map.put(line.split(": ", 2)[0], line.split(": ", 2)[1]));
    return new Answer(answer.status(), map, answer.body());
  }

  private static String bearer(String subject) {
    return "Authorization: Bearer " + TestServer.TOKENS.of(subject);
  }

  /** What every refusal has, and only the code differs. */
  private static void assertRefused(Answer answer, RefusalCode code) throws IOException {
    assertThat(answer.status()).as(answer.text()).isEqualTo(code.status());
    assertThat(answer.headers().get("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.headers()).containsEntry("Cache-Control", "no-store");
    JsonNode json = answer.json();
    assertThat(json.path("type").asText()).isEqualTo("urn:drawbridge:problem:" + code.word());
    assertThat(json.path("title").asText()).isEqualTo(code.title());
    assertThat(json.path("status").asInt()).isEqualTo(code.status());
    assertThat(json.path("code").asText()).isEqualTo(code.word());
    assertThat(json.path("action").asText()).isEqualTo(code.action().word());
    assertThat(json.path("retryable").asBoolean()).isEqualTo(code.isRetryable());
    assertThat(json.path("requestId").asText()).isEqualTo(answer.headers().get("X-Request-Id"));
    assertThat(json.path("hint").asText()).isNotEmpty();
    assertThat(answer.headers().containsKey("Retry-After"))
        .isEqualTo(code.status() == 429 || code.status() == 503);
    assertThat(answer.text()).doesNotContain("eyJ", "Exception", "\tat ");
  }

  @ParameterizedTest
  @CsvSource({
    "GET /ws, '', UPGRADE_REQUIRED",
    "GET /ws, Upgrade: h2c|Connection: Upgrade, UPGRADE_REQUIRED",
    "POST /ws, Content-Length: 0, UPGRADE_REQUIRED",
    "GET /ws/other, '', NOT_FOUND",
    "GET /ws/, '', NOT_FOUND",
    "GET /ws/drain, '', NOT_FOUND",
    "DELETE /ws/config, '', METHOD_NOT_ALLOWED",
    "POST /ws/dev-token, Content-Length: 0, DEV_KEY_REQUIRED",
  })
  void refusalHasItsWholeForm(String line, String headers, RefusalCode code) throws IOException {
    String all = bearer("alice") + (headers.isEmpty() ? "" : "|" + headers);

    Answer answer = ask(server, line, all);

    assertRefused(answer, code);
    assertThat(answer.headers().get("Upgrade"))
        .isEqualTo(code == RefusalCode.UPGRADE_REQUIRED ? "websocket" : null);
    assertThat(answer.headers().containsKey("Allow"))
        .isEqualTo(code == RefusalCode.METHOD_NOT_ALLOWED);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "no key, Sec-WebSocket-Version: 13",
    "empty key, Sec-WebSocket-Version: 13|Sec-WebSocket-Key:",
    "key of another length, Sec-WebSocket-Version: 13|Sec-WebSocket-Key: dGhlIHNhbXBsZQ==",
    "key that is no base64, Sec-WebSocket-Version: 13|Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==",
    "version 8, Sec-WebSocket-Version: 8|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "no version, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  })
  void handshakeThatIsNoneIsRefusedOnBothWays(String name, String headers) throws IOException {
    for (TestServer each : new TestServer[] {server, api}) {
      Answer answer =
          ask(
              each,
              "GET /ws",
              bearer("alice") + "|Upgrade: websocket|Connection: Upgrade|" + headers);

      assertRefused(answer, RefusalCode.UPGRADE_REQUIRED);
      assertThat(answer.headers()).containsEntry("Sec-WebSocket-Version", "13");
      assertThat(each.core().admission().isEmpty()).as(name).isTrue();
      assertThat(each.core().opening()).isEmpty();
    }
  }

  @Test
  void limitIsToldWithItsValue() throws IOException {
    try (RecordingClient client = server.connect("bob")) {
      Answer answer = ask(server, "GET /ws", bearer("bob") + "|" + UPGRADE + "|" + KEY);

      assertRefused(answer, RefusalCode.TOO_MANY_CONNECTIONS);
      assertThat(answer.json().path("limit").asInt()).isEqualTo(1);
      assertThat(answer.json().path("current").asInt()).isEqualTo(1);
      assertThat(answer.json().path("scope").asText()).isEqualTo("per user");
      client.leave();
    }
  }

  @Test
  void drainingIsToldAndThePlaceIsGivenBack() throws IOException {
    try (TestServer draining = setup().start()) {
      assertThat(draining.connections().drain()).isNotNull();

      assertRefused(
          ask(draining, "GET /ws", bearer("bob") + "|" + UPGRADE + "|" + KEY),
          RefusalCode.DRAINING);
      assertThat(draining.core().admission().isEmpty()).isTrue();
    }
  }

  @Test
  void missingFilterIsTold() throws IOException {
    try (TestServer open = setup().withoutFilter().start()) {
      assertRefused(
          ask(open, "GET /ws", bearer("bob") + "|" + UPGRADE + "|" + KEY),
          RefusalCode.HANDSHAKE_FILTER_MISSING);
    }
  }

  @Test
  void foreignOriginIsDeniedOnEveryRoute() throws IOException {
    for (String path : new String[] {"/ws", "/ws/config", "/ws/diagnose", "/ws/health"}) {
      assertRefused(
          ask(server, "GET " + path, bearer("alice") + "|Origin: https://evil.example"),
          RefusalCode.ORIGIN_DENIED);
    }
  }
}
