package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;

/** What the jar of an engine would hold in WEB-INF/lib; see RedeployProgram. */
public final class RedeployEngine implements ClusterEngineFactory {
  @Override
  public String name() {
    return "redeploy";
  }

  @Override
  public ClusterEngine create(ClusterConfig config) {
    return new MemoryEngine();
  }
}
