package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import java.util.List;
import java.util.function.UnaryOperator;

/** An engine that cannot be reached for some channels, and does not answer for others. */
final class FaultyEngine implements ClusterEngine {
  /** In front of channels for which it is out of reach. */
  static final String AWAY = "room:away";

  /** In front of channels for which it does not answer. */
  static final String SILENT = "room:silent";

  private final MemoryEngine memory;

  /** What is told instead of the truth; null for the truth. */
  private volatile UnaryOperator<EngineHealth> health = UnaryOperator.identity();

  private volatile EngineInfo info;
  private volatile boolean loseLease;

  FaultyEngine() {
    this(new MemoryEngine());
  }

  FaultyEngine(MemoryEngine memory) {
    this.memory = memory;
    this.info = memory.describe();
  }

  /** Says that it is slow. */
  void behind(long lagMillis, int entries) {
    health =
        truth -> {
          Head head = truth.head();
          return new EngineHealth(
              EngineHealth.State.BEHIND,
              truth.since(),
              "the log is ahead of this server",
              lagMillis,
              new Head(
                  head.epoch(),
                  head.start(),
                  head.top() + entries,
                  head.identity(),
                  head.readNanos()));
        };
  }

  /** Says how it is. */
  void truth() {
    health = UnaryOperator.identity();
  }

  /** Says that it runs on this. */
  void describe(EngineInfo told) {
    info = told;
  }

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public void start(Node node, Sink sink) {
    memory.start(node, sink);
  }

  @Override
  public void append(List<Entry> batch) throws EngineException {
    for (Entry entry : batch) {
      if (entry.channel().startsWith(AWAY)) {
        throw new EngineException(EngineException.Outcome.NOT_SENT, "out of reach");
      }
      if (entry.channel().startsWith(SILENT)) {
        throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
      }
    }
    memory.append(batch);
  }

  /** Says that the lease has ended, the next time that members change. */
  void loseLease() {
    loseLease = true;
  }

  @Override
  public Roster roster() {
    Roster roster = memory.roster();
    return new Roster() {
      @Override
      public List<Member> begin(List<Member> members, int limit) throws EngineException {
        return roster.begin(members, limit);
      }

      @Override
      public void beat() throws EngineException {
        roster.beat();
      }

      @Override
      public Entered enter(Member member, int limit, String replaces) throws EngineException {
        return roster.enter(member, limit, replaces);
      }

      @Override
      public void change(List<Change> changes) throws EngineException {
        if (loseLease) {
          loseLease = false;
          throw new LeaseLost("test");
        }
        roster.change(changes);
      }

      @Override
      public Members members(String group, int max) throws EngineException {
        return roster.members(group, max);
      }

      @Override
      public int nodes() {
        return roster.nodes();
      }

      @Override
      public long reaped() {
        return roster.reaped();
      }
    };
  }

  @Override
  public EngineHealth health() {
    return health.apply(memory.health());
  }

  @Override
  public EngineInfo describe() {
    return info;
  }

  @Override
  public void close() {
    memory.close();
  }
}
