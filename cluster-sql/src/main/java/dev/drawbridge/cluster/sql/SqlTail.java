package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the log from where this node is, and opens it: the one place that does. Everything below
 * runs on its thread, which calls the sink; the fields that others read are volatile.
 *
 * <p>PostgreSQL wakes it, where that is heard; it looks each second all the same. Elsewhere it asks
 * again after a pause that grows while nothing comes.
 */
final class SqlTail implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(SqlTail.class);
  private static final int ENTRIES_AT_ONCE = 500;

  /** Longest call; with {@link #LISTEN_MILLIS} before it a link that swallows is found in time. */
  static final int ANSWER_MILLIS = 2_000;

  private static final int LISTEN_MILLIS = 1_000;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MIN_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MAX_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 1_000;

  /** What a server is told that listens and hears nothing. */
  static final String DEAF = "deaf";

  /** Of {@link #read}: what came does not follow. */
  private static final int GAP = -1;

  /** So often in a row entries were there and nothing was heard of them. */
  private static final int UNHEARD = 3;

  private final SqlEngine engine;
  private final SqlLine line;
  private final LogTable table;
  private final Node node;
  private final ClusterEngine.Sink sink;
  private final SecureRandom random = new SecureRandom();

  private String epoch = "";
  private boolean registered;

  /** The sink has failed on an entry, so that this node must begin anew. */
  private boolean broken;

  /** Entries of this epoch on which the sink has failed. */
  private final Set<Long> failed = new HashSet<>();

  /** Of what the sink has; null before the log is open. */
  private volatile @Nullable Position position;

  private long lookedNanos;
  private long pauseMillis = MIN_PAUSE_MILLIS;
  private long pollNanos = MIN_POLL_NANOS;

  /** Null where it polls. */
  private @Nullable Ear ear;

  /** Whether the last wait ended by a word, not by its time. */
  private boolean heard;

  private int unheard;

  private volatile long seq;
  private volatile @Nullable Head head;
  private volatile boolean closed;

  /** Null before it runs. */
  private volatile @Nullable Thread thread;

  /** Somebody knows that there is something. */
  private volatile boolean rung;

  SqlTail(
      SqlEngine engine,
      SqlLine line,
      LogTable table,
      Node node,
      ClusterEngine.Sink sink,
      boolean registered) {
    this.engine = engine;
    this.line = line;
    this.table = table;
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

  /** Up to where the sink has the log; null before it is open. Any thread. */
  @Nullable Position position() {
    return position;
  }

  /** There is something to read: this node has appended. Any thread. */
  void ring() {
    rung = true;
    Thread waiting = thread;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  @Override
  public void run() {
    thread = Thread.currentThread();
    while (!closed) {
      try {
        if (broken) {
          ear = null;
          line.drop();
          engine.status().tailIsDown("the log cannot be handed on");
        }
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
        rung = false;
        int came = read();
        if (came == GAP) {
          pastGap();
        } else if (System.nanoTime() - lookedNanos >= LOOK_NANOS) {
          look(false);
        }
        if (came >= 0 && came < ENTRIES_AT_ONCE) {
          await(came > 0);
        }
        pauseMillis = MIN_PAUSE_MILLIS;
      } catch (EngineException e) {
        connected = false;
        pause(String.valueOf(e.getMessage()));
      } catch (Throwable e) {
        // What is not understood is not skipped: this node begins anew.
        connected = false;
        broken = true;
        engine.status().tailIsDown("the log cannot be handed on");
        LOG.error("the log of the cluster cannot be handed on; this node begins anew", e);
        pause(e instanceof Error ? e.toString() : String.valueOf(e.getMessage()));
      }
    }
  }

  /** Trimmed past, which the head says; or entries are missing, which the log cannot mend. */
  private void pastGap() throws EngineException {
    Position before = position;
    look(false);
    if (Objects.equals(before, position) && read() == GAP) {
      look(true);
      LockSupport.parkNanos(MAX_POLL_NANOS);
    }
  }

  /** Waits until there may be more. What is told between a read and this is not missed. */
  private void await(boolean some) throws EngineException {
    Ear listening = ear;
    if (listening == null) {
      pollNanos = some ? MIN_POLL_NANOS : Math.min(MAX_POLL_NANOS, pollNanos * 3 / 2);
      if (!rung) {
        LockSupport.parkNanos(pollNanos);
      }
      return;
    }
    unheard = heard || !some ? 0 : unheard + 1;
    if (unheard >= UNHEARD) {
      ear = null;
      line.read(
          call -> {
            listening.close();
            return true;
          });
      engine.wakesBy(DEAF);
      return;
    }
    heard = line.read(call -> listening.hears(call.connection(), LISTEN_MILLIS));
  }

  private void pause(String reason) {
    ear = null;
    line.drop();
    if (closed) {
      return;
    }
    engine.status().tailIsDown(reason);
    LockSupport.parkNanos(
        TimeUnit.MILLISECONDS.toNanos(
            pauseMillis / 2 + ThreadLocalRandom.current().nextLong(pauseMillis / 2 + 1)));
    pauseMillis = Math.min(MAX_PAUSE_MILLIS, pauseMillis * 2);
  }

  private void connect() throws EngineException {
    if (!registered) {
      if (!SqlRoster.register(line, node)) {
        throw new EngineException(
            Outcome.NOT_SENT, "another living server has the id of this node: " + node.id());
      }
      registered = true;
    }
    engine.describe(line);
    look(false);
    // Not before the first look: a probe may take its time.
    ear = engine.listen(line, table.channel());
    heard = true;
    unheard = 0;
    pollNanos = MIN_POLL_NANOS;
  }

  /**
   * Reads the head, and opens the log where continuity cannot be proved.
   *
   * @param hole entries behind what this node has are missing
   */
  private void look(boolean hole) throws EngineException {
    long began = System.nanoTime();
    LogTable.@Nullable Seen seen = found(began);
    // Where another node was the first to open, nobody says why it did.
    ResetReason why = ResetReason.ENGINE_CHANGED;
    ResetReason mustOpen = seen == null || hole ? ResetReason.LOG_LOST : seen.mustOpen();
    if (mustOpen != null) {
      why = mustOpen;
      String fresh = Position.newEpoch(random);
      line.transact(
          call -> {
            table.open(call, epoch, seq, fresh, hole);
            return true;
          });
      seen = found(began);
    }
    if (seen == null || seen.mustOpen() != null) {
      throw new EngineException(Outcome.NOT_SENT, "the log was opened and is lost again");
    }
    if (seen.readOnly()) {
      throw new EngineException(Outcome.NOT_SENT, SqlFailures.READ_ONLY);
    }
    lookedNanos = began;
    Head now = seen.head();
    head = now;
    if (!now.epoch().equals(epoch)) {
      reset(now, epoch.isEmpty() ? ResetReason.STARTED : why);
    } else if (seq < now.start() || broken) {
      reset(now, ResetReason.TRIMMED);
    }
    engine.status().tailIsUp();
  }

  private LogTable.@Nullable Seen found(long began) throws EngineException {
    return line.read(call -> Optional.ofNullable(table.look(call, epoch, seq, began))).orElse(null);
  }

  private void reset(Head to, ResetReason reason) {
    if (!to.epoch().equals(epoch)) {
      failed.clear();
    }
    epoch = to.epoch();
    seq = to.start();
    position = new Position(epoch, seq);
    broken = false;
    engine.status().awaitNothing();
    sink.reset(to, reason);
  }

  /** Hands on what has come: how many, or {@link #GAP}. */
  private int read() throws EngineException {
    List<Entry> entries = line.read(call -> table.after(call, epoch, seq, ENTRIES_AT_ONCE));
    for (Entry entry : entries) {
      if (entry.seq() != seq + 1) {
        // Trimmed past: the head says so.
        return GAP;
      }
      hand(entry);
      if (entry.node().equals(node.id())) {
        engine.status().ownEntryIsBack(entry.n());
      }
    }
    if (!entries.isEmpty()) {
      position = new Position(epoch, seq);
    }
    return entries.size();
  }

  /** The sink may fail: this node begins anew, and skips what it fails on the second time. */
  private void hand(Entry entry) {
    try {
      sink.entry(entry);
    } catch (RuntimeException e) {
      if (failed.add(entry.seq())) {
        throw e;
      }
      LOG.debug("{} fails again and is left out", entry, e);
    }
    seq = entry.seq();
  }

  /** Ends the thread soon; does not wait. */
  void close() {
    closed = true;
    line.close();
    ring();
  }
}
