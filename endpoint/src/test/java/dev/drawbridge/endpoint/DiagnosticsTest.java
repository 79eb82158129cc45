package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 10 of PROTOCOL.md: who may see it, what it tells, what it never tells. */
class DiagnosticsTest {
  private static final String PAGE = DiagnosticsServer.PAGE;
  private static DiagnosticsServer page;
  private static TestServer server;

  @BeforeAll
  static void start() {
    page = new DiagnosticsServer();
    server = page.server;
  }

  @AfterAll
  static void stop() {
    page.close();
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
      assertThat(DiagnosticsServer.json(response).path("code").asText()).isEqualTo("not_found");
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
      assertThat(DiagnosticsServer.json(production.get("/ws/config")).has("diagnostics")).isFalse();
      assertThat(production.core().closeListener()).isNull();
      try (RecordingClient client = production.connect("alice")) {
        assertThat(production.connections().links().iterator().next().frameLog()).isNull();
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
          DiagnosticsServer.json(
              production.get("/ws/diagnose?attempt=p1", "Authorization", "Bearer " + token));

      assertThat(told.path("attempt").fieldNames())
          .toIterable()
          .containsExactly("id", "stage", "code", "at");
    }
  }

  @Test
  void developersOnThisMachineGetTheWholeAttempt() {
    try (RecordingClient client = page.connect("alice", "whole")) {
      client.expect("welcome");
      JsonNode told =
          DiagnosticsServer.json(
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
    JsonNode document =
        DiagnosticsServer.json(server.get("/ws/diagnostics", "Accept", "application/json"));

    assertThat(document.fieldNames())
        .toIterable()
        .containsExactly(
            "version",
            "serverTime",
            "verdict",
            "findings",
            "server",
            "trend",
            "attempts",
            "attemptsTotal",
            "connections",
            "connectionsTotal",
            "disabled",
            "heartbeat",
            "cluster",
            "closes",
            "database",
            "users",
            "tokens",
            "origins",
            "settings");
    assertThat(DiagnosticsServer.json(server.get("/ws/config")).path("diagnostics").asText())
        .isEqualTo("diagnostics");
  }

  @Test
  void aRefusedOriginIsTheVerdictWithTheFixToPaste() {
    page.refused("evil", TestServer.TOKENS.of("alice"), "Origin", "https://shop.example");

    JsonNode attempt = page.attempt("evil");
    assertThat(attempt.path("verdict").asText()).isEqualTo("refused");
    assertThat(attempt.path("stage").asText()).isEqualTo("origin");
    assertThat(attempt.path("code").asText()).isEqualTo("origin_denied");
    assertThat(attempt.path("originReason").asText()).isEqualTo("not-listed");
    assertThat(attempt.path("paste").asText())
        .isEqualTo("DEV_WEBSOCKET_ORIGINS=https://shop.example");
    assertThat(attempt.path("fix").asText()).isNotEmpty();
    assertThat(page.document().path("findings").findValuesAsText("code")).contains("origin_denied");
  }

  @Test
  void anOpenConnectionIsToldWithItsHandshakeAndItsFrames() {
    try (RecordingClient client = page.connect("bob", "open-1")) {
      client.expect("welcome");
      client.request("echo", Map.of("text", "canary-payload"));
      client.sendText("{\"type\":\"canary no type\",\"data\":\"canary-payload\"}");
      client.expectError("message_type_invalid");

      JsonNode connection = page.connection("bob");
      JsonNode attempt = page.attempt("open-1");
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
    page.refused("canary-1", token.substring(0, token.length() - 4) + "AAAA");
    page.refused("canary-2", "canary-no-token");
    try (RecordingClient client = page.connect("alice", "canary-3")) {
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
    page.refused(
        "script",
        TestServer.TOKENS.of("alice"),
        "Origin",
        "https://<script>alert(1)</script>",
        "User-Agent",
        "\u00e4<img src=x onerror=alert(1)>");

    JsonNode attempt = page.attempt("script");
    assertThat(attempt.path("origin").asText()).isEqualTo("https://<script>alert(1)</script>");
    assertThat(attempt.path("userAgent").asText()).endsWith("<img src=x onerror=alert(1)>");
    assertThat(attempt.path("paste").isNull()).as("nothing harmful to paste").isTrue();
  }

  @Test
  void aFilterInTheWrongOrderIsTold() {
    try (TestServer bare = TestServer.setup().start()) {
      try (RecordingClient client = bare.connect("alice")) {
        client.leave();
      }
      assertThat(
              DiagnosticsServer.json(bare.get("/ws/diagnostics.json")).at("/verdict/code").asText())
          .isEqualTo("origin_filter_missing");
    }
  }
}
