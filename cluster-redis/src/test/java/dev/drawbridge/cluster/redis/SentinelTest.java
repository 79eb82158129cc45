package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A primary that dies, a replica that takes over, and a sentinel that says so. */
class SentinelTest {
  private static void publish(TestNode node, int number) throws Exception {
    node.channels()
        .publish("room:1", "chat.message", Map.of("n", number))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void afterAFailoverOneResyncIsToldAndTheReplicaCarriesOn() throws Exception {
    try (RedisProcess primary = RedisProcess.start();
        RedisProcess replica = RedisProcess.start("--replicaof", "127.0.0.1", "" + primary.port());
        RedisProcess sentinel = RedisProcess.startSentinel(primary);
        TestNode node =
            RedisNodes.start("redis+sentinel://127.0.0.1:" + sentinel.port() + "/mymaster");
        RecordingClient alice = node.client("alice")) {
      eventually("it is up", node::isUp);
      alice.subscribe("room:1");
      publish(node, 1);
      assertThat(alice.expect("chat.message").data().path("n").asInt()).isEqualTo(1);
      eventually("the sentinel knows the replica", () -> knows(sentinel, replica));

      primary.kill();

      Event told = alice.nextEvent(Duration.ofSeconds(30));
      assertThat(told).isInstanceOf(Frame.class);
      assertThat(((Frame) told).type()).isEqualTo("resume");
      assertThat(((Frame) told).data().path("reason").asText()).isEqualTo("epoch_changed");
      eventually("it is up again", node::isUp);
      publish(node, 2);
      assertThat(alice.expect("chat.message").data().path("n").asInt()).isEqualTo(2);
    }
  }

  private static boolean knows(RedisProcess sentinel, RedisProcess replica) {
    try (Jedis jedis = sentinel.client()) {
      return jedis.sentinelReplicas("mymaster").stream()
          .anyMatch(
              one ->
                  one.get("port").equals("" + replica.port())
                      && "ok".equals(one.get("master-link-status")));
    }
  }
}
