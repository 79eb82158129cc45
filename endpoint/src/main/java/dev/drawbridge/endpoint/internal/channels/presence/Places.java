package dev.drawbridge.endpoint.internal.channels.presence;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** Handshakes that wait for their turn, a short one unless the roster hangs: {@value}. */
  static final int MAX_WAITING = 64;

  /** Longest wait for one's turn: {@value} ms. */
  static final long TURN_MS = 300;

  /** After a failure the roster is not asked for so long, for each question may wait: {@value}. */
  static final long PAUSE_MS = 1_000;

  /** Most that are entered later in one round of the roster's thread: {@value}. */
  static final int LATE_AT_ONCE = 100;

  /** Longest round of these: the node's lease must be renewed in between. */
  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** A state that has not lasted so long is not worth a line, as of the engine itself: {@value}. */
  static final long LASTING_MS = 2_000;

  private static final long LASTING_NANOS = TimeUnit.MILLISECONDS.toNanos(LASTING_MS);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);

  private final ClusterEngine engine;
  private final String node;
  private final LongSupplier clock;
  private final LongSupplier nanoTime;
  private final BiConsumer<String, String> overLimit;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);

  private final AtomicInteger waiting = new AtomicInteger();

  /** What the roster knows of one that it has not answered for. */
  private enum Told {
    NO,
    /** It has, but the node has begun anew meanwhile; or the other way round. */
    MAYBE,
    /** A call has no outcome, and may be executed later. */
    UNKNOWN
  }

  /**
   * One that the roster could not be told of in its time.
   *
   * @param replaces as its handshake said, null for none
   */
  private record Late(Member member, @Nullable String replaces, Told told) {}

  /** 0 where places count on each server by itself; so or not so from the start on. */
  private volatile int limit;

  /** Wakes the thread of the roster. */
  private volatile Runnable bell = () -> {};

  /** Has it begin anew. */
  private volatile Consumer<LeaseLost> leaseLost = e -> {};

  /** By connection, the oldest first. Guarded by this, as all below. */
  private final Map<String, Member> mine = new LinkedHashMap<>();

  /** Of these, those that the roster could not be told of in their time. */
  private final Map<String, Late> late = new LinkedHashMap<>();

  /** Of these, those that the roster has no room for: they are closed once they are open. */
  private final Map<String, Member> over = new LinkedHashMap<>();

  /** Places that are free here, which the roster does not know yet. */
  private List<Member> left = new ArrayList<>();

  /** Of one of these a call has no outcome: it may still be executed, after the place is free. */
  private boolean inDoubt;

  /** The roster has begun with this node. */
  private boolean begun;

  /** How often it has: a connection that was being entered meanwhile may be there twice. */
  private long beginnings;

  /** Since when the limit holds on this server alone, 0 while it holds on all. */
  private volatile long aloneSinceNanos;

  /** What the log was told last, and when that had begun; when the state changed after that. */
  private boolean toldAlone;

  private long toldNanos;
  private long changedNanos;
  private volatile long failedNanos;
  private volatile @Nullable String failure;

  /**
   * Places without a limit.
   *
   * @param overLimit closes a connection of a user; subject and id
   */
  public Places(
      ClusterEngine engine, String node, LongSupplier clock, BiConsumer<String, String> overLimit) {
    this(engine, node, clock, overLimit, System::nanoTime);
  }

  Places(
      ClusterEngine engine,
      String node,
      LongSupplier clock,
      BiConsumer<String, String> overLimit,
      LongSupplier nanoTime) {
    this.engine = engine;
    this.node = node;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.overLimit = overLimit;
  }

  /** Lets them count on all servers from the start on; later only another number than 0. */
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
   * Takes a place. Blocks for {@value #TURN_MS} ms at most, and as long as the roster does.
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
    Told told = Told.NO;
    Roster.Entered entered = null;
    if (ready) {
      try {
        entered = ask(member, replaces);
      } catch (EngineException | RuntimeException e) {
        failed(e);
        told = told(e);
      }
    }
    if (entered == null) {
      synchronized (this) {
        late.put(connection, new Late(member, replaces, told));
      }
      bell.run();
      return null;
    }
    synchronized (this) {
      if (entered.accepted()) {
        replaced(replaces, subject);
        return null;
      }
      remove(connection);
      if (beginnings != beginningsBefore) {
        left.add(member);
      }
    }
    return entered.current();
  }

  private static Told told(Exception e) {
    return e instanceof EngineException known && known.outcome() == EngineException.Outcome.NOT_SENT
        ? Told.NO
        : Told.UNKNOWN;
  }

  /** The roster has taken it out in the same step, if it was this user's. Called with this held. */
  private void replaced(@Nullable String connection, String subject) {
    Member old = connection == null ? null : mine.get(connection);
    if (old != null && old.subject().equals(subject)) {
      remove(old.connection());
    }
  }

  /** Null when the roster was not asked, or does not know this node. */
  private Roster.@Nullable Entered ask(Member member, @Nullable String replaces)
      throws EngineException {
    if (isOutOfReach() || !takeTurn()) {
      return null;
    }
    try {
      if (isOutOfReach()) {
        return null;
      }
      Roster.Entered entered = engine.roster().enter(member, limit, replaces);
      reached();
      return entered;
    } catch (LeaseLost e) {
      leaseLost.accept(e);
      return null;
    } finally {
      turns.release();
    }
  }

  /** False when too many wait, or for too long. */
  private boolean takeTurn() {
    if (turns.tryAcquire()) {
      return true;
    }
    try {
      return waiting.incrementAndGet() <= MAX_WAITING
          && turns.tryAcquire(TURN_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      waiting.decrementAndGet();
    }
  }

  private boolean isOutOfReach() {
    if (failure != null && nanoTime.getAsLong() - failedNanos < PAUSE_NANOS) {
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
    synchronized (this) {
      failedNanos = nanoTime.getAsLong();
      if (failure == null) {
        aloneSinceNanos = failedNanos;
        changedNanos = failedNanos;
      }
      failure = reason;
    }
    tell();
  }

  /** The roster answers this node. */
  void reached() {
    if (failure != null) {
      synchronized (this) {
        if (failure != null) {
          failure = null;
          aloneSinceNanos = 0;
          changedNanos = nanoTime.getAsLong();
        }
      }
    }
    tell();
  }

  /** Tells the log what has lasted: a roster that is slow fails now and then. */
  void tell() {
    String reason;
    long seconds;
    synchronized (this) {
      if (!isUntold() || nanoTime.getAsLong() - changedNanos < LASTING_NANOS) {
        return;
      }
      reason = failure;
      toldAlone = reason != null;
      seconds = TimeUnit.NANOSECONDS.toSeconds(changedNanos - toldNanos);
      toldNanos = changedNanos;
    }
    if (reason != null) {
      log.warn(
          "connections of a user count on this server alone, at most {}, until the engine of the"
              + " channels is reached again: {}",
          limit,
          reason);
    } else {
      log.info("connections of a user count on all servers again, after {} s", seconds);
    }
  }

  private boolean isUntold() {
    return toldAlone != (failure != null);
  }

  /** Why the limit holds on this server alone; null while it holds on all, or nowhere. */
  public @Nullable String failure() {
    return failure;
  }

  /** For how many milliseconds it has, 0 while it holds on all. */
  public long aloneMillis() {
    long since = aloneSinceNanos;
    return since == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - since);
  }

  /** Gives a place back; nothing for one that has none. Does not block. */
  public void release(String connection) {
    if (limit == 0) {
      return;
    }
    synchronized (this) {
      Late untold = late.get(connection);
      Member member = remove(connection);
      if (member == null || (untold != null && untold.told() == Told.NO)) {
        return;
      }
      left.add(member);
      inDoubt |= untold != null && untold.told() == Told.UNKNOWN;
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
    return !left.isEmpty() || !late.isEmpty() || !over.isEmpty() || isUntold();
  }

  /** All that are to be in the roster when it begins with this node, the oldest first. */
  synchronized List<Member> all() {
    forgetLeft();
    return List.copyOf(mine.values());
  }

  /**
   * The node begins anew, with those alone that have a place then.
   *
   * @return false if nothing was to be told
   */
  synchronized boolean forgetLeft() {
    boolean some = !left.isEmpty();
    left = new ArrayList<>();
    inDoubt = false;
    return some;
  }

  /** The roster has begun with these, but for those that it refuses. */
  void begun(List<Member> members, List<Member> refused) {
    synchronized (this) {
      begun = true;
      beginnings++;
      Set<String> taken = new HashSet<>();
      for (Member member : members) {
        taken.add(member.connection());
        // Who comes in the place of another one asks once more: that place counts still.
        late.computeIfPresent(
            member.connection(),
            (id, one) ->
                one.replaces() == null ? null : new Late(member, one.replaces(), Told.MAYBE));
        if (!mine.containsKey(member.connection())) {
          // It has ended while the roster was told of it.
          left.add(member);
        }
      }
      for (Member member : mine.values()) {
        if (!taken.contains(member.connection())) {
          // Its handshake may have entered it before the roster began, which forgot it then.
          late.putIfAbsent(member.connection(), new Late(member, null, Told.MAYBE));
        }
      }
      for (Member member : refused) {
        if (mine.containsKey(member.connection()) && !late.containsKey(member.connection())) {
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
   * @return true if the node should begin anew, for a call that has no outcome may come after it
   * @throws LeaseLost if the node must begin anew
   */
  boolean work() throws EngineException {
    if (limit == 0 || engine.health().state() == EngineHealth.State.DOWN) {
      return false;
    }
    List<Member> gone;
    boolean doubt;
    List<Late> enter;
    synchronized (this) {
      if (!begun) {
        return false;
      }
      gone = left;
      doubt = inDoubt;
      left = new ArrayList<>();
      inDoubt = false;
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
          inDoubt |= doubt;
        }
        throw e;
      }
    }
    long begunNanos = nanoTime.getAsLong();
    for (Late one : enter) {
      enter(one);
      if (nanoTime.getAsLong() - begunNanos > ROUND_NANOS) {
        break;
      }
    }
    if (!enter.isEmpty() || !gone.isEmpty()) {
      reached();
    }
    closeThoseTooMany();
    ringForTheRest();
    return doubt;
  }

  /** The node's lease comes in between. */
  private void ringForTheRest() {
    boolean more;
    synchronized (this) {
      more = !late.isEmpty();
    }
    if (more) {
      bell.run();
    }
  }

  private void enter(Late one) throws EngineException {
    Member member = one.member();
    Roster.Entered entered;
    try {
      entered = engine.roster().enter(member, limit, one.replaces());
    } catch (EngineException | RuntimeException e) {
      if (told(e) == Told.UNKNOWN) {
        unknown(one);
      }
      throw e;
    }
    synchronized (this) {
      late.remove(member.connection());
      if (!mine.containsKey(member.connection())) {
        left.add(member);
      } else if (!entered.accepted()) {
        over.put(member.connection(), member);
      }
      if (entered.accepted()) {
        replaced(one.replaces(), member.subject());
      }
    }
  }

  private synchronized void unknown(Late one) {
    Member member = one.member();
    if (mine.containsKey(member.connection())) {
      late.put(member.connection(), new Late(member, one.replaces(), Told.UNKNOWN));
    } else {
      left.add(member);
      inDoubt = true;
    }
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
