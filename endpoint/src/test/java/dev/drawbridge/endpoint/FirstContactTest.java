package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FirstContactTest {
  record Chat(String to, String text) {}

  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class, (data, connection) -> data)
                        .on(
                            "chat.send",
                            Chat.class,
                            (chat, connection) -> {
                              server
                                  .connections()
                                  .forUser(chat.to())
                                  .send(
                                      "chat.message",
                                      Map.of(
                                          "from",
                                          connection.user().subject(),
                                          "text",
                                          chat.text()));
                              return Map.of("sentAt", 1);
                            }))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void welcomeComesFirstAndTellsWhatBinds() {
    try (RecordingClient client =
        RecordingClient.connect(
            server.uri(),
            options ->
                options
                    .subprotocol("drawbridge.v1")
                    .subprotocol("drawbridge.bearer." + TestServer.TOKENS.of("alice")))) {
      Frame welcome = client.expect("welcome");

      assertThat(client.subprotocol()).isEqualTo("drawbridge.v1");
      assertThat(welcome.data().path("protocol").asText()).isEqualTo("drawbridge.v1");
      assertThat(welcome.data().at("/user/subject").asText()).isEqualTo("alice");
      assertThat(welcome.data().at("/user/displayName").asText()).isEqualTo("ALICE");
      assertThat(welcome.data().at("/user/roles/0").asText()).isEqualTo("user");
      assertThat(welcome.data().at("/heartbeat/intervalMs").asInt()).isEqualTo(45_000);
      assertThat(welcome.data().at("/heartbeat/graceMs").asInt()).isEqualTo(15_000);
      assertThat(welcome.data().at("/limits/maxMessageBytes").asInt()).isEqualTo(65_536);
      assertThat(welcome.data().path("mode").asText()).isEqualTo("dev");
      assertThat(welcome.data().path("tokenExpiresAt").asLong())
          .isGreaterThan(System.currentTimeMillis());
      client.leave();
    }
  }

  @Test
  void pingIsAnsweredWithItsDataAndId() {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText("{\"type\":\"ping\",\"id\":\"p\\\"1\",\"data\":{\"t\":123}}");

      assertThat(client.next().json())
          .hasToString("{\"type\":\"pong\",\"id\":\"p\\\"1\",\"data\":{\"t\":123}}");
      client.leave();
    }
  }

  @Test
  void handlersResultIsTheAck() {
    try (RecordingClient client = server.connect("alice")) {
      Frame ack = client.request("echo", Map.of("a", 1));

      assertThat(ack.type()).isEqualTo("ack");
      assertThat(ack.data()).hasToString("{\"a\":1}");
      client.leave();
    }
  }

  @Test
  void messageReachesEveryConnectionOfAUser() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob");
        RecordingClient alsoBob = server.connect("bob")) {
      Frame ack = alice.request("chat.send", Map.of("to", "bob", "text", "häßlich 😀"));

      assertThat(ack.data().path("sentAt").asInt()).isEqualTo(1);
      for (RecordingClient client : new RecordingClient[] {bob, alsoBob}) {
        assertThat(client.expect("chat.message").data().path("text").asText())
            .isEqualTo("häßlich 😀");
      }
    }
  }

  @Test
  void strangersNeverReachTheEndpoint() {
    int before = server.connections().size();

    assertThatThrownBy(() -> RecordingClient.connect(server.uri(), options -> {}))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
    assertThatThrownBy(() -> server.connect("mallory"))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(403));
    assertThatThrownBy(() -> RecordingClient.connect(server.uri(), "no.good.token"))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
    assertThat(server.connections().size()).isEqualTo(before);
  }
}
