package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sections 4 and 5 of PROTOCOL.md against a real server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MessageRulesTest {
  record Text(String text) {}

  private final Map<String, CountDownLatch> gates = new java.util.concurrent.ConcurrentHashMap<>();
  private final LinkedBlockingQueue<String> handled = new LinkedBlockingQueue<>();
  private TestServer server;

  @BeforeAll
  @SuppressWarnings("FutureReturnValueIgnored") // Handlers return stages; the endpoint waits.
  void start() {
    server =
        TestServer.setup()
            .set("drawbridge.handler.timeout", "300ms")
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class, (data, connection) -> data)
                        .on("quick", JsonNode.class)
                        .onReadingThread()
                        .handle((data, c) -> data)
                        .on("text", Text.class, (data, connection) -> data)
                        .on("nothing", Void.class, (data, connection) -> null)
                        .on("throws", JsonNode.class, MessageRulesTest::fail)
                        .on(
                            "refuses",
                            JsonNode.class,
                            (data, c) -> {
                              throw new MessageRefused("room_full", "the room has 10 of 10");
                            })
                        .on("unwritable", JsonNode.class, (data, c) -> new Unwritable())
                        .on(
                            "stage",
                            JsonNode.class,
                            (data, c) -> CompletableFuture.supplyAsync(() -> Map.of("late", true)))
                        .on(
                            "failed-stage",
                            JsonNode.class,
                            (data, c) ->
                                CompletableFuture.failedFuture(
                                    new CompletionException(new MessageRefused("nope", "no"))))
                        .on("never", JsonNode.class, (data, c) -> new CompletableFuture<String>())
                        .on(
                            "interruptible",
                            Text.class,
                            (data, c) -> {
                              gate("nobody opens it").await();
                              return data;
                            })
                        .on(
                            "waits",
                            Text.class,
                            (data, c) -> {
                              awaitWhateverHappens(gate(data.text()));
                              handled.add(data.text());
                              return data;
                            }))
            .start();
  }

  /** Jackson cannot write it. */
  static final class Unwritable {
    private final String value = "";

    public String getValue() {
      if (value.isEmpty()) {
        throw new IllegalStateException("secret inside");
      }
      return value;
    }
  }

  private static Object fail(JsonNode data, Connection connection) {
    if (connection.isOpen()) {
      throw new IllegalStateException("secret inside " + data);
    }
    return data;
  }

  /** Like code that ignores interrupts. */
  private static void awaitWhateverHappens(CountDownLatch gate) {
    boolean open = false;
    while (!open) {
      try {
        gate.await();
        open = true;
      } catch (InterruptedException e) {
        // Ignored on purpose.
      }
    }
  }

  private CountDownLatch gate(String name) {
    return gates.computeIfAbsent(name, n -> new CountDownLatch(1));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{|message_not_json|",
        "[]|message_not_object|",
        "{\"type\":\"echo\",\"data\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}|message_too_deep|",
        "{\"type\":\"echo\",\"type\":\"echo\"}|message_duplicate_member|",
        "{\"id\":\"i\"}|message_type_missing|i",
        "{\"id\":\"i\",\"type\":7}|message_type_invalid|i",
        "{\"id\":\"i\",\"type\":\"ecko\"}|message_type_unknown|i",
        "{\"id\":\"i\",\"type\":\"welcome\"}|message_type_reserved|i",
        "{\"id\":7,\"type\":\"echo\"}|message_id_invalid|",
        "{\"id\":\"i\",\"type\":\"text\",\"data\":{\"text\":1}}|message_data_invalid|i",
        "{\"id\":\"i\",\"type\":\"ping\",\"data\":{\"t\":\"x\"}}|message_data_invalid|i",
        "{\"id\":\"i\",\"type\":\"auth\",\"data\":{}}|message_data_invalid|i",
        "{\"id\":\"i\",\"type\":\"throws\"}|handler_failed|i",
        "{\"id\":\"i\",\"type\":\"unwritable\"}|handler_failed|i",
        "{\"id\":\"i\",\"type\":\"never\"}|handler_timeout|i",
        "{\"id\":\"i\",\"type\":\"refuses\"}|room_full|i",
        "{\"id\":\"i\",\"type\":\"failed-stage\"}|nope|i",
      })
  void faultIsAnsweredAndTheConnectionStaysOpen(String text, String code, String id) {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText(text);

      Frame error = client.expectError(code);
      assertThat(error.id()).isEqualTo(id);
      assertThat(error.json().at("/error/message").asText()).isNotEmpty().doesNotContain("secret");
      assertThat(error.json().at("/error/requestId").asText()).isNotEmpty();
      assertThat(error.json().at("/error/retryable").asBoolean()).isFalse();
      client.send("ping", "p", null);
      assertThat(client.expect("pong").id()).isEqualTo("p");
      client.leave();
    }
  }

  @Test
  void dataErrorTellsEachProblemAndTheShape() {
    try (RecordingClient client = server.connect("alice")) {
      Frame error = client.request("text", Map.of("text", 5, "more", 1));

      assertThat(error.errorCode()).isEqualTo("message_data_invalid");
      assertThat(error.json().at("/error/details/0").toString())
          .isEqualTo("{\"path\":\"/data/text\",\"expected\":\"string\",\"actual\":\"number\"}");
      assertThat(error.json().at("/error/details/1/path").asText()).isEqualTo("/data/more");
      assertThat(error.json().at("/error/hint").asText())
          .isEqualTo("the data of text is {\"text\": string}");
    }
  }

  @Test
  void idsThatAreNoJsonStringsAreQuoted() {
    try (RecordingClient client = server.connect("alice")) {
      client.send("echo", "a\"b\\c", Map.of());

      assertThat(client.expect("ack").id()).isEqualTo("a\"b\\c");
    }
  }

  @Test
  void messageWithoutIdIsNotAcked() {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText("{\"type\":\"echo\",\"data\":1}");
      client.sendText("{\"type\":\"pong\",\"id\":\"x\"}");
      client.sendText("{\"type\":\"echo\",\"id\":\"2\",\"data\":2}");

      assertThat(client.expect("ack").id()).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @CsvSource({"echo", "quick", "stage", "nothing"})
  void everyKindOfHandlerAnswersOnce(String type) {
    try (RecordingClient client = server.connect("alice")) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.request(type, null).type()).isEqualTo("ack");
      }
      client.leave();
    }
  }

  @Test
  void messagesAreHandledInOrderAndPingsDoNotWait() throws Exception {
    try (RecordingClient client = server.connect("alice")) {
      List<String> names = List.of("o1", "o2", "o3");
      names.forEach(name -> client.send("waits", name, Map.of("text", name)));
      client.send("ping", "p", null);
      assertThat(client.expect("pong").id()).isEqualTo("p");

      List.of("o3", "o2", "o1").forEach(name -> gate(name).countDown());

      for (String name : names) {
        assertThat(handled.take()).isEqualTo(name);
        assertThat(client.expect("ack").id()).isEqualTo(name);
      }
    }
  }

  @Test
  void connectionsAreHandledInParallel() {
    try (RecordingClient slow = server.connect("alice");
        RecordingClient other = server.connect("bob")) {
      slow.send("waits", "s1", Map.of("text", "parallel"));

      assertThat(other.request("echo", 1).type()).isEqualTo("ack");

      gate("parallel").countDown();
      assertThat(slow.expect("ack").id()).isEqualTo("s1");
      handled.remove("parallel");
    }
  }

  @Test
  void lateHandlerIsAnsweredOnceAndTheNextWaitsForItsReturn() throws Exception {
    try (RecordingClient client = server.connect("alice")) {
      client.send("waits", "late", Map.of("text", "late"));
      client.send("echo", "after", Map.of());
      assertThat(client.expectError("handler_timeout").id()).isEqualTo("late");
      client.send("ping", "p", null);
      assertThat(client.expect("pong").id()).isEqualTo("p");

      gate("late").countDown();

      assertThat(handled.take()).isEqualTo("late");
      assertThat(client.expect("ack").id()).isEqualTo("after");
      client.leave();
    }
  }

  @Test
  void lateHandlerIsInterruptedAndTheNextRuns() {
    try (RecordingClient client = server.connect("alice")) {
      client.send("interruptible", "late", Map.of("text", "x"));
      client.send("text", "after", Map.of("text", "y"));

      assertThat(client.expectError("handler_timeout").id()).isEqualTo("late");
      assertThat(client.expect("ack").id()).isEqualTo("after");
      client.leave();
    }
  }

  @Test
  void binaryIsRefusedWith1003() {
    try (RecordingClient client = server.connect("alice")) {
      client.sendBinary(new byte[] {1, 2, 3});

      client.expectError("message_not_text");
      assertThat(client.expectClose(1003).reason()).isEqualTo("message_not_text");
    }
  }

  @Test
  void largestMessagePassesAndOneByteMoreCloses() {
    String frame = "{\"type\":\"echo\",\"data\":\"\"}";
    try (RecordingClient client = server.connect("alice")) {
      client.sendText(
          frame.replace("\"\"", "\"" + "ä".repeat((65_536 - frame.length()) / 2) + "\""));
      client.send("ping", "p", null);
      client.expect("pong");
      client.sendText(frame.replace("\"\"", "\"" + "x".repeat(65_537 - frame.length()) + "\""));

      assertThat(client.expectError("message_too_large").json().at("/error/message").asText())
          .startsWith("the message must have at most 65536 bytes, ");
      assertThat(client.expectClose(1009).reason()).isEqualTo("message_too_large");
    }
  }

  @Test
  void fragmentsAreCountedTogether() {
    try (RecordingClient client = server.connect("alice")) {
      client.sendPart("{\"type\":\"echo\",\"id\":\"f\",\"data\":\"", false);
      client.sendPart("ä".repeat(5000), false);
      client.sendPart("😀\"", false);
      client.sendPart("}", true);
      assertThat(client.expect("ack").data().asText()).hasSize(5002);

      client.sendPart("{\"type\":\"echo\",\"data\":\"", false);
      for (int i = 0; i < 9; i++) {
        client.sendPart("x".repeat(10_000), i == 8);
      }
      client.expectError("message_too_large");
      client.expectClose(1009);
    }
  }
}
