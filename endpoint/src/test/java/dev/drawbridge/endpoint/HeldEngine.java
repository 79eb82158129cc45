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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The memory engine, whose appends a test holds up. */
final class HeldEngine implements ClusterEngine {
  private final MemoryEngine memory = new MemoryEngine();
  private final CountDownLatch held = new CountDownLatch(1);
  private volatile CountDownLatch gate = new CountDownLatch(0);

  /** The next append waits. */
  void hold() {
    gate = new CountDownLatch(1);
  }

  /** Waits until one does. */
  void awaitHeld() throws InterruptedException {
    if (!held.await(10, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was appended");
    }
  }

  void release() {
    gate.countDown();
  }

  @Override
  public String name() {
    return "held";
  }

  @Override
  public void start(Node node, Sink sink) {
    memory.start(node, sink);
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    CountDownLatch waits = gate;
    if (waits.getCount() > 0) {
      held.countDown();
      try {
        waits.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
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
    release();
    memory.close();
  }
}
