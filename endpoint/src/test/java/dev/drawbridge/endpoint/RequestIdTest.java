package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.net.http.HttpResponse;
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
    RawHttp.Answer answer =
        RawHttp.send(
            server.port(),
            "GET /ws?attempt=" + attempt,
            "Host: localhost",
            "Origin: " + DiagnosticsServer.PAGE,
            "Authorization: Bearer none",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
    assertThat(answer.status()).isEqualTo(401);
    return answer.header("X-Request-Id").orElseThrow();
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
