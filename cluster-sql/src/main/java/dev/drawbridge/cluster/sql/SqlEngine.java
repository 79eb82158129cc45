package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.EntriesRefused;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The log as a table of PostgreSQL or MariaDB. Continuity is that of the process that executes a
 * call: after a failover, a restart or a restored backup the log begins anew.
 */
final class SqlEngine implements ClusterEngine {
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long FAR_BEHIND = 1_000;

  /** A database that refuses appends is down for so long after the last refusal. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final int ANSWER_MILLIS = 1_900;
  private static final long JOIN_MILLIS = 2_000;

  private final SqlServer server;

  /** Null before the start. All are set once, by it. */
  private volatile @Nullable Started started;

  private volatile EngineInfo info = new EngineInfo("sql", "", "", "", "", List.of());

  /** Why the tail is down, null when it is not; at the start it is. */
  private volatile @Nullable String tailReason = "not connected yet";

  private volatile @Nullable String appendReason;
  private volatile boolean refused;
  private volatile long appendRefusedNanos;
  private volatile Instant since = Instant.now();
  private volatile EngineHealth.State state = EngineHealth.State.DOWN;

  /**
   * The last append of this node that has not come back: its last n, 0 for none, and since when.
   */
  private volatile long awaitedN;

  private volatile long awaitedNanos;
  private volatile long lagMillis;

  /** What exists from the start on. */
  private record Started(
      LogTable table,
      SqlLine writer,
      SqlLine rosterLine,
      SqlLine places,
      SqlRoster roster,
      SqlTail tail,
      Thread thread) {}

  /** An engine that has not started. */
  SqlEngine(SqlServer server) {
    this.server = server;
  }

  @Override
  public String name() {
    return "sql";
  }

  @Override
  public synchronized void start(Node node, Sink sink) {
    LogTable table = new LogTable(node);
    SqlLine writer = new SqlLine(server, ANSWER_MILLIS, true);
    SqlLine rosterLine = new SqlLine(server, ANSWER_MILLIS, true);
    SqlLine places = new SqlLine(server, ANSWER_MILLIS, true);
    boolean registered = isRegistered(rosterLine, node);
    SqlTail tail =
        new SqlTail(
            this, new SqlLine(server, SqlTail.ANSWER_MILLIS, false), table, node, sink, registered);
    Thread thread = new Thread(tail, "drawbridge-sql-tail");
    thread.setDaemon(true);
    SqlRoster roster = new SqlRoster(rosterLine, places, table, node, tail::position, tail::ring);
    started = new Started(table, writer, rosterLine, places, roster, tail, thread);
    thread.start();
  }

  /** False when the database is away: then the tail asks again. */
  private boolean isRegistered(SqlLine line, Node node) {
    try {
      if (!SqlRoster.register(line, node)) {
        line.close();
        throw new IllegalStateException("a node of this id is there already: " + node.id());
      }
      return true;
    } catch (EngineException e) {
      if (e.getCause() instanceof Server.Unsuitable) {
        line.close();
        throw new IllegalArgumentException(e.getMessage(), e);
      }
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
    for (Entry draft : batch) {
      if (!draft.epoch().equals(newest.epoch())) {
        throw new EngineException(Outcome.NOT_SENT, "refused: the drafts are of two epochs");
      }
    }
    awaitedNanos = System.nanoTime();
    awaitedN = newest.n();
    try {
      appendOrSplit(now, batch);
    } catch (EntriesRefused e) {
      // A fault of what stands in them, not of the database.
      awaitedN = e.numbers().contains(newest.n()) ? 0 : awaitedN;
      appendReason = null;
      update();
      now.tail.ring();
      throw e;
    } catch (EngineException e) {
      awaitedN = 0;
      if (e.getCause() != null) {
        appendRefusedNanos = System.nanoTime();
        appendReason = e.getMessage();
        refused = !SqlFailures.isAway(e);
      }
      update();
      throw e;
    }
    appendReason = null;
    update();
    now.tail.ring();
  }

  /** One whose values the database cannot take must not hold up the others of its batch. */
  private static void appendOrSplit(Started now, List<Entry> batch) throws EngineException {
    try {
      appendAll(now, batch);
    } catch (EngineException e) {
      if (!SqlFailures.isData(e)) {
        throw e;
      }
      Set<Long> refused = new HashSet<>();
      for (Entry draft : batch) {
        try {
          appendAll(now, List.of(draft));
        } catch (EngineException one) {
          if (!SqlFailures.isData(one)) {
            // Some may be there by now; the numbers say which.
            throw new EngineException(Outcome.UNKNOWN, String.valueOf(one.getMessage()), one);
          }
          refused.add(draft.n());
        }
      }
      if (!refused.isEmpty()) {
        throw new EntriesRefused(refused, String.valueOf(e.getMessage()), e);
      }
    }
  }

  private static void appendAll(Started now, List<Entry> batch) throws EngineException {
    now.writer.transact(
        call -> {
          now.table.append(call, batch);
          return true;
        });
  }

  @Override
  public void forget(List<String> keys) throws EngineException {
    Started now = started();
    now.rosterLine.transact(
        call -> {
          now.table.forget(call, keys);
          return true;
        });
  }

  /** The number of the last entry that the sink has. */
  long tailed() {
    return started().tail.seq();
  }

  /** Called by the tail. */
  void ownEntryIsBack(long n) {
    if (n != 0 && n >= awaitedN && awaitedN != 0) {
      lagMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - awaitedNanos);
      awaitedN = 0;
    }
  }

