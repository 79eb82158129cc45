package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.log.Control;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Channels where the log is busy, shared with others, or gone. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ManyChannelsTest {
  private static TestServer.Setup rooms() {
    return TestServer.setup()
        .set("drawbridge.channels.per.connection", "10000")
        .set("drawbridge.max.message.bytes", "1048576")
        .set("drawbridge.messages.per.second", "10000")
        .set("drawbridge.message.burst", "10000")
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "room:", rules -> rules.authorize((user, action, names) -> names).presence()));
  }

  @Test
  void twentyThousandChannelsWithMembersHoldUpNobody() throws Exception {
    try (TestServer server = rooms().start();
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      Channels channels = Channels.of(server.context().getServletContext());
      long before = channels.position().seq();
      for (int i = 0; i < 2; i++) {
        int first = i * 10_000;
        String[] names =
            IntStream.range(first, first + 10_000)
                .mapToObj(number -> "room:" + number)
                .toArray(String[]::new);
        assertThat((i == 0 ? alice : bob).subscribe(names).data().path("subscribed"))
            .hasSize(10_000);
      }
      try (RecordingClient eve = server.connect("bob")) {
        Frame answer = eve.resume("anotherE", 5, "room:1");

        assertThat(answer.data().path("reason").asText()).isEqualTo("epoch_changed");
      }
      TestServer.await("all are told", () -> channels.position().seq() >= before + 20_000);
      Position at =
          channels
              .publish("room:1", "note", "after")
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);

      assertThat(at.seq()).isGreaterThan(before + 20_000);
      assertThat(alice.expect("note").json().path("seq").asLong()).isEqualTo(at.seq());
    }
  }

  /** What another server has appended, of this release or a later one. */
  @ParameterizedTest
  @CsvSource({"FORBIDDEN, 4403", "UNAUTHENTICATED, 4401", "OF_A_LATER_VERSION, 4403"})
  void disconnectOfAnotherServerClosesWithItsCodeOrKeepsTheUserOut(String word, int code)
      throws Exception {
    MemoryLog log = new MemoryLog(1_000, System::currentTimeMillis);
    MemoryEngine other = new MemoryEngine(log);
    other.start(
        new Node("other", "", Duration.ofMinutes(5), 1_000, 10),
        new ClusterEngine.Sink() {
          @Override
          public void entry(Entry entry) {
            // Nobody is there.
          }

          @Override
          public void reset(Head head, ResetReason reason) {
            // Nobody is there.
          }
        });
    try (TestServer server =
            rooms().attribute(ClusterEngine.class.getName(), new MemoryEngine(log)).start();
        RecordingClient alice = server.connect("alice")) {
      Position at = Channels.of(server.context().getServletContext()).position();

      other.append(
          List.of(new Control(Control.DISCONNECT, "alice", word).draft().from(at, "other", 1)));

      alice.expectClose(code);
    }
  }

  @Test
  void userDisabledIsACodeToDisconnectWith() throws Exception {
    try (TestServer server = rooms().start();
        RecordingClient alice = server.connect("alice")) {
      Channels channels = Channels.of(server.context().getServletContext());

      channels
          .disconnect("alice", CloseCode.USER_DISABLED)
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);

      assertThat(alice.expectClose(4403).reason()).isEqualTo("user_disabled");
    }
  }

  @Test
  void aPublishBeyondTheQueueFailsAtOnceAndSaysWhy() throws Exception {
    MemoryEngine engine = new MemoryEngine();
    try (TestServer server = rooms().attribute(ClusterEngine.class.getName(), engine).start()) {
      Channels channels = Channels.of(server.context().getServletContext());
      engine.away("out of reach");
      for (int i = 0; i < 1_300; i++) {
        channels.publish("room:1", "note", i);
      }

      CompletableFuture<Position> more =
          channels.publish("room:1", "note", "more").toCompletableFuture();

      assertThatThrownBy(() -> more.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(PublishFailedException.class)
          .hasMessageContaining("DRAWBRIDGE_PUBLISH_QUEUE");
    }
  }

  @Test
  void positionIsThatOfTheLastPublishAndEndsWithTheEndpoint() throws Exception {
    Channels channels;
    try (TestServer server = rooms().start()) {
      channels = Channels.of(server.context().getServletContext());
      Position at =
          channels
              .publish("room:1", "note", Map.of("text", "1"))
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);

      assertThat(channels.position()).isEqualTo(at);
    }

    assertThatThrownBy(channels::position)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped");
  }
}
