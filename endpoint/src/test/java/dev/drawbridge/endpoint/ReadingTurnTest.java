package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Arrays;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
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
  private static TestServer server;
  private static ServerConnector secure;
  private static TlsProxy certificate;

  enum Transport {
    PLAIN,
    TLS,
    COMPRESSED
  }

  @BeforeAll
  static void start() throws Exception {
    server =
        TestServer.setup()
            .set("drawbridge.messages.per.second", "1000000")
            .set("drawbridge.message.burst", "1000000")
            .set("drawbridge.compression", "true")
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class)
                        .onReadingThread()
                        .handle((data, connection) -> data))
            .start();
    certificate = new TlsProxy(server.port(), directory);
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(certificate.context());
    secure = new ServerConnector(server.jetty(), tls, new HttpConnectionFactory());
    secure.setHost("127.0.0.1");
    secure.start();
  }

  @AfterAll
  static void stop() throws Exception {
    secure.stop();
    certificate.close();
    server.close();
  }

  private static RawSocket open(Transport transport) throws IOException {
    RawSocket socket =
        switch (transport) {
          case PLAIN -> new RawSocket(server.port(), "alice");
          case TLS -> {
            int port = secure.getLocalPort();
            yield new RawSocket(
                certificate
                    .context()
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), port),
                port,
                "alice");
          }
          case COMPRESSED ->
              new RawSocket(server.port(), "alice", "Sec-WebSocket-Extensions: permessage-deflate");
        };
    assertThat(socket.handshake().contains("permessage-deflate"))
        .isEqualTo(transport == Transport.COMPRESSED);
    assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);
    return socket;
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
  void messagesOfOneWriteAreAnsweredInTheirOrder(Transport transport) throws Exception {
    try (RawSocket socket = open(transport)) {
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
  void answersDoNotWaitForAFrameOfWhichOnlyAPartIsThere(Transport transport) throws Exception {
    try (RawSocket socket = open(transport)) {
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
  void pongAndCloseBehindMessagesComeAfterTheirAnswers(Transport transport) throws Exception {
    try (RawSocket socket = open(transport)) {
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
    try (RawSocket socket = open(Transport.PLAIN)) {
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
    try (RawSocket greedy = open(Transport.PLAIN);
        RawSocket modest = open(Transport.PLAIN)) {
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