  /** Called by the tail: what was appended in the old epoch does not come back. */
  void resetAppends() {
    awaitedN = 0;
  }

  void tailIsUp() {
    tailReason = null;
    // What the database says of appends is not disproved by its answer to a read.
    if (!refused || System.nanoTime() - appendRefusedNanos > REFUSED_NANOS) {
      appendReason = null;
    }
    update();
  }

  void tailIsDown(String reason) {
    tailReason = reason;
    update();
  }

  private synchronized void update() {
    EngineHealth.State now = EngineHealth.State.UP;
    if (tailReason != null || appendReason != null) {
      now = EngineHealth.State.DOWN;
    } else if (behind() != null) {
      now = EngineHealth.State.BEHIND;
    }
    if (now != state) {
      state = now;
      since = Instant.now();
    }
  }

  private @Nullable String behind() {
    Started now = started;
    Head head = now == null ? null : now.tail.head();
    if (awaitedN != 0 && System.nanoTime() - awaitedNanos > SLOW_NANOS) {
      return "an append of this server has not come back for over a second";
    }
    if (now != null && head != null && head.top() - now.tail.seq() > FAR_BEHIND) {
      return "this server is " + (head.top() - now.tail.seq()) + " entries behind the log";
    }
    return null;
  }

  @Override
  public Roster roster() {
    return started().roster;
  }

  @Override
  public EngineHealth health() {
    update();
    Started now = started;
    String reason = tailReason;
    if (reason == null) {
      reason = appendReason;
    }
    if (reason == null) {
      reason = behind();
    }
    EngineHealth.State shown = state;
    return new EngineHealth(
        shown,
        since,
        shown == EngineHealth.State.UP ? null : reason,
        lagMillis,
        now == null ? null : now.tail.head());
  }

  @Override
  public EngineInfo describe() {
    return info;
  }

  /** Looks at what it runs on; called by the tail for each connection. */
  void describe(SqlLine line) throws EngineException {
    // So that the first append need not connect.
    started().writer.read(SqlLine.Call::kind);
    info = line.read(call -> SqlFacts.of(call, info.wake()));
  }

  /** Listens on the tail's connection where that is heard; null where the tail has to poll. */
  @Nullable Ear listen(SqlLine line, String channel) throws EngineException {
    Started now = started();
    boolean kept = server.keepsConnections();
    Ear ear =
        line.read(
                call ->
                    Optional.ofNullable(
                        kept && call.kind().isPostgresql()
                            ? Ear.open(call.connection(), channel, () -> tell(now, channel))
                            : null))
            .orElse(null);
    boolean could = kept && line.read(SqlLine.Call::kind).isPostgresql();
    wakesBy(ear != null ? "listen" : could ? SqlTail.DEAF : "poll");
    return ear;
  }

  private static void tell(Started now, String channel) throws EngineException {
    now.rosterLine.transact(
        call -> {
          call.query(row -> {}, "SELECT pg_notify(?, 'probe')", channel);
          return true;
        });
  }

  /** Called by the tail. */
  void wakesBy(String wake) {
    EngineInfo known = info;
    info =
        new EngineInfo(
            known.engine(),
            known.version(),
            known.persistence(),
            known.eviction(),
            wake,
            known.warnings());
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
    now.places.close();
    server.close();
    try {
      now.thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
