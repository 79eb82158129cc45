package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/**
 * What Redis holds stays bounded by the window, in entries and in bytes, whatever was published.
 * With {@code -Dlog.growth.entries=1000000} it goes through the messages of a day.
 */
class LogGrowthTest {
  private static final int ENTRIES = Integer.getInteger("log.growth.entries", 10_000);
  private static final RedisKeys KEYS = RedisKeys.of("contract", Duration.ofMinutes(5));

  /** Of the window in bytes that these servers keep. */
  private static final long WINDOW = 262_144;

  private static void publish(TestNode node, int count, int bytes) throws Exception {
    String text = "x".repeat(bytes);
    for (int i = 0; i < count; ) {
      List<CompletableFuture<?>> batch = new ArrayList<>();
      for (int j = 0; j < 500 && i < count; j++, i++) {
        batch.add(
            node.channels()
                .publish("room:" + i % 50, "chat.message", Map.of("text", text))
                .toCompletableFuture());
      }
      CompletableFuture.allOf(batch.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void theLogIsTrimmedToTheBytesOfTheWindowAndNobodyIsToldToLoadAnew() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        TestNode a =
            RedisNodes.start(
                "redis://127.0.0.1:" + redis.port(),
                "DRAWBRIDGE_RESUME_WINDOW_BYTES",
                "" + WINDOW);
        Jedis jedis = redis.client();
        RecordingClient alice = a.client("alice")) {
      eventually("it is up", a::isUp);
      alice.subscribe("room:quiet");
      long empty = memory(jedis);

      publish(a, ENTRIES, 1_000);

      eventually("a beat has trimmed the log", () -> jedis.memoryUsage(KEYS.log()) < 2 * WINDOW);
      assertThat(Long.parseLong(jedis.hget(KEYS.head(), "top"))).isGreaterThanOrEqualTo(ENTRIES);
      assertThat(memory(jedis) - empty).as("of all that Redis holds").isLessThan(8 * WINDOW);
      // A server that starts now fills its window from what there is, and goes on.
      try (TestNode b =
              RedisNodes.start(
                  "redis://127.0.0.1:" + redis.port(),
                  "DRAWBRIDGE_RESUME_WINDOW_BYTES",
                  "" + WINDOW);
          RecordingClient bob = b.client("bob")) {
        eventually("it is up", b::isUp);
        bob.subscribe("room:quiet");
        a.channels()
            .publish("room:quiet", "chat.message", Map.of("text", "still here"))
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
        assertThat(alice.expect("chat.message").json())
            .isEqualTo(bob.expect("chat.message").json());
      }
    }
  }

  @Test
  void theNumberOfEntriesIsBoundedByEachAppend() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        TestNode node =
            RedisNodes.start(
                "redis://127.0.0.1:" + redis.port(), "DRAWBRIDGE_RESUME_WINDOW_MESSAGES", "1000");
        Jedis jedis = redis.client()) {
      eventually("it is up", node::isUp);

      publish(node, ENTRIES / 2, 20);

      assertThat(jedis.xlen(KEYS.log())).isBetween(1_000L, 1_300L);
      assertThat(Long.parseLong(jedis.hget(KEYS.head(), "top")))
          .isGreaterThanOrEqualTo(ENTRIES / 2);
    }
  }

  private static long memory(Jedis jedis) {
    return jedis
        .info("memory")
        .lines()
        .filter(line -> line.startsWith("used_memory:"))
        .mapToLong(line -> Long.parseLong(line.substring("used_memory:".length()).strip()))
        .findFirst()
        .orElseThrow();
  }
}
