package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections of a user that count on all servers: two of them on one log in memory. */
class SharedLimitTest {
  private static final JsonMapper JSON = new JsonMapper();
  private final MemoryLog log = new MemoryLog(0, System::currentTimeMillis);
  private final MemoryEngine engineOfA = new MemoryEngine(log);
  private final MemoryEngine engineOfB = new MemoryEngine(log);
  private final List<TestServer> servers = new ArrayList<>();

  private TestServer start(ClusterEngine engine, int limit) {
    TestServer server =
        TestServer.setup()
            .cors()
            .attribute(ClusterEngine.class.getName(), engine)
            .set("drawbridge.connections.per.user", Integer.toString(limit))
            .set("drawbridge.connections.per.user.scope", "cluster")
            .start();
    servers.add(server);
    TestServer.await("the roster has begun", server.core().channels().places()::isCounting);
    return server;
  }

  @AfterEach
  void stop() {
    servers.forEach(TestServer::close);
  }

  private static boolean isRefused(TestServer server, String subject) {
    try {
      return ask(server, subject).status() == 429;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode refusal(TestServer server, String subject) throws Exception {
    RawHttp.Answer answer = ask(server, subject);
    assertThat(answer.status()).isEqualTo(429);
    return JSON.readTree(answer.body());
  }

  private static RawHttp.Answer ask(TestServer server, String subject) throws IOException {
    return RawHttp.send(
        server.port(),
        "GET /ws",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Authorization: Bearer " + TestServer.TOKENS.of(subject));
  }

  private static JsonNode document(TestServer server) throws Exception {
    return JSON.readTree(server.get("/ws/diagnostics.json").body());
  }

  @Test
  void theLimitHoldsOnBothTogetherAndTheRefusalNamesBothCounts() throws Exception {
    TestServer a = start(engineOfA, 3);
    TestServer b = start(engineOfB, 3);
    try (RecordingClient one = a.connect("alice");
        RecordingClient two = a.connect("alice");
        RecordingClient three = b.connect("alice");
        RecordingClient bob = b.connect("bob")) {

      JsonNode refusal = refusal(b, "alice");

      assertThat(refusal.path("code").asText()).isEqualTo("too_many_connections");
      assertThat(refusal.path("limit").asInt()).isEqualTo(3);
      assertThat(refusal.path("current").asInt()).isEqualTo(3);
      assertThat(refusal.path("here").asInt()).isEqualTo(1);
      assertThat(refusal.path("hint").asText())
          .contains("3 connections per user on all servers, 1 of them on this one, at most 3");
      assertThat(b.core().admission().total()).as("given up here, too").isEqualTo(2);
      List.of(one, two, three, bob).forEach(RecordingClient::leave);
    }
  }

  @Test
  void aPlaceThatComesFreeOnTheOtherServerIsWaitedFor() throws Exception {
    TestServer a = start(engineOfA, 1);
    TestServer b = start(engineOfB, 1);
    for (int round = 0; round < 10; round++) {
      RecordingClient old = a.connect("alice");
      CompletableFuture<RecordingClient> fresh =
          CompletableFuture.supplyAsync(() -> b.connect("alice"));
      old.leave();

      try (RecordingClient client = fresh.get(10, TimeUnit.SECONDS)) {
        client.leave();
      }
      old.forget();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConnectionIsReplacedWhereverItIs(boolean onTheSame) throws Exception {
    TestServer a = start(engineOfA, 1);
    TestServer b = start(engineOfB, 1);
    RecordingClient old = a.connect("alice");
    TestServer next = onTheSame ? a : b;

    try (RecordingClient fresh =
        RecordingClient.replace(next.uri(), TestServer.TOKENS.of("alice"), old.connectionId())) {
      old.expectClose(CloseCode.REPLACED.code());
      assertThat(refusal(onTheSame ? b : a, "alice").path("current").asInt()).isEqualTo(1);
      fresh.leave();
    }
  }

  @Test
  void whoIsRefusedInThePlaceOfAnotherLeavesThatOneAlone() throws Exception {
    TestServer a = start(engineOfA, 2);
    TestServer b = start(engineOfB, 2);
    engineOfA.away("cut");
    engineOfB.away("cut");
    try (RecordingClient one = a.connect("alice");
        RecordingClient two = a.connect("alice");
        RecordingClient three = b.connect("alice");
        RecordingClient four = b.connect("alice")) {
      RecordingClient.Refused refused =
          catchThrowableOfType(
              RecordingClient.Refused.class,
              () -> RecordingClient.connect(a.uri(), TestServer.TOKENS.of("alice")));
      assertThat(refused.status()).as("this server's own limit holds").isEqualTo(429);
      assertThat(a.core().admission().total()).isEqualTo(2);
      for (RecordingClient client : List.of(one, two, three, four)) {
        client.forget();
      }
    }
  }

  @Test
  void whileTheEngineIsAwayEachServerCountsByItselfWhichIsSaidAndMendedAfterwards()
      throws Exception {
    TestServer a = start(engineOfA, 1);
    TestServer b = start(engineOfB, 1);
    RecordingClient first = a.connect("alice");
    try (CapturedLog lines = CapturedLog.of(Places.class)) {
      engineOfB.away("connection refused");

      RecordingClient second = b.connect("alice");

      assertThat(refusal(b, "alice").has("here")).isFalse();
      TestServer.await(
          "what lasts is said",
          () -> lines.messages().toString().contains("count on this server alone, at most 1"));
      assertThat(lines.messages().toString()).contains("connection refused");
      assertThat(document(b).toString()).contains("limit_on_one_server");
      assertThat(document(b).at("/cluster/places/scope").asText()).isEqualTo("cluster");
      engineOfB.away(null);
      second.expectClose(CloseCode.TRY_AGAIN_LATER.code());
      TestServer.await(
          "it is said", () -> lines.messages().toString().contains("count on all servers again"));
      assertThat(document(b).toString()).doesNotContain("limit_on_one_server");
      assertThat(a.connections().find(first.connectionId())).isPresent();
      first.leave();
    }
    first.forget();
  }

  @Test
  void afterTheLogIsLostThePlacesAreTakenAnew() throws Exception {
    TestServer a = start(engineOfA, 1);
    TestServer b = start(engineOfB, 1);
    try (RecordingClient alice = a.connect("alice")) {
      log.restart(ResetReason.LOG_LOST);

      TestServer.await("the place is known again", () -> placesOf("alice") == 1);
      // Until b has a lease again it lets in who comes, and closes them afterwards.
      TestServer.await("b knows it, too", () -> isRefused(b, "alice"));
      assertThat(a.connections().find(alice.connectionId())).isPresent();
      alice.forget();
    }
  }

  private int placesOf(String subject) {
    try {
      return engineOfB.roster().members("u:" + subject, 9).count();
    } catch (EngineException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aServerThatStopsGivesItsPlacesBackAtOnce() throws Exception {
    TestServer a = start(engineOfA, 1);
    TestServer b = start(engineOfB, 1);
    RecordingClient alice = a.connect("alice");

    a.close();
    servers.remove(a);
    alice.forget();

    try (RecordingClient again = b.connect("alice")) {
      again.leave();
    }
  }

  @Test
  void onOneServerItIsTheSameLimit() throws Exception {
    TestServer alone = start(new MemoryEngine(), 2);
    try (RecordingClient one = alone.connect("alice");
        RecordingClient two = alone.connect("alice")) {
      assertThat(refusal(alone, "alice").has("here")).isFalse();
      one.forget();
      two.forget();
    }
  }
}
