package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Keys of the outbox live for a day, or until nobody can bring their messages again. */
class OutboxKeysTest {
  @Test
  void aKeyIsKeptForADayUnlessItIsForgotten() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        Jedis jedis = redis.client();
        ClusterEngine engine =
            new RedisEngineFactory()
                .create(
                    ClusterConfig.builder("redis", "contract")
                        .url("redis://127.0.0.1:" + redis.port())
                        .build())) {
      AtomicReference<Position> position = new AtomicReference<>();
      engine.start(
          new Node("a", "contract", Duration.ofMinutes(5), 100, 200),
          new ClusterEngine.Sink() {
            @Override
            public void entry(Entry entry) {
              position.set(new Position(entry.epoch(), entry.seq()));
            }

            @Override
            public void reset(Head head, ResetReason reason) {
              position.set(new Position(head.epoch(), head.top()));
            }
          });
      eventually("the log is open", () -> position.get() != null);
      String epoch = position.get().epoch();
      Entry draft = Entry.message("room:1", "chat.message", "{\"seq\":}", "o:17");

      engine.append(List.of(draft.from(position.get(), "a", 1)));
      String key = "{drawbridge:contract}:k:" + epoch + ":o:17";
      long seconds = jedis.ttl(key);
      engine.forget(
          Stream.concat(
                  Stream.of("o:17"), IntStream.range(18, 17 + 256).mapToObj(n -> "o:" + n + ":1"))
              .toList());
      engine.forget(List.of());

      assertThat(seconds).isBetween(86_000L, 86_400L);
      assertThat(jedis.exists(key)).isFalse();
      assertThat(jedis.info("commandstats")).contains("cmdstat_unlink:calls=1,");
    }
  }
}
