package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.testing.CapturedLog;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.management.MBeanException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.RuntimeMBeanException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that change while connections are open. */
@ResourceLock("the log of the settings")
class ReloadTest {
  private static final String APP = "https://app.example.org";
  private static final String OTHER = "https://other.example.org";
  private static final String FIRST = "a-first-secret-8f2c61d94b7e30a5c6d1";
  private static final String SECOND = "a-second-secret-13e7b9a05d62c8f4a7b2";
  private static final TestTokens FIRST_TOKENS = tokens(FIRST);
  private static final TestTokens SECOND_TOKENS = tokens(SECOND);

  @TempDir Path directory;

  private final Map<String, String> settings = new LinkedHashMap<>();

  private static TestTokens tokens(String secret) {
    return new TestTokens(secret, TestTokens.ISSUER, TestTokens.AUDIENCE, Clock.systemUTC());
  }

  /** A server of production whose settings are in a file. */
  private TestServer.Setup setup() {
    write("drawbridge.jwt.secret", FIRST);
    write("WEBSOCKET_ALLOWED_ORIGINS", APP + ", " + OTHER);
    return TestServer.setup()
        .production()
        .unset("drawbridge.jwt.secret")
        .managed()
        .cors()
        .endpoint(builder -> builder.on("echo", JsonNode.class, (data, connection) -> data))
        .set("drawbridge.settings.file", file().toString());
  }

  private Path file() {
    return directory.resolve("drawbridge.properties");
  }

