package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.EngineStatus;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The log as one stream of Redis or Valkey. Continuity is that of the process that executes a call:
 * after a failover, a restart or a restored backup the log begins anew.
 */
public final class RedisEngine implements ClusterEngine {
  private static final Duration OUTBOX_KEYS = Duration.ofHours(24);
  private static final long JOIN_MILLIS = 2_000;

  private final RedisAddress address;
  private final LongSupplier clock;

  /** Null before the start. All are set once, by it. */
  private volatile @Nullable Started started;

  private volatile EngineInfo info = new EngineInfo("redis", "", "", "", "block", List.of());

  private final EngineStatus status = new EngineStatus(this::head, this::tailed);

  /** What exists from the start on. */
  private record Started(
      Node node,
      RedisKeys keys,
      RedisLine writer,
      RedisLine rosterLine,
      RedisRoster roster,
      RedisTail tail,
      Thread thread) {}

  /** An engine that has not started. */
  RedisEngine(RedisAddress address) {
    this(address, System::currentTimeMillis);
  }

  /** The same with this server's clock, in epoch milliseconds. */
  RedisEngine(RedisAddress address, LongSupplier clock) {
    this.address = address;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "redis";
  }

  @Override
  public synchronized void start(Node node, Sink sink) {
    RedisKeys keys = RedisKeys.of(node.cluster(), node.window());
    Sentinels servers = new Sentinels(address);
    servers.find();
    RedisLine writer =
        new RedisLine(servers::current, () -> address.config(RedisAddress.ANSWER_MILLIS), keys);
    RedisLine rosterLine =
        new RedisLine(servers::current, () -> address.config(RedisAddress.ANSWER_MILLIS), keys);
    boolean registered = isRegistered(writer, node);
    RedisTail tail =
        new RedisTail(
            this,
            new RedisLine(servers::current, () -> address.config(RedisTail.ANSWER_MILLIS), keys),
            servers,
            keys,
            node,
            sink,
            registered);
    Thread thread = new Thread(tail, "drawbridge-redis-tail");
    thread.setDaemon(true);
    started =
        new Started(
            node, keys, writer, rosterLine, new RedisRoster(rosterLine, node), tail, thread);
    thread.start();
  }

  /** False when the server is away: then the tail asks again. */
  private boolean isRegistered(RedisLine line, Node node) {
    try {
      if (!RedisTail.register(line, node)) {
        line.close();
        throw new IllegalStateException("a node of this id is there already: " + node.id());
      }
      return true;
    } catch (EngineException e) {
      tailIsDown(String.valueOf(e.getMessage()));
      return false;
    }
  }

  private Started started() {
    Started present = started;
    if (present == null) {
      throw new IllegalStateException("the engine has not started yet");
    }
    return present;
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    Started now = started();
    Entry newest = batch.get(batch.size() - 1);
    List<Object> arguments = new ArrayList<>(8 + 7 * batch.size());
    arguments.add(newest.epoch());
    arguments.add(newest.seq());
    arguments.add(now.node.windowEntries());
    arguments.add(now.node.id());
    arguments.add(now.node.window().toMillis());
    arguments.add(OUTBOX_KEYS.toMillis());
    for (Entry draft : batch) {
      if (!draft.epoch().equals(newest.epoch())) {
        throw new EngineException(Outcome.NOT_SENT, "refused: the drafts are of two epochs");
      }
      arguments.set(1, Math.max((Long) arguments.get(1), draft.seq()));
      arguments.add(draft.n());
      arguments.add(draft.version());
      arguments.add(draft.kind().word());
      arguments.add(draft.channel());
      arguments.add(draft.type());
      arguments.add(draft.key() == null ? "" : draft.key());
      arguments.add(draft.text());
    }
    status.appending(newest.n());
    RedisLine.Answer answer;
    try {
      answer = now.writer.ask(Script.APPEND, arguments);
    } catch (EngineException e) {
      status.appendFailed(e.getMessage(), e.getCause() instanceof JedisDataException);
      throw e;
    }
    status.appendAnswered();
    if (Answers.number(Answers.list(answer.value()).get(1)) < 0) {
      status.awaitNothing();
      throw new EngineException(
          answer.refused(), "refused: the log has another epoch, a lower head or another identity");
    }
  }

  /** What the tail tells of itself. */
  EngineStatus status() {
    return status;
  }

  private @Nullable Head head() {
    Started now = started;
    return now == null ? null : now.tail.head();
  }

  /** The number of the last entry that the sink has. */
  long tailed() {
    return started().tail.seq();
  }

  void tailIsDown(String reason) {
    Started now = started;
    if (now != null) {
      // On a new connection a failure is certain.
      now.writer.renew();
      now.rosterLine.renew();
    }
    status.tailIsDown(reason);
  }

  @Override
  public void forget(List<String> known) throws EngineException {
    Started now = started();
    Head head = now.tail.head();
    if (head == null || known.isEmpty()) {
      return;
    }
    CommandArguments unlink = new CommandArguments(Protocol.Command.UNLINK);
    known.forEach(key -> unlink.key(now.keys.prefix() + "k:" + head.epoch() + ":" + key));
    Object unused = now.rosterLine.call(unlink);
  }

  @Override
  public Roster roster() {
    return started().roster;
  }

  @Override
  public void forget(Position upTo) {
    started().roster.forget(upTo);
  }

  @Override
  public EngineHealth health() {
    return status.health();
  }

  @Override
  public EngineInfo describe() {
    return info;
  }

  /** Looks at what it runs on; called by the tail for each connection. */
  void describe(RedisLine line) throws EngineException {
    String text =
        Answers.text(line.call(new CommandArguments(Protocol.Command.INFO).add("everything")));
    info = RedisFacts.of(text, line, clock.getAsLong());
  }

  @Override
  public void close() {
    Started now = started;
    if (now == null) {
      return;
    }
    now.tail.close();
    now.writer.close();
    now.rosterLine.close();
    try {
      now.thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
