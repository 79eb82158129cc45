package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.ThreeLines.Line;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What arrives together is answered together, whole, in order and at once, over any transport. */
class ReadingTurnTest {
  private static final int MANY = 300;

  @TempDir static Path directory;
  private static ThreeLines lines;

  @BeforeAll
  static void start() throws Exception {
    lines =
        new ThreeLines(
            TestServer.setup()
                .endpoint(
                    endpoint ->
                        endpoint
                            .on("echo", JsonNode.class)
                            .onReadingThread()
                            .handle((data, connection) -> data)),
            directory);
  }

  @AfterAll
  static void stop() throws Exception {
    lines.close();
  }

  private static RawSocket open(Line line) throws IOException {
    return lines.open(line, "alice");
  }

  private static String message(int number, int length) {
    return "{\"type\":\"echo\",\"id\":\"m" + number + "\",\"data\":\"" + "x".repeat(length) + "\"}";
  }

  private static void expectAck(RawSocket socket, int number, int length) throws IOException {
    RawSocket.Frame frame = socket.read();
    assertThat(frame.opcode()).isEqualTo(RawSocket.TEXT);
    if (!frame.compressed()) {
      assertThat(frame.text())
          .isEqualTo(
              "{\"type\":\"ack\",\"id\":\"m"
                  + number
                  + "\",\"data\":\""
                  + "x".repeat(length)
                  + "\"}");
    }
  }

  /** Some fit a batch, some do not, and some are longer than all that one turn reads. */
  private static int length(int number) {
    int[] lengths = {0, 10, 120, 1000, 1100, 5000, 30_000};
    return lengths[number % lengths.length];
  }

  @ParameterizedTest
  @EnumSource
  void messagesOfOneWriteAreAnsweredInTheirOrder(Line line) throws Exception {
    try (RawSocket socket = open(line)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  ByteArrayOutputStream all = new ByteArrayOutputStream();
                  for (int i = 0; i < MANY; i++) {
                    all.write(RawSocket.textFrame(message(i, length(i))));
                  }
                  socket.raw(all.toByteArray());
                } catch (IOException e) {
                  // The reader below fails.
                }
              });
      sender.start();
      for (int i = 0; i < MANY; i++) {
        expectAck(socket, i, length(i));
      }
      sender.join();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersDoNotWaitForAFrameOfWhichOnlyAPartIsThere(Line line) throws Exception {
    try (RawSocket socket = open(line)) {
      for (int cut = 1; cut < 40; cut++) {
        byte[] last = RawSocket.textFrame(message(3, 10));
        ByteArrayOutputStream begin = new ByteArrayOutputStream();
        for (int i = 0; i < 3; i++) {
          begin.write(RawSocket.textFrame(message(i, 10)));
        }
        begin.write(last, 0, cut);
        socket.raw(begin.toByteArray());
        for (int i = 0; i < 3; i++) {
          expectAck(socket, i, 10);
        }
        socket.raw(Arrays.copyOfRange(last, cut, last.length));
        expectAck(socket, 3, 10);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void pongAndCloseBehindMessagesComeAfterTheirAnswers(Line line) throws Exception {
    try (RawSocket socket = open(line)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(RawSocket.textFrame(message(0, 10)));
      all.write(RawSocket.frame(RawSocket.PING, true, false, 1, new byte[] {7}));
      all.write(RawSocket.textFrame(message(1, 10)));
      all.write(RawSocket.textFrame(message(2, 10)));
      all.write(RawSocket.frame(RawSocket.CLOSE, true, false, 2, new byte[] {3, (byte) 0xE8}));
      socket.raw(all.toByteArray());
      expectAck(socket, 0, 10);
      RawSocket.Frame pong = socket.read();
      assertThat(pong.opcode()).isEqualTo(RawSocket.PONG);
      assertThat(pong.payload()).containsExactly(7);
      expectAck(socket, 1, 10);
      expectAck(socket, 2, 10);
      assertThat(socket.read().closeCode()).isEqualTo(1000);
    }
  }

  @Test
  void frameThatBreaksTheProtocolBehindMessagesComesAfterTheirAnswers() throws Exception {
    try (RawSocket socket = open(Line.PLAIN)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.write(RawSocket.textFrame(message(0, 10)));
      all.write(RawSocket.textFrame(message(1, 10)));
      all.write(RawSocket.frame(3, true, false, 0, new byte[0]));
      socket.raw(all.toByteArray());
      expectAck(socket, 0, 10);
      expectAck(socket, 1, 10);
      assertThat(socket.read().closeCode()).isEqualTo(1002);
    }
  }

  @Test
  void clientThatNeverPausesLeavesTurnsToOthers() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < MANY; i++) {
      all.write(RawSocket.textFrame(message(i, 10)));
    }
    byte[] flood = all.toByteArray();
    try (RawSocket greedy = open(Line.PLAIN);
        RawSocket modest = open(Line.PLAIN)) {
      Thread flooder =
          new Thread(
              () -> {
                try {
                  while (!Thread.currentThread().isInterrupted()) {
                    greedy.raw(flood);
                  }
                } catch (IOException e) {
                  // The end of the test.
                }
              });
      Thread drain =
          new Thread(
              () -> {
                try {
                  while (greedy.read() != null) {
                    Thread.onSpinWait();
                  }
                } catch (IOException e) {
                  // The end of the test.
                }
              });
      flooder.start();
      drain.start();
      for (int i = 0; i < MANY; i++) {
        modest.raw(RawSocket.textFrame(message(i, 10)));
        expectAck(modest, i, 10);
      }
      flooder.interrupt();
      greedy.socket().close();
      flooder.join();
      drain.join();
    }
  }
}
