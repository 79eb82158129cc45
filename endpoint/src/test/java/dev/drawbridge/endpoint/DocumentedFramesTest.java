package dev.drawbridge.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.endpoint.internal.receive.InvalidMessages;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.TestClock;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Single sentences of PROTOCOL.md, sections 4 to 7, and of the guide. */
class DocumentedFramesTest {
  private final CapturedLog log = CapturedLog.beside("dev.drawbridge.endpoint");

  @AfterEach
  void stopListening() {
    log.close();
  }

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(
            endpoint ->
                endpoint
                    .on("echo", JsonNode.class, (data, connection) -> data)
                    .on("count", Integer.class, (data, connection) -> data)
                    .on(
                        "fail",
                        Void.class,
                        (data, connection) -> {
                          throw new IllegalStateException("a fault of the test");
                        }));
  }

  /** Type known, then rate, then payload. */
  @ParameterizedTest
  @CsvSource({
    "count,message_type_unknown,ecko",
    "count,rate_limited,count",
    "echo,rate_limited,count"
  })
  void typeComesBeforeTheRateAndTheRateBeforeThePayload(String first, String code, String second) {
    try (TestServer server =
            setup()
                .set("drawbridge.messages.per.second", "1")
                .set("drawbridge.message.burst", "1")
                .start();
        RecordingClient client = server.connect("alice")) {
      client.send(first, "1", 1);
      client.send(second, "2", "no number");

      assertThat(client.expect("ack").id()).isEqualTo("1");
      assertThat(client.expectError(code).id()).isEqualTo("2");
      client.leave();
    }
  }

  @Test
  void nineInvalidMessagesInAnyTenSecondsAreNotTooMany() {
    InvalidMessages nine = new InvalidMessages();
    InvalidMessages ten = new InvalidMessages();
    int[] tooMany = new int[2];

    for (int i = 0; i < 200; i++) {
      tooMany[0] += nine.isTooMany(i * TimeUnit.MILLISECONDS.toNanos(1112)) ? 1 : 0;
      tooMany[1] += ten.isTooMany(i * TimeUnit.MILLISECONDS.toNanos(1110)) ? 1 : 0;
    }

    assertThat(tooMany).containsExactly(0, 191);
  }

  @Test
  void nineInvalidMessagesLeaveTheConnectionOpenInProduction() {
    try (TestServer server = setup().production().start();
        RecordingClient client = server.connect("alice")) {
      for (int i = 0; i < 9; i++) {
        client.sendText("{");
        client.expectError("message_not_json");
      }

      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @Test
  void requestIdOfAFailedHandlerIsThatOfItsTrace() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      Frame error = client.request("fail", null);

      assertThat(error.errorCode()).isEqualTo("handler_failed");
      String requestId = error.json().at("/error/requestId").asText();
      assertThat(requestId).isNotEmpty();
      TestServer.await(
          "the line",
          () ->
              log.messages().stream()
                  .anyMatch(
                      line ->
                          line.startsWith(
                              "the handler of fail failed (request " + requestId + ", ")));
      client.leave();
    }
  }

  @Test
  void failedOnOpenIsToldWithoutAnId() {
    try (TestServer server =
            TestServer.setup()
                .endpoint(
                    endpoint ->
                        endpoint
                            .on("echo", JsonNode.class, (data, connection) -> data)
                            .onOpen(
                                connection -> {
                                  throw new IllegalStateException("a fault of the test");
                                }))
                .start();
        RecordingClient client = server.connect("alice")) {
      Frame error = client.expectError("handler_failed");

      assertThat(error.id()).isNull();
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  /** Counts how often it is written. */
  public static final class Counted {
    private final AtomicInteger written = new AtomicInteger();

    public int getWritten() {
      return written.incrementAndGet();
    }
  }

  @Test
  void broadcastIsWrittenOnce() throws Exception {
    Counted counted = new Counted();
    try (TestServer server = setup().start();
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob");
        RecordingClient carol = server.connect("carol")) {
      List<RecordingClient> clients = List.of(alice, bob, carol);
      for (RecordingClient client : clients) {
        client.request("echo", 1);
      }

      Connections.Delivery reached =
          server
              .connections()
              .all()
              .send("news", counted)
              .toCompletableFuture()
              .get(5, TimeUnit.SECONDS);

      assertThat(reached).isEqualTo(new Connections.Delivery(3, 0));
      for (RecordingClient client : clients) {
        assertThat(client.expect("news").json().at("/data/written").asInt()).isEqualTo(1);
        client.leave();
      }
    }
    assertThat(counted.written).hasValue(1);
  }

  @Test
  void reservedMembersAreIgnoredInTheEnvelopeAndFreeInTheData() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      client.sendText(
          "{\"type\":\"echo\",\"id\":\"1\",\"seq\":\"x\",\"channel\":[],\"data\":{\"seq\":1,\"channel\":\"a\"}}");

      Frame ack = client.expect("ack");
      assertThat(ack.json().path("data").toString()).isEqualTo("{\"seq\":1,\"channel\":\"a\"}");
      assertThat(ack.json().has("seq") || ack.json().has("channel")).isFalse();
      client.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "welcome",
        "ping",
        "pong",
        "ack",
        "error",
        "auth",
        "auth.expiring",
        "drain",
        "subscribe",
        "unsubscribe",
        "publish",
        "resume",
        "presence"
      })
  void reservedTypeIsRefusedAtTheStart(String type) {
    assertThatThrownBy(
            () ->
                TestServer.setup()
                    .endpoint(endpoint -> endpoint.on(type, JsonNode.class, (data, c) -> data))
                    .start())
        .hasStackTraceContaining(type);
  }

  @Test
  void authThatFailsInsideIsAnsweredWithInternalAndTheConnectionStays() {
    TestClock clock = TestClock.running();
    try (TestServer server = setup().clock(clock).production().start();
        RecordingClient client = server.connect("alice")) {
      client.request("echo", 1);
      clock.fail(new IllegalStateException("a fault of the test"));
      Frame error =
          client.request(
              "auth", Map.of("token", TestServer.TOKENS.of("alice", Duration.ofHours(2))));
      clock.recover();

      assertThat(error.errorCode()).isEqualTo("internal");
      assertThat(error.json().at("/error/action").asText()).isEqualTo("report");
      assertThat(error.json().toString()).doesNotContain("a fault of the test");
      assertThat(log.messages()).anyMatch(line -> line.startsWith("auth failed inside (request "));
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({"x,123,123", "é,61,122", "€,41,123", "😀,30,120"})
  void reasonIsCutBetweenCharacters(String character, int characters, int bytes) {
    String cut = CloseFrame.cutReason(character.repeat(200));

    assertThat(cut).isEqualTo(character.repeat(characters));
    assertThat(cut.getBytes(UTF_8)).hasSize(bytes);
  }

  @Test
  void oneTimerIsForAllConnections() throws Exception {
    // Other tests have timers at the same time: this server's has a class loader of its own.
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader own = new URLClassLoader(new URL[0], before)) {
      thread.setContextClassLoader(own);
      try (TestServer server = setup().start()) {
        List<RecordingClient> clients = new ArrayList<>();
        for (int i = 0; i < 15; i++) {
          clients.add(server.connect("alice"));
        }
        clients.forEach(client -> client.request("echo", 1));

        assertThat(server.connections().size()).isEqualTo(15);
        assertThat(
                Thread.getAllStackTraces().keySet().stream()
                    .filter(each -> each.getContextClassLoader() == own)
                    .filter(each -> each.getName().equals("drawbridge-timer")))
            .hasSize(1);
        clients.forEach(RecordingClient::leave);
        clients.forEach(RecordingClient::close);
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void lineOfACloseHasTheRequestIdOfItsHandshake() throws Exception {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      client.request("echo", 1);
      String requestId =
          new ObjectMapper()
              .readTree(server.get("/ws/diagnostics.json").body())
              .at("/attempts/0/requestId")
              .asText();

      server.connections().list().get(0).close(CloseCode.SLOW_CONSUMER, "slow_consumer");
      client.expectClose(4510);

      assertThat(requestId).isNotEmpty();
      TestServer.await(
          "the line",
          () ->
              log.messages().stream()
                  .anyMatch(
                      line ->
                          line.startsWith("connection closed: slow_consumer")
                              && line.contains("requestId=" + requestId + " ")));
    }
  }
}
