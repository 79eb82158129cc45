package dev.drawbridge.endpoint.internal.channels.presence;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The places of users' connections where they count on all servers. A handshake takes one, in the
 * roster and at once; the thread of the roster gives back what has ended, enters what could not be
 * entered in its time, and enters all of them when the node begins anew. Thread-safe.
 *
 * <p>While the roster is out of reach nobody is refused here: the limit holds on each server by
 * itself. Whoever came in then and is one too many is closed once the roster is back.
 */
public final class Places {
  private static final Logger log = LoggerFactory.getLogger(Places.class);

  /** Handshakes that ask the roster at the same time: {@value}. More wait for their turn. */
  static final int AT_ONCE = 8;

  /** Longest wait for one's turn: {@value} ms. */
  static final long TURN_MS = 1_000;

  /** After a failure the roster is not asked for so long, for each question may wait: {@value}. */
  static final long PAUSE_MS = 1_000;

  /** Most that are entered later in one round of the roster's thread: {@value}. */
  static final int LATE_AT_ONCE = 100;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);

  private final ClusterEngine engine;
  private final String node;
  private final LongSupplier clock;
  private final BiConsumer<String, String> overLimit;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);

  /** 0 where places count on each server by itself. Set before the start. */
  private volatile int limit;

  /** Wakes the thread of the roster. */
  private volatile Runnable bell = () -> {};

  /** Has it begin anew. */
  private volatile Consumer<LeaseLost> leaseLost = e -> {};

  /** By connection, the oldest first. Guarded by this, as all below. */
  private final Map<String, Member> mine = new LinkedHashMap<>();

  /** Of these, those that the roster could not be told of in their time. */
  private final Map<String, Member> late = new LinkedHashMap<>();

  /** Of these, those that the roster has no room for: they are closed once they are open. */
  private final Map<String, Member> over = new LinkedHashMap<>();

  /** Places that are free here, which the roster does not know yet. */
  private List<Member> left = new ArrayList<>();

  /** The roster has begun with this node. */
  private boolean begun;

  /** How often it has: a connection that was being entered meanwhile may be there twice. */
  private long beginnings;

  /** Since when the limit holds on this server alone, 0 while it holds on all. */
  private volatile long aloneSinceNanos;

  private volatile long failedNanos;
  private volatile @Nullable String failure;

  /**
   * Places without a limit.
   *
   * @param overLimit closes a connection of a user; subject and id
   */
  public Places(
      ClusterEngine engine, String node, LongSupplier clock, BiConsumer<String, String> overLimit) {
    this.engine = engine;
    this.node = node;
    this.clock = clock;
    this.overLimit = overLimit;
  }

  /** Lets them count on all servers; called once, before the start. */
  public void limit(int perUser) {
    limit = perUser;
  }

  /** 0 where they count on each server by itself. */
  public int limit() {
    return limit;
  }

  void onWork(Runnable ring, Consumer<LeaseLost> lostLease) {
    bell = ring;
    leaseLost = lostLease;
  }

  /**
   * Takes a place. Blocks as long as the roster does.
   *
   * @param connection id of the one that is about to be
   * @param replaces id of one of the same user, whose place counts as free; null for none
   * @return connections of this user on all servers, where these are as many as may be; else null:
   *     it has the place, or nobody can say
   */
  public @Nullable Integer take(String subject, String connection, @Nullable String replaces) {
    if (limit == 0) {
      return null;
    }
    Member member =
        new Member(Member.USER + subject, subject, "", connection, node, clock.getAsLong());
    long beginningsBefore;
    boolean ready;
    synchronized (this) {
      // First: who begins anew meanwhile enters it, too.
      mine.put(connection, member);
      beginningsBefore = beginnings;
      ready = begun;
    }
    Roster.Entered entered = ready ? ask(member, replaces) : null;
    if (entered == null) {
      synchronized (this) {
        late.put(connection, member);
      }
      bell.run();
      return null;
    }
    synchronized (this) {
      if (entered.accepted()) {
        if (replaces != null) {
          // The roster has taken it out in the same step.
          remove(replaces);
        }
        return null;
      }
      remove(connection);
      if (beginnings != beginningsBefore) {
        left.add(member);
      }
    }
    return entered.current();
  }

  /** Null when the roster has not answered. */
  private Roster.@Nullable Entered ask(Member member, @Nullable String replaces) {
    if (isOutOfReach()) {
      return null;
    }
    boolean turn = false;
    try {
      turn = turns.tryAcquire(TURN_MS, TimeUnit.MILLISECONDS);
      if (!turn || isOutOfReach()) {
        return null;
      }
      Roster.Entered entered = engine.roster().enter(member, limit, replaces);
      reached();
      return entered;
    } catch (LeaseLost e) {
      leaseLost.accept(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EngineException | RuntimeException e) {
      failed(e);
    } finally {
      if (turn) {
        turns.release();
      }
    }
    return null;
  }

  private boolean isOutOfReach() {
    if (failure != null && System.nanoTime() - failedNanos < PAUSE_NANOS) {
      return true;
    }
    EngineHealth health = engine.health();
    if (health.state() == EngineHealth.State.DOWN) {
      failed(String.valueOf(health.reason()));
      return true;
    }
    return false;
  }

  private void failed(Exception e) {
    log.debug("the roster did not enter a connection", e);
    failed(String.valueOf(e.getMessage()));
  }

  private void failed(String reason) {
    boolean first;
    synchronized (this) {
      failedNanos = System.nanoTime();
      first = failure == null;
      failure = reason;
      if (first) {
        aloneSinceNanos = failedNanos;
      }
    }
    if (first) {
      log.warn(
          "connections of a user count on this server alone, at most {}, until the engine of the"
              + " channels is reached again: {}",
          limit,
          reason);
    }
  }

  private void reached() {
    if (failure == null) {
      return;
    }
    long since;
    synchronized (this) {
      if (failure == null) {
        return;
      }
      since = aloneSinceNanos;
      failure = null;
      aloneSinceNanos = 0;
    }
    log.info(
        "connections of a user count on all servers again, after {} s",
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since));
  }

  /** Why the limit holds on this server alone; null while it holds on all, or nowhere. */
  public @Nullable String failure() {
    return failure;
  }

  /** For how many milliseconds it has, 0 while it holds on all. */
  public long aloneMillis() {
    long since = aloneSinceNanos;
    return since == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since);
  }

  /** Gives a place back; nothing for one that has none. Does not block. */
  public void release(String connection) {
    if (limit == 0) {
      return;
    }
    synchronized (this) {
      Member member = remove(connection);
      if (member == null) {
        return;
      }
      left.add(member);
    }
    bell.run();
  }

  /** Called with this held. */
  private @Nullable Member remove(String connection) {
    late.remove(connection);
    over.remove(connection);
    return mine.remove(connection);
  }

  /** True once the roster has begun with this node; before, nobody is refused. */
  public synchronized boolean isCounting() {
    return begun;
  }

  /** Connections that have a place here. */
  public synchronized int size() {
    return mine.size();
  }

  /** True when the thread of the roster has something to do for them. */
  synchronized boolean isDue() {
    return !left.isEmpty() || !late.isEmpty() || !over.isEmpty();
  }

  /** All that are to be in the roster when it begins with this node, the oldest first. */
  synchronized List<Member> all() {
    left = new ArrayList<>();
    return List.copyOf(mine.values());
  }

  /** The roster has begun with these, but for those that it refuses. */
  void begun(List<Member> members, List<Member> refused) {
    synchronized (this) {
      begun = true;
      beginnings++;
      for (Member member : members) {
        late.remove(member.connection());
        if (!mine.containsKey(member.connection())) {
          // It has ended while the roster was told of it.
          left.add(member);
        }
      }
      for (Member member : refused) {
        if (mine.containsKey(member.connection())) {
          over.put(member.connection(), member);
        }
      }
    }
    reached();
    closeThoseTooMany();
  }

  /**
   * Tells the roster what has changed; called by its thread.
   *
   * @throws LeaseLost if the node must begin anew
   */
  void work() throws EngineException {
    if (limit == 0 || engine.health().state() == EngineHealth.State.DOWN) {
      return;
    }
    List<Member> gone;
    List<Member> enter;
    synchronized (this) {
      if (!begun) {
        return;
      }
      gone = left;
      left = new ArrayList<>();
      enter = late.values().stream().limit(LATE_AT_ONCE).toList();
    }
    if (!gone.isEmpty()) {
      try {
        engine
            .roster()
            .change(gone.stream().map(member -> new Roster.Change(false, member)).toList());
      } catch (EngineException | RuntimeException e) {
        synchronized (this) {
          left.addAll(gone);
        }
        throw e;
      }
    }
    for (Member member : enter) {
      Roster.Entered entered = engine.roster().enter(member, limit, null);
      synchronized (this) {
        late.remove(member.connection());
        if (!mine.containsKey(member.connection())) {
          left.add(member);
        } else if (!entered.accepted()) {
          over.put(member.connection(), member);
        }
      }
    }
    if (!enter.isEmpty() || !gone.isEmpty()) {
      reached();
    }
    closeThoseTooMany();
  }

  /** Also those of before that were not open by then. */
  private void closeThoseTooMany() {
    List<Member> all;
    synchronized (this) {
      all = List.copyOf(over.values());
    }
    all.forEach(member -> overLimit.accept(member.subject(), member.connection()));
  }
}
