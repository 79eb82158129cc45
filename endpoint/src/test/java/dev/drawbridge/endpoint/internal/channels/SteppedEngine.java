package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An engine that does nothing by itself: the test says when an append is executed and what its
 * caller is told, when a node tails, and what the log loses. Not thread-safe.
 */
final class SteppedEngine implements ClusterEngine {

  /** What becomes of the next append. */
  enum Fate {
    EXECUTED,
    /** Refused, and the caller knows. */
    NOT_SENT,
    /** Executed, but the caller does not know. */
    ANSWER_LOST,
    /** Not executed, and the caller does not know. */
    CALL_LOST,
    /** Not executed before {@link Log#executeLate}, and the caller does not know. */
    LATE
  }

  /** What several nodes share. */
  static final class Log {
    private final ArrayDeque<Late> late = new ArrayDeque<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private final Map<String, Long> keys = new HashMap<>();
    private int epochs = 1;
    private long base;

    private record Late(List<Entry> batch) {}

    String epoch() {
      return String.format("epoch%03d", epochs);
    }

    long top() {
      return entries.size();
    }

    Entry get(long seq) {
      return entries.get((int) seq - 1);
    }

    /** Calls that were given up are executed now. */
    void executeLate() {
      for (Late call = late.poll(); call != null; call = late.poll()) {
        try {
          execute(call.batch);
        } catch (EngineException refused) {
          // Nobody is left to be told.
        }
      }
    }

    /** Continuity is lost, with what is in the log. */
    void loseEverything() {
      epochs++;
      base = 0;
      entries.clear();
      numbers.clear();
      keys.clear();
    }

    /** Nodes that have not tailed so far are trimmed past. */
    void trimTo(long seq) {
      base = seq;
    }

    private void execute(List<Entry> batch) throws EngineException {
      for (Entry draft : batch) {
        if (!draft.epoch().equals(epoch()) || draft.seq() > top()) {
          throw new EngineException(EngineException.Outcome.NOT_SENT, "fenced");
        }
      }
      for (Entry draft : batch) {
        if (draft.n() > numbers.getOrDefault(draft.node(), 0L)) {
          numbers.put(draft.node(), draft.n());
          Position position = new Position(epoch(), top() + 1);
          Long first = draft.key() == null ? null : keys.get(draft.key());
          if (draft.key() != null) {
            keys.putIfAbsent(draft.key(), position.seq());
          }
          entries.add(
              first == null ? draft.logged(position, 1) : draft.repeated(position, 1, first));
        }
      }
    }

    /** An entry that no node of this release has written. */
    void add(Entry draft) {
      entries.add(draft.logged(new Position(epoch(), top() + 1), 1));
    }
  }

  final Log log;
  final ArrayDeque<Fate> fates = new ArrayDeque<>();
  private @Nullable Sink sink;
  private @Nullable String epoch;
  private long cursor;
  private @Nullable Head head;

  /** As operators are shown it. */
  EngineHealth.State state = EngineHealth.State.UP;

  /** Batches that were handed over, executed or not. */
  final List<List<Entry>> appends = new ArrayList<>();

  SteppedEngine(Log log) {
    this.log = log;
  }

  @Override
  public String name() {
    return "stepped";
  }

  @Override
  public void start(Node node, Sink into) {
    sink = into;
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    appends.add(batch);
    Fate fate = fates.isEmpty() ? Fate.EXECUTED : fates.remove();
    switch (fate) {
      case EXECUTED -> log.execute(batch);
      case NOT_SENT -> throw new EngineException(EngineException.Outcome.NOT_SENT, "away");
      case ANSWER_LOST -> {
        log.execute(batch);
        throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
      }
      case CALL_LOST -> throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
      case LATE -> {
        log.late.add(new Log.Late(batch));
        throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
      }
    }
  }

  /** Reads the head and hands out the next entry; false when there is nothing to hand out. */
  boolean tail() {
    Sink into = sink;
    if (into == null) {
      throw new IllegalStateException("not started");
    }
    Head read = new Head(log.epoch(), log.base, log.top(), "id", System.nanoTime());
    head = read;
    if (!log.epoch().equals(epoch)) {
      boolean first = epoch == null;
      epoch = log.epoch();
      cursor = log.top();
      into.reset(read, first ? ResetReason.STARTED : ResetReason.ENGINE_CHANGED);
      for (long seq = log.base + 1; seq <= log.top(); seq++) {
        into.entry(log.get(seq));
      }
      return true;
    }
    if (cursor < log.base) {
      cursor = log.top();
      into.reset(
          new Head(log.epoch(), log.top(), log.top(), "id", System.nanoTime()),
          ResetReason.TRIMMED);
      return true;
    }
    if (cursor == log.top()) {
      return false;
    }
    cursor++;
    into.entry(log.get(cursor));
    return true;
  }

  void tailAll() {
    while (tail()) {
      // On to the end.
    }
  }

  @Override
  public Roster roster() {
    return NOBODY;
  }

  @Override
  public EngineHealth health() {
    return new EngineHealth(state, Instant.EPOCH, null, 0, head);
  }

  @Override
  public EngineInfo describe() {
    return new EngineInfo("stepped", "", "none", "", "itself", List.of());
  }

  @Override
  public void close() {
    // Nothing runs.
  }

  private static final Roster NOBODY =
      new Roster() {
        @Override
        public List<Member> begin(List<Member> members, int limit) {
          return List.of();
        }

        @Override
        public void beat() {
          // Nobody asks.
        }

        @Override
        public Entered enter(Member member, int limit, @Nullable String replaces) {
          return new Entered(true, 0);
        }

        @Override
        public void change(List<Change> changes) {
          // Nobody asks.
        }

        @Override
        public Members members(String group, int max) {
          return new Members(0, 0, List.of(), false);
        }

        @Override
        public int nodes() {
          return 1;
        }

        @Override
        public long reaped() {
          return 0;
        }
      };
}
