package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 10 of PROTOCOL.md: what the page's buttons do, and who may press them. */
class DiagnosticsButtonsTest {
  private static DiagnosticsServer page;
  private static TestServer server;

  @BeforeAll
  static void start() {
    page = new DiagnosticsServer();
    server = page.server;
  }

  @AfterAll
  static void stop() {
    page.close();
  }

  @Test
  void pingMeasuresTheRoundTrip() {
    try (RecordingClient client = page.connect("carol", "ping-1")) {
      client.expect("welcome");
      assertThat(
              page.press("ping", "connection", page.connection("carol").path("id").asText()).body())
          .isEqualTo("{\"connections\":1}");

      TestServer.await(
          "the pong is measured",
          () -> page.connection("carol").path("roundTripMicros").asLong() > 0);
      client.leave();
    }
  }

  @Test
  void dropCutsWithoutAWord() {
    try (RecordingClient client = page.connect("carol", "drop-1")) {
      client.expect("welcome");
      page.press("drop", "connection", page.connection("carol").path("id").asText());

      client.expectClose(1006);
      assertThat(page.attempt("drop-1").path("code").asText()).isEqualTo("closed_1006");
      assertThat(page.document().path("closes").findValuesAsText("reason"))
          .contains("dropped_by_developer");
    }
  }

  @Test
  void expireEndsAsAnExpiryDoes() {
    try (RecordingClient client = page.connect("carol", "expire-1")) {
      client.expect("welcome");
      page.press("expire", "connection", page.connection("carol").path("id").asText());

      assertThat(client.expectClose(4401).reason()).isEqualTo("token_expired");
    }
  }

  @Test
  void disableShutsAUserOutUntilEnable() {
    try (RecordingClient one = page.connect("dave", "dis-1");
        RecordingClient two = page.connect("dave", "dis-2")) {
      one.expect("welcome");
      two.expect("welcome");
      assertThat(
              page.press("disable", "connection", page.connection("dave").path("id").asText())
                  .body())
          .isEqualTo("{\"connections\":2}");
      one.expectClose(4403);
      two.expectClose(4403);
    }
    page.refused("dis-3", TestServer.TOKENS.of("dave"));
    assertThat(page.attempt("dis-3").path("code").asText()).isEqualTo("user_disabled");
    assertThat(page.document().path("disabled")).hasToString("[\"dave\"]");

    page.press("enable", "subject", "dave");
    try (RecordingClient again = page.connect("dave", "dis-4")) {
      again.expect("welcome");
      again.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, , , 403, origin_required",
    "application/json, http://localhost:3000, , 403, origin_denied",
    "application/json, http://localhost:3000, same-site, 403, origin_denied",
    "application/json, own, cross-site, 403, origin_denied",
    "text/plain, own, same-origin, 400, request_invalid",
    "application/x-www-form-urlencoded, own, same-origin, 400, request_invalid",
    "application/json, own, same-origin, 400, request_invalid",
    "application/json, http://localhost:5173, same-origin, 400, request_invalid",
  })
  void onlyThePageItselfPressesButtons(
      String type, String origin, String site, int status, String code) {
    String sent = "own".equals(origin) ? "http://127.0.0.1:" + server.port() : origin;
    List<String> headers = new java.util.ArrayList<>(List.of("Content-Type", type));
    if (sent != null) {
      headers.addAll(List.of("Origin", sent));
    }
    if (site != null) {
      headers.addAll(List.of("Sec-Fetch-Site", site));
    }

    // The body does not fit, so that 400 shows who has come through.
    HttpResponse<String> response =
        server.post("/ws/diagnostics/drop", "{}", headers.toArray(String[]::new));

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(DiagnosticsServer.json(response).path("code").asText()).isEqualTo(code);
  }

  @Test
  void buttonsAreNotPressedByGet() {
    assertThat(server.get("/ws/diagnostics/drop").statusCode()).isEqualTo(405);
    assertThat(server.get("/ws/diagnostics/other").statusCode()).isEqualTo(404);
    assertThat(server.get("/ws/diagnosticsx").statusCode()).isEqualTo(404);
  }
}
