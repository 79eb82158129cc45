package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Frames that RFC 6455 forbids, by both ways in which a request becomes a WebSocket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokenFrameTest {
  private TestServer server;

  /** By Jetty's API, which is all that a WAR sees. */
  private TestServer api;

  @BeforeAll
  void start() {
    server = TestServer.setup().start();
    api = TestServer.setup().api().start();
  }

  @AfterAll
  void stop() {
    server.close();
    api.close();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "first reserved bit, C18101020304 79, 1002",
    "second reserved bit, A18101020304 79, 1002",
    "third reserved bit, 918101020304 79, 1002",
    "reserved data opcode, 838101020304 79, 1002",
    "reserved control opcode, 8B8101020304 79, 1002",
    "unmasked, 810178, 1002",
    "fragmented ping, 098101020304 79, 1002",
    // Jetty sees it with the first byte of the payload; a header alone ends with the heartbeat.
    "ping of 126 bytes, 89FE007E01020304 79, 1002",
    "pong of 126 bytes, 8AFE007E01020304 79, 1002",
    "ping of 64 KiB, 89FF000000000001000001020304 79, 1002",
    "close of 126 bytes, 88FE007E01020304 02, 1002",
    "continuation of nothing, 808101020304 79, 1002",
    "new message inside of another, 018101020304 79 818101020304 79, 1002",
    "close with half a code, 888101020304 02, 1002",
    "close with 999, 888201020304 02E5, 1002",
    "close with 1004, 888201020304 02EE, 1002",
    "close with 1005, 888201020304 02EF, 1002",
    "close with 1006, 888201020304 02EC, 1002",
    "close with 1015, 888201020304 02F5, 1002",
    "close with 5000, 888201020304 128A, 1002",
  })
  void brokenFrameClosesWithAProtocolError(String name, String hex, int code) throws IOException {
    for (TestServer each : new TestServer[] {server, api}) {
      try (RawSocket socket = RawSocket.open(each, "alice")) {
        socket.raw(HexFormat.of().parseHex(hex.replace(" ", "")));

        RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);

        assertThat(close).as(name).isNotNull();
        assertThat(close.closeCode()).as(name).isEqualTo(code);
      }
    }
  }

  @Test
  void frameOfImpossibleLengthClosesAtOnce() throws IOException {
    try (RawSocket socket = RawSocket.open(server, "alice")) {
      socket.raw(HexFormat.of().parseHex("81FFFFFFFFFFFFFFFFFF01020304"));

      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isIn(1002, 1009);
    }
  }

  @Test
  void closeReasonThatIsNotUtf8IsAProtocolFault() throws IOException {
    try (RawSocket socket = RawSocket.open(server, "alice")) {
      socket.send(RawSocket.CLOSE, true, new byte[] {3, (byte) 0xE8, (byte) 0xC0, (byte) 0x80});

      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);

      assertThat(close == null ? 1007 : close.closeCode()).isIn(1002, 1007);
    }
  }
}
