package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.transport.jetty.JettyReleases;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compression by RFC 7692 with a client by hand, on both ways to upgrade: offers, and messages by
 * size, fragment, window and takeover with control frames between.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompressionTest {
  private static final String ACCEPTED = "permessage-deflate;server_no_context_takeover";
  private static final int[] SIZES = {0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 50_000};
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

  private TestServer direct;
  private TestServer api;

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.compression", "true")
        .set("drawbridge.messages.per.second", "1000000")
        .set("drawbridge.message.burst", "1000000")
        .set("drawbridge.connections.per.user", "1000")
        .endpoint(
            e -> e.on("echo", JsonNode.class).onReadingThread().handle((data, connection) -> data));
  }

  @BeforeAll
  void start() {
    direct = setup().start();
    api = setup().api().start();
  }

  @AfterAll
  void stop() {
    direct.close();
    api.close();
  }

  /** What the server has chosen, empty for nothing. */
  private static String chosen(RawSocket socket) {
    return socket
        .handshake()
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-extensions:"))
        .map(line -> line.substring(line.indexOf(':') + 1).replace(" ", ""))
        .findFirst()
        .orElse("");
  }

  private static RawSocket open(TestServer server, String... offers) throws IOException {
    String[] lines =
        Arrays.stream(offers)
            .map(offer -> "Sec-WebSocket-Extensions: " + offer)
            .toArray(String[]::new);
    return new RawSocket(server.port(), "alice", lines);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "permessage-deflate | true",
        "permessage-deflate; client_max_window_bits | true",
        "permessage-deflate; client_max_window_bits=15 | true",
        "permessage-deflate; client_max_window_bits=8 | true",
        "permessage-deflate; client_max_window_bits=\"10\" | true",
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover | true",
        "permessage-deflate;client_no_context_takeover;client_max_window_bits=9 | true",
        "x-webkit-deflate-frame, permessage-deflate | true",
        "permessage-bzip2; a=b, permessage-deflate; client_max_window_bits | true",
        // Declined, and the next offer is looked at.
        "permessage-deflate; server_max_window_bits=10, permessage-deflate | true",
        "permessage-deflate; foo, permessage-deflate; client_max_window_bits=9 | true",
        "permessage-deflate; server_max_window_bits=15 + permessage-deflate | true",
        "permessage-deflate; client_max_window_bits=7, permessage-deflate; bar | false",
        "permessage-deflate; server_max_window_bits=10 | false",
        "permessage-deflate; server_max_window_bits=8; client_max_window_bits | false",
        "permessage-deflate; server_max_window_bits | false",
        "permessage-deflate; server_max_window_bits=16 | false",
        "permessage-deflate; client_max_window_bits=7 | false",
        "permessage-deflate; client_max_window_bits=16 | false",
        "permessage-deflate; client_max_window_bits=08 | false",
        "permessage-deflate; client_max_window_bits=+9 | false",
        "permessage-deflate; client_max_window_bits=ten | false",
        "permessage-deflate; client_no_context_takeover=1 | false",
        "permessage-deflate; server_no_context_takeover=true | false",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10 | false",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover | false",
        "permessage-deflate; Client_Max_Window_Bits | false",
        "permessage-deflate; unknown=1 | false",
        "PerMessage-Deflate | false",
        "x-webkit-deflate-frame | false",
        "identity, fragment | false",
      })
  void offersAreTakenOrDeclined(String offers, boolean taken) throws Exception {
    for (TestServer server : List.of(direct, api)) {
      boolean compresses = taken && compresses(server);
      try (RawSocket socket = open(server, offers.split(" \\+ ", -1))) {
        assertThat(chosen(socket)).as(offers).isEqualTo(compresses ? ACCEPTED : "");
        assertThat(text(socket.read())).startsWith("{\"type\":\"welcome\"");

        socket.text("{\"type\":\"echo\",\"id\":\"a\",\"data\":\"" + "x".repeat(300) + "\"}");

        RawSocket.Frame answer = socket.read();
        assertThat(answer.compressed()).isEqualTo(compresses);
        assertThat(text(answer)).contains("\"ack\"", "x".repeat(300));
      }
    }
  }

  /** Some releases of Jetty lose connections by it where their API is used. */
  private boolean compresses(TestServer server) {
    return server == direct || !JettyReleases.losesEarlyFrames("jetty/" + Server.getVersion());
  }

  /** Takes every message apart and together again, as the categories 12 and 13 of Autobahn do. */
  @ParameterizedTest
  @CsvSource({
    "'', true, 1",
    "'', true, 2",
    "'', true, 9",
    "'', false, 1",
    "'', false, 9",
    "; client_no_context_takeover, false, 3",
    "; client_no_context_takeover; server_no_context_takeover, false, 1",
    "; server_no_context_takeover, true, 5",
    "; client_max_window_bits, true, 4",
    "; client_max_window_bits=9; client_no_context_takeover, false, 4",
  })
  void messagesOfAllSizesComeBackWithControlFramesBetween(
      String parameters, boolean takeover, int fragments) throws Exception {
    Random random = new Random(7692);
    for (TestServer server : Stream.of(direct, api).filter(this::compresses).toList()) {
      try (RawSocket socket = open(server, "permessage-deflate" + parameters)) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        socket.read();
        for (int round = 0; round < 2; round++) {
          for (int size : SIZES) {
            String message = json(words(random, size));
            byte[] bytes = compressed(deflater, message.getBytes(StandardCharsets.UTF_8), takeover);

            sendInParts(socket, bytes, fragments);

            String answer = text(dataAfterPongs(socket, fragments));
            assertThat(answer).as("size %d on %s", size, chosen(socket)).isEqualTo(ack(message));
          }
          // One that is not compressed does not disturb the context.
          String plain = json("plain");
          socket.text(plain);
          assertThat(text(socket.read())).isEqualTo(ack(plain));
        }
        deflater.end();
      }
    }
  }

  /** RFC 7692 section 7.2.3.4: some compress each message to its end. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void messagesWithAFinalBlockAreRead(int fragments) throws Exception {
    try (RawSocket socket = open(direct, "permessage-deflate")) {
      socket.read();
      for (int i = 0; i < 5; i++) {
        String message = json("final " + i + " " + "y".repeat(500));
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(message.getBytes(StandardCharsets.UTF_8));
        deflater.finish();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        drain(deflater, out, Deflater.NO_FLUSH);
        out.write(0);
        deflater.end();

        sendInParts(socket, out.toByteArray(), fragments);

        assertThat(text(dataAfterPongs(socket, fragments)))
            .as("message " + i)
            .isEqualTo(ack(message));
      }
    }
  }

  private static void sendInParts(RawSocket socket, byte[] bytes, int fragments)
      throws IOException {
    int length = Math.max(1, bytes.length / fragments);
    int sent = 0;
    for (int i = 0; i < fragments; i++) {
      boolean last = i == fragments - 1;
      int end = last ? bytes.length : Math.min(bytes.length, sent + length);
      byte[] part = Arrays.copyOfRange(bytes, sent, end);
      int opcode = i == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION;
      socket.send(opcode, last, i == 0, part.length, part);
      sent = end;
      if (!last) {
        socket.send(RawSocket.PING, true, new byte[] {(byte) i});
        socket.send(RawSocket.PONG, true, new byte[0]);
      }
    }
  }

  private static RawSocket.Frame dataAfterPongs(RawSocket socket, int fragments)
      throws IOException {
    for (int i = 0; i < fragments - 1; i++) {
      RawSocket.Frame pong = socket.read();
      assertThat(pong.opcode()).isEqualTo(RawSocket.PONG);
      assertThat(pong.payload()).containsExactly(i);
    }
    RawSocket.Frame first = socket.read();
    if (first.last()) {
      return first;
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(first.payload());
    RawSocket.Frame next;
    do {
      next = socket.read();
      whole.write(next.payload());
    } while (!next.last());
    return new RawSocket.Frame(first.opcode(), true, first.compressed(), whole.toByteArray());
  }

  /** Without the context of the messages before: the server has said so. */
  private static String text(RawSocket.Frame frame) throws DataFormatException {
    if (!frame.compressed()) {
      return frame.text();
    }
    byte[] input = Arrays.copyOf(frame.payload(), frame.payload().length + TAIL.length);
    System.arraycopy(TAIL, 0, input, frame.payload().length, TAIL.length);
    Inflater inflater = new Inflater(true);
    inflater.setInput(input);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    for (int n = inflater.inflate(buffer); n > 0; n = inflater.inflate(buffer)) {
      out.write(buffer, 0, n);
    }
    inflater.end();
    return out.toString(StandardCharsets.UTF_8);
  }

  private static byte[] compressed(Deflater deflater, byte[] message, boolean takeover) {
    if (!takeover) {
      deflater.reset();
    }
    deflater.setInput(message);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    drain(deflater, out, Deflater.SYNC_FLUSH);
    byte[] bytes = out.toByteArray();
    return Arrays.copyOf(bytes, bytes.length - TAIL.length);
  }

  private static void drain(Deflater deflater, ByteArrayOutputStream out, int flush) {
    byte[] buffer = new byte[4096];
    int n;
    do {
      n = deflater.deflate(buffer, 0, buffer.length, flush);
      out.write(buffer, 0, n);
    } while (n == buffer.length);
  }

  private static String json(String text) {
    return "{\"type\":\"echo\",\"id\":\"e\",\"data\":\"" + text + "\"}";
  }

  private static String ack(String message) {
    return message.replace("\"type\":\"echo\"", "\"type\":\"ack\"");
  }

  /** Text that repeats itself near and far, as messages do, with letters of two bytes. */
  private static String words(Random random, int size) {
    StringBuilder text = new StringBuilder(size);
    while (text.length() < size) {
      text.append("w\u00f6rd").append(random.nextInt(500)).append(' ');
    }
    return text.substring(0, Math.min(size, text.length()));
  }
}
