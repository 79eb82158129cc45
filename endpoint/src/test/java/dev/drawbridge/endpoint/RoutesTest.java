package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sections 1 and 2 of PROTOCOL.md, and what the servlet itself refuses. */
class RoutesTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  @Test
  void configTellsWhatAClientNeeds() {
    try (TestServer server = TestServer.setup().contextPath("/app").start()) {
      HttpResponse<String> response = server.get("/ws/config", "Origin", "http://localhost:3000");
      JsonNode config = json(response);

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
      assertThat(response.headers().firstValue("Content-Type"))
          .hasValue("application/json;charset=utf-8");
      assertThat(config.path("configVersion").asInt()).isEqualTo(1);
      assertThat(config.path("mode").asText()).isEqualTo("dev");
      assertThat(config.path("status").asText()).isEqualTo("ok");
      assertThat(config.path("path").asText()).isEqualTo("../ws");
      assertThat(config.path("diagnose").asText()).isEqualTo("diagnose");
      assertThat(config.path("devToken").asText()).isEqualTo("dev-token");
      assertThat(config.path("protocols")).hasToString("[\"drawbridge.v1\"]");
      assertThat(config.path("heartbeat"))
          .hasToString("{\"intervalMs\":45000,\"graceMs\":15000,\"initiator\":\"server\"}");
      assertThat(config.path("reconnect"))
          .hasToString("{\"baseMs\":500,\"capMs\":5000,\"stableAfterMs\":5000}");
      assertThat(config.path("limits"))
          .hasToString(
              "{\"maxMessageBytes\":65536,\"messagesPerSecond\":100,\"burst\":200,"
                  + "\"connectionsPerUser\":20}");
      assertThat(config.path("auth"))
          .hasToString(
              "{\"transports\":[\"authorization\",\"subprotocol\"],"
                  + "\"bearerPrefix\":\"drawbridge.bearer.\",\"refreshBeforeMs\":60000}");
      assertThat(config.at("/origin/received").asText()).isEqualTo("http://localhost:3000");
      assertThat(config.path("serverTime").asLong()).isPositive();
    }
  }

  /** Somebody may take an answer for a page. */
  @Test
  void markupOfAStrangerIsEscapedInEveryAnswer() {
    try (TestServer server = TestServer.setup().start()) {
      String evil = "http://x/</script><b>&";
      server.get("/ws?attempt=markup-1", "Origin", evil, "Sec-WebSocket-Version", "13");
      for (String path : List.of("/ws/config", "/ws/diagnostics.json", "/ws/nothing")) {
        HttpResponse<String> answer = server.get(path, "Origin", evil, "User-Agent", "<i>");

        assertThat(answer.body()).as(path).doesNotContain("<", ">", "&");
      }
      assertThat(json(server.get("/ws/config", "Origin", evil)).at("/origin/received").asText())
          .isEqualTo(evil);
    }
  }

  @Test
  void aSlashAtTheEndIsNamed() {
    try (TestServer server = TestServer.setup().contextPath("/app").start()) {
      JsonNode refusal = json(server.get("/ws/"));

      assertThat(refusal.path("code").asText()).isEqualTo("not_found");
      assertThat(refusal.path("hint").asText())
          .isEqualTo("the endpoint is at /app/ws, without the slash at its end");
    }
  }

  @Test
  void everyAnswerNamesItsRequest() {
    try (TestServer server = TestServer.setup().start()) {
      String bearer = "Bearer " + TestServer.TOKENS.of("alice");

      assertThat(List.of("/ws/config", "/ws/health", "/ws/diagnose", "/ws/other"))
          .map(path -> server.get(path, "Authorization", bearer).headers())
          .map(headers -> headers.allValues("X-Request-Id"))
          .allSatisfy(ids -> assertThat(ids).singleElement().asString().hasSize(12))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void foreignOriginNeverReachesTheEndpoint() {
    try (TestServer server = TestServer.setup().cors().start()) {
      assertThatThrownBy(
              () ->
                  RecordingClient.connect(
                      server.uri(),
                      options ->
                          options
                              .token(TestServer.TOKENS.of("alice"))
                              .header("Origin", "https://evil.example")))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(403));
      assertThat(server.get("/ws/config", "Origin", "https://evil.example").statusCode())
          .isEqualTo(403);

      JsonNode config = json(server.get("/ws/config", "Origin", "http://localhost:3000"));
      assertThat(config.at("/origin/allowedOrigins").isArray()).isTrue();
      try (RecordingClient client =
          RecordingClient.connect(
              server.uri(),
              options ->
                  options
                      .token(TestServer.TOKENS.of("alice"))
                      .header("Origin", "http://localhost:3000"))) {
        client.expect("welcome");
        assertThat(server.connections().list().get(0).origin()).hasValue("http://localhost:3000");
        client.leave();
      }
    }
  }

  @Test
  void productionTellsNothingOfDevelopment() {
    try (TestServer server = TestServer.setup().production().start()) {
      JsonNode config = json(server.get("/ws/config"));

      assertThat(config.path("mode").asText()).isEqualTo("prod");
      assertThat(config.at("/heartbeat/intervalMs").asInt()).isEqualTo(25_000);
      assertThat(config.at("/limits/connectionsPerUser").asInt()).isEqualTo(10);
      assertThat(config.has("devToken")).isFalse();
      assertThat(server.post("/ws/dev-token", "{\"sub\":\"alice\"}").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void requestWithoutUpgradeIsToldSo() {
    try (TestServer server = TestServer.setup().start()) {
      String bearer = "Bearer " + TestServer.TOKENS.of("alice");
      HttpResponse<String> response = server.get("/ws", "Authorization", bearer);

      assertThat(response.statusCode()).isEqualTo(426);
      assertThat(response.headers().firstValue("Upgrade")).hasValue("websocket");
      assertThat(json(response).path("code").asText()).isEqualTo("upgrade_required");
      assertThat(server.get("/ws").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void withoutTheFilterNobodyIsUpgraded() {
    try (TestServer server = TestServer.setup().withoutFilter().start()) {
      assertThatThrownBy(() -> server.connect("alice"))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(500));
      HttpResponse<String> response = server.get("/ws");
      assertThat(json(response).path("code").asText()).isEqualTo("handshake_filter_missing");
      assertThat(json(response).path("hint").asText()).contains("JwtHandshakeFilter");
      assertThat(json(server.get("/ws/diagnose")).path("code").asText())
          .isEqualTo("handshake_filter_missing");
    }
  }

  @ParameterizedTest
  @CsvSource({"/ws/", "/ws/config", "/ws/health", "/ws/other", "/ws/diagnostics"})
  void onlyTheOnePathIsUpgraded(String path) {
    try (TestServer server = TestServer.setup().start()) {
      URI uri = URI.create("ws://127.0.0.1:" + server.port() + path);

      assertThatThrownBy(() -> RecordingClient.connect(uri, TestServer.TOKENS.of("alice")))
          .isInstanceOf(RecordingClient.Refused.class);
      assertThat(server.connections().size()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/ws/other,404,not_found,",
    "POST,/ws/config,405,method_not_allowed,'GET, HEAD'",
    "DELETE,/ws/health,405,method_not_allowed,'GET, HEAD'",
    "GET,/ws/dev-token,405,method_not_allowed,POST",
    "POST,/ws/drain,404,not_found,",
    "GET,/ws/metrics/all,404,not_found,",
  })
  void whatIsNotThereIsSaid(String method, String path, int status, String code, String allow) {
    try (TestServer server = TestServer.setup().start()) {
      HttpResponse<String> response =
          server.http(
              HttpRequest.newBuilder().method(method, HttpRequest.BodyPublishers.noBody()), path);

      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(json(response).path("code").asText()).isEqualTo(code);
      assertThat(response.headers().firstValue("Allow").orElse(null)).isEqualTo(allow);
      assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
    }
  }

  @Test
  void healthFollowsTheDrain() {
    try (TestServer server = TestServer.setup().start()) {
      assertThat(server.get("/ws/health").body())
          .isEqualTo("{\"status\":\"up\",\"cluster\":\"none\"}");

      server.connections().drain();

      assertThat(server.get("/ws/health").statusCode()).isEqualTo(503);
      assertThat(json(server.get("/ws/config")).path("status").asText()).isEqualTo("draining");
    }
  }

  @Test
  void healthSaysThatTheDatabaseIsAwayAndNothingElse() {
    Database database =
        Database.open(DatabaseConfig.builder().url("jdbc:h2:mem:health-of-the-route").build());
    try (TestServer server =
        TestServer.setup().attribute(Database.class.getName(), database).start()) {
      assertThat(server.get("/ws/health").statusCode()).isEqualTo(200);

      database.close();

      HttpResponse<String> down = server.get("/ws/health");
      assertThat(down.statusCode()).isEqualTo(503);
      assertThat(down.body())
          .isEqualTo("{\"status\":\"down\",\"database\":\"down\",\"cluster\":\"none\"}");
    } finally {
      database.close();
    }
  }

  @Test
  void devTokenNeedsSomethingThatSigns(@TempDir Path folder) throws Exception {
    Path key = folder.resolve("key.pem");
    byte[] encoded =
        KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded();
    Files.writeString(
        key,
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(encoded)
            + "\n-----END PUBLIC KEY-----\n");
    try (TestServer server =
        TestServer.setup()
            .unset("drawbridge.jwt.secret")
            .set("drawbridge.jwt.public.key", key.toString())
            .start()) {
      HttpResponse<String> answer = server.post("/ws/dev-token", "{\"sub\":\"alice\"}");

      assertThat(answer.statusCode()).isEqualTo(409);
      assertThat(json(answer).path("code").asText()).isEqualTo("dev_token_unavailable");
    }
  }

  @Test
  void diagnosisTellsWhoAndWhatBecameOfTheAttempt() {
    try (TestServer server = TestServer.setup().start()) {
      String bearer = "Bearer " + TestServer.TOKENS.of("alice");
      URI uri = URI.create(server.uri() + "?attempt=try-1&client=test/1");
      RecordingClient client = RecordingClient.connect(uri, TestServer.TOKENS.of("alice"));

      JsonNode open = json(server.get("/ws/diagnose?attempt=try-1", "Authorization", bearer));
      client.leave();
      TestServer.await("the close is recorded", () -> server.connections().isEmpty());
      JsonNode closed = json(server.get("/ws/diagnose?attempt=try-1", "Authorization", bearer));
      JsonNode unknown = json(server.get("/ws/diagnose?attempt=other", "Authorization", bearer));

      assertThat(open.path("code").asText()).isEqualTo("ok");
      assertThat(open.at("/user/subject").asText()).isEqualTo("alice");
      assertThat(open.path("tokenExpiresAt").asLong()).isPositive();
      assertThat(open.at("/attempt/id").asText()).isEqualTo("try-1");
      assertThat(open.at("/attempt/stage").asText()).isEqualTo("welcome");
      assertThat(open.at("/attempt/code").asText()).isEqualTo("ok");
      assertThat(closed.at("/attempt/stage").asText()).isEqualTo("closed");
      assertThat(unknown.path("attempt").isNull()).isTrue();
      client.close();
    }
  }

  @Test
  void devTokenOpensAConnection() {
    try (TestServer server = TestServer.setup().start()) {
      JsonNode minted = json(server.post("/ws/dev-token", "{\"sub\":\"alice\",\"ttlSeconds\":60}"));

      try (RecordingClient client =
          RecordingClient.connect(server.uri(), minted.path("token").asText())) {
        assertThat(minted.path("expiresAt").asLong())
            .isCloseTo(
                System.currentTimeMillis() + 60_000,
                org.assertj.core.api.Assertions.within(5_000L));
        client.leave();
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}",
        "[]",
        "x",
        "{\"sub\":\"mallory\",\"sub\":\"alice\"}",
        "{\"sub\":\"alice\"}{}",
        "{\"sub\":1}",
        "{\"sub\":\"\"}",
        "{\"sub\":\"a\",\"ttlSeconds\":0}",
        "{\"sub\":\"a\",\"ttlSeconds\":1.5}",
        "{\"sub\":\"a\",\"expired\":1}"
      })
  void devTokenRefusesOtherBodies(String body) {
    try (TestServer server = TestServer.setup().start()) {
      HttpResponse<String> response = server.post("/ws/dev-token", body);

      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(json(response).path("code").asText()).isEqualTo("request_invalid");
    }
  }

  @Test
  void devTokenIsNotGivenThroughAProxy() {
    try (TestServer server = TestServer.setup().start()) {
      assertThat(
              server
                  .post("/ws/dev-token", "{\"sub\":\"alice\"}", "X-Forwarded-For", "127.0.0.1")
                  .statusCode())
          .isEqualTo(404);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.connections.per.user,per user",
    "drawbridge.connections.per.address,per address",
    "drawbridge.connections.max,in all"
  })
  void oneConnectionTooManyIsToldTheLimit(String setting, String scope) {
    try (TestServer server = TestServer.setup().set(setting, "2").start();
        RecordingClient one = server.connect("alice");
        RecordingClient two = server.connect("alice")) {
      assertThatThrownBy(
              () ->
                  RecordingClient.connect(
                      URI.create(server.uri() + "?attempt=third"), TestServer.TOKENS.of("alice")))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(429));
      JsonNode diagnosis =
          json(
              server.get(
                  "/ws/diagnose?attempt=third",
                  "Authorization",
                  "Bearer " + TestServer.TOKENS.of("alice")));
      assertThat(diagnosis.at("/attempt/stage").asText()).isEqualTo("limits");
      assertThat(diagnosis.at("/attempt/code").asText()).isEqualTo("too_many_connections");

      two.leave();
      TestServer.await("the place is free", () -> server.core().admission().total() == 1);
      server.connect("alice").close();
      assertThat(scope).isNotEmpty();
      assertThat(one.subprotocol()).isEqualTo("drawbridge.v1");
    }
  }
}
