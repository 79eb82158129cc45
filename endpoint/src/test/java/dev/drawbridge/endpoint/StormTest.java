package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Many handshakes at once. */
@Isolated("needs the whole machine")
class StormTest {
  private static void assertAlive(TestServer server) {
    try (RecordingClient client = server.connect("bob")) {
      client.send("ping", "p", null);
      assertThat(client.expect("pong").id()).isEqualTo("p");
      client.leave();
    }
  }

  @Test
  void reconnectStormLosesAndLeaksNothing() throws Exception {
    int handshakes = 5000;
    int threads = 8;
    AtomicInteger welcomed = new AtomicInteger();
    AtomicInteger next = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(threads);
    try (TestServer server =
        TestServer.setup().set("drawbridge.connections.max", "100000").start()) {
      for (int t = 0; t < threads; t++) {
        Thread thread =
            new Thread(
                () -> {
                  int i = next.getAndIncrement();
                  while (i < handshakes) {
                    try (RawSocket socket = new RawSocket(server.port(), "crowd-" + i)) {
                      if (socket.read().text().contains("\"welcome\"")) {
                        welcomed.incrementAndGet();
                      }
                      // Every second one is cut with a reset, the others just end.
                      socket.socket().setSoLinger(i % 2 == 0, 0);
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                    i = next.getAndIncrement();
                  }
                  done.countDown();
                });
        thread.start();
      }
      assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();

      assertThat(welcomed.get()).isEqualTo(handshakes);
      TestServer.await("all are removed", () -> server.connections().isEmpty());
      assertThat(server.core().admission().isEmpty()).isTrue();
      assertAlive(server);
    }
  }

  @Test
  void clientsThatGoDuringTheHandshakeLeaveNothing() throws Exception {
    try (TestServer server = TestServer.setup().start()) {
      for (int i = 0; i < 200; i++) {
        // The upgrade is on its way when the client resets.
        RawSocket.resetDuringHandshake(server.port(), "crowd-" + i);
      }
      assertAlive(server);
      TestServer.await(
          "nothing is left",
          () -> server.connections().isEmpty() && server.core().admission().isEmpty());
    }
  }
}
