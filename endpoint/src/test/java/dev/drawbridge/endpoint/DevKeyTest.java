package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.endpoint.internal.diagnostics.DevLink;
import dev.drawbridge.testing.CapturedLog;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What dev mode shows opens with the key of this start. */
class DevKeyTest {
  private static final List<String> READ =
      List.of("/ws/diagnostics", "/ws/diagnostics.json", "/ws/diagnostics/events");
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.setup().start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** What the log is told of the link. */
  private static final class Told implements AutoCloseable {
    private final CapturedLog log = CapturedLog.beside(DevLink.class.getName(), Level.INFO);

    /** Of one server alone: others start at the same time. */
    List<String> lines(TestServer server) {
      return log.lines().stream()
          .map(line -> line.level() + " " + line.message())
          .filter(line -> line.matches(".*\\b" + server.port() + "\\b.*"))
          .toList();
    }

    @Override
    public void close() {
      log.close();
    }
  }

  private static HttpResponse<String> get(String path, String cookie, String accept) {
    return server.get(path, "Cookie", cookie, "Accept", accept);
  }

  @Test
  void withoutTheKeyNothingIsShownButWhereItStands() {
    for (String path : READ) {
      HttpResponse<String> answer = get(path, "a=b", "application/json");

      assertThat(answer.statusCode()).as(path).isEqualTo(403);
      assertThat(DiagnosticsServer.json(answer).path("code").asText())
          .isEqualTo("dev_key_required");
      assertThat(answer.body()).contains("Diagnostics:").doesNotContain(server.devKey());
    }
    HttpResponse<String> token =
        server.post("/ws/dev-token", "{\"sub\":\"alice\"}", "Cookie", "a=b");
    assertThat(token.statusCode()).isEqualTo(403);
    HttpResponse<String> button =
        server.post(
            "/ws/diagnostics/drop",
            "{\"connection\":\"x\"}",
            "Cookie",
            "a=b",
            "Content-Type",
            "application/json",
            "Origin",
            "http://127.0.0.1:" + server.port());
    assertThat(button.statusCode()).isEqualTo(403);
  }

  @Test
  void browserWithoutTheKeyIsToldWhereTheLinkStands() {
    HttpResponse<String> page = get("/ws/diagnostics", "a=b", "text/html,*/*");

    assertThat(page.statusCode()).isEqualTo(403);
    assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
    assertThat(page.body())
        .contains("log", "Diagnostics: http", "?key=")
        .doesNotContain(server.devKey());
  }

