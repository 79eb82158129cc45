package dev.drawbridge.endpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.CapturedLog;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What an operator reads of refusals and closes: one line each, true, harmless, and not too many.
 */
class LogTest {
  private static final int REFUSALS = 10_000;
  private static final int BATCH = 100;

  private final CapturedLog log = CapturedLog.beside("dev.drawbridge");

  @AfterEach
  void stopListening() {
    log.close();
  }

  @Test
  void tenThousandRefusalsAreTenLinesAndNoneIsForged() throws Exception {
    // A header of the token may hold anything; this one would write a line of its own.
    String header =
        "{\"alg\":\"HS256\",\"kid\":\"k\\r\\nWARN forged \\u001b[31m\",\"jku\":\"https://evil.example\"}";
    String token =
        Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(UTF_8))
            + ".c2VjcmV0LWNsYWltcw.c2lnbmF0dXJl";
    try (TestServer server = TestServer.setup().start()) {
      int refused =
          flood(
              server.port(),
              REFUSALS,
              "GET /ws?attempt=a%0d%0aWARN%20forged&x=" + token,
              "Authorization: Bearer " + token,
              "Origin: http://localhost",
              "User-Agent: \u00ff\u00fe\tWARN forged");

      assertThat(refused).isEqualTo(REFUSALS);
      List<String> written = containing("token_header_unsupported");
      assertThat(written).hasSize(10);
      assertThat(written)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .matches(
                          "handshake refused: token_header_unsupported requestId=[0-9a-f]{12} .*")
                      .contains(
                          "kid=k??WARN?forged??[31m", "path=/ws ", "fix=\"let the issuer sign")
                      .doesNotContain("\n", "\r", "\u001b", "c2VjcmV0", token.substring(0, 20)));
    }
  }

  @Test
  void aThousandForeignOriginsAreSixtyLines() throws Exception {
    try (TestServer server = TestServer.setup().cors().start()) {
      for (int i = 0; i < 1_000; i += BATCH) {
        flood(server.port(), BATCH, "GET /ws", "Origin: https://log-" + i + "-%d.example");
      }

      List<String> written = containing("https://log-");
      assertThat(written).hasSizeBetween(10, 60);
      assertThat(written)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .startsWith("Refused: origin_denied ")
                      .contains("requestId=", "hint=\"")
                      .doesNotContain("\n"));
    }
  }

  @Test
  void manyConnectionsThatAreCutAreTenLines() {
    try (TestServer server =
        TestServer.setup().set("drawbridge.connections.per.user", "0").start()) {
      for (int i = 0; i < 30; i++) {
        server.connect("crowd-log").abort();
      }

      TestServer.await("all are gone", () -> server.connections().size() == 0);
      List<String> written =
          log.messages().stream()
              .filter(
                  line -> line.startsWith("connection closed: closed_1006 code=1006 by=network"))
              .filter(line -> line.contains(" sub=crowd-log "))
              .toList();

      assertThat(written).hasSize(10);
      assertThat(written)
          .allSatisfy(
              line ->
                  assertThat(line)
                      .matches(".* requestId=[0-9a-f]{12} connection=[0-9a-f]{24} .*")
                      .contains("fix=\"the network or a proxy has cut the connection"));
    }
  }

  @Test
  void aCloseOfTheApplicationCannotWriteALineOfItsOwn() {
    try (TestServer server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint.on(
                        "bye",
                        Void.class,
                        (nothing, connection) -> {
                          connection.close(CloseCode.INTERNAL_ERROR, "a\r\nWARN forged");
                          return null;
                        }))
            .start()) {
      var alice = server.connect("alice");
      alice.sendText("{\"type\":\"bye\"}");
      alice.expectClose(1011);
      alice.close();

      TestServer.await("the line", () -> !containing("code=1011 by=server").isEmpty());
      assertThat(containing("code=1011 by=server"))
          .allSatisfy(
              line ->
                  assertThat(line)
                      .startsWith("connection closed: a??WARN?forged code=1011")
                      .doesNotContain("\n", "\r"));
    }
  }

  private List<String> containing(String part) {
    return log.messages().stream().filter(line -> line.contains(part)).toList();
  }

  /** Sends handshakes over one connection, a batch at a time; returns how many got a 4xx. */
  private static int flood(int port, int count, String start, String... headers)
      throws IOException {
    int refused = 0;
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (int done = 0; done < count; done += BATCH) {
        StringBuilder batch = new StringBuilder();
        for (int i = 0; i < BATCH; i++) {
          batch.append(start).append(" HTTP/1.1\r\nHost: localhost\r\n");
          batch.append("Upgrade: websocket\r\nConnection: Upgrade\r\n");
          batch.append(
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
          for (String header : headers) {
            batch.append(header.replace("%d", Integer.toString(i))).append("\r\n");
          }
          batch.append("\r\n");
        }
        socket.getOutputStream().write(batch.toString().getBytes(ISO_8859_1));
        for (int i = 0; i < BATCH; i++) {
          refused += readStatus(in) / 100 == 4 ? 1 : 0;
        }
      }
    }
    return refused;
  }

  private static int readStatus(InputStream in) throws IOException {
    int length = 0;
    int status = 0;
    for (String line = readLine(in); !line.isEmpty(); line = readLine(in)) {
      if (line.startsWith("HTTP/1.1 ")) {
        status = Integer.parseInt(line.substring(9, 12));
      } else if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    in.skipNBytes(length);
    return status;
  }

  private static String readLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the server has closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
