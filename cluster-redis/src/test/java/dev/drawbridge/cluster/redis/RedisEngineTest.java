package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineContract;
import dev.drawbridge.testing.Eventually;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.resps.StreamEntry;

/** The engine on a real server, by the contract of all engines. */
class RedisEngineTest extends ClusterEngineContract {
  private static final RedisKeys KEYS = RedisKeys.of("contract", Duration.ofMinutes(5));

  @Override
  protected Deployment deployment() {
    try {
      return new OnRedis(RedisProcess.start());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** One server; each engine has a link of its own to it. */
  private static final class OnRedis implements Deployment {
    private final RedisProcess server;
    private final Map<ClusterEngine, Link> links = new LinkedHashMap<>();

    private OnRedis(RedisProcess server) {
      this.server = server;
    }

    @Override
    public ClusterEngine engine() {
      try {
        Link link = new Link(server.port());
        RedisEngine engine = new RedisEngine(new RedisAddress("redis://127.0.0.1:" + link.port()));
        links.put(engine, link);
        return engine;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public Duration patience() {
      return Duration.ofSeconds(2);
    }

    @Override
    public boolean lose(Loss loss) throws Exception {
      try (Jedis jedis = server.client()) {
        switch (loss) {
          case FLUSHED -> jedis.flushAll();
          case HEAD_GONE -> jedis.del(KEYS.head());
          case LOG_GONE -> jedis.del(KEYS.log());
          case PUT_BACK -> {
            StreamEntry newest = jedis.xrevrange(KEYS.log(), "+", "-", 1).get(0);
            jedis.xdel(KEYS.log(), newest.getID());
            jedis.hincrBy(KEYS.head(), "top", -1);
          }
          case IDENTITY_CHANGED -> server.restart();
        }
      }
      return true;
    }

    @Override
    public boolean away(boolean away) {
      links.values().forEach(link -> link.away(away));
      return true;
    }

    @Override
    public boolean frozen(boolean frozen) {
      server.freeze(frozen);
      return true;
    }

    @Override
    public boolean swallowing(boolean swallowing) {
      links.values().forEach(link -> link.swallowing(swallowing));
      return true;
    }

    @Override
    public boolean trimPast(ClusterEngine engine) {
      Link link = links.get(engine);
      link.away(true);
      Eventually.eventually(
          "the tail has lost its line", () -> !"UP".equals(engine.health().state().name()));
      try (Jedis jedis = server.client()) {
        String epoch = jedis.hget(KEYS.head(), "epoch");
        List<String> fields =
            IntStream.rangeClosed(1, 3)
                .boxed()
                .flatMap(n -> List.of("" + n, "1", "control", "", "none", "", "nobody's").stream())
                .toList();
        List<String> arguments =
            new ArrayList<>(
                List.of(KEYS.prefix(), "60000", epoch, "0", "20000", "other", "60000", "60000"));
        arguments.addAll(fields);
        jedis.eval(
            Script.APPEND.text(), List.of(KEYS.log(), KEYS.head(), KEYS.leases()), arguments);
        long top = Long.parseLong(jedis.hget(KEYS.head(), "top"));
        Eventually.eventually(
            "the other nodes have read on",
            () ->
                links.keySet().stream()
                    .filter(other -> other != engine)
                    .allMatch(other -> ((RedisEngine) other).tailed() == top));
        jedis.xtrim(KEYS.log(), 1, false);
      }
      link.away(false);
      return true;
    }

    @Override
    public @Nullable ClusterEngine unreachable(String secret) {
      return new RedisEngine(new RedisAddress("redis://:" + secret + "@127.0.0.1:" + Ports.free()));
    }

    @Override
    public void pass(Duration time) {
      try (Jedis jedis = server.client()) {
        for (String node : jedis.zrange(KEYS.leases(), 0, -1)) {
          jedis.zincrby(KEYS.leases(), (double) -time.toMillis(), node);
        }
      }
    }

    @Override
    public void close() throws Exception {
      for (Link link : links.values()) {
        link.close();
      }
      server.close();
    }
  }
}
