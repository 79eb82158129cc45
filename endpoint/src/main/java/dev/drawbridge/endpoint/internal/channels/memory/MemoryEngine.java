package dev.drawbridge.endpoint.internal.channels.memory;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine of one server: the log is a counter in the process, and its end is the end of the
 * epoch. Has no thread: who appends hands the entries to the sinks. Thread-safe.
 */
public final class MemoryEngine implements ClusterEngine {
  /** Says that there is one server: {@value}. */
  public static final String NAME = "memory";

  private final MemoryLog log;

  /** Null before the start. */
  private volatile @Nullable Node node;

  /** As above. */
  private volatile @Nullable Sink sink;

  private volatile @Nullable Roster roster;
  private volatile Instant since = Instant.now();

  /** Why it does as if it were away, null when it does not. */
  private volatile @Nullable String away;

  /** An engine with a log of its own. */
  public MemoryEngine() {
    this(new MemoryLog(0, System::currentTimeMillis));
  }

  /** One of several engines on one log. */
  public MemoryEngine(MemoryLog log) {
    this.log = log;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start(Node self, Sink into) {
    node = self;
    sink = into;
    roster = new MemoryRoster(log, self);
    since = Instant.ofEpochMilli(log.now());
    log.attach(this);
  }

  Node node() {
    return started(node);
  }

  Sink sink() {
    return started(sink);
  }

  private static <T> T started(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("the engine has not started yet");
    }
    return value;
  }

  /** Does as an engine that cannot be reached; null ends it. For tests and simulations. */
  public void away(@Nullable String reason) {
    since = Instant.ofEpochMilli(log.now());
    away = reason;
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    String reason = away;
    if (reason != null) {
      throw new EngineException(EngineException.Outcome.NOT_SENT, reason);
    }
    log.append(node(), batch);
  }

  @Override
  public void forget(List<String> keys) {
    log.forget(keys);
  }

  @Override
  public Roster roster() {
    return started(roster);
  }

  @Override
  public boolean hasOthers() {
    return log.engines() > 1;
  }

  @Override
  public EngineHealth health() {
    String reason = away;
    return new EngineHealth(
        reason == null ? EngineHealth.State.UP : EngineHealth.State.DOWN,
        since,
        reason,
        0,
        log.head());
  }

  @Override
  public EngineInfo describe() {
    return new EngineInfo(NAME, "", "none", "", "itself", List.of());
  }

  @Override
  public void close() {
    if (node != null) {
      log.detach(this);
    }
  }
}
