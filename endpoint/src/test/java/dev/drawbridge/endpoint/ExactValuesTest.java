package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import jakarta.validation.constraints.Size;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values from the wire to a handler and back: exact, or refused, or failed; never another one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExactValuesTest {
  private static final Map<String, Object> UNWRITABLE = new LinkedHashMap<>();

  static {
    UNWRITABLE.put("nan", Double.NaN);
    UNWRITABLE.put("infinity", Map.of("x", List.of(Double.POSITIVE_INFINITY)));
    UNWRITABLE.put("float", Float.NEGATIVE_INFINITY);
    UNWRITABLE.put("array", new double[] {1, Double.NaN});
    UNWRITABLE.put("node", DoubleNode.valueOf(Double.NaN));
    UNWRITABLE.put("key", Map.of(Double.NaN, 1));
    UNWRITABLE.put("half", "\ud83d");
    UNWRITABLE.put("half-name", Map.of("\ude00", 1));
    UNWRITABLE.put("half-deep", List.of(Map.of("a", "x\ud83dy")));
    UNWRITABLE.put("endless", new Endless());
  }

  private static final Map<String, Object> WRITABLE =
      Map.of(
          "1766000000000.5",
          Instant.ofEpochMilli(1_766_000_000_000L).plusNanos(500_000),
          "1766000000000",
          Instant.ofEpochMilli(1_766_000_000_000L),
          "-0.000001",
          Instant.EPOCH.minusNanos(1),
          "1500.25",
          Duration.ofMillis(1500).plusNanos(250_000),
          "0.10000000000000000000000000001",
          new BigDecimal("0.10000000000000000000000000001"),
          "-0.0",
          -0.0,
          "1E+400",
          new BigDecimal("1e400"),
          "\"\ud83d\ude00\"",
          "\ud83d\ude00");

  record Sized(@Size(min = 1) Integer count) {}

  record Strict(String name) {
    Strict {
      if (name.isEmpty()) {
        throw new IllegalStateException("secret inside");
      }
    }
  }

  /** A getter that recurses without end. */
  static final class Endless {
    @SuppressWarnings("DoNotCallSuggester") // Jackson calls it.
    public Endless getSelf() {
      throw new StackOverflowError();
    }
  }

  private TestServer server;

  @BeforeAll
  @SuppressWarnings("FutureReturnValueIgnored") // Handlers return stages; the endpoint waits.
  void start() {
    server =
        TestServer.setup()
            .endpoint(
                endpoint -> {
                  endpoint
                      .on("node", JsonNode.class, (data, connection) -> data)
                      .on("object", Object.class, (data, connection) -> data)
                      .on("map", Map.class, (data, connection) -> data)
                      .on("sized", Sized.class, (data, connection) -> data)
                      .on("strict", Strict.class, (data, connection) -> data)
                      .on(
                          "refuses",
                          Void.class,
                          (data, connection) -> {
                            throw new MessageRefused("no", "half \ud83d");
                          });
                  UNWRITABLE.forEach(
                      (name, value) -> {
                        endpoint.on("gives." + name, Void.class, (data, connection) -> value);
                        endpoint.on(
                            "stage." + name,
                            Void.class,
                            (data, connection) -> CompletableFuture.completedFuture(value));
                      });
                })
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static String ack(TestServer server, String type, String data) throws IOException {
    try (RawSocket socket = new RawSocket(server.port(), "alice")) {
      socket.readUntil(RawSocket.TEXT);
      socket.raw(
          RawSocket.textFrame("{\"type\":\"" + type + "\",\"id\":\"i\",\"data\":" + data + "}"));
      return socket.readUntil(RawSocket.TEXT).text();
    }
  }

  @ParameterizedTest
  @CsvSource({"node", "object", "map"})
  void anyJsonComesBackAsItWas(String type) throws IOException {
    String data =
        "{\"a\":1E+400,\"b\":1E-999,\"c\":-0.0,\"d\":0.10000000000000000000000000001,"
            + "\"e\":123456789012345678901234567890,\"f\":1.50,\"g\":[null,{\"h\":null}],"
            + "\"i\":\"\ud83d\ude00\"}";

    assertThat(ack(server, type, data))
        .isEqualTo("{\"type\":\"ack\",\"id\":\"i\",\"data\":" + data + "}");
  }

  @ParameterizedTest
  @CsvSource({"node", "object", "map"})
  void numberWithoutBoundsIsRefusedWithItsPlace(String type) throws IOException {
    assertThat(ack(server, type, "{\"a\":[1,1e1000000000]}"))
        .contains("message_data_invalid")
        .contains("\"path\":\"/data/a/1\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nan",
        "infinity",
        "float",
        "array",
        "node",
        "key",
        "half",
        "half-name",
        "half-deep",
        "endless"
      })
  void whatJsonCannotSayFails(String name) {
    try (RecordingClient client = server.connect("alice")) {
      for (String type : List.of("gives.", "stage.")) {
        Frame answer = client.request(type + name, null);
        assertThat(answer.errorCode()).isEqualTo("handler_failed");
        assertThat(answer.json().at("/error/requestId").asText()).isNotEmpty();
      }
      server
          .connections()
          .list()
          .forEach(
              connection ->
                  assertThatThrownBy(() -> connection.send("news", UNWRITABLE.get(name)))
                      .isInstanceOf(IllegalArgumentException.class));
      client.leave();
    }
  }

  @Test
  void whatIsSentIsExact() throws IOException {
    try (RawSocket socket = new RawSocket(server.port(), "bob")) {
      socket.readUntil(RawSocket.TEXT);
      for (Map.Entry<String, Object> each : WRITABLE.entrySet()) {
        server.connections().forUser("bob").send("news", each.getValue());
        assertThat(socket.readUntil(RawSocket.TEXT).text())
            .isEqualTo("{\"type\":\"news\",\"data\":" + each.getKey() + "}");
      }
    }
  }

  @Test
  void refusalWithHalfACharacterFails() {
    try (RecordingClient client = server.connect("alice")) {
      assertThat(client.request("refuses", null).errorCode()).isEqualTo("handler_failed");
      client.leave();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {"sized|{\"count\":1}", "strict|{\"name\":\"\"}"})
  void whatTheApplicationsClassesThrowEndsNoConnection(String type, String data) {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText("{\"type\":\"" + type + "\",\"id\":\"i\",\"data\":" + data + "}");

      Frame error = client.expectError("handler_failed");
      assertThat(error.id()).isEqualTo("i");
      assertThat(error.json().at("/error/requestId").asText()).isNotEmpty();
      assertThat(error.toString()).doesNotContain("secret");
      assertThat(client.request("node", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }
}
