package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What channels report to Micrometer. */
class ChannelMetricsTest {
  private static final Map<String, Object> TEXT = Map.of("text", "hi");

  record Chat(String text) {}

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final MemoryLog log = new MemoryLog(0, System::currentTimeMillis);
  private final MemoryEngine engine = new MemoryEngine(log);
  private final FaultyEngine faulty = new FaultyEngine(engine);
  private final TestServer server =
      TestServer.setup()
          .attribute(MeterRegistry.class.getName(), registry)
          .attribute(ClusterEngine.class.getName(), faulty)
          .set("drawbridge.replay.messages", "2")
          .endpoint(
              endpoint ->
                  endpoint.channel(
                      "room:",
                      rules ->
                          rules
                              .authorize((user, action, names) -> Set.copyOf(names))
                              .clientPublish("chat.message", Chat.class)
                              .presence()))
          .start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void subscriptionsAndTheirChannelsAreGauges() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.subscribe("room:1", "room:2", "~");
      bob.subscribe("room:1");

      TestServer.await("four subscriptions", () -> gauge("drawbridge.subscriptions") == 4);
      assertThat(gauge("drawbridge.channels")).isEqualTo(3);
      TestServer.await(
          "the roster knows its members", () -> gauge("drawbridge.presence.members") == 3);
    }
    TestServer.await("all have gone", () -> gauge("drawbridge.subscriptions") == 0);
    assertThat(gauge("drawbridge.channels")).isZero();
  }

  @Test
  void publishesAreCountedByWhatBecameOfThem() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:1");
      publish(alice, "room:1");
      publish(alice, "room:1");
      List<String> types = List.of(alice.next().type(), alice.next().type(), alice.next().type());
      publish(alice, FaultyEngine.AWAY);
      alice.expectError("engine_unavailable");
      publish(alice, FaultyEngine.SILENT);
      alice.expectError("publish_unknown");

      assertThat(types).containsExactlyInAnyOrder("ack", "ack", "chat.message");
      assertThat(count("drawbridge.publishes", "ok")).isEqualTo(1);
      assertThat(count("drawbridge.publishes", "duplicate")).isEqualTo(1);
      assertThat(count("drawbridge.publishes", "engine_unavailable")).isEqualTo(1);
      assertThat(count("drawbridge.publishes", "publish_unknown")).isEqualTo(1);
      assertThat(count("drawbridge.deliveries")).isEqualTo(1);
      assertThat(registry.get("drawbridge.publish.duration").timer().count()).isEqualTo(2);
      assertThat(registry.get("drawbridge.publish.duration").timer().totalTime(TimeUnit.SECONDS))
          .isBetween(0.0, 10.0);
    }
  }

  @Test
  void resumesAreCountedByTheirReason() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient complete = server.connect("alice");
        RecordingClient tooMany = server.connect("alice");
        RecordingClient elsewhere = server.connect("alice")) {
      Frame from = alice.subscribe("room:1");
      String epoch = from.data().path("epoch").asText();
      long seq = from.data().path("seq").asLong();
      for (int i = 0; i < 3; i++) {
        publish("room:1");
        alice.expect("chat.message");
      }

      complete.resume(epoch, seq + 1, "room:1");
      complete.expect("chat.message");
      complete.expect("chat.message");
      tooMany.resume(epoch, seq, "room:1");
      elsewhere.resume("deadbeef", 0, "room:1");

      TestServer.await(
          "the last answer is counted, which may have come before",
          () -> count("drawbridge.resumes", "resync", "epoch_changed") > 0);
      assertThat(count("drawbridge.resumes", "resumed", "none")).isEqualTo(1);
      assertThat(count("drawbridge.resumes", "resync", "too_many")).isEqualTo(1);
      assertThat(count("drawbridge.resumes", "resync", "epoch_changed")).isEqualTo(1);
      assertThat(count("drawbridge.replay.frames")).isEqualTo(2);
      TestServer.await("a tick", () -> gauge("drawbridge.window.entries") >= 3);
      assertThat(gauge("drawbridge.window.bytes")).isPositive();
    }
  }

  @Test
  void theEngineIsSeen() {
    assertThat(gauge("drawbridge.cluster.up")).isEqualTo(1);
    assertThat(gauge("drawbridge.cluster.behind")).isZero();
    assertThat(registry.get("drawbridge.cluster.lag").timeGauge().value(TimeUnit.MILLISECONDS))
        .isZero();

    engine.away("unplugged");
    assertThat(gauge("drawbridge.cluster.up")).isZero();
    engine.away(null);
    faulty.behind(2_500, 1_200);
    assertThat(gauge("drawbridge.cluster.up")).isEqualTo(1);
    assertThat(gauge("drawbridge.cluster.behind")).isEqualTo(1_200);
    assertThat(registry.get("drawbridge.cluster.lag").timeGauge().value(TimeUnit.MILLISECONDS))
        .isEqualTo(2_500);
    log.restart(ResetReason.LOG_LOST);
    TestServer.await(
        "the reset is through", () -> count("drawbridge.cluster.resets", "log_lost") == 1);
  }

  /** Neither a channel nor a user is the value of a label. */
  @Test
  void noLabelNamesAChannelOrAUser() throws Exception {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:secret", "nothing:secret", "~");
      publish("room:secret");
      alice.expect("chat.message");

      Set<String> values = new HashSet<>();
      registry
          .getMeters()
          .forEach(
              meter -> meter.getId().getTags().stream().map(Tag::getValue).forEach(values::add));
      assertThat(values).noneMatch(value -> value.contains("secret") || value.contains("alice"));
    }
  }

  /** The guide's table and the code name the same metrics with the same labels. */
  @Test
  void theGuideListsThem() throws IOException {
    Set<String> written = new TreeSet<>();
    for (Meter meter : registry.getMeters()) {
      Set<String> labels = new TreeSet<>();
      meter.getId().getTags().forEach(tag -> labels.add(tag.getKey()));
      labels.remove("context");
      written.add(
          meter.getId().getName() + (labels.isEmpty() ? "" : " " + String.join(" ", labels)));
    }
    Set<String> told = new TreeSet<>();
    Matcher row =
        Pattern.compile("(?m)^\\| `(drawbridge\\.[a-z.]+)` \\|([^|]*)\\|")
            .matcher(Files.readString(Path.of("..", "docs", "debugging.md")));
    while (row.find()) {
      String labels = row.group(2).replace("`", "").replace(",", "").strip();
      told.add(
          row.group(1)
              + (labels.isEmpty()
                  ? ""
                  : " " + String.join(" ", new TreeSet<>(List.of(labels.split(" +", -1))))));
    }

    written.removeIf(one -> one.contains(".histogram"));
    // What is counted on demand is not there yet.
    assertThat(told).containsAll(written);
    assertThat(told)
        .filteredOn(
            one ->
                one.matches(
                    "drawbridge\\.(channels|subscriptions|publish|deliver|resum|replay|cluster|window|presence).*"))
        .hasSize(15)
        .isSubsetOf(written);
  }

  private static void publish(RecordingClient client, String channel) {
    client.send(
        "publish", "p", channel, Map.of("type", "chat.message", "data", TEXT, "key", "same"));
  }

  private void publish(String channel) throws Exception {
    Channels.of(server.context().getServletContext())
        .publish(channel, "chat.message", TEXT)
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  /** The value of the one counter with these label values. */
  private double count(String name, String... labels) {
    return registry.find(name).functionCounters().stream()
        .filter(
            one ->
                one.getId().getTags().stream()
                    .map(Tag::getValue)
                    .toList()
                    .containsAll(List.of(labels)))
        .mapToDouble(FunctionCounter::count)
        .sum();
  }
}