  @Test
  void linkBecomesACookieOfThisPortAndTheKeyLeavesTheAddress() {
    HttpResponse<String> link = get("/ws/diagnostics?key=" + server.devKey(), "a=b", "text/html");

    assertThat(link.statusCode()).isEqualTo(302);
    assertThat(link.headers().firstValue("Location")).hasValue("diagnostics");
    assertThat(link.headers().firstValue("Set-Cookie"))
        .hasValue(server.keyCookie() + "; Path=/ws; HttpOnly; SameSite=Strict");
    assertThat(link.body()).isEmpty();
    for (String path : READ.subList(0, 2)) {
      assertThat(get(path, server.keyCookie(), "*/*").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void keyInTheQueryOpensTheOtherRoutesForPrograms() {
    String key = "?key=" + server.devKey();

    assertThat(get("/ws/diagnostics.json" + key, "a=b", "*/*").statusCode()).isEqualTo(200);
    assertThat(
            server.post("/ws/dev-token" + key, "{\"sub\":\"alice\"}", "Cookie", "a=b").statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "%00", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "100%", "%ff"})
  void wrongKeyOpensNothing(String key) {
    HttpRequest.Builder raw = HttpRequest.newBuilder().GET();
    String query = key.equals("100%") || key.equals("%ff") ? key.replace("%", "%25") : key;

    assertThat(server.http(raw, "/ws/diagnostics?key=" + query, "Cookie", "a=b").statusCode())
        .isEqualTo(403);
    assertThat(
            get("/ws/diagnostics", "drawbridge-dev-" + server.port() + "=" + query, "*/*")
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void keyOfAnotherPortOrStartOpensNothing() {
    assertThat(get("/ws/diagnostics", "drawbridge-dev-1=" + server.devKey(), "*/*").statusCode())
        .isEqualTo(403);
    try (TestServer next = TestServer.setup().start()) {
      assertThat(next.devKey()).isNotEqualTo(server.devKey()).hasSize(32);
    }
  }

  @ParameterizedTest
  @CsvSource({"X-Forwarded-For, 127.0.0.1", "Via, 1.1 proxy", "Forwarded, for=127.0.0.1"})
  void keyDoesNotReplaceTheSecondWall(String header, String value) {
    HttpResponse<String> answer =
        server.get(
            "/ws/diagnostics?key=" + server.devKey(), "Cookie", server.keyCookie(), header, value);

    assertThat(answer.statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"old; %s", "%s; %1$s", "\"; %s", "old; a=b; %s; old"})
  void keyIsFoundBesideWhatAnEarlierStartHasLeft(String cookies) {
    String left = cookies.replace("old", "drawbridge-dev-" + server.port() + "=old");

    assertThat(get("/ws/diagnostics.json", left.formatted(server.keyCookie()), "*/*").statusCode())
        .isEqualTo(200);
  }

  @Test
  void discoveryNamesWhatIsOpen() {
    assertThat(get("/ws/config", "a=b", "*/*").body()).doesNotContain("devToken", "diagnostics");
    assertThat(get("/ws/config", server.keyCookie(), "*/*").body())
        .contains("\"devToken\":\"dev-token\"", "\"diagnostics\":\"diagnostics\"");
  }

  @Test
  void offOpensItToLoopbackAndSignsWithTheSecretOfThisStartAlone() {
    try (TestServer random =
            TestServer.setup()
                .set("drawbridge.dev.key", "off")
                .unset("drawbridge.jwt.secret")
                .start();
        TestServer configured = TestServer.setup().set("drawbridge.dev.key", "off").start()) {
      String body = "{\"sub\":\"alice\"}";

      assertThat(random.get("/ws/diagnostics", "Cookie", "a=b").statusCode()).isEqualTo(200);
      assertThat(random.post("/ws/dev-token", body, "Cookie", "a=b").statusCode()).isEqualTo(200);
      HttpResponse<String> refused = configured.post("/ws/dev-token", body, "Cookie", "a=b");
      assertThat(refused.statusCode()).isEqualTo(409);
      assertThat(refused.body()).contains("dev_token_unavailable", "DRAWBRIDGE_DEV_KEY=on");
      assertThat(
              random.post("/ws/dev-token", body, "Cookie", "a=b", "Via", "1.1 proxy").statusCode())
          .isEqualTo(404);
    }
  }

  @Test
  void linkStandsInTheLogWithTheRealPort() {
    try (Told log = new Told();
        TestServer started = TestServer.setup().contextPath("/app").start()) {
      TestServer.await("the link is told", () -> !log.lines(started).isEmpty());

      assertThat(log.lines(started))
          .containsExactly(
              "INFO Diagnostics: http://localhost:"
                  + started.port()
                  + "/app/ws/diagnostics?key="
                  + started.devKey());
      started.get("/ws/config");
      assertThat(log.lines(started)).hasSize(1);
    }
  }

  @Test
  void offIsWarnedOfWhereOthersReachThePort() {
    try (Told log = new Told();
        TestServer open =
            TestServer.setup().set("drawbridge.dev.key", "off").host("0.0.0.0").start();
        TestServer near = TestServer.setup().set("drawbridge.dev.key", "off").start()) {
      TestServer.await("both are told", () -> log.lines(open).size() + log.lines(near).size() == 3);

      assertThat(log.lines(open))
          .filteredOn(line -> line.startsWith("WARN"))
          .singleElement()
          .asString()
          .contains("DRAWBRIDGE_DEV_KEY=off", String.valueOf(open.port()), "127.0.0.1");
      assertThat(log.lines(near))
          .containsExactly("INFO Diagnostics: http://localhost:" + near.port() + "/ws/diagnostics");
      assertThat(Objects.toString(near.core().runtime().devKey())).doesNotContain(near.devKey());
    }
  }
}
