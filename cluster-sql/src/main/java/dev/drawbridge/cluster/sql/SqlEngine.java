package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.EngineStatus;
import dev.drawbridge.endpoint.cluster.EntriesRefused;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The log as a table of PostgreSQL or MariaDB. Continuity is that of the process that executes a
 * call: after a failover, a restart or a restored backup the log begins anew.
 */
final class SqlEngine implements ClusterEngine {
  private static final int ANSWER_MILLIS = 1_900;
  private static final long JOIN_MILLIS = 2_000;

  private final SqlServer server;

  /** Null before the start. All are set once, by it. */
  private volatile @Nullable Started started;

  private volatile EngineInfo info = new EngineInfo("sql", "", "", "", "", List.of());

  private final EngineStatus status = new EngineStatus(this::head, this::tailed);

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
      status.tailIsDown(String.valueOf(e.getMessage()));
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
    status.appending(newest.n());
    try {
      appendOrSplit(now, batch);
    } catch (EntriesRefused e) {
      // A fault of what stands in them, not of the database.
      if (e.numbers().contains(newest.n())) {
        status.awaitNothing();
      }
      status.appendAnswered();
      now.tail.ring();
      throw e;
    } catch (EngineException e) {
      if (e.getCause() == null) {
        status.awaitNothing();
      } else {
        status.appendFailed(e.getMessage(), !SqlFailures.isAway(e));
      }
      throw e;
    }
    status.appendAnswered();
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

  @Override
  public Roster roster() {
    return started().roster;
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
