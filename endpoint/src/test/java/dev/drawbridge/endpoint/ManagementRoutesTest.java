package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator's secret opens drain and metrics; an address or a user does not. */
class ManagementRoutesTest {

  private static TestServer.Setup production() {
    return TestServer.setup().production();
  }

  private static String code(HttpResponse<String> answer) {
    return DiagnosticsServer.json(answer).path("code").asText();
  }

  @Test
  void withoutATokenTheRoutesAreOffForEverybody() {
    try (TestServer server =
        production().set("drawbridge.drain.route", "true").guarded("/ws/*").start()) {
      String user = "Bearer " + TestServer.TOKENS.of("alice");

      assertThat(server.post("/ws/drain", "").statusCode()).isIn(401, 404);
      assertThat(server.post("/ws/drain", "", "Authorization", user).statusCode()).isEqualTo(404);
      assertThat(server.get("/ws/metrics", "Authorization", user).statusCode()).isEqualTo(404);
      assertThat(server.connections().isDraining()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer " + TestServer.MANAGEMENT + "x",
        "Bearer " + "operator-4b7d2e9c5a1f803",
        "Basic " + TestServer.MANAGEMENT,
        "Bearer" + TestServer.MANAGEMENT,
        TestServer.MANAGEMENT,
      })
  void anythingElseThanTheTokenIsRefused(String authorization) {
    try (TestServer server = production().managed().start()) {
      HttpResponse<String> drain = server.post("/ws/drain", "", "Authorization", authorization);
      HttpResponse<String> metrics = server.get("/ws/metrics", "Authorization", authorization);

      assertThat(drain.statusCode()).isEqualTo(401);
      assertThat(code(drain)).isEqualTo("management_token_invalid");
      assertThat(drain.headers().firstValue("WWW-Authenticate")).isPresent();
      assertThat(metrics.statusCode()).isEqualTo(401);
      assertThat(server.connections().isDraining()).isFalse();
    }
  }

  @Test
  void severalCredentialsAreRefused() {
    try (TestServer server = production().managed().start()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder()
              .POST(HttpRequest.BodyPublishers.noBody())
              .header("Authorization", "Bearer " + TestServer.MANAGEMENT)
              .header("Authorization", "Bearer " + TestServer.MANAGEMENT);

      assertThat(server.http(request, "/ws/drain", "Authorization", "Bearer x").statusCode())
          .isEqualTo(401);
      assertThat(server.connections().isDraining()).isFalse();
    }
  }

  @Test
  void userNeverDrainsAlsoWhereTheFilterGuardsTheRoute() {
    try (TestServer server = production().managed().guarded("/ws/*").start()) {
      HttpResponse<String> answer =
          server.post("/ws/drain", "", "Authorization", "Bearer " + TestServer.TOKENS.of("alice"));

      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(code(answer)).isEqualTo("management_token_invalid");
      assertThat(server.connections().isDraining()).isFalse();
      assertThat(server.get("/ws/metrics").statusCode()).isEqualTo(200);
      assertThat(server.post("/ws/drain", "").statusCode()).isEqualTo(202);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/ws", "/ws/diagnose", "/ws/config", "/other", "/ws/drain/x"})
  void tokenOpensNothingElse(String path) {
    try (TestServer server = production().managed().guarded("/*").start()) {
      HttpResponse<String> answer =
          server.get(path, "Authorization", "Bearer " + TestServer.MANAGEMENT);

      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(code(answer)).isEqualTo("token_malformed");
    }
  }

  @Test
  void fileHoldsTheTokenToo(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("token");
    Files.writeString(file, TestServer.MANAGEMENT + "\n");
    try (TestServer server =
        production().set("drawbridge.management.token.file", file.toString()).start()) {
      assertThat(
              server
                  .get("/ws/metrics", "Authorization", "bearer  " + TestServer.MANAGEMENT)
                  .statusCode())
          .isEqualTo(200);
      assertThat(server.get("/ws/metrics").statusCode()).isEqualTo(401);
    }
  }
}
