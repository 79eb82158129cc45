package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.TestNode;
import java.util.HashMap;
import java.util.Map;

/** Servers of a deployment on Redis. */
public final class RedisNodes {
  private RedisNodes() {}

  /**
   * Starts one.
   *
   * @param url of its Redis
   * @param settings names and values, in turn
   */
  public static TestNode start(String url, String... settings) throws Exception {
    return start(url, Map.of(), settings);
  }

  /**
   * The same with attributes of its servlet context.
   *
   * @param attributes by name
   */
  public static TestNode start(String url, Map<String, Object> attributes, String... settings)
      throws Exception {
    Map<String, String> all = new HashMap<>();
    all.put("DRAWBRIDGE_CLUSTER", "redis");
    all.put("DRAWBRIDGE_CLUSTER_URL", url);
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    return TestNode.start(all, attributes);
  }
}
