package dev.drawbridge.endpoint.internal.channels.presence;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.LeaseLost;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.Membership;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node tells the roster: who is in its channels. One thread alone changes the roster, at
 * most once in {@value #PAUSE_MS} ms, and holds the node's lease. Who ends stays for the linger, so
 * that a page that comes back has not been away. Thread-safe; {@link #work} is for its own thread.
 */
public final class Presence implements Membership {
  private static final Logger log = LoggerFactory.getLogger(Presence.class);

  /** Least pause between two changes of the roster: {@value} ms. */
  static final long PAUSE_MS = 500;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(PAUSE_MS);
  private static final long LEASE_NANOS = TimeUnit.MILLISECONDS.toNanos(Roster.LEASE_MS);
  private static final long BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(Roster.BEAT_MS);

  /** Of no time: it does not linger. */
  private static final long NEVER = Long.MAX_VALUE;

  /** What is known of one member. */
  private static final class Known {
    /** When it leaves, {@link #NEVER} while it is there. Guarded by the presence. */
    private long leavesNanos = NEVER;

    /** The roster has it. Guarded by the presence. */
    private boolean told;
  }

  private final ClusterEngine engine;
  private final String node;
  private final long lingerNanos;
  private final LongSupplier clock;
  private final ChannelFigures figures;
  private final Places places;
  private final Servers servers;

  /** Guarded by this, as all below. */
  private final Map<Member, Known> members = new LinkedHashMap<>();

  /** By connection and channel; the member with the time of its coming. */
  private final Map<String, Map<String, Member>> ofConnection = new HashMap<>();

  /** The lease is gone or was never taken: everything is entered again. */
  private boolean begin = true;

  /** Something is to be told. */
  private boolean changed;

  private long lastChangeNanos = System.nanoTime() - PAUSE_NANOS;

  /** Of the last one that was answered. */
  private long lastBeatNanos = System.nanoTime();

  /** When the lease was last taken or renewed. */
  private long leasedNanos = System.nanoTime();

  private boolean open;
  private boolean stopped;

  /** A place came free: that does not wait for its turn. */
  private boolean hurries;

  public Presence(
      ClusterEngine engine,
      String node,
      long lingerNanos,
      LongSupplier clock,
      ChannelFigures figures,
      Places places,
      Servers servers) {
    this.places = places;
    this.servers = servers;
    places.onWork(this::hurry, this::leaseLost);
    this.figures = figures;
    this.engine = engine;
    this.node = node;
    this.lingerNanos = lingerNanos;
    this.clock = clock;
  }

  @Override
  public synchronized void entered(Subscriber subscriber, String channel) {
    Map<String, Member> channels =
        ofConnection.computeIfAbsent(subscriber.connectionId(), id -> new HashMap<>());
    Member member =
        channels.computeIfAbsent(
            channel,
            name ->
                new Member(
                    ChannelNames.group(name),
                    subscriber.subject(),
                    subscriber.displayName(),
                    subscriber.connectionId(),
                    node,
                    clock.getAsLong()));
    members.computeIfAbsent(member, one -> new Known()).leavesNanos = NEVER;
    ring();
  }

  @Override
  public synchronized void left(Subscriber subscriber, String channel) {
    Map<String, Member> channels = ofConnection.get(subscriber.connectionId());
    Member member = channels == null ? null : channels.get(channel);
    Known known = member == null ? null : members.get(member);
    if (known != null && known.leavesNanos == NEVER) {
      known.leavesNanos = System.nanoTime() + lingerNanos;
      ring();
    }
  }

  @Override
  public synchronized void restarted() {
    open = true;
    begin = true;
    changed = true;
    notifyAll();
  }

  private void ring() {
    if (!changed) {
      changed = true;
      notifyAll();
    }
  }

  /** Connections of which something is known. */
  public synchronized int connections() {
    return ofConnection.size();
  }

  /** Members of this node that the roster has. */
  public synchronized int members() {
    return (int) members.values().stream().filter(known -> known.told).count();
  }

  private synchronized void hurry() {
    hurries = true;
    notifyAll();
  }

  /** A handshake has found that the lease is gone. */
  private void leaseLost(LeaseLost e) {
    synchronized (this) {
      if (begin) {
        return;
      }
      begin = true;
      notifyAll();
    }
    lost(e);
  }

  /** Does what is due. Blocks as long as the roster does. */
  public void work(long nowNanos) {
    synchronized (this) {
      hurries = false;
    }
    places.tell();
    forgetAfterTheLease(nowNanos);
    if (!beat(nowNanos)) {
      return;
    }
    givePlacesBack(nowNanos);
    List<Roster.Change> changes = new ArrayList<>();
    boolean again;
    synchronized (this) {
      if (stopped || !open || !isDue(nowNanos)) {
        return;
      }
      lastChangeNanos = nowNanos;
      changed = false;
      again = begin;
      // A restart from here on asks once more.
      begin = false;
      forgetThoseWhoLinger(nowNanos, changes);
      members.forEach(
          (member, known) -> {
            if (again || !known.told) {
              changes.add(new Roster.Change(true, member));
            }
          });
    }
    try {
      if (again) {
        begin(changes);
        leased(nowNanos);
      } else if (!changes.isEmpty()) {
        engine.roster().change(changes);
      }
      told(changes);
    } catch (LeaseLost e) {
      lost(e);
      lost(changes, true);
    } catch (EngineException | RuntimeException e) {
      log.debug("the roster is out of reach: {}", e.toString());
      lost(changes, again);
    }
  }

  /** With all that this node has: those who are in channels, and the places of users. */
  private void begin(List<Roster.Change> changes) throws EngineException {
    List<Member> taken = places.all();
    List<Member> all = new ArrayList<>(taken);
    changes.stream().filter(Roster.Change::enters).map(Roster.Change::member).forEach(all::add);
    places.begun(taken, engine.roster().begin(all, places.limit()));
  }

  /** Places of users are free as soon as the roster knows: somebody may wait for one. */
  private void givePlacesBack(long nowNanos) {
    synchronized (this) {
      if (!open || begin) {
        return;
      }
    }
    try {
      if (places.work()) {
        lost(List.of(), true);
        synchronized (this) {
          // After a pause, in which that call may still come.
          lastChangeNanos = nowNanos;
        }
      }
    } catch (LeaseLost e) {
      lost(e);
      lost(List.of(), true);
    } catch (EngineException | RuntimeException e) {
      log.debug("the roster is out of reach: {}", e.toString());
    }
  }

  private void lost(LeaseLost e) {
    lost(String.valueOf(e.getMessage()));
  }

  private void lost(String why) {
    figures.leaseLost(why);
    log.warn("the lease of this node is lost, its members are entered anew: {}", why);
  }

  private boolean isDue(long nowNanos) {
    if (nowNanos - lastChangeNanos < PAUSE_NANOS) {
      return false;
    }
    return begin
        || changed
        || members.values().stream()
            .anyMatch(known -> known.leavesNanos != NEVER && nowNanos - known.leavesNanos >= 0);
  }

  private void forgetThoseWhoLinger(long nowNanos, List<Roster.Change> changes) {
    for (Iterator<Map.Entry<Member, Known>> all = members.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Member, Known> one = all.next();
      Known known = one.getValue();
      if (known.leavesNanos != NEVER && nowNanos - known.leavesNanos >= 0) {
        all.remove();
        forget(one.getKey());
        changes.add(new Roster.Change(false, one.getKey()));
      }
    }
  }

  private void forget(Member member) {
    ofConnection.computeIfPresent(
        member.connection(),
        (id, channels) -> {
          channels.remove(member.group().substring(Member.CHANNEL.length()));
          return channels.isEmpty() ? null : channels;
        });
  }

  private synchronized void told(List<Roster.Change> changes) {
    for (Roster.Change change : changes) {
      Known known = change.enters() ? members.get(change.member()) : null;
      if (known != null) {
        known.told = true;
      }
    }
  }

  /** The roster may or may not have them: with all that this node has, it can say so once more. */
  private synchronized void lost(List<Roster.Change> changes, boolean anew) {
    begin = begin || anew || !changes.isEmpty();
    changed = true;
  }

  /** Without a lease the roster has nobody of this node: then nobody has to be taken out. */
  private void forgetAfterTheLease(long nowNanos) {
    synchronized (this) {
      if (!open || nowNanos - leasedNanos < LEASE_NANOS) {
        return;
      }
    }
    if (!places.forgetLeft()) {
      return;
    }
    synchronized (this) {
      if (begin) {
        return;
      }
      begin = true;
    }
    lost("no beat was answered for " + Roster.LEASE_MS + " ms");
  }

  /**
   * Renews the lease when that is due, before all that takes long.
   *
   * @return false when the roster did not answer: then nothing else is tried in this round
   */
  private boolean beat(long nowNanos) {
    synchronized (this) {
      if (stopped
          || !open
          || begin
          || nowNanos - lastBeatNanos < BEAT_NANOS
          || nowNanos - lastChangeNanos < PAUSE_NANOS) {
        return true;
      }
    }
    engine.roster().about(servers.about());
    try {
      engine.roster().beat();
    } catch (LeaseLost e) {
      lost(e);
      lost(List.of(), true);
      return true;
    } catch (EngineException | RuntimeException e) {
      log.debug("the roster is out of reach: {}", e.toString());
      synchronized (this) {
        // Once more after the pause.
        lastChangeNanos = nowNanos;
        changed = true;
      }
      return false;
    }
    synchronized (this) {
      lastBeatNanos = nowNanos;
    }
    leased(nowNanos);
    servers.seen(engine.roster().leases());
    places.reached();
    return true;
  }

  private synchronized void leased(long nowNanos) {
    leasedNanos = nowNanos;
  }

  /** The thread's life. */
  public void run() {
    while (!isStopped()) {
      try {
        await();
        work(System.nanoTime());
      } catch (InterruptedException e) {
        // Only the stop is a reason to end.
        Thread.interrupted();
      } catch (RuntimeException | Error e) {
        log.error("the roster of the channels failed", e);
      }
    }
    // By now all connections have ended; the users come back to another server.
    givePlacesBack(System.nanoTime());
  }

  private synchronized void await() throws InterruptedException {
    if (stopped || hurries) {
      return;
    }
    if (!changed && !begin && members.isEmpty() && !places.isDue()) {
      long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastBeatNanos);
      TimeUnit.MILLISECONDS.timedWait(
          this, Math.max(PAUSE_MS, Math.min(Roster.BEAT_MS, Roster.BEAT_MS - passed + 1)));
      return;
    }
    long rest = PAUSE_MS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastChangeNanos);
    if (rest > 0 || !changed) {
      TimeUnit.MILLISECONDS.timedWait(this, rest > 0 ? Math.min(PAUSE_MS, rest) : PAUSE_MS);
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** Ends the thread; the lease ends by itself, so that a quick restart is no leaving. */
  public synchronized void stop() {
    stopped = true;
    notifyAll();
  }
}
