package dev.drawbridge.bench.load.logs;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.MemoryCluster;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A server that reads several logs, each by an engine of its own, and holds none of the entries:
 * only where each log is, and how much came. Fails when a log hands out a number twice or leaves
 * one out. Not thread-safe.
 */
final class SimulatedServer {
  private final String id;

  /** Channels that somebody here is subscribed to. */
  private final BitSet wanted = new BitSet();

  private final Map<Integer, Reading> readings = new HashMap<>();
  private long received;
  private long useful;
  private int resets;

  SimulatedServer(int number) {
    this.id = "server" + number;
  }

  /** One log as this server reads it. */
  private final class Reading implements ClusterEngine.Sink {
    private final ClusterEngine engine;
    private String epoch = "";
    private long seq;
    private long n;

    private Reading(ClusterEngine engine) {
      this.engine = engine;
    }

    @Override
    public void entry(Entry entry) {
      if (!entry.epoch().equals(epoch) || entry.seq() != seq + 1) {
        throw new IllegalStateException(id + " stood at " + epoch + "/" + seq + " before " + entry);
      }
      seq++;
      received++;
      if (wanted.get(number(entry.channel()))) {
        useful++;
      }
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      epoch = head.epoch();
      seq = head.top();
      resets += reason == ResetReason.STARTED ? 0 : 1;
    }
  }

  /** Name of a channel by its number. */
  static String name(int channel) {
    return "room:" + channel;
  }

  private static int number(String name) {
    return Integer.parseInt(name, name.indexOf(':') + 1, name.length(), 10);
  }

  void wants(int channel) {
    wanted.set(channel);
  }

  /** Begins to read a log; once is enough. */
  void read(int log, MemoryCluster cluster) {
    if (!readings.containsKey(log)) {
      Reading reading = new Reading(cluster.engine());
      readings.put(log, reading);
      reading.engine.start(new Node(id, "", Duration.ofMinutes(5), 20_000, 200), reading);
    }
  }

  boolean reads(int log) {
    return readings.containsKey(log);
  }

  int logs() {
    return readings.size();
  }

  /** Publishes into a log that this server reads. */
  void publish(int log, int channel) throws EngineException {
    Reading reading = readings.get(log);
    reading.n++;
    Entry draft = Entry.message(name(channel), "m", "{\"seq\":}", null);
    reading.engine.append(
        List.of(draft.from(new Position(reading.epoch, reading.seq), id, reading.n)));
  }

  /** Where a log is. */
  Position position(int log) {
    Reading reading = readings.get(log);
    return new Position(reading.epoch, reading.seq);
  }

  /** Entries that came. */
  long received() {
    return received;
  }

  /** Those of them that somebody here is subscribed to. */
  long useful() {
    return useful;
  }

  /** How often a log began anew. */
  int resets() {
    return resets;
  }
}
