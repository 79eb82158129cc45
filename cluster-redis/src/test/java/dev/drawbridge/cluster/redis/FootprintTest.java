package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** What a deployment leaves in Redis, and asks of it while nothing happens. */
class FootprintTest {
  private static final long SECONDS = 4;

  @Test
  void everyKeyIsOfOneSlotAndEndsByItself() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        TestNode node = RedisNodes.start("redis://127.0.0.1:" + redis.port());
        Jedis jedis = redis.client();
        RecordingClient alice = node.client("alice")) {
      alice.request("subscribe", Map.of("channels", List.of("room:1", "~"), "presence", true));
      alice.expect("presence");
      alice.send(
          "publish",
          "p1",
          "room:1",
          Map.of("type", "chat.message", "data", Map.of("n", 1), "key", "k1"));
      alice.nextEvent();
      alice.nextEvent();

      Set<String> keys = jedis.keys("*");

      assertThat(keys).hasSizeGreaterThanOrEqualTo(6);
      assertThat(keys).allMatch(key -> key.startsWith("{drawbridge:contract}:"));
      assertThat(keys).allMatch(key -> jedis.pttl(key) > 0, "ends by itself");
    }
  }

  @Test
  void atRestAServerAsksThreeTimesASecondWhateverItsConnections() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        TestNode node = RedisNodes.start("redis://127.0.0.1:" + redis.port());
        Jedis jedis = redis.client()) {
      List<RecordingClient> clients = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        RecordingClient client = node.client("user" + i);
        client.subscribe("room:" + i % 5);
        clients.add(client);
      }
      eventually("everybody is known", () -> node.channels().members("room:4").count() == 10);

      long before = calls(jedis);
      long began = seconds(jedis);
      eventually("some seconds have passed", () -> seconds(jedis) >= began + SECONDS);
      long calls = calls(jedis) - before;

      assertThat(calls).isBetween(1L, 3 * (SECONDS + 1));
      for (RecordingClient client : clients) {
        client.forget();
        client.close();
      }
    }
  }

  private static long seconds(Jedis jedis) {
    return Long.parseLong(jedis.time().get(0));
  }

  /** Calls of the kinds that come from outside; commands within a script count as others. */
  private static long calls(Jedis jedis) {
    return jedis
        .info("commandstats")
        .lines()
        .filter(line -> line.matches("cmdstat_(evalsha|eval|xread):.*"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^:]*:calls=(\\d+),.*", "$1")))
        .sum();
  }
}
