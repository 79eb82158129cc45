package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** One id leads from an answer to the line of the log and to the diagnostics page. */
class RequestIdTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.drawbridge.filters");
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          lines.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(appender);
  }

  /** The header of the answer to a handshake with a token that is none. */
  private static String idOfARefusedHandshake(TestServer server, String attempt)
      throws IOException {
    String request =
        "GET /ws?attempt="
            + attempt
            + " HTTP/1.1\r\nHost: localhost\r\nOrigin: "
            + DiagnosticsServer.PAGE
            + "\r\nAuthorization: Bearer none\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    try (Socket socket = new Socket("localhost", server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      BufferedReader answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      assertThat(answer.readLine()).startsWith("HTTP/1.1 401 ");
      String line = answer.readLine();
      while (!line.startsWith("X-Request-Id: ")) {
        assertThat(line).isNotEmpty();
        line = answer.readLine();
      }
      return line.substring("X-Request-Id: ".length());
    }
  }

  private void hasALine(String id) {
    TestServer.await(
        "the line of " + id,
        () ->
            lines.stream()
                .anyMatch(
                    line -> line.startsWith("handshake refused: token_malformed requestId=" + id)));
  }

  @Test
  void idOfARefusedHandshakeIsThatOfItsLineAndOfThePage() throws IOException {
    try (DiagnosticsServer page = new DiagnosticsServer()) {
      String id = idOfARefusedHandshake(page.server, "refused-1");

      assertThat(id).matches("[0-9a-f]{12}");
      hasALine(id);
      assertThat(page.attempt("refused-1").path("requestId").asText()).isEqualTo(id);
    }
  }

  /** What the client shows is the answer of this route. */
  @Test
  void idInTheAnswerOfTheDiagnosisIsThatOfALine() {
    try (DiagnosticsServer page = new DiagnosticsServer()) {
      HttpResponse<String> answer =
          page.server.get("/ws/diagnose?attempt=refused-2", "Authorization", "Bearer none");
      JsonNode body = DiagnosticsServer.json(answer);

      assertThat(body.path("code").asText()).isEqualTo("token_malformed");
      assertThat(answer.headers().firstValue("X-Request-Id"))
          .hasValue(body.path("requestId").asText());
      hasALine(body.path("requestId").asText());
    }
  }
}
