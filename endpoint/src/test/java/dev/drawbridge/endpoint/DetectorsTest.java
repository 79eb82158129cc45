package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each pattern that the diagnostics page knows, made by real clients on a real server. */
class DetectorsTest {
  private static final String PAGE = "http://localhost:3000";
  private static final long OLD_ENOUGH_MS = 5_300;

  @Test
  void connectionsThatAreCutAtOneAgeOrSilenceAreNoticed() throws Exception {
    try (TestServer silent = TestServer.setup().cors().start();
        TestServer busy = TestServer.setup().cors().start()) {
      List<RecordingClient> quiet = crowd(silent);
      List<RecordingClient> talking = crowd(busy);
      TestServer.await(
          "they are old enough",
          () ->
              System.currentTimeMillis() - youngest(silent) > OLD_ENOUGH_MS
                  && System.currentTimeMillis() - youngest(busy) > OLD_ENOUGH_MS);
      for (RecordingClient client : talking) {
        client.sendText("{\"type\":\"ping\"}");
        client.expect("pong");
      }
      quiet.forEach(RecordingClient::abort);
      talking.forEach(RecordingClient::abort);
      TestServer.await(
          "they are gone",
          () -> silent.connections().size() == 0 && busy.connections().size() == 0);

      JsonNode silence = finding(silent, "fixed_silence");
      assertThat(silence.path("count").asInt()).isEqualTo(3);
      assertThat(silence.path("title").asText())
          .matches("Connections are cut after [56] s of silence");
      assertThat(silence.path("fix").asText()).contains("DRAWBRIDGE_HEARTBEAT_INTERVAL at");
      assertThat(finding(busy, "fixed_age").path("title").asText())
          .matches("Connections die at an age of [56] s");
    }
  }

  @Test
  void aClientThatTriesAgainAndAgainIsNoticed() throws Exception {
    try (TestServer server = TestServer.setup().cors().start()) {
      Instant now = Instant.now();
      String expired =
          TestServer.TOKENS.of("alice", now.minusSeconds(7200), now.minusSeconds(3600));
      for (int i = 0; i < 6; i++) {
        assertThatThrownBy(() -> client(server, expired))
            .isInstanceOf(RecordingClient.Refused.class);
      }

      JsonNode storm = finding(server, "reconnect_storm");
      assertThat(storm.path("count").asInt()).isEqualTo(6);
      assertThat(storm.path("cause").asText())
          .isEqualTo("6 tries in 10 s from " + PAGE + ", most of them ended with token_expired");
    }
  }

  @Test
  void aPageWithSeveralConnectionsIsNoticed() throws Exception {
    try (TestServer server = TestServer.setup().cors().start();
        RecordingClient first = client(server, TestServer.TOKENS.of("alice"));
        RecordingClient second = client(server, TestServer.TOKENS.of("alice"))) {
      JsonNode several = finding(server, "several_sockets_of_one_page");

      assertThat(several.path("level").asText()).isEqualTo("warning");
      assertThat(several.path("ids")).hasSize(2);
      assertThat(several.path("paste").asText()).contains("client.close()");
      first.leave();
      second.leave();
    }
  }

  @Test
  void aClientThatDoesNotReadIsNoticed() throws Exception {
    try (TestServer server = TestServer.setup().cors().start();
        RawSocket stuck = new RawSocket(server.port(), "alice", "Origin: " + PAGE)) {
      assertThat(stuck).isNotNull();
      TestServer.await("it is open", () -> server.connections().size() == 1);
      String text = "x".repeat(50_000);
      // Until the buffers of both systems are full, and then some of ours.
      TestServer.await(
          "a quarter of the queue waits, or all of it did",
          () -> {
            server.connections().forUser("alice").send("flood.drop", text);
            return has(server, "slow_consumer");
          });

      JsonNode slow = finding(server, "slow_consumer");
      assertThat(slow.path("fix").asText()).contains("DRAWBRIDGE_SEND_QUEUE_BYTES");
    }
  }

  private static List<RecordingClient> crowd(TestServer server) {
    List<RecordingClient> crowd = new ArrayList<>();
    for (String subject : List.of("alice", "bob", "carol")) {
      crowd.add(client(server, TestServer.TOKENS.of(subject)));
    }
    return crowd;
  }

  private static RecordingClient client(TestServer server, String token) {
    RecordingClient client =
        RecordingClient.connect(
            server.uri(),
            options -> options.token(token).subprotocol("drawbridge.v1").header("Origin", PAGE));
    client.expect("welcome");
    return client;
  }

  private static long youngest(TestServer server) {
    return server.connections().links().stream()
        .mapToLong(link -> link.openedAt().toEpochMilli())
        .max()
        .orElseThrow();
  }

  private static JsonNode finding(TestServer server, String code) throws Exception {
    for (JsonNode finding : findings(server)) {
      if (finding.path("code").asText().equals(code)) {
        return finding;
      }
    }
    throw new AssertionError("no " + code + " in " + findings(server));
  }

  private static boolean has(TestServer server, String code) {
    try {
      return findings(server).findValuesAsText("code").contains(code);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode findings(TestServer server) throws Exception {
    return new ObjectMapper().readTree(server.get("/ws/diagnostics.json").body()).path("findings");
  }
}
