package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;

/**
 * Reads the log from where this node is, and opens it: the one place that does. Everything below
 * runs on its thread, which calls the sink; the fields that others read are volatile. The thread
 * ends with {@link #close} and by nothing else: an error of the machine, too, has this node begin
 * anew.
 */
final class RedisTail implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisTail.class);

  /** Of one read; how many it asks for goes by the lengths of those before. */
  private static final int MIN_ENTRIES = 8;

  private static final int MAX_ENTRIES = 512;

  /** What a read should bring at most; entries differ, so that one may bring more. */
  private static final long READ_BYTES = 1 << 20;

  private static final int BLOCK_MILLIS = 1_000;

  /** Above the time that a read blocks; a link that swallows is found after so long. */
  static final int ANSWER_MILLIS = 2_500;

  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A policy or a clock may be changed while it runs. */
  private static final long DESCRIBE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final long MIN_PAUSE_MILLIS = 50;

  /**
   * What was appended just before an outage is settled by the tail, within the 2 s of a publish.
   */
  private static final long MAX_PAUSE_MILLIS = 250;

  private final RedisEngine engine;
  private final RedisLine line;
  private final Sentinels servers;
  private final RedisKeys keys;
  private final Node node;
  private final ClusterEngine.Sink sink;
  private final SecureRandom random = new SecureRandom();

  private String epoch = "";
  private boolean registered;

  /** The sink has failed on an entry, so that this node must begin anew. */
  private boolean broken;

  private long lookedNanos;
  private long describedNanos;
  private long pauseMillis = MIN_PAUSE_MILLIS;

  private int entriesAtOnce = 64;

  private volatile long seq;
  private volatile @Nullable Head head;
  private volatile boolean closed;

  RedisTail(
      RedisEngine engine,
      RedisLine line,
      Sentinels servers,
      RedisKeys keys,
      Node node,
      ClusterEngine.Sink sink,
      boolean registered) {
    this.engine = engine;
    this.line = line;
    this.servers = servers;
    this.keys = keys;
    this.node = node;
    this.sink = sink;
    this.registered = registered;
  }

  /** As last read; null before. */
  @Nullable Head head() {
    return head;
  }

  /** The number of the last entry that the sink has. */
  long seq() {
    return seq;
  }

  @Override
  public void run() {
    while (!closed) {
      try {
        if (broken) {
          line.drop();
          engine.tailIsDown("the log cannot be handed on");
        }
        servers.find();
        follow();
      } catch (Throwable e) {
        // Without memory even saying so fails; this asks for none.
        broken = true;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(MAX_PAUSE_MILLIS));
      }
    }
  }

  private void follow() {
    boolean connected = false;
    while (!closed) {
      try {
        if (!connected) {
          connect();
          connected = true;
        }
        boolean some = read();
        if (!some || System.nanoTime() - lookedNanos >= LOOK_NANOS) {
          look();
        }
        if (System.nanoTime() - describedNanos >= DESCRIBE_NANOS) {
          describe();
        }
        pauseMillis = MIN_PAUSE_MILLIS;
      } catch (EngineException e) {
        connected = false;
        pause(String.valueOf(e.getMessage()));
      } catch (Throwable e) {
        // What is not understood is not skipped: this node begins anew.
        connected = false;
        broken = true;
        engine.tailIsDown("the log cannot be handed on");
        LOG.error("the log of the cluster cannot be handed on; this node begins anew", e);
        pause(e instanceof Error ? e.toString() : String.valueOf(e.getMessage()));
      }
    }
  }

  private void pause(String reason) {
    line.drop();
    if (closed) {
      return;
    }
    engine.tailIsDown(reason);
    LockSupport.parkNanos(
        TimeUnit.MILLISECONDS.toNanos(
            pauseMillis / 2 + ThreadLocalRandom.current().nextLong(pauseMillis / 2 + 1)));
    pauseMillis = Math.min(MAX_PAUSE_MILLIS, pauseMillis * 2);
    servers.find();
  }

  private void connect() throws EngineException {
    if (!registered) {
      if (!register(line, node)) {
        throw new EngineException(
            Outcome.NOT_SENT, "another living server has the id of this node: " + node.id());
      }
      registered = true;
    }
    describe();
    look();
  }

  private void describe() throws EngineException {
    describedNanos = System.nanoTime();
    engine.describe(line);
  }

  /** Takes the first lease; false where a living node has this id. */
  static boolean register(RedisLine line, Node node) throws EngineException {
    List<?> answer =
        Answers.list(line.call(Script.REGISTER, RedisRoster.arguments(node, RedisRoster.LEASE_MS)));
    return Answers.text(answer.get(0)).equals("ok");
  }

  /** Reads the head, which opens the log where continuity cannot be proved. */
  private void look() throws EngineException {
    long began = System.nanoTime();
    List<?> answer =
        Answers.list(line.call(Script.OPEN, List.of(Position.newEpoch(random), epoch, seq)));
    lookedNanos = began;
    Head now =
        new Head(
            Answers.text(answer.get(0)),
            Answers.number(answer.get(1)),
            Answers.number(answer.get(2)),
            Answers.text(answer.get(3)),
            began);
    head = now;
    if (!now.epoch().equals(epoch)) {
      reset(now, epoch.isEmpty() ? ResetReason.STARTED : reason(Answers.text(answer.get(4))));
    } else if (seq < now.start() || broken) {
      reset(now, ResetReason.TRIMMED);
    }
    engine.status().tailIsUp();
  }

  private static ResetReason reason(String why) {
    return switch (why) {
      case "log_lost" -> ResetReason.LOG_LOST;
      case "head_went_back" -> ResetReason.HEAD_WENT_BACK;
      // Also where another node was the first to open.
      default -> ResetReason.ENGINE_CHANGED;
    };
  }

  private void reset(Head to, ResetReason reason) {
    epoch = to.epoch();
    seq = to.start();
    broken = false;
    engine.status().awaitNothing();
    sink.reset(to, reason);
  }

  /** Waits for entries and hands them on; false when none came. */
  private boolean read() throws EngineException {
    CommandArguments command =
        new CommandArguments(Protocol.Command.XREAD)
            .add("COUNT")
            .add(entriesAtOnce)
            .add("BLOCK")
            .add(BLOCK_MILLIS)
            .add("STREAMS")
            .key(keys.log())
            .add(seq + "-0");
    List<?> streams = Answers.list(line.call(command));
    if (streams.isEmpty()) {
      return false;
    }
    List<?> entries = Answers.list(Answers.list(streams.get(0)).get(1));
    entriesAtOnce = entriesAtOnce(entries.size(), bytes(entries));
    for (Object one : entries) {
      Entry entry = entry(Answers.list(one));
      if (!entry.epoch().equals(epoch) || entry.seq() != seq + 1) {
        // Another epoch, or trimmed past: the head says which.
        return false;
      }
      // Before the sink has it, so that one that fails on it is not given it again.
      seq = entry.seq();
      sink.entry(entry);
      if (entry.node().equals(node.id())) {
        engine.status().ownEntryIsBack(entry.n());
      }
    }
    return true;
  }

  /** How many the next read asks for, by what the last one has brought. */
  static int entriesAtOnce(int entries, long bytes) {
    long fit = READ_BYTES * entries / Math.max(1, bytes);
    return (int) Math.max(MIN_ENTRIES, Math.min(MAX_ENTRIES, fit));
  }

  private static long bytes(List<?> entries) {
    long all = 0;
    for (Object entry : entries) {
      for (Object field : Answers.list(Answers.list(entry).get(1))) {
        all += field instanceof byte[] bytes ? bytes.length : 0;
      }
    }
    return all;
  }

  private static Entry entry(List<?> idAndFields) {
    String id = Answers.text(idAndFields.get(0));
    Map<String, String> fields = new HashMap<>();
    List<?> pairs = Answers.list(idAndFields.get(1));
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      fields.put(Answers.text(pairs.get(i)), Answers.text(pairs.get(i + 1)));
    }
    long number = Long.parseLong(id.substring(0, id.indexOf('-')));
    try {
      return new Entry(
          (int) number(fields, "v"),
          fields.getOrDefault("e", ""),
          number,
          fields.getOrDefault("w", ""),
          number(fields, "n"),
          number(fields, "a"),
          Entry.Kind.of(fields.getOrDefault("k", "")),
          fields.getOrDefault("c", ""),
          fields.getOrDefault("t", ""),
          fields.getOrDefault("d", ""),
          fields.get("q"),
          number(fields, "r"));
    } catch (IllegalArgumentException e) {
      // Of another version, or of somebody else's hand: it keeps its place and is skipped.
      return new Entry(
          Entry.VERSION,
          fields.getOrDefault("e", ""),
          number,
          "",
          0,
          0,
          Entry.Kind.UNKNOWN,
          "",
          "",
          "",
          null,
          0);
    }
  }

  private static long number(Map<String, String> fields, String name) {
    String text = fields.get(name);
    return text == null ? 0 : Long.parseLong(text);
  }

  /** Ends the thread soon; does not wait. */
  void close() {
    closed = true;
    servers.close();
    line.close();
  }
}
