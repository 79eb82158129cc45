package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the diagnostics page and the health route tell of channels. */
class ChannelDiagnosticsTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> CODES =
      List.of(
          "engine_down",
          "engine_behind",
          "engine_evicts",
          "engine_not_persistent",
          "listen_deaf",
          "log_reset",
          "lease_lost",
          "resume_fails_often",
          "replay_too_small",
          "clock_apart",
          "channel_without_rule",
          "limit_on_one_server");

  record Chat(String text) {}

  private final AtomicLong engineAheadMs = new AtomicLong();
  private final MemoryLog log =
      new MemoryLog(0, () -> System.currentTimeMillis() + engineAheadMs.get());
  private final MemoryEngine memory = new MemoryEngine(log);
  private final FaultyEngine engine = new FaultyEngine(memory);
  private final TestServer server =
      setup().attribute(ClusterEngine.class.getName(), engine).start();

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .cors()
        .set("drawbridge.replay.messages", "2")
        .set("drawbridge.resume.window.messages", "10")
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "room:",
                    rules ->
                        rules
                            .authorize((user, action, names) -> new HashSet<>(names))
                            .clientPublish("chat.message", Chat.class)
                            .presence()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void theEngineTheLogAndItsWindowAreTold() throws Exception {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:1", "~");
      publish(2);
      alice.expect("chat.message");
      alice.expect("chat.message");
      TestServer.await("a tick", () -> cluster().at("/window/entries").asInt() >= 2);

      JsonNode cluster = cluster();
      assertThat(cluster.fieldNames())
          .toIterable()
          .contains(
              "engine", "version", "node", "epoch", "seq", "head", "lagMs", "since", "reason",
              "nodes", "window", "appends", "resets");
      assertThat(cluster.path("status").asText()).isEqualTo("up");
      assertThat(cluster.path("engine").asText()).isEqualTo("memory");
      assertThat(cluster.path("nodes").asInt()).isEqualTo(1);
      assertThat(cluster.path("seq").asLong()).isEqualTo(cluster.path("head").asLong());
      assertThat(cluster.at("/appends/ok").asInt()).isEqualTo(2);
      assertThat(cluster.at("/window/bytes").asInt()).isPositive();
      assertThat(cluster.at("/window/oldestAt").asLong())
          .isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis() + 1_000);
      assertThat(cluster.at("/window/maxEntries").asInt()).isEqualTo(10);
      assertThat(cluster.path("rules")).hasToString("[\"room:\"]");
      assertThat(cluster.path("subscriptions").asInt()).isEqualTo(2);
      assertThat(cluster.path("deliveries").asInt()).isEqualTo(2);
    }
  }

  @Test
  void aConnectionIsToldWithItsChannelsAndItsPlace() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      bob.subscribe("room:2", "room:1", "~");
      publish(1);
      bob.expect("chat.message");
      long top = cluster().path("seq").asLong();

      JsonNode quiet = connection("alice");
      JsonNode shown = connection("bob");
      assertThat(quiet.path("channels")).isEmpty();
      assertThat(quiet.path("cursor").isNull()).isTrue();
      assertThat(quiet.path("lastResume").isNull()).isTrue();
      assertThat(shown.path("channels")).hasToString("[\"room:1\",\"room:2\",\"~\"]");
      assertThat(shown.at("/cursor/seq").asLong()).isGreaterThanOrEqualTo(top);
      assertThat(shown.path("lastResume").isNull()).isTrue();
      assertThat(alice.subscribe("room:1").data().path("subscribed")).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, true, , 1", "3, false, too_many, 0", "20, false, too_old, 0"})
  void aConnectionIsToldWithItsLastResumeAndWhy(
      int missed, boolean resumed, String reason, int replayed) throws Exception {
    Position from = position();
    publish(missed);
    try (RecordingClient alice = server.connect("alice")) {
      alice.resume(from.epoch, from.seq, "room:1");
      for (int i = 0; i < replayed; i++) {
        alice.expect("chat.message");
      }

      // It is noted behind the answer.
      TestServer.await(
          "the resume is noted", () -> connection("alice").path("lastResume").isObject());
      JsonNode last = connection("alice").path("lastResume");
      assertThat(last.path("resumed").asBoolean()).isEqualTo(resumed);
      assertThat(last.path("reason").asText(null)).isEqualTo(reason);
      assertThat(last.path("replayed").asInt()).isEqualTo(replayed);
      assertThat(last.at("/from/seq").asLong()).isEqualTo(from.seq);
      assertThat(last.at("/position/seq").asLong()).isGreaterThanOrEqualTo(from.seq + missed);
      assertThat(last.path("at").asLong()).isPositive();
    }
  }

  @Test
  void anEngineOutOfReachIsTheVerdict() {
    memory.away("connection refused");

    JsonNode finding = finding("engine_down");
    assertThat(finding.path("level").asText()).isEqualTo("error");
    assertThat(finding.path("cause").asText()).contains("connection refused", "engine_unavailable");
    assertThat(finding.path("fix").asText()).contains("start it");
    assertThat(document().at("/verdict/code").asText()).isEqualTo("engine_down");
    assertThat(cluster().path("reason").asText()).isEqualTo("connection refused");

    memory.away(null);
    assertThat(codes()).doesNotContain("engine_down");
  }

  @ParameterizedTest
  @CsvSource({"2500, 0", "3, 1001"})
  void aSlowEngineIsNoticed(long lagMs, int entries) {
    engine.behind(lagMs, entries);

    assertThat(finding("engine_behind").path("cause").asText())
        .contains(lagMs + " ms", entries + " entries");
  }

  @Test
  void lostContinuityIsNoticedWithItsReason() {
    log.restart(ResetReason.HEAD_WENT_BACK);
    TestServer.await("it is through", () -> codes().contains("log_reset"));

    JsonNode finding = finding("log_reset");
    assertThat(finding.path("cause").asText()).startsWith("head_went_back");
    assertThat(finding.path("fix").asText()).contains("backup");
    assertThat(cluster().path("resets")).hasToString("{\"head_went_back\":1}");
  }

  @Test
  void resumesThatFailAreNoticedWithTheReasonOfMost() throws Exception {
    Position from = position();
    publish(20);
    TestServer.await("the window is full", () -> cluster().at("/window/entries").asInt() == 10);
    resume(4, from.epoch, from.seq);
    assertThat(codes()).doesNotContain("resume_fails_often");

    resume(1, "deadbeef", 0);

    JsonNode finding = finding("resume_fails_often");
    assertThat(finding.path("count").asInt()).isEqualTo(5);
    assertThat(finding.path("cause").asText()).contains("4 × too_old", "1 × epoch_changed");
    assertThat(finding.path("fix").asText())
        .contains("raise DRAWBRIDGE_RESUME_WINDOW_MESSAGES, it is full with 10");
    assertThat(cluster().at("/resumes/failed")).hasToString("{\"epoch_changed\":1,\"too_old\":4}");
  }

  @Test
  void replaysThatDoNotFitAreNoticed() throws Exception {
    Position from = position();
    publish(3);
    resume(2, from.epoch, from.seq);
    assertThat(codes()).doesNotContain("replay_too_small");

    resume(1, from.epoch, from.seq);

    JsonNode finding = finding("replay_too_small");
    assertThat(finding.path("cause").asText()).contains("3 pages", "2 frames");
    assertThat(finding.path("fix").asText()).contains("DRAWBRIDGE_REPLAY_MESSAGES");
    assertThat(codes()).doesNotContain("resume_fails_often");
  }

  @Test
  void aChannelWithoutARuleIsNoticedHoweverItIsAskedFor() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("orders:7", "no name", "room:1");
      alice.publish("news", "chat.message", Map.of("text", "x"));
      alice.expectError("channel_unknown");
      alice.members("stats/1");
      alice.expectError("channel_unknown");

      JsonNode finding = finding("channel_without_rule");
      assertThat(finding.path("cause").asText())
          .isEqualTo("asked for: news, orders:7, stats/1; there are rules for room:");
      assertThat(finding.path("paste").asText()).startsWith("endpoint.channel(\"news\"");
      assertThat(finding.path("count").asInt()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "aof, allkeys-lru, block, engine_evicts, noeviction",
    "none, '', block, engine_not_persistent, appendonly",
    "aof, '', deaf, listen_deaf, ''"
  })
  void whatTheEngineRunsOnIsNoticed(
      String persistence, String eviction, String wake, String code, String paste) {
    engine.describe(
        new EngineInfo("redis", "7.2", persistence, eviction, wake, List.of("look here")));

    assertThat(finding(code).path("paste").asText("")).contains(paste);
    assertThat(finding(code).path("fix").asText()).isNotBlank();
    assertThat(cluster().path("version").asText()).isEqualTo("7.2");
    assertThat(cluster().path("warnings")).hasToString("[\"look here\"]");
  }

  @Test
  void aLostLeaseIsNoticed() {
    try (RecordingClient alice = server.connect("alice")) {
      engine.loseLease();
      alice.subscribe("room:1");
      TestServer.await("the roster is told", () -> codes().contains("lease_lost"));

      assertThat(finding("lease_lost").path("fix").asText()).contains("pauses");
    }
  }

  @ParameterizedTest
  @CsvSource({"60000, ahead", "-60000, behind"})
  void clocksThatDifferAreNoticed(long aheadMs, String how) throws Exception {
    engineAheadMs.set(aheadMs);
    publish(1);

    assertThat(finding("clock_apart").path("cause").asText()).matches(".* (59|60) s " + how);
    engineAheadMs.set(0);
    publish(1);
    assertThat(codes()).doesNotContain("clock_apart");
  }

  @Test
  void whatIsAsItShouldBeIsNotNoticed() throws Exception {
    Position from = position();
    try (RecordingClient alice = server.connect("alice")) {
      publish(1);
      resume(10, from.epoch, from.seq);
      alice.subscribe("room:1");
      engine.describe(new EngineInfo("redis", "7.2", "aof", "", "block", List.of()));

      assertThat(codes()).doesNotContainAnyElementsOf(CODES);
    }
  }

  @Test
  void theGuideAndTheProtocolNameThem() throws Exception {
    String guide = Files.readString(Path.of("..", "docs", "debugging.md"));
    String protocol = Files.readString(Path.of("..", "PROTOCOL.md"));
    assertThat(CODES)
        .allSatisfy(
            code -> {
              assertThat(guide).contains("\n| `" + code + "` |");
              assertThat(protocol).containsPattern("[` ]" + code + "[` ]");
            });
  }

  @Test
  void healthStaysUpWhateverBecomesOfTheEngine() {
    assertThat(health()).isEqualTo("200 {\"status\":\"up\",\"cluster\":\"up\"}");
    engine.behind(5_000, 0);
    assertThat(health()).isEqualTo("200 {\"status\":\"up\",\"cluster\":\"behind\"}");
    memory.away("unplugged");
    engine.truth();
    assertThat(health()).isEqualTo("200 {\"status\":\"up\",\"cluster\":\"down\"}");
    try (TestServer alone = setup().start()) {
      HttpResponse<String> answer = alone.get("/ws/health");

      assertThat(answer.body()).isEqualTo("{\"status\":\"up\",\"cluster\":\"none\"}");
    }
  }

  private String health() {
    HttpResponse<String> answer = server.get("/ws/health");
    return answer.statusCode() + " " + answer.body();
  }

  /** Where the log is. */
  private record Position(String epoch, long seq) {}

  private Position position() {
    TestServer.await("the log is open", () -> !cluster().path("epoch").isNull());
    JsonNode cluster = cluster();
    return new Position(cluster.path("epoch").asText(), cluster.path("seq").asLong());
  }

  private void resume(int times, String epoch, long seq) {
    for (int i = 0; i < times; i++) {
      try (RecordingClient one = server.connect("alice")) {
        Frame ack = one.resume(epoch, seq, "room:1");
        for (int frame = 0; frame < ack.data().path("replay").asInt(); frame++) {
          one.expect("chat.message");
        }
      }
    }
  }

  private void publish(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      Channels.of(server.context().getServletContext())
          .publish("room:1", "chat.message", Map.of("text", "hi"))
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
    }
  }

  private JsonNode document() {
    try {
      return JSON.readTree(server.get("/ws/diagnostics.json").body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode cluster() {
    return document().path("cluster");
  }

  private JsonNode connection(String subject) {
    for (JsonNode one : document().path("connections")) {
      if (one.path("subject").asText().equals(subject)) {
        return one;
      }
    }
    throw new AssertionError("no connection of " + subject);
  }

  private List<String> codes() {
    return document().path("findings").findValuesAsText("code");
  }

  private JsonNode finding(String code) {
    for (JsonNode one : document().path("findings")) {
      if (one.path("code").asText().equals(code)) {
        return one;
      }
    }
    throw new AssertionError("no " + code + " in " + document().path("findings"));
  }
}
