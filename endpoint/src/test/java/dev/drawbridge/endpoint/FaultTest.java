package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.TcpProxy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** Clients that misbehave, networks that break: nothing leaks and nobody else notices. */
class FaultTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data));
  }

  private static void assertAlive(TestServer server) {
    try (RecordingClient client = server.connect("bob")) {
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @Test
  void invalidUtf8ClosesWith1007() throws IOException {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      socket.send(RawSocket.TEXT, true, new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'});

      assertThat(socket.read().closeCode()).isEqualTo(1007);
      TestServer.await("it is removed", () -> server.connections().isEmpty());
      assertAlive(server);
    }
  }

  @Test
  void fragmentsForEverAreTooLarge() throws IOException {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      byte[] part = new byte[1000];
      Arrays.fill(part, (byte) 'x');
      socket.send(RawSocket.TEXT, false, part);
      for (int i = 0; i < 70; i++) {
        socket.send(RawSocket.CONTINUATION, false, part);
      }

      assertThat(socket.read().text()).contains("message_too_large");
      RawSocket.Frame close = socket.read();
      assertThat(close.closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void emptyFragmentsForEverAreTooLargeToo() throws IOException {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      ByteArrayOutputStream many = new ByteArrayOutputStream();
      for (int i = 0; i < 66_000; i++) {
        many.writeBytes(new byte[] {(byte) (i == 0 ? RawSocket.TEXT : 0), (byte) 0x80, 1, 2, 3, 4});
      }
      socket.raw(many.toByteArray());

      assertThat(socket.read().text()).contains("message_too_large");
      assertThat(socket.read().closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void frameThatPromisesGigabytesIsRefusedEarly() throws IOException {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      byte[] start = new byte[70_000];
      Arrays.fill(start, (byte) 'x');
      socket.send(RawSocket.TEXT, true, false, Integer.MAX_VALUE, start);

      assertThat(socket.read().text()).contains("message_too_large");
      assertThat(socket.read().closeCode()).isEqualTo(1009);
    }
  }

  @Test
  void compressionIsOffUnlessItIsSet() throws IOException {
    String offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    try (TestServer server = setup().start();
        RawSocket socket = new RawSocket(server.port(), "alice", offer)) {
      assertThat(socket.handshake()).doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
      assertThat(socket.read().text()).contains("welcome");
    }
    try (TestServer server = setup().set("drawbridge.compression", "true").start();
        RawSocket socket = new RawSocket(server.port(), "alice", offer)) {
      assertThat(socket.handshake())
          .containsIgnoringCase("permessage-deflate")
          .contains("server_no_context_takeover");
      RawSocket.Frame welcome = socket.read();
      assertThat(welcome.compressed()).isTrue();
      byte[] ping = deflated("{\"type\":\"ping\",\"id\":\"1\"}".getBytes(StandardCharsets.UTF_8));
      socket.send(RawSocket.TEXT, true, true, ping.length, ping);
      assertThat(socket.read().compressed()).isTrue();
    }
  }

  @Test
  void compressedBombIsRefusedAtTheLimit() throws IOException {
    byte[] bomb = deflated(new byte[64 * 1024 * 1024]);
    try (TestServer server = setup().set("drawbridge.compression", "true").start();
        RawSocket socket =
            new RawSocket(server.port(), "alice", "Sec-WebSocket-Extensions: permessage-deflate")) {
      socket.read();
      socket.send(RawSocket.TEXT, true, true, bomb.length, bomb);

      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(1009);
      assertAlive(server);
    }
  }

  private static byte[] deflated(byte[] plain) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    deflater.setInput(plain);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    int length;
    do {
      length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      out.write(buffer, 0, length);
    } while (length == buffer.length);
    deflater.end();
    byte[] all = out.toByteArray();
    // RFC 7692 section 7.2.1: without the tail of the flush.
    return Arrays.copyOf(all, all.length - 4);
  }

  @Test
  void clientThatNeverReadsIsClosedAndDisturbsNobody() throws Exception {
    try (TestServer server = setup().start();
        RawSocket sleeper = RawSocket.open(server, "alice");
        RecordingClient reader = server.connect("bob")) {
      ServerConnection link =
          server.connections().forUser("alice").size() == 1 ? aliceOf(server) : null;
      String text = "x".repeat(4000);
      int sent = 0;
      int largest = 0;
      while (link.isOpen() && sent < 5000) {
        CompletionStage<Connections.Delivery> delivery =
            server.connections().all().send("news", Map.of("n", sent, "text", text));
        assertThat(delivery).isNotNull();
        assertThat(reader.expect("news").data().path("n").asInt()).isEqualTo(sent);
        sent++;
        largest = Math.max(largest, link.pending());
      }

      assertThat(link.isOpen()).isFalse();
      assertThat(largest).isLessThanOrEqualTo(513);
      TestServer.await(
          "the sleeper is gone", () -> server.connections().forUser("alice").size() == 0);
      assertThat(reader.request("echo", 1).type()).isEqualTo("ack");
      // Whatever is still in the pipe: in the end there is a close, or nothing.
      RawSocket.Frame last = sleeper.readUntil(RawSocket.CLOSE);
      assertThat(last == null ? 4510 : last.closeCode()).isEqualTo(4510);
      reader.leave();
    }
  }

  private static ServerConnection aliceOf(TestServer server) {
    return server.connections().links("alice").get(0);
  }

  @Test
  void frameThatWaitsTooLongClosesWith4510() throws Exception {
    try (TestServer server =
            setup()
                .set("drawbridge.heartbeat.interval", "1s")
                .set("drawbridge.heartbeat.grace", "1s")
                .set("drawbridge.send.timeout", "500ms")
                .set("drawbridge.send.queue.bytes", "100000000")
                .set("drawbridge.send.queue.frames", "100000")
                .start();
        RawSocket sleeper = RawSocket.open(server, "alice")) {
      ServerConnection link = aliceOf(server);
      String text = "x".repeat(100_000);
      AtomicInteger failed = new AtomicInteger();
      for (int i = 0; i < 200; i++) {
        CompletionStage<Void> counted =
            link.connection()
                .send("news", Map.of("text", text))
                .whenComplete(
                    (nothing, failure) -> {
                      if (failure instanceof SendFailedException) {
                        failed.incrementAndGet();
                      }
                    });
        assertThat(counted).isNotNull();
      }

      TestServer.await("it is closed", () -> !link.isOpen());
      TestServer.await("it is removed", () -> link.isEnded());
      assertThat(failed.get()).isPositive();
      assertThat(sleeper.socket().isConnected()).isTrue();
    }
  }

  @Test
  void clientThatVanishesIsFoundByTheHeartbeat() throws Exception {
    try (TestServer server =
            setup()
                .set("drawbridge.heartbeat.interval", "1s")
                .set("drawbridge.heartbeat.grace", "1s")
                .start();
        TcpProxy proxy = new TcpProxy(server.port());
        RawSocket socket = new RawSocket(proxy.port(), "alice")) {
      socket.read();
      TestServer.await("it is connected", () -> server.connections().size() == 1);

      proxy.swallow(true);

      long start = System.nanoTime();
      TestServer.await("it is found", () -> server.connections().isEmpty());
      // The close cannot be answered either: 2 s for that on top of interval and grace.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
      assertThat(server.core().admission().isEmpty()).isTrue();
    }
  }

  @Test
  void sendToAClosedConnectionFailsWithoutAnException() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      Connection connection = server.connections().list().get(0);
      client.leave();
      TestServer.await("it is removed", () -> !connection.isOpen());

      CompletionStage<Void> sent = connection.send("news", null);

      assertThat(sent.toCompletableFuture())
          .failsWithin(Duration.ofSeconds(1))
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withCauseInstanceOf(SendFailedException.class);
      connection.close();
    }
  }

  @Test
  void broadcastCountsWhoItReached() throws Exception {
    try (TestServer server = setup().start();
        RecordingClient one = server.connect("alice");
        RecordingClient two = server.connect("bob")) {
      Connections.Delivery delivery =
          server.connections().all().send("news", 1).toCompletableFuture().get();

      assertThat(delivery).isEqualTo(new Connections.Delivery(2, 0));
      one.expect("news");
      two.expect("news");
      assertThat(server.connections().forUser("nobody").send("news", 1).toCompletableFuture().get())
          .isEqualTo(new Connections.Delivery(0, 0));
    }
  }

  @Test
  void floodIsAnsweredAndAfterTenSecondsClosed() {
    try (TestServer server =
            setup()
                .set("drawbridge.messages.per.second", "2")
                .set("drawbridge.message.burst", "2")
                .start();
        RecordingClient client = server.connect("alice")) {
      long start = System.nanoTime();
      int refused = 0;
      Event event;
      do {
        client.send("echo", 1);
        event = client.nextEvent();
        if (event instanceof Event.Frame frame && frame.type().equals("error")) {
          assertThat(frame.errorCode()).isEqualTo("rate_limited");
          assertThat(frame.json().at("/error/retryAfterMs").asLong()).isPositive();
          refused++;
        }
        java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
      } while (event instanceof Event.Frame);

      assertThat(event).isEqualTo(new Event.Closed(4429, "rate_limited"));
      assertThat(refused).isGreaterThan(10);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(25));
    }
  }

  @Test
  void tenthInvalidMessageClosesInProductionOnly() {
    try (TestServer server = setup().production().start();
        RecordingClient client = server.connect("alice")) {
      for (int i = 0; i < 10; i++) {
        client.sendText("{");
        client.expectError("message_not_json");
      }
      assertThat(client.expectClose(4400).reason()).isEqualTo("too_many_invalid_messages");
    }
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      for (int i = 0; i < 15; i++) {
        client.sendText("{");
        client.expectError("message_not_json");
      }
      client.leave();
    }
  }

  @Test
  void pingsWhoseAnswersNobodyReadsFillNoMemory() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      // The protocol's own pings: the next is read only when the last pong is written.
      byte[] payload = new byte[125];
      AtomicInteger sent = new AtomicInteger();
      int all = 400_000;
      Thread writer =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < all; i++) {
                    socket.send(RawSocket.PING, true, payload);
                    sent.incrementAndGet();
                  }
                } catch (IOException e) {
                  // The test has ended.
                }
              });
      writer.start();
      int[] before = {-1};
      long[] since = {System.nanoTime()};
      TestServer.await(
          "the client is held back by what it does not read",
          Duration.ofSeconds(30),
          () -> {
            if (sent.get() != before[0]) {
              before[0] = sent.get();
              since[0] = System.nanoTime();
            }
            return before[0] > 0 && System.nanoTime() - since[0] > 500_000_000L;
          });

      assertThat(sent.get()).isLessThan(all);
      assertAlive(server);
      socket.socket().close();
      writer.join();
    }
  }
}
