package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Sentences of PROTOCOL.md and of the README that no table holds. */
class ProtocolSentencesTest {
  private static final List<String> BROKEN =
      List.of(
          "{",
          "[]",
          "{\"type\":\"count\",\"data\":" + "[".repeat(40) + "]".repeat(40) + "}",
          "{\"type\":\"count\",\"type\":\"count\"}",
          "{\"data\":1}",
          "{\"type\":\"Count\"}",
          "{\"type\":\"welcome\"}",
          "{\"type\":\"count\",\"id\":\"\"}",
          "{\"type\":\"count\",\"data\":\"1\"}");

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(
            endpoint ->
                endpoint
                    .on("count", Integer.class, (data, connection) -> data)
                    .on("any", JsonNode.class, (data, connection) -> List.of(data))
                    .on("never", Void.class, (data, c) -> new CompletableFuture<String>()));
  }

  private static List<String> answers(TestServer.Setup setup) {
    List<String> answers = new ArrayList<>();
    try (TestServer server = setup.start();
        RecordingClient client = server.connect("alice")) {
      for (String text : BROKEN) {
        client.sendText(text);
        JsonNode error = client.expect("error").json().path("error");
        answers.add(error.path("code").asText() + " " + error.path("details"));
      }
      client.leave();
    }
    return answers;
  }

  @Test
  void messagesAreJudgedByTheSameRulesWithTheSameCodesInBothModes() {
    List<String> production = answers(setup().production());

    assertThat(production).hasSameSizeAs(BROKEN).doesNotHaveDuplicates();
    assertThat(answers(setup())).isEqualTo(production);
  }

  @Test
  void pongIsAnsweredByNothing() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      client.send("pong", "p", null);

      // What comes next is the answer to this one, and nothing follows it.
      assertThat(client.request("count", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @Test
  void absentDataAndNullAreTheSame() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      for (String type : List.of("any", "count")) {
        client.sendText("{\"type\":\"" + type + "\",\"id\":\"1\"}");
        JsonNode absent = answer(client);
        client.sendText("{\"type\":\"" + type + "\",\"id\":\"1\",\"data\":null}");

        assertThat(answer(client)).isEqualTo(absent);
      }
      client.leave();
    }
  }

  private static JsonNode answer(RecordingClient client) {
    JsonNode answer = client.next().json().deepCopy();
    if (answer.path("error") instanceof ObjectNode error) {
      error.remove("requestId");
    }
    return answer;
  }

  @Test
  void errorThatClosesComesAtOnceAndWhatWaitsIsNotAnswered() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      client.send("never", "1", null);
      client.send("count", "2", 1);
      client.sendBinary(new byte[] {1});

      client.expectError("message_not_text");
      client.expectClose(1003);
    }
  }
}
