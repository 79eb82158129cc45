package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.receive.RateLimit;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The allowance of the protocol's own messages. PROTOCOL.md section 8. */
class BeatsTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.setup()
            .set("drawbridge.messages.per.second", "1")
            .set("drawbridge.message.burst", "5")
            .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, c) -> data))
            .start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void burstOfMessagesRefusesNeitherPingNorAuth() {
    try (RecordingClient client = server.connect("alice")) {
      boolean refused = false;
      for (int i = 0; i < 20; i++) {
        refused |= "rate_limited".equals(client.request("echo", i).errorCode());
      }
      assertThat(refused).isTrue();

      assertThat(client.request("ping", null).type()).isEqualTo("pong");
      client.send("pong", Map.of("t", 1));
      String token = TestServer.TOKENS.of("alice", Duration.ofHours(2));
      assertThat(client.request("auth", Map.of("token", token)).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @Test
  void floodOfPingsIsBoundedAndRefusesNoMessage() {
    try (RecordingClient client = server.connect("bob")) {
      int many = 4 * RateLimit.BEAT_BURST;
      for (int i = 0; i < many; i++) {
        client.send("ping", "p" + i, null);
      }
      int pongs = 0;
      Frame refusal = null;
      for (int i = 0; i < many; i++) {
        Frame answer = client.next();
        if (answer.type().equals("pong")) {
          pongs++;
        } else {
          refusal = answer;
        }
      }

      assertThat(pongs).isGreaterThanOrEqualTo(RateLimit.BEAT_BURST);
      assertThat(refusal).isNotNull();
      assertThat(refusal.errorCode()).isEqualTo("rate_limited");
      assertThat(refusal.json().at("/error/retryAfterMs").asLong()).isPositive();
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      String token = TestServer.TOKENS.of("bob", Duration.ofHours(2));
      assertThat(client.request("auth", Map.of("token", token)).type()).isEqualTo("ack");
      client.leave();
    }
  }
}
