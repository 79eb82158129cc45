package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.transport.WireText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One message to many: its bytes are made once, and each client reads the same. */
class BroadcastBytesTest {
  private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate";
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

  /** A whole message: of a large one Jetty makes fragments. */
  private static String read(RawSocket socket) throws Exception {
    RawSocket.Frame frame = socket.read();
    boolean compressed = frame.compressed();
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    payload.writeBytes(frame.payload());
    while (!frame.last()) {
      frame = socket.read();
      payload.writeBytes(frame.payload());
    }
    return compressed ? inflated(payload.toByteArray()) : payload.toString(StandardCharsets.UTF_8);
  }

  private static String inflated(byte[] payload) throws Exception {
    Inflater inflater = new Inflater(true);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    for (byte[] part : new byte[][] {payload, TAIL}) {
      inflater.setInput(part);
      for (int read = inflater.inflate(buffer); read > 0; read = inflater.inflate(buffer)) {
        all.write(buffer, 0, read);
      }
    }
    inflater.end();
    return all.toString(StandardCharsets.UTF_8);
  }

  private static TestServer start() {
    return TestServer.setup()
        .set("drawbridge.compression", "true")
        .set("drawbridge.connections.per.user", "1000")
        .endpoint(e -> e.on("echo", JsonNode.class, (data, connection) -> data))
        .start();
  }

  /** Sizes around the buffers of the deflater and of Jetty. */
  @ParameterizedTest
  @CsvSource({
    "plain, 10", "plain, 1000", "plain, 1024", "plain, 30000", "random, 700", "random, 1019",
    "random, 1023", "random, 1024", "random, 1030", "random, 5000", "random, 50000", "words, 300",
    "words, 20000"
  })
  void clientsWithAndWithoutCompressionReadTheSame(String kind, int size) throws Exception {
    Random random = new Random(size);
    StringBuilder data = new StringBuilder();
    while (data.length() < size) {
      switch (kind) {
        case "plain" -> data.append('x');
        case "random" -> data.append((char) ('!' + random.nextInt(90)));
        default -> data.append(random.nextBoolean() ? "\u00fc\u4e16 " : "\ud83d\ude00 ");
      }
    }
    try (TestServer server = start()) {
      List<RawSocket> sockets = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        sockets.add(
            i % 2 == 0
                ? new RawSocket(server.port(), "alice", DEFLATE)
                : new RawSocket(server.port(), "alice"));
      }
      for (RawSocket socket : sockets) {
        assertThat(read(socket)).contains("welcome");
      }
      String expected = new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(data);
      for (int round = 0; round < 3; round++) {
        server.connections().all().send("news", Map.of("n", round, "text", data.toString()));
        server.connections().list().get(0).send("single", round);
      }
      int singles = 0;
      for (RawSocket socket : sockets) {
        int round = 0;
        while (round < 3) {
          String got = read(socket);
          if (got.startsWith("{\"type\":\"single\"")) {
            singles++;
          } else {
            assertThat(got.contains("\"n\":" + round) && got.contains(expected)).isTrue();
            round++;
          }
        }
        socket.text("{\"type\":\"echo\",\"id\":\"e\",\"data\":1}");
        String after = read(socket);
        while (after.startsWith("{\"type\":\"single\"")) {
          singles++;
          after = read(socket);
        }
        assertThat(after).contains("\"ack\"");
        socket.close();
      }
      assertThat(singles).isEqualTo(3);
    }
  }

  @Test
  void bytesAreMadeOnceAndCompressedFromTheSecondConnectionOn() {
    WireText text = new WireText("\u00fc".repeat(10));
    AtomicInteger made = new AtomicInteger();

    text.toOneMore();
    assertThat(text.isShared()).isFalse();
    text.toOneMore();
    assertThat(text.isShared()).isTrue();
    for (int i = 0; i < 3; i++) {
      text.compressed(
          bytes -> {
            made.incrementAndGet();
            return bytes;
          });
    }

    assertThat(text.utf8()).hasSize(20).isSameAs(text.utf8());
    assertThat(made).hasValue(1);
  }
}
