package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.ThreeLines.Line;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Everything that writes to one connection at the same time: broadcasts of several threads, answers
 * that are gathered, pongs, and a close in the middle of it; to a client whose network is narrow.
 */
class WritesTogetherTest {
  private static final int THREADS = 4;
  private static final int EACH = 150;
  private static final int PINGS = 50;
  private static final int NARROW = 65_536;
  private static final JsonMapper JSON = new JsonMapper();

  /** Around the lengths at which a frame's header changes, or another way is taken. */
  private static final int[] LENGTHS = {0, 60, 80, 90, 100, 1000, 4000, 8100, 8150, 8192, 9000};

  @TempDir static Path directory;
  private static ThreeLines lines;

  @BeforeAll
  static void start() throws Exception {
    lines =
        new ThreeLines(
            TestServer.setup()
                .set("drawbridge.send.queue.frames", "100000")
                .set("drawbridge.send.queue.bytes", "100000000")
                .endpoint(
                    endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data)),
            directory);
  }

  @AfterAll
  static void stop() throws Exception {
    lines.close();
  }

  private static RawSocket open(Line line, String user) throws IOException {
    RawSocket socket = lines.open(line, user);
    socket.socket().setReceiveBufferSize(NARROW);
    return socket;
  }

  private static CompletableFuture<Void> broadcasts(ExecutorService threads, int thread) {
    return CompletableFuture.runAsync(
        () -> {
          for (int i = 0; i < EACH; i++) {
            Map<String, Object> data = new HashMap<>();
            data.put("thread", thread);
            data.put("number", i);
            data.put("text", "x".repeat(LENGTHS[(i + thread) % LENGTHS.length]));
            lines.server().connections().all().send("news", data);
          }
        },
        threads);
  }

  private static CompletableFuture<Void> messages(ExecutorService threads, RawSocket socket) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            for (int i = 0; i < PINGS; i++) {
              socket.raw(RawSocket.frame(RawSocket.PING, true, false, 1, new byte[] {(byte) i}));
              // Three in one write, so that answers are gathered.
              byte[] one =
                  RawSocket.textFrame("{\"type\":\"echo\",\"id\":\"" + i + "\",\"data\":1}");
              byte[] three = new byte[one.length * 3];
              for (int at = 0; at < three.length; at += one.length) {
                System.arraycopy(one, 0, three, at, one.length);
              }
              socket.raw(three);
            }
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        },
        threads);
  }

  @ParameterizedTest
  @EnumSource
  void framesAreWholeAndInTheOrderOfTheirSenders(Line line) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RawSocket socket = open(line, "alice");
        RawSocket other = open(line, "bob")) {
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      writers.add(messages(threads, socket));
      for (int i = 0; i < THREADS; i++) {
        writers.add(broadcasts(threads, i));
      }
      CompletableFuture<Void> otherReads =
          CompletableFuture.runAsync(() -> readNews(other, THREADS * EACH), threads);

      int[] nextNumber = new int[THREADS];
      int pongs = 0;
      int acks = 0;
      int texts = 0;
      int expected = THREADS * EACH + PINGS + 3 * PINGS;
      for (int i = 0; i < expected; i++) {
        RawSocket.Frame frame = socket.read();
        if (frame.opcode() == RawSocket.PONG) {
          assertThat(frame.payload()).containsExactly((byte) pongs++);
          continue;
        }
        assertThat(frame.opcode()).isEqualTo(RawSocket.TEXT);
        texts++;
        if (frame.compressed()) {
          continue;
        }
        JsonNode message = JSON.readTree(frame.text());
        if (message.get("type").asText().equals("ack")) {
          assertThat(message.get("id").asText()).isEqualTo(String.valueOf(acks++ / 3));
        } else {
          JsonNode data = message.get("data");
          assertThat(data.get("number").asInt())
              .isEqualTo(nextNumber[data.get("thread").asInt()]++);
        }
      }

      assertThat(pongs).isEqualTo(PINGS);
      assertThat(texts).isEqualTo(THREADS * EACH + 3 * PINGS);
      CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      otherReads.get(20, TimeUnit.SECONDS);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void readNews(RawSocket socket, int number) {
    try {
      for (int i = 0; i < number; i++) {
        assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingComesBehindTheCloseThatJettySends(Line line) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RawSocket socket = open(line, "alice")) {
      CompletableFuture<Void> first = broadcasts(threads, 0);
      CompletableFuture<Void> second = broadcasts(threads, 1);
      assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);

      // A reserved opcode: 1002.
      socket.raw(RawSocket.frame(3, true, false, 0, new byte[0]));
      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);

      assertThat(close.closeCode()).isEqualTo(1002);
      assertThat(readsToTheEnd(socket)).isTrue();
      CompletableFuture.allOf(first, second).get(20, TimeUnit.SECONDS);
    } finally {
      threads.shutdownNow();
    }
  }

  /** True if the connection ends without another byte. */
  private static boolean readsToTheEnd(RawSocket socket) {
    try {
      return socket.socket().getInputStream().read() < 0;
    } catch (IOException e) {
      return true;
    }
  }
}
