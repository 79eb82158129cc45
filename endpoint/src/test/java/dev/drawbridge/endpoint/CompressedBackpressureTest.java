package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that come while the one before is handled wait, with compression as without. */
class CompressedBackpressureTest {
  private static final int MANY = 1000;

  @ParameterizedTest
  @ValueSource(strings = {"auto", "jetty-api"})
  void messagesWaitWhileAHandlerIsBusy(String transport) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    try (TestServer server =
            TestServer.setup()
                .set("drawbridge.messages.per.second", "1000000")
                .set("drawbridge.message.burst", "1000000")
                .set("drawbridge.compression", "true")
                .set("drawbridge.transport", transport)
                .endpoint(
                    endpoint ->
                        endpoint.on(
                            "echo",
                            JsonNode.class,
                            (data, connection) -> {
                              go.await(10, TimeUnit.SECONDS);
                              return data;
                            }))
                .start();
        RawSocket socket =
            new RawSocket(server.port(), "alice", "Sec-WebSocket-Extensions: permessage-deflate")) {
      socket.read();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < MANY; i++) {
        all.writeBytes(RawSocket.textFrame("{\"type\":\"echo\",\"id\":\"" + i + "\",\"data\":1}"));
      }
      socket.raw(all.toByteArray());
      socket.raw(all.toByteArray());
      go.countDown();
      for (int i = 0; i < 2 * MANY; i++) {
        assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);
      }
    }
  }
}
