package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;

/** What a server of Redis says of itself, and what of it somebody should look at. */
final class RedisFacts {
  private static final long CLOCKS_APART_MILLIS = Duration.ofSeconds(5).toMillis();

  private RedisFacts() {}

  /**
   * Reads the answer of {@code INFO}.
   *
   * @param line for the clock of the server
   * @param nowMillis of this server's own
   */
  static EngineInfo of(String info, RedisLine line, long nowMillis) throws EngineException {
    Map<String, String> facts = new HashMap<>();
    for (String one : info.lines().toList()) {
      int colon = one.indexOf(':');
      if (colon > 0) {
        facts.put(one.substring(0, colon), one.substring(colon + 1));
      }
    }
    String valkey = facts.get("valkey_version");
    String redis = facts.getOrDefault("redis_version", "");
    String eviction = facts.getOrDefault("maxmemory_policy", "");
    List<String> warnings = new ArrayList<>();
    if (valkey == null && isOld(redis)) {
      warnings.add("Redis 6.2 or newer is wanted, this is " + redis);
    }
    if (!eviction.isEmpty() && !eviction.equals("noeviction")) {
      warnings.add(
          "maxmemory-policy must be noeviction, or the log of the channels may be thrown away: "
              + eviction);
    }
    long apart = apart(line, nowMillis);
    if (Math.abs(apart) > CLOCKS_APART_MILLIS) {
      warnings.add(
          "the clock of Redis is "
              + about(Duration.ofMillis(Math.abs(apart)))
              + (apart > 0 ? " ahead of" : " behind")
              + " this server's; leases go by that of Redis, so nothing but times that are shown is"
              + " wrong");
    }
    return new EngineInfo(
        "redis",
        valkey == null ? redis : "valkey " + valkey,
        persistence(facts),
        eviction.equals("noeviction") ? "" : eviction,
        "block",
        warnings);
  }

  /**
   * Rounded so that the same clocks give the same words at each look: what is new is logged. Where
   * clocks are apart by whole minutes or quarters of an hour, as by a wrong zone, no boundary is
   * near.
   */
  static String about(Duration apart) {
    double seconds = apart.toMillis() / 1_000.0;
    if (seconds < 55) {
      return "about " + Math.max(1, Math.round(seconds / 10)) * 10 + " s";
    }
    if (seconds < 55 * 60) {
      return "about " + Math.round(seconds / 60) + " min";
    }
    return "about " + Math.round(seconds / 900) / 4.0 + " h";
  }

  private static boolean isOld(String version) {
    String[] parts = version.split("\\.", -1);
    try {
      int major = Integer.parseInt(parts[0]);
      int minor = parts.length > 1 ? Integer.parseInt(parts[1]) : 0;
      return major < 6 || (major == 6 && minor < 2);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static String persistence(Map<String, String> facts) {
    if ("1".equals(facts.get("aof_enabled"))) {
      return "aof";
    }
    return facts.containsKey("rdb_last_save_time") ? "rdb or none" : "none";
  }

  private static long apart(RedisLine line, long nowMillis) throws EngineException {
    List<?> time = Answers.list(line.call(new CommandArguments(Protocol.Command.TIME)));
    return Answers.number(time.get(0)) * 1_000 + Answers.number(time.get(1)) / 1_000 - nowMillis;
  }
}
