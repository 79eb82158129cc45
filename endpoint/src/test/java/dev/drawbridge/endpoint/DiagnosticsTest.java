package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 10 of PROTOCOL.md: who may see it, what it tells, what it never tells. */
class DiagnosticsTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PAGE = "http://localhost:3000";
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.setup()
            .cors()
            .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data))
            .start();
    server.users().put(User.of("dave", "Dave", Set.of()));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  private static JsonNode document() {
    return json(server.get("/ws/diagnostics.json"));
  }

  private static JsonNode attempt(String id) {
    for (JsonNode attempt : document().path("attempts")) {
      if (attempt.path("id").asText().equals(id)) {
        return attempt;
      }
    }
    throw new AssertionError("no attempt " + id);
  }

  private static JsonNode connection(String subject) {
    for (JsonNode connection : document().path("connections")) {
      if (connection.path("subject").asText().equals(subject)) {
        return connection;
      }
    }
    return JSON.missingNode();
  }

  private static RecordingClient connect(String subject, String attempt) {
    return RecordingClient.connect(
        URI.create(server.uri() + "?attempt=" + attempt),
        options -> options.token(TestServer.TOKENS.of(subject)).header("Origin", PAGE));
  }

  private static void refused(String attempt, String token, String... headers) {
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    URI.create(server.uri() + "?attempt=" + attempt),
                    options -> {
                      options.token(token);
                      for (int i = 0; i < headers.length; i += 2) {
                        options.header(headers[i], headers[i + 1]);
                      }
                    }))
        .isInstanceOf(RecordingClient.Refused.class);
  }

  private static HttpResponse<String> press(String button, String member, String value) {
    return server.post(
        "/ws/diagnostics/" + button,
        JSON.valueToTree(Map.of(member, value)).toString(),
        "Content-Type",
        "application/json",
        "Origin",
        "http://127.0.0.1:" + server.port());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=127.0.0.1",
        "Via: 1.1 proxy",
        "X-Real-IP: 127.0.0.1"
      })
  void nobodyBehindAProxySeesIt(String header) {
    String[] parts = header.split(": ", 2);
    for (String path : List.of("", ".json", "/events")) {
      HttpResponse<String> response = server.get("/ws/diagnostics" + path, parts[0], parts[1]);

      assertThat(response.statusCode()).as(path).isEqualTo(404);
      assertThat(json(response).path("code").asText()).isEqualTo("not_found");
    }
  }

  @Test
  void aReboundNameSeesNothing() throws Exception {
    // Without the origin rule in front, which would refuse the name before.
    try (TestServer bare = TestServer.setup().start();
        java.net.Socket socket =
            new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), bare.port())) {
      socket
          .getOutputStream()
          .write(
              ("GET /ws/diagnostics.json HTTP/1.1\r\nHost: evil.example:"
                      + bare.port()
                      + "\r\nConnection: close\r\n\r\n")
                  .getBytes(java.nio.charset.StandardCharsets.US_ASCII));

      String answer =
          new String(
              socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 404").contains("not_found");
    }
  }

  @Test
  void productionHasNone() {
    try (TestServer production = TestServer.setup().production().start()) {
      for (String path : List.of("", ".json", "/events")) {
        assertThat(production.get("/ws/diagnostics" + path).statusCode()).isEqualTo(404);
      }
      assertThat(json(production.get("/ws/config")).has("diagnostics")).isFalse();
      assertThat(production.core().witness()).isNull();
      try (RecordingClient client = production.connect("alice")) {
        assertThat(production.connections().list().get(0).link().frameLog()).isNull();
        client.leave();
      }
    }
  }

  @Test
  void productionTellsOfAnAttemptOnlyStageAndCode() {
    try (TestServer production = TestServer.setup().production().start()) {
      String token = TestServer.TOKENS.of("alice");
      RecordingClient.connect(URI.create(production.uri() + "?attempt=p1"), token).close();

      JsonNode told =
          json(production.get("/ws/diagnose?attempt=p1", "Authorization", "Bearer " + token));

      assertThat(told.path("attempt").fieldNames())
          .toIterable()
          .containsExactly("id", "stage", "code", "at");
    }
  }

  @Test
  void developersOnThisMachineGetTheWholeAttempt() {
    try (RecordingClient client = connect("alice", "whole")) {
      client.expect("welcome");
      JsonNode told =
          json(
              server.get(
                  "/ws/diagnose?attempt=whole",
                  "Authorization",
                  "Bearer " + TestServer.TOKENS.of("alice")));
      client.leave();

      assertThat(told.at("/attempt/originRule").asText())
          .isEqualTo(PAGE.replace("3000", "* (dev mode)"));
      assertThat(told.at("/attempt/stages").size()).isEqualTo(8);
    }
  }

  @Test
  void thePageIsOneDocumentWithAPolicy() {
    HttpResponse<String> page = server.get("/ws/diagnostics", "Accept", "text/html,*/*");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
    String policy = page.headers().firstValue("Content-Security-Policy").orElseThrow();
    assertThat(policy)
        .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
        .doesNotContain("unsafe");
    String nonce = policy.replaceAll(".*script-src 'nonce-([^']+)'.*", "$1");
    assertThat(page.body())
        .contains("<script nonce=\"" + nonce + "\"", "<style nonce=\"" + nonce + "\"")
        .doesNotContain("innerHTML", "{{nonce}}", "https://", "//cdn");
    assertThat(server.get("/ws/diagnostics").headers().firstValue("Content-Security-Policy"))
        .as("each answer has a nonce of its own")
        .isPresent()
        .get()
        .isNotEqualTo(policy);
  }

  @Test
  void whoAcceptsJsonGetsTheDocument() {
    JsonNode document = json(server.get("/ws/diagnostics", "Accept", "application/json"));

    assertThat(document.fieldNames())
        .toIterable()
        .containsExactly(
            "version",
            "serverTime",
            "verdict",
            "findings",
            "server",
            "attempts",
            "attemptsTotal",
            "connections",
            "connectionsTotal",
            "disabled",
            "heartbeat",
            "closes",
            "database",
            "users",
            "tokens",
            "origins",
            "settings");
    assertThat(json(server.get("/ws/config")).path("diagnostics").asText())
        .isEqualTo("/ws/diagnostics");
  }

  @Test
  void aRefusedOriginIsTheVerdictWithTheFixToPaste() {
    refused("evil", TestServer.TOKENS.of("alice"), "Origin", "https://shop.example");

    JsonNode attempt = attempt("evil");
    assertThat(attempt.path("verdict").asText()).isEqualTo("refused");
    assertThat(attempt.path("stage").asText()).isEqualTo("origin");
    assertThat(attempt.path("code").asText()).isEqualTo("origin_denied");
    assertThat(attempt.path("originReason").asText()).isEqualTo("not-listed");
    assertThat(attempt.path("paste").asText())
        .isEqualTo("DEV_WEBSOCKET_ORIGINS=https://shop.example");
    assertThat(attempt.path("fix").asText()).isNotEmpty();
    assertThat(document().path("findings").findValuesAsText("code")).contains("origin_denied");
  }

  @Test
  void anOpenConnectionIsToldWithItsHandshakeAndItsFrames() {
    try (RecordingClient client = connect("bob", "open-1")) {
      client.expect("welcome");
      client.request("echo", Map.of("text", "canary-payload"));
      client.sendText("{\"type\":\"canary no type\",\"data\":\"canary-payload\"}");
      client.expectError("message_type_invalid");

      JsonNode connection = connection("bob");
      JsonNode attempt = attempt("open-1");
      client.leave();

      assertThat(connection.path("attempt").asText()).isEqualTo("open-1");
      assertThat(connection.path("origin").asText()).isEqualTo(PAGE);
      assertThat(connection.path("frames").findValuesAsText("direction"))
          .containsExactly("out", "in", "out", "in", "out");
      assertThat(connection.path("frames").findValuesAsText("type"))
          .containsExactly("error", "null", "ack", "echo", "welcome");
      assertThat(connection.at("/frames/1/code").asText()).isEqualTo("message_type_invalid");
      assertThat(connection.toString()).doesNotContain("canary");
      assertThat(attempt.path("filters")).hasToString("[\"DevCorsFilter\",\"JwtHandshakeFilter\"]");
      assertThat(attempt.at("/token/verified").asBoolean()).isTrue();
      assertThat(attempt.at("/token/alg").asText()).isEqualTo("HS256");
      assertThat(attempt.path("connection").asText()).isEqualTo(connection.path("id").asText());
    }
  }

  @Test
  void noSecretOrTokenIsEverTold() {
    String token = TestServer.TOKENS.of("alice");
    refused("canary-1", token.substring(0, token.length() - 4) + "AAAA");
    refused("canary-2", "canary-no-token");
    try (RecordingClient client = connect("alice", "canary-3")) {
      client.expect("welcome");
      client.sendText("{\"type\":\"auth\",\"id\":\"a1\",\"data\":{\"token\":\"" + token + "\"}}");
      client.expectError("token_not_newer");
      String all = server.get("/ws/diagnostics.json").body();
      client.leave();

      assertThat(all)
          .doesNotContain(
              dev.drawbridge.endpoint.testkit.TestTokens.SECRET,
              token.substring(token.lastIndexOf('.') + 1, token.length() - 4),
              token.substring(0, token.indexOf('.', token.indexOf('.') + 1)),
              "canary-no-token");
      assertThat(all).contains("\"name\":\"DRAWBRIDGE_JWT_SECRET\",\"value\":\"***\"");
    }
  }

  @Test
  void strangersTextStaysText() {
    refused(
        "script",
        TestServer.TOKENS.of("alice"),
        "Origin",
        "https://<script>alert(1)</script>",
        "User-Agent",
        "\u00e4<img src=x onerror=alert(1)>");

    JsonNode attempt = attempt("script");
    assertThat(attempt.path("origin").asText()).isEqualTo("https://<script>alert(1)</script>");
    assertThat(attempt.path("userAgent").asText()).endsWith("<img src=x onerror=alert(1)>");
    assertThat(attempt.path("paste").isNull()).as("nothing harmful to paste").isTrue();
  }

  @Test
  void pingMeasuresTheRoundTrip() {
    try (RecordingClient client = connect("carol", "ping-1")) {
      client.expect("welcome");
      assertThat(press("ping", "connection", connection("carol").path("id").asText()).body())
          .isEqualTo("{\"connections\":1}");

      TestServer.await(
          "the pong is measured", () -> connection("carol").path("roundTripMicros").asLong() > 0);
      client.leave();
    }
  }

  @Test
  void dropCutsWithoutAWord() {
    try (RecordingClient client = connect("carol", "drop-1")) {
      client.expect("welcome");
      press("drop", "connection", connection("carol").path("id").asText());

      client.expectClose(1006);
      assertThat(attempt("drop-1").path("code").asText()).isEqualTo("dropped_by_developer");
      assertThat(document().path("closes").findValuesAsText("reason"))
          .contains("dropped_by_developer");
    }
  }

  @Test
  void expireEndsAsAnExpiryDoes() {
    try (RecordingClient client = connect("carol", "expire-1")) {
      client.expect("welcome");
      press("expire", "connection", connection("carol").path("id").asText());

      assertThat(client.expectClose(4401).reason()).isEqualTo("token_expired");
    }
  }

  @Test
  void disableShutsAUserOutUntilEnable() {
    try (RecordingClient one = connect("dave", "dis-1");
        RecordingClient two = connect("dave", "dis-2")) {
      one.expect("welcome");
      two.expect("welcome");
      assertThat(press("disable", "connection", connection("dave").path("id").asText()).body())
          .isEqualTo("{\"connections\":2}");
      one.expectClose(4403);
      two.expectClose(4403);
    }
    refused("dis-3", TestServer.TOKENS.of("dave"));
    assertThat(attempt("dis-3").path("code").asText()).isEqualTo("user_disabled");
    assertThat(document().path("disabled")).hasToString("[\"dave\"]");

    press("enable", "subject", "dave");
    try (RecordingClient again = connect("dave", "dis-4")) {
      again.expect("welcome");
      again.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, , , 403, origin_required",
    "application/json, http://localhost:3000, , 403, origin_denied",
    "application/json, http://localhost:3000, same-site, 403, origin_denied",
    "application/json, own, cross-site, 403, origin_denied",
    "text/plain, own, same-origin, 400, request_invalid",
    "application/x-www-form-urlencoded, own, same-origin, 400, request_invalid",
    "application/json, own, same-origin, 400, request_invalid",
    "application/json, http://localhost:5173, same-origin, 400, request_invalid",
  })
  void onlyThePageItselfPressesButtons(
      String type, String origin, String site, int status, String code) {
    String sent = "own".equals(origin) ? "http://127.0.0.1:" + server.port() : origin;
    List<String> headers = new java.util.ArrayList<>(List.of("Content-Type", type));
    if (sent != null) {
      headers.addAll(List.of("Origin", sent));
    }
    if (site != null) {
      headers.addAll(List.of("Sec-Fetch-Site", site));
    }

    // The body does not fit, so that 400 shows who has come through.
    HttpResponse<String> response =
        server.post("/ws/diagnostics/drop", "{}", headers.toArray(String[]::new));

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(json(response).path("code").asText()).isEqualTo(code);
  }

  @Test
  void buttonsAreNotPressedByGet() {
    assertThat(server.get("/ws/diagnostics/drop").statusCode()).isEqualTo(405);
    assertThat(server.get("/ws/diagnostics/other").statusCode()).isEqualTo(404);
    assertThat(server.get("/ws/diagnosticsx").statusCode()).isEqualTo(404);
  }

  @Test
  void aFilterInTheWrongOrderIsTold() {
    try (TestServer bare = TestServer.setup().start()) {
      try (RecordingClient client = bare.connect("alice")) {
        client.leave();
      }
      assertThat(json(bare.get("/ws/diagnostics.json")).at("/verdict/code").asText())
          .isEqualTo("origin_filter_missing");
    }
  }
}
