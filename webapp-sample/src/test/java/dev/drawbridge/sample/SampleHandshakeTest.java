package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole chain of the sample's own {@code web.xml}, with a real WebSocket client. */
class SampleHandshakeTest {
  private static SampleServer server;

  @BeforeAll
  static void startServer() throws Exception {
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void handshakeWithoutATokenNeverReachesTheEndpoint() throws Exception {
    int status = TestClient.refusal(server, "/ws?attempt=without-token", null);

    assertThat(status).isEqualTo(401);
    assertThat(attempt("without-token")).isEqualTo("credential token_missing");
  }

  @Test
  void handshakeWithABadTokenNeverReachesTheEndpoint() throws Exception {
    String good = server.token("alice");
    String bad = good.substring(0, good.lastIndexOf('.') + 1) + "A".repeat(43);

    int status = TestClient.refusal(server, "/ws?attempt=bad-token", bad);

    assertThat(status).isEqualTo(401);
    assertThat(attempt("bad-token")).isEqualTo("token token_signature_invalid");
  }

  @Test
  void handshakeFromAForeignOriginNeverReachesTheEndpoint() throws Exception {
    String token = server.token("alice");

    int status =
        TestClient.refusal(
            server, "/ws?attempt=foreign", token, "Origin", "https://evil.example.org");

    assertThat(status).isEqualTo(403);
    assertThat(attempt("foreign")).isEqualTo("origin origin_denied");
  }

  @ParameterizedTest
  @CsvSource({"mallory, 403, user_disabled", "nobody, 401, user_not_found"})
  void usersWhoMayNotComeInAreToldWhy(String subject, int status, String code) throws Exception {
    String token = server.token(subject);

    int upgrade = TestClient.refusal(server, "/ws", token);
    JsonNode diagnosis =
        Json.read(server.get("/ws/diagnose", "Authorization", "Bearer " + token).body());

    assertThat(upgrade).isEqualTo(status);
    assertThat(diagnosis.get("status").asInt()).isEqualTo(status);
    assertThat(diagnosis.get("code").asText()).isEqualTo(code);
    assertThat(diagnosis.get("hint").asText()).isNotBlank();
  }

  @Test
  void goodHandshakeIsWelcomedAndAnswered() throws Exception {
    try (TestClient alice =
        TestClient.connect(
            server, "/ws", server.token("alice"), "Origin", "http://localhost:3000")) {
      JsonNode welcome = alice.next();
      JsonNode pong = alice.send("{\"type\":\"ping\",\"id\":\"p1\",\"data\":{\"t\":7}}").next();
      JsonNode ack =
          alice.send("{\"type\":\"echo\",\"id\":\"c1\",\"data\":{\"a\":[1,\"ä\"]}}").next();

      assertThat(alice.subprotocol()).isEqualTo("drawbridge.v1");
      assertThat(welcome.get("type").asText()).isEqualTo("welcome");
      assertThat(welcome.at("/data/user/subject").asText()).isEqualTo("alice");
      assertThat(welcome.at("/data/heartbeat/intervalMs").asInt()).isEqualTo(45_000);
      assertThat(pong.get("type").asText()).isEqualTo("pong");
      assertThat(pong.get("id").asText()).isEqualTo("p1");
      assertThat(pong.at("/data/t").asInt()).isEqualTo(7);
      assertThat(ack)
          .isEqualTo(Json.read("{\"type\":\"ack\",\"id\":\"c1\",\"data\":{\"a\":[1,\"ä\"]}}"));
    }
  }

  @Test
  void aLineReachesTheOtherUser() throws Exception {
    try (TestClient alice = TestClient.connect(server, "/ws", server.token("alice"));
        TestClient bob = TestClient.connect(server, "/ws", server.token("bob"))) {
      alice.next();
      bob.next();
      bob.send("{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"~\"]}}").next();

      JsonNode ack =
          alice
              .send(
                  "{\"type\":\"chat.send\",\"id\":\"1\","
                      + "\"data\":{\"to\":\"bob\",\"text\":\"hello\"}}")
              .next();
      JsonNode line = bob.next();

      assertThat(ack.get("type").asText()).isEqualTo("ack");
      assertThat(ack.at("/data/connections").asInt()).isEqualTo(1);
      assertThat(line.get("type").asText()).isEqualTo("chat.message");
      assertThat(line.at("/data/from").asText()).isEqualTo("alice");
      assertThat(line.at("/data/text").asText()).isEqualTo("hello");
      assertThat(line.at("/data/sentAt").asLong()).isEqualTo(ack.at("/data/sentAt").asLong());
    }
  }

  @ParameterizedTest
  @CsvSource({"GET", "POST", "PUT"})
  void anOrdinaryRouteAnswersOtherOriginsOfLocalhost(String method) throws Exception {
    var answer = server.send(method, "/api/echo?x=1", "hello", "Origin", "http://localhost:5173");

    JsonNode body = Json.read(answer.body());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Access-Control-Allow-Origin"))
        .contains("http://localhost:5173");
    assertThat(body.get("method").asText()).isEqualTo(method);
    assertThat(body.get("query").asText()).isEqualTo("x=1");
    assertThat(body.get("body").asText()).isEqualTo("hello");
  }

  @Test
  void anOrdinaryRouteRefusesForeignOrigins() throws Exception {
    var answer = server.get("/api/echo", "Origin", "https://evil.example.org");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(Json.read(answer.body()).get("code").asText()).isEqualTo("origin_denied");
    assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
  }

  /** All tests of the sample run without it, so everything else is shown to work. */
  @Test
  void withoutMicrometerThereAreNoMetricsAndNothingElseIsMissing() throws Exception {
    assertThat(getClass().getResource("/io/micrometer/core/instrument/MeterRegistry.class"))
        .isNull();

    assertThat(server.get("/ws/metrics").statusCode()).isEqualTo(404);
    try (TestClient alice = TestClient.connect(server, "/ws", server.token("alice"))) {
      assertThat(alice.next().get("type").asText()).isEqualTo("welcome");
    }
  }

  /** Stage and code that the server itself recorded for a try. */
  private static String attempt(String id) throws Exception {
    JsonNode attempt =
        Json.read(
                server
                    .get(
                        "/ws/diagnose?attempt=" + id,
                        "Authorization",
                        "Bearer " + server.token("alice"))
                    .body())
            .get("attempt");
    return attempt.get("stage").asText() + " " + attempt.get("code").asText();
  }
}
