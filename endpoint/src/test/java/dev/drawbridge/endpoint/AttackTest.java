package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody honest does, against one server that has to survive all of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttackTest {
  record Count(int n) {}

  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);
  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class, (data, connection) -> data)
                        .on("count", Count.class, (data, connection) -> data)
                        .on("throws", JsonNode.class, (data, c) -> fail(data.asText()))
                        .on("storm", JsonNode.class, (data, connection) -> storm(connection))
                        .on(
                            "gate",
                            JsonNode.class,
                            (data, connection) -> {
                              inside.countDown();
                              gate.await();
                              return "done";
                            })
                        .on(
                            "close",
                            CloseCode.class,
                            (code, connection) -> {
                              connection.close(code, "as asked");
                              return null;
                            }))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @AfterEach
  void serverIsAliveAndEmpty() {
    try (RecordingClient client = server.connect("bob")) {
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
    TestServer.await(
        "nothing is left",
        () -> server.connections().isEmpty() && server.core().admission().isEmpty());
  }

  private static Object fail(String how) {
    switch (how) {
      case "stack" -> fail(how + "");
      case "memory" -> throw new OutOfMemoryError("not really");
      case "error" -> throw new Error("an error of its own");
      case "cycle" -> {
        List<Object> cycle = new ArrayList<>();
        cycle.add(cycle);
        return cycle;
      }
      default -> throw new IllegalArgumentException(how);
    }
    return how;
  }

  private static String storm(Connection connection) {
    for (int i = 0; i < 10_000; i++) {
      connection.send("drop", i);
    }
    return "sent";
  }

  @Test
  void thousandClosesEndOneConnection() throws IOException {
    try (RawSocket socket = RawSocket.open(server, "alice")) {
      try {
        for (int i = 0; i < 1000; i++) {
          socket.send(RawSocket.CLOSE, true, new byte[] {3, (byte) 0xE8});
        }
      } catch (IOException e) {
        // The server has closed already.
      }
    }
  }

  @Test
  void pingsBetweenFragmentsAreAnsweredAndTheMessageIsWhole() throws IOException {
    try (RawSocket socket = RawSocket.open(server, "alice")) {
      String text = "{\"type\":\"echo\",\"id\":\"f\",\"data\":\"häß\"}";
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i++) {
        // Byte by byte: characters are cut in the middle.
        socket.send(
            i == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
            i == bytes.length - 1,
            new byte[] {bytes[i]});
        if (i < bytes.length - 1) {
          socket.send(RawSocket.PING, true, new byte[] {(byte) i});
          assertThat(socket.readUntil(RawSocket.PONG).payload()).containsExactly((byte) i);
        }
      }
      assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"ack\"");
    }
  }

  @Test
  void halfAHandshakeIsCutByTheContainer() throws IOException {
    try (TestServer hasty = TestServer.setup().httpIdle(Duration.ofMillis(500)).start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write("GET /ws HTTP/1.1\r\nHost: 127".getBytes(StandardCharsets.ISO_8859_1));

      byte[] answer = socket.getInputStream().readAllBytes();

      assertThat(new String(answer, StandardCharsets.ISO_8859_1)).doesNotContain("101");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1e400",
        "-1e400",
        "1e-400",
        "-0",
        "0.1e1",
        "99999999999999999999",
        "2147483648",
        "1E2147483647",
        "NaN",
        "Infinity",
        "0x10",
        "01",
        "+1",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u0000\"",
        "\"\u0000\"",
        "\"\\x\"",
        "{\"n\":1,\"n\":1}",
        "{\"n\":1e400}",
        "{\"n\":2147483648}",
        "{\"n\":1.0}",
        "{\"__proto__\":{}}",
        "{\"\":{\"\":{}}}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "null",
      })
  void strangeDataIsAnsweredOnce(String data) {
    try (RecordingClient client = server.connect("alice")) {
      for (String type : List.of("echo", "count")) {
        client.sendText("{\"type\":\"" + type + "\",\"id\":\"i\",\"data\":" + data + "}");
        assertThat(client.next().type()).isIn("ack", "error");
        client.send("ping", "p", null);
        assertThat(client.expect("pong").id()).isEqualTo("p");
      }
      client.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "\u0000", "\uFEFF{}", "\"", "nul", "{}{}", "{\"type\":\"echo\"} x"})
  void textThatIsNoFrameIsAnError(String text) {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText(text);

      assertThat(client.expect("error").errorCode()).startsWith("message_");
      client.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stack", "memory", "error", "cycle", "other"})
  void whateverAHandlerThrowsIsAnsweredAndTheNextIsHandled(String how) {
    try (RecordingClient client = server.connect("alice")) {
      assertThat(client.request("throws", how).errorCode()).isEqualTo("handler_failed");
      assertThat(client.request("echo", how).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCloseCodeReachesTheClient(CloseCode code) {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText("{\"type\":\"close\",\"data\":\"" + code + "\"}");

      assertThat(client.expectClose(code.code()).reason()).isEqualTo("as asked");
    }
  }

  @Test
  void handlerThatSendsTenThousandFramesHarmsOnlyItsOwnConnection() throws IOException {
    try (RawSocket socket = RawSocket.open(server, "alice")) {
      socket.text("{\"type\":\"storm\",\"id\":\"s\"}");

      // Either the client keeps up, or it is too slow; never anything else.
      RawSocket.Frame frame = socket.read();
      while (frame != null
          && frame.opcode() != RawSocket.CLOSE
          && !frame.text().contains("\"ack\"")) {
        frame = socket.read();
      }
      assertThat(frame == null || frame.opcode() != RawSocket.CLOSE || frame.closeCode() == 4510)
          .isTrue();
    }
  }

  @Test
  void everySendEndsWhenTheConnectionClosesMeanwhile() {
    try (RecordingClient client = server.connect("alice")) {
      Connection connection = server.connections().list().get(0);
      List<CompletableFuture<Void>> sends = new ArrayList<>();
      List<CompletableFuture<Void>> senders = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        senders.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    CompletableFuture<Void> sent = connection.send("news", i).toCompletableFuture();
                    synchronized (sends) {
                      sends.add(sent);
                    }
                  }
                }));
      }
      connection.close();
      senders.forEach(CompletableFuture::join);

      TestServer.await(
          "every send has ended",
          () -> {
            synchronized (sends) {
              return sends.size() == 200 && sends.stream().allMatch(CompletableFuture::isDone);
            }
          });
      var event = client.nextEvent();
      while (event instanceof Frame) {
        event = client.nextEvent();
      }
      assertThat(event.toString()).contains("1000");
    }
  }

  @Test
  void userWhoIsDisabledDuringAHandlerIsClosedAtOnce() throws Exception {
    try (RecordingClient client = server.connect("carol")) {
      client.send("gate", "g", Map.of());
      inside.await();
      server
          .users()
          .put(User.builder("carol").displayName("Carol").status(User.Status.SUSPENDED).build());
      server.directory().invalidate("carol");

      assertThat(client.expectClose(4403).reason()).isEqualTo("user_disabled");
      gate.countDown();
    }
  }

  @Test
  void drainInAStormOfHandshakesLosesNobody() {
    try (TestServer draining = TestServer.setup().start()) {
      AtomicBoolean refused = new AtomicBoolean();
      CountDownLatch warm = new CountDownLatch(20);
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        String subject = "crowd-" + t;
        clients.add(CompletableFuture.runAsync(() -> visit(draining, subject, warm, refused)));
      }
      TestServer.await("the storm is on", () -> warm.getCount() == 0);

      assertThat(draining.connections().drain().toCompletableFuture())
          .succeedsWithin(Duration.ofSeconds(15));

      assertThat(CompletableFuture.allOf(clients.toArray(new CompletableFuture<?>[0])))
          .succeedsWithin(Duration.ofSeconds(15));
      assertThat(refused).isTrue();
      assertThat(draining.connections().isEmpty()).isTrue();
      assertThat(draining.core().admission().isEmpty()).isTrue();
    }
  }

  /** Comes and goes until it is refused; whoever is in when the drain comes is told. */
  private static void visit(
      TestServer server, String subject, CountDownLatch warm, AtomicBoolean refused) {
    while (!refused.get()) {
      try (RecordingClient client = server.connect(subject)) {
        warm.countDown();
        client.send("ping", "p", null);
        if (client.next().type().equals("drain") || server.connections().isDraining()) {
          var event = client.nextEvent();
          while (event instanceof Frame) {
            event = client.nextEvent();
          }
          assertThat(event.toString()).contains("1012");
        } else {
          client.abort();
        }
      } catch (RecordingClient.Refused e) {
        assertThat(e.status()).isEqualTo(503);
        refused.set(true);
      } catch (AssertionError e) {
        if (!server.connections().isDraining() || !e.getMessage().contains("left unread")) {
          throw e;
        }
      }
    }
  }
}
