package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.receive.HandlerThreads;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Handlers that hang and ignore interrupts do not stop the others. */
class HungHandlersTest {
  @Test
  void asManyHungHandlersAsThreadsDoNotStopTheOthers() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger inside = new AtomicInteger();
    List<RawSocket> sockets = new ArrayList<>();
    try (TestServer server =
        TestServer.setup()
            .set("drawbridge.handler.timeout", "500ms")
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class, (data, connection) -> data)
                        .on(
                            "hang",
                            JsonNode.class,
                            (data, connection) -> {
                              inside.incrementAndGet();
                              while (gate.getCount() > 0) {
                                try {
                                  gate.await();
                                } catch (InterruptedException e) {
                                  // Ignored on purpose.
                                }
                              }
                              return null;
                            }))
            .start()) {
      try {
        int all = HandlerThreads.MAX_THREADS + 10;
        for (int i = 0; i < all; i++) {
          RawSocket socket = RawSocket.open(server, "crowd-" + i);
          sockets.add(socket);
          socket.text("{\"type\":\"hang\",\"id\":\"h\"}");
        }

        try (RecordingClient other = server.connect("alice")) {
          assertThat(other.request("echo", 1).type()).isEqualTo("ack");
          other.leave();
        }
        TestServer.await("all of them hang", () -> inside.get() == all);
        for (RawSocket socket : sockets) {
          assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("handler_timeout");
        }
      } finally {
        gate.countDown();
        for (RawSocket socket : sockets) {
          socket.close();
        }
      }
    }
  }
}