  /** Written beside and renamed, as Kubernetes does it. */
  private synchronized void write(String... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] == null) {
        settings.remove(namesAndValues[i]);
      } else {
        settings.put(namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    StringBuilder text = new StringBuilder();
    settings.forEach((key, each) -> text.append(key).append('=').append(each).append('\n'));
    try {
      Path fresh = Files.writeString(directory.resolve("fresh"), text);
      Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RecordingClient connect(TestServer server, String token, String origin) {
    return RecordingClient.connect(
        server.uri(),
        options -> options.token(token).subprotocol("drawbridge.v1").header("Origin", origin));
  }

  private static void comesIn(TestServer server, String token, String origin) {
    try (RecordingClient client = connect(server, token, origin)) {
      client.expect("welcome");
    }
  }

  private static JsonNode reload(TestServer server) {
    HttpResponse<String> answer = server.post("/ws/reload", "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return DiagnosticsServer.json(answer);
  }

  @Test
  void originsChangeForBothFiltersAndForConnectionsThatAreOpen() {
    try (TestServer server = setup().start();
        CapturedLog log = new CapturedLog("dev.drawbridge.filters.settings", Level.INFO);
        RecordingClient stays = connect(server, FIRST_TOKENS.of("alice"), APP);
        RecordingClient goes = connect(server, FIRST_TOKENS.of("bob"), OTHER)) {
      stays.expect("welcome");
      goes.expect("welcome");
      write("WEBSOCKET_ALLOWED_ORIGINS", APP + ", https://new.example.org");

      JsonNode answer = reload(server);

      assertThat(goes.expectClose(4403).reason()).isEqualTo("origin_denied");
      assertThat(stays.request("echo", 1).type()).isEqualTo("ack");
      assertThat(answer.path("closed").asInt()).isEqualTo(1);
      assertThat(answer.path("generation").asLong()).isEqualTo(2);
      assertThat(answer.at("/changed/0/name").asText()).isEqualTo("WEBSOCKET_ALLOWED_ORIGINS");
      assertThat(answer.at("/changed/0/before").asText()).isEqualTo(APP + ", " + OTHER);
      assertThatThrownBy(() -> connect(server, FIRST_TOKENS.of("bob"), OTHER))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(403));
      comesIn(server, FIRST_TOKENS.of("carol"), "https://new.example.org");
      assertThat(log.lines())
          .extracting(CapturedLog.Line::message)
          .anyMatch(
              line ->
                  line.contains("generation 2")
                      && line.contains("WEBSOCKET_ALLOWED_ORIGINS: " + APP + ", " + OTHER + " -> ")
                      && line.contains("connections closed: 1"));
    }
  }

  @Test
  void rotationKeepsWhatThePreviousSecretSignedAndItsEndCloses() {
    try (TestServer server = setup().start();
        CapturedLog log = new CapturedLog("dev.drawbridge", Level.DEBUG);
        RecordingClient old = connect(server, FIRST_TOKENS.of("alice"), APP)) {
      old.expect("welcome");
      write("drawbridge.jwt.secret", SECOND);
      write("drawbridge.jwt.secret.previous", FIRST);
      JsonNode rotated = reload(server);
      assertThat(old.request("echo", 1).type()).isEqualTo("ack");
      try (RecordingClient fresh = connect(server, SECOND_TOKENS.of("bob"), APP);
          RecordingClient late = connect(server, FIRST_TOKENS.of("carol"), APP)) {
        fresh.expect("welcome");
        late.expect("welcome");
        write("drawbridge.jwt.secret.previous", null);

        JsonNode ended = reload(server);

        assertThat(old.expectClose(4401).reason()).isEqualTo("token_key_unknown");
        assertThat(late.expectClose(4401).reason()).isEqualTo("token_key_unknown");
        assertThat(fresh.request("echo", 2).type()).isEqualTo("ack");
        assertThat(ended.path("closed").asInt()).isEqualTo(2);
      }
      assertThatThrownBy(() -> connect(server, FIRST_TOKENS.of("alice"), APP))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
      assertThat(rotated.toString()).contains("\"what\":\"set\"").doesNotContain("before");
      assertThat(rotated.toString()).doesNotContain(FIRST).doesNotContain(SECOND);
      assertThat(log.lines())
          .extracting(CapturedLog.Line::text)
          .noneMatch(line -> line.contains(FIRST) || line.contains(SECOND))
          .anyMatch(line -> line.contains("DRAWBRIDGE_JWT_SECRET changed"));
    }
  }

  @Test
  void openConnectionIsJudgedByTheNewKeysWhenItRenewsItsToken() {
    try (TestServer server = setup().start();
        RecordingClient client = connect(server, FIRST_TOKENS.of("alice"), APP)) {
      client.expect("welcome");
      write("drawbridge.jwt.secret", SECOND);
      write("drawbridge.jwt.secret.previous", FIRST);
      reload(server);
      client.send(
          "auth", "a1", Map.of("token", SECOND_TOKENS.of("alice", java.time.Duration.ofHours(9))));
      assertThat(client.expect("ack").id()).isEqualTo("a1");
      write("drawbridge.jwt.secret.previous", null);

      JsonNode answer = reload(server);

      assertThat(answer.path("closed").asInt()).isZero();
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
    }
  }

  @Test
  void limitsOfAnOpenConnectionStayWhatItsWelcomeSaid() {
    try (TestServer server = setup().start();
        RecordingClient old = connect(server, FIRST_TOKENS.of("alice"), APP)) {
      assertThat(old.expect("welcome").data().at("/limits/maxMessageBytes").asInt())
          .isEqualTo(65536);
      write("drawbridge.max.message.bytes", "20000");
      write("drawbridge.connections.per.user", "1");

      JsonNode answer = reload(server);

      assertThat(answer.path("closed").asInt()).isZero();
      assertThat(old.request("echo", "x".repeat(30_000)).type()).isEqualTo("ack");
      assertThatThrownBy(() -> connect(server, FIRST_TOKENS.of("alice"), APP))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(429));
      try (RecordingClient fresh = connect(server, FIRST_TOKENS.of("bob"), APP)) {
        assertThat(fresh.expect("welcome").data().at("/limits/maxMessageBytes").asInt())
            .isEqualTo(20_000);
        assertThat(
                DiagnosticsServer.json(server.get("/ws/config"))
                    .at("/limits/maxMessageBytes")
                    .asInt())
            .isEqualTo(20_000);
        fresh.send("echo", "e1", "x".repeat(30_000));
        fresh.expectError("message_too_large");
        fresh.expectClose(1009);
      }
    }
  }

  @Test
  void raisedLimitIsThatOfTheContainerToo() {
    write("drawbridge.max.message.bytes", "20000");
    try (TestServer server = setup().start();
        RecordingClient old = connect(server, FIRST_TOKENS.of("alice"), APP)) {
      assertThat(old.expect("welcome").data().at("/limits/maxMessageBytes").asInt())
          .isEqualTo(20_000);
      write("drawbridge.max.message.bytes", "300000");

      reload(server);

      try (RecordingClient fresh = connect(server, FIRST_TOKENS.of("bob"), APP)) {
        fresh.expect("welcome");
        assertThat(fresh.request("echo", "x".repeat(250_000)).type()).isEqualTo("ack");
      }
      old.send("echo", "e1", "x".repeat(30_000));
      old.expectError("message_too_large");
      old.expectClose(1009);
    }
  }

  @Test
  void rulesOfHandshakesThatBecomeStricterCloseNobody() {
    try (TestServer server = setup().start();
        RecordingClient old =
            RecordingClient.connect(
                server.uri(), options -> options.token(FIRST_TOKENS.of("alice")))) {
      old.expect("welcome");
      write("drawbridge.require.origin", "true");
      write("drawbridge.jwt.max.length", "1024");
      write("drawbridge.jwt.token.use", "id");

      JsonNode answer = reload(server);

      assertThat(answer.path("closed").asInt()).isZero();
      assertThat(old.request("echo", 1).type()).isEqualTo("ack");
      assertThatThrownBy(
              () ->
                  RecordingClient.connect(
                      server.uri(), options -> options.token(FIRST_TOKENS.of("bob"))))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(403));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.connections.max, none, DRAWBRIDGE_CONNECTIONS_MAX",
    "drawbridge.jwt.secret, short, DRAWBRIDGE_JWT_SECRET",
    "WEBSOCKET_ALLOWED_ORIGINS, *, WEBSOCKET_ALLOWED_ORIGINS",
    "drawbridge.db.pool.size, 0, DRAWBRIDGE_DB_POOL_SIZE",
    "drawbridge.conections.max, 7, drawbridge.connections.max",
    "drawbridge.jwt.jwks.url, ftp://keys.example.org, exactly one source",
    "drawbridge.management.token, short, DRAWBRIDGE_MANAGEMENT_TOKEN",
    "drawbridge.message.burst, 0, DRAWBRIDGE_MESSAGE_BURST",
  })
  void oneBadValueAndNothingIsChanged(String name, String value, String told) {
    try (TestServer server = setup().start();
        CapturedLog log = new CapturedLog("dev.drawbridge.filters.settings", Level.INFO);
        RecordingClient client = connect(server, FIRST_TOKENS.of("alice"), APP)) {
      client.expect("welcome");
      HandshakeAuthenticator before = server.core().authenticator();
      write("WEBSOCKET_ALLOWED_ORIGINS", "https://new.example.org");
      write("drawbridge.connections.per.user", "3");
      write(name, value);

      HttpResponse<String> answer = server.post("/ws/reload", "");

      assertThat(answer.statusCode()).isEqualTo(409);
      JsonNode problem = DiagnosticsServer.json(answer);
      assertThat(problem.path("code").asText()).isEqualTo("settings_invalid");
      assertThat(problem.path("problems").toString()).contains(told).doesNotContain(FIRST);
      assertThat(server.core().runtime().live().generation()).isEqualTo(1);
      assertThat(server.core().config().connectionsPerUser()).isEqualTo(10);
      assertThat(server.core().authenticator()).isSameAs(before);
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      comesIn(server, FIRST_TOKENS.of("bob"), OTHER);
      assertThat(log.lines())
          .extracting(CapturedLog.Line::message)
          .anyMatch(line -> line.startsWith("Settings not reloaded") && line.contains(told));
    }
  }

  @Test
  void whatNeedsARestartIsSaidAndNotDone() {
    try (TestServer server = setup().start()) {
      write("drawbridge.heartbeat.interval", "20s");
      write("drawbridge.jwt.revocations", "database");
      write("drawbridge.db.password", "a-password-nobody-sees");

      JsonNode answer = reload(server);

      assertThat(answer.path("changed")).isEmpty();
      assertThat(answer.path("generation").asLong()).isEqualTo(1);
      assertThat(answer.path("needsRestart").findValuesAsText("name"))
          .containsExactly(
              "DRAWBRIDGE_JWT_REVOCATIONS",
              "DRAWBRIDGE_DB_PASSWORD",
              "DRAWBRIDGE_HEARTBEAT_INTERVAL");
      assertThat(answer.toString()).doesNotContain("a-password-nobody-sees");
      assertThat(server.core().config().heartbeatInterval().toSeconds()).isEqualTo(25);
    }
  }

  @Test
  void jmxReloadsAndShowsNoSecret() throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.drawbridge:type=Settings,context=\"/managed\"");
    ObjectName second = new ObjectName(name + ",instance=2");
    try (TestServer server = setup().contextPath("/managed").start();
        TestServer twin = setup().contextPath("/managed").start()) {
      assertThat(twin.core().config().connectionsMax()).isEqualTo(50_000);
      write("drawbridge.connections.max", "77");
      write("drawbridge.jwt.secret", SECOND);

      Object told = beans.invoke(name, "reload", new Object[0], new String[0]);

      assertThat(told.toString())
          .contains("DRAWBRIDGE_CONNECTIONS_MAX: 50000 -> 77")
          .contains("DRAWBRIDGE_JWT_SECRET changed")
          .doesNotContain(SECOND);
      assertThat(server.core().config().connectionsMax()).isEqualTo(77);
      assertThat(twin.core().config().connectionsMax()).isEqualTo(50_000);
      assertThat(beans.getAttribute(name, "Generation")).isEqualTo(2L);
      assertThat(beans.getAttribute(second, "Generation")).isEqualTo(1L);
      assertThat(Arrays.asList((String[]) beans.getAttribute(name, "Settings")))
          .contains("DRAWBRIDGE_JWT_SECRET = *** (settings file)")
          .noneMatch(line -> line.contains(SECOND));
      assertThat((String[]) beans.getAttribute(name, "Reloadable"))
          .contains("WEBSOCKET_ALLOWED_ORIGINS")
          .doesNotContain("DRAWBRIDGE_DB_URL");
      write("drawbridge.connections.max", "many");
      assertThatThrownBy(() -> beans.invoke(name, "reload", new Object[0], new String[0]))
          .isInstanceOf(RuntimeMBeanException.class)
          .isNotInstanceOf(MBeanException.class)
          .rootCause()
          .isExactlyInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("DRAWBRIDGE_CONNECTIONS_MAX (settings file) must be");
    }
    assertThat(beans.isRegistered(name)).isFalse();
    assertThat(beans.isRegistered(second)).isFalse();
  }

  @Test
  void routeWantsTheOperatorsSecretByPost() {
    try (TestServer server = setup().guarded("/ws/*").start()) {
      String user = "Bearer " + FIRST_TOKENS.of("alice");

      assertThat(server.post("/ws/reload", "", "Authorization", user).statusCode()).isEqualTo(401);
      assertThat(server.post("/ws/reload", "", "Authorization", "").statusCode()).isEqualTo(401);
      assertThat(server.get("/ws/reload").statusCode()).isEqualTo(405);
      assertThat(server.core().runtime().live().generation()).isEqualTo(1);
      assertThat(server.post("/ws/reload", "").statusCode()).isEqualTo(200);
      write("drawbridge.management.token", "another-operator-77b1d0e4f2");
      write("drawbridge.reload.route", "false");
      // A context-param stands behind the file.
      assertThat(server.post("/ws/reload", "").statusCode()).isEqualTo(200);
      assertThat(server.post("/ws/reload", "").statusCode()).isIn(401, 404);
      assertThat(
              server
                  .post("/ws/reload", "", "Authorization", "Bearer another-operator-77b1d0e4f2")
                  .statusCode())
          .isEqualTo(404);
      assertThat(
              server
                  .get("/ws/drain", "Authorization", "Bearer another-operator-77b1d0e4f2")
                  .statusCode())
          .as("the method is asked for behind the token")
          .isEqualTo(405);
    }
  }

  @Test
  void withoutATokenTheRouteIsOff() {
    try (TestServer server = setup().unset("drawbridge.management.token").start()) {
      assertThat(server.post("/ws/reload", "").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void reloadsDuringAStormRefuseNobodyWhoIsAllowedAllAlong() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    AtomicBoolean over = new AtomicBoolean();
    try (TestServer server = setup().set("drawbridge.connections.per.user", "0").start()) {
      write("drawbridge.jwt.secret.previous", SECOND);
      reload(server);
      List<Future<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        TestTokens tokens = i % 2 == 0 ? FIRST_TOKENS : SECOND_TOKENS;
        String user = List.of("alice", "bob", "carol").get(i);
        clients.add(threads.submit(handshakes(server, tokens, user, over)));
      }
      List<Future<Long>> reloads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int step = i;
        reloads.add(
            threads.submit(
                () -> {
                  for (int round = 0; round < 20; round++) {
                    boolean swap = (round + step) % 2 == 0;
                    write(
                        "drawbridge.jwt.secret", swap ? SECOND : FIRST,
                        "drawbridge.jwt.secret.previous", swap ? FIRST : SECOND,
                        "drawbridge.message.burst", Integer.toString(100 + round));
                    server.core().runtime().live().reload("a test");
                  }
                  return server.core().runtime().live().generation();
                }));
      }
      for (Future<Long> each : reloads) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isGreaterThan(5);
      }
      over.set(true);
      for (Future<Integer> each : clients) {
        assertThat(each.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
  }

  private static Callable<Integer> handshakes(
      TestServer server, TestTokens tokens, String user, AtomicBoolean over) {
    return () -> {
      int done = 0;
      while (!over.get()) {
        try (RecordingClient client = connect(server, tokens.of(user), APP)) {
          client.expect("welcome");
          done++;
        }
      }
      return done;
    };
  }
}
