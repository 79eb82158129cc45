package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One id leads from an answer to the line of the log and to the diagnostics page. */
class RequestIdTest {
  private final CapturedLog log = CapturedLog.beside("dev.drawbridge.filters");

  @AfterEach
  void stopListening() {
    log.close();
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
            log.messages().stream()
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
