package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;

/**
 * Makes the engine of {@code DRAWBRIDGE_CLUSTER=redis}; found by {@link java.util.ServiceLoader}.
 */
public final class RedisEngineFactory implements ClusterEngineFactory {
  @Override
  public String name() {
    return "redis";
  }

  @Override
  public ClusterEngine create(ClusterConfig config) {
    String url = config.url();
    if (url == null) {
      throw new IllegalArgumentException(
          "DRAWBRIDGE_CLUSTER=redis needs DRAWBRIDGE_CLUSTER_URL, such as redis://127.0.0.1:6379");
    }
    return new RedisEngine(new RedisAddress(url, config.user(), config::password));
  }
}
