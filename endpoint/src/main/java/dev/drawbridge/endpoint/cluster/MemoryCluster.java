package dev.drawbridge.endpoint.cluster;

import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;

/**
 * A log in the memory of this process, on which several servers of it may stand: for tests and
 * demonstrations of what pages do when it is lost. An endpoint that is given no engine makes one of
 * its own. Thread-safe.
 */
public final class MemoryCluster {
  private final MemoryLog log = new MemoryLog(0, System::currentTimeMillis);

  /** A new engine on this log, for one {@link jakarta.servlet.ServletContext}. */
  public ClusterEngine engine() {
    return new MemoryEngine(log);
  }

  /**
   * Begins a new log, as after a restart of what keeps it: the epoch changes, and each connection
   * with channels is told to load anew.
   */
  public void loseLog() {
    log.restart(ResetReason.LOG_LOST);
  }
}
