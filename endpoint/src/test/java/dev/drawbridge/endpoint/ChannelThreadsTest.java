package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Who does not use channels has none of their threads. */
@Isolated("counts threads by their names")
class ChannelThreadsTest {
  private final Set<Thread> before = new HashSet<>();

  @BeforeEach
  void look() {
    before.addAll(Thread.getAllStackTraces().keySet());
  }

  private List<String> threads() {
    Set<Thread> now = new HashSet<>(Thread.getAllStackTraces().keySet());
    now.removeAll(before);
    return now.stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("drawbridge-channels-"))
        .sorted()
        .toList();
  }

  private static final String[] ALL = {
    "drawbridge-channels-roster", "drawbridge-channels-tail", "drawbridge-channels-writer"
  };

  @Test
  void connectionsWithoutChannelsStartNothing() {
    try (TestServer server =
            TestServer.setup()
                .set("drawbridge.heartbeat.interval", "2s")
                .set("drawbridge.heartbeat.grace", "2s")
                .start();
        RecordingClient alice =
            RecordingClient.connect(
                server.uri(),
                options -> options.token(TestServer.TOKENS.of("alice")).recordPings())) {
      alice.expect("welcome");
      List<RecordingClient> others = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        others.add(server.connect("bob"));
      }
      others.forEach(RecordingClient::leave);
      assertThat(alice.expect("ping").data().has("seq")).isFalse();
      server.directory().invalidate("alice");
      server.core().authenticator().revocations().revoke("x", Instant.now());

      assertThat(server.get("/ws/diagnostics.json").statusCode()).isEqualTo(200);

      assertThat(threads()).isEmpty();
      alice.forget();
    }
  }

  @Test
  void theFirstUseStartsThem() throws Exception {
    try (TestServer server = TestServer.setup().start();
        RecordingClient alice = server.connect("alice")) {
      assertThat(threads()).isEmpty();

      alice.subscribe("~");
      Channels.of(server.context().getServletContext()).publishToUser("alice", "hi", null);

      assertThat(alice.expect("hi").channel()).isEqualTo("~");
      assertThat(threads()).containsExactly(ALL);
    }
    TestServer.await("they end with the endpoint", () -> threads().isEmpty());
  }

  @Test
  void aPublishOfAJobBeforeTheFirstConnectionIsAUse() throws Exception {
    try (TestServer server = TestServer.setup().start()) {
      Channels channels = Channels.of(server.context().getServletContext());

      assertThat(
              channels
                  .publish("jobs", "done", null)
                  .toCompletableFuture()
                  .get(10, TimeUnit.SECONDS)
                  .seq())
          .isEqualTo(1);
      assertThat(threads()).containsExactly(ALL);
    }
  }

  @Test
  void aRuleStartsThem() {
    try (TestServer server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint.channel(
                        "room:", rules -> rules.authorize((user, action, names) -> names)))
            .start()) {
      assertThat(threads()).containsExactly(ALL);
      assertThat(server.connections().size()).isZero();
    }
  }

  @Test
  void whatAnotherServerAppendsStartsThem() throws Exception {
    MemoryLog log = new MemoryLog(100, System::currentTimeMillis);
    String engine = ClusterEngine.class.getName();
    try (TestServer first = TestServer.setup().attribute(engine, new MemoryEngine(log)).start()) {
      assertThat(threads()).isEmpty();
      try (TestServer second =
          TestServer.setup().attribute(engine, new MemoryEngine(log)).start()) {
        Channels.of(second.context().getServletContext())
            .publish("jobs", "done", null)
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);

        TestServer.await("both run", () -> threads().size() == 6);
        assertThat(first.core().channels().awaitOpen(Duration.ofSeconds(10))).isTrue();
      }
    }
  }
}
