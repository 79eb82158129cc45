package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import java.util.List;

/** An engine that cannot be reached for some channels, and does not answer for others. */
final class FaultyEngine implements ClusterEngine {
  /** In front of channels for which it is out of reach. */
  static final String AWAY = "room:away";

  /** In front of channels for which it does not answer. */
  static final String SILENT = "room:silent";

  private final MemoryEngine memory = new MemoryEngine();

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public void start(Node node, Sink sink) {
    memory.start(node, sink);
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    for (Entry entry : batch) {
      if (entry.channel().startsWith(AWAY)) {
        throw new EngineException(EngineException.Outcome.NOT_SENT, "out of reach");
      }
      if (entry.channel().startsWith(SILENT)) {
        throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
      }
    }
    memory.append(batch);
  }

  @Override
  public Roster roster() {
    return memory.roster();
  }

  @Override
  public EngineHealth health() {
    return memory.health();
  }

  @Override
  public EngineInfo describe() {
    return memory.describe();
  }

  @Override
  public void close() {
    memory.close();
  }
}
