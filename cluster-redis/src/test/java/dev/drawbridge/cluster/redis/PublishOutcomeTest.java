package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever publishes while the way to Redis fails learns what became of it, and it is true. */
class PublishOutcomeTest {
  private RedisProcess redis;
  private Link link;
  private TestNode node;

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    link = new Link(redis.port());
    node = RedisNodes.start("redis://127.0.0.1:" + link.port());
    eventually("it is up", node::isUp);
    // The server knows the script of appends from here on, so that the first request counts.
    node.channels()
        .publish("room:0", "chat.message", Map.of("text", "first"))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {node, link, redis}) {
      if (one != null) {
        one.close();
      }
    }
  }

  private static Map<String, Object> keyed(String text) {
    return Map.of("type", "chat.message", "data", Map.of("text", text), "key", "k");
  }

  private static String text(Frame frame) {
    return frame.data().path("text").asText();
  }

  @Test
  void aLostAnswerIsSettledByTheLogWhenTheLineIsBack() {
    try (RecordingClient bob = node.client("bob")) {
      bob.subscribe("room:1");
      link.loseAnswer("marked", false);

      bob.send("publish", "p1", "room:1", keyed("marked"));
      Frame delivered = bob.expect("chat.message");
      Frame acked = bob.expect("ack");
      bob.send(
          "publish",
          "p2",
          "room:1",
          Map.of("type", "chat.message", "data", Map.of("text", "next")));

      assertThat(acked.id()).isEqualTo("p1");
      assertThat(acked.data().path("seq").asLong()).isEqualTo(delivered.seq());
      assertThat(text(bob.expect("chat.message"))).as("once").isEqualTo("next");
      assertThat(bob.expect("ack").id()).isEqualTo("p2");
    }
  }

  @Test
  void whereTheLineStaysAwayItIsUnknownAndARepetitionWithTheKeySettlesIt() {
    try (RecordingClient bob = node.client("bob")) {
      bob.subscribe("room:1");
      link.loseAnswer("marked", true);

      bob.send("publish", "p1", "room:1", keyed("marked"));
      Frame unknown = bob.expectError("publish_unknown");
      bob.publish("room:1", "chat.message", Map.of("text", "refused"));
      bob.expectError("engine_unavailable");
      link.away(false);

      assertThat(unknown.id()).isEqualTo("p1");
      Frame delivered = bob.expect("chat.message");
      assertThat(text(delivered)).isEqualTo("marked");
      eventually("it is up", node::isUp);
      bob.send("publish", "p2", "room:1", keyed("marked"));
      Frame acked = bob.expect("ack");
      assertThat(acked.data().path("duplicate").asBoolean()).isTrue();
      assertThat(acked.data().path("seq").asLong()).isEqualTo(delivered.seq());
    }
  }

  @Test
  void theLogAcknowledgesWhateverBecomesOfTheAnswer() {
    try (RecordingClient bob = node.client("bob")) {
      bob.subscribe("room:1");
      link.holdAnswer("late", 1_600);
      long began = System.nanoTime();

      bob.send("publish", "p1", "room:1", keyed("late"));
      Frame delivered = bob.expect("chat.message");
      Frame acked = bob.expect("ack");
      long took = System.nanoTime() - began;
      bob.send("publish", "p2", "room:1", keyed("late"));

      assertThat(acked.data().path("seq").asLong()).isEqualTo(delivered.seq());
      assertThat(acked.data().has("duplicate")).isFalse();
      assertThat(took).isLessThan(TimeUnit.MILLISECONDS.toNanos(1_200));
      Frame repeated = bob.expect("ack");
      assertThat(repeated.data().path("duplicate").asBoolean()).isTrue();
      assertThat(repeated.data().path("seq").asLong()).isEqualTo(delivered.seq());
    }
  }
}
