package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Remembers all that an engine hands out: the truth with which clients are compared. */
final class LogTap implements ClusterEngine {
  private final ClusterEngine engine;

  /** Guarded by itself. */
  private final List<Entry> entries = new ArrayList<>();

  LogTap(ClusterEngine engine) {
    this.engine = engine;
  }

  /** Number of the newest entry. */
  long top() {
    synchronized (entries) {
      return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).seq();
    }
  }

  /** Messages that are no repeats, by channel, in the order of the log. */
  Map<String, List<Entry>> messages() {
    Map<String, List<Entry>> byChannel = new HashMap<>();
    synchronized (entries) {
      for (Entry entry : entries) {
        if (entry.kind() == Entry.Kind.MESSAGE && entry.repeat() == 0) {
          byChannel.computeIfAbsent(entry.channel(), name -> new ArrayList<>()).add(entry);
        }
      }
    }
    return byChannel;
  }

  @Override
  public String name() {
    return "tapped";
  }

  @Override
  public void start(Node node, Sink sink) {
    engine.start(
        node,
        new Sink() {
          @Override
          public void entry(Entry entry) {
            synchronized (entries) {
              entries.add(entry);
            }
            sink.entry(entry);
          }

          @Override
          public void reset(Head head, ResetReason reason) {
            sink.reset(head, reason);
          }
        });
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    engine.append(batch);
  }

  @Override
  public Roster roster() {
    return engine.roster();
  }

  @Override
  public EngineHealth health() {
    return engine.health();
  }

  @Override
  public EngineInfo describe() {
    return engine.describe();
  }

  @Override
  public void close() {
    try {
      engine.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
