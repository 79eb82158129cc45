package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestId;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts connections by user, by address and in all, from before the upgrade to the end.
 * Thread-safe.
 *
 * <p>A page that is loaded again closes its connection and opens the next one at once, and the end
 * of the old one may come later. So whoever finds a limit reached waits for a moment, on the thread
 * of its handshake: at most {@value #WAIT_MS} ms, and {@value #MAX_WAITING} at a time. Where users
 * count on all servers the roster is asked {@value #MAX_ASKS} times at most, and a call that it
 * answers within a time of its own comes on top of that.
 */
public final class Admission {
  /** Longest wait for a place: {@value} ms. */
  public static final long WAIT_MS = 500;

  /** Handshakes that wait at the same time; the threads of a container are few. */
  public static final int MAX_WAITING = 16;

  /** How often one handshake asks the others for a place at most: {@value}. */
  static final int MAX_ASKS = 3;

  /** When it asks again first; the last time is at the end of the wait. */
  private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Counts the connections of users on all servers. Thread-safe; nothing is thrown. */
  interface Everywhere {
    /**
     * Takes a place there. Blocks for as long as the others have to be asked.
     *
     * @param replaces id of a connection of this user whose place counts as free; null for none
     * @return how many there are where no place is left; null when it is taken
     */
    @Nullable Integer take(String subject, String connectionId, @Nullable String replaces);

    /** Gives it back; nothing for one that has none. Does not block. */
    void release(String connectionId);
  }

  /** Users count on each server by itself. */
  private static final Everywhere HERE =
      new Everywhere() {
        @Override
        public @Nullable Integer take(
            String subject, String connectionId, @Nullable String replaces) {
          return null;
        }

        @Override
        public void release(String connectionId) {
          // Nobody else counts it.
        }
      };

  /** Those in force; lowered ones end no connection. */
  private final Supplier<EndpointConfig> limits;

  private final Everywhere everywhere;
  private final long longestWaitNanos;
  private final AtomicInteger total = new AtomicInteger();
  private final Map<String, Integer> users = new ConcurrentHashMap<>();
  private final Map<String, Integer> addresses = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();

  public Admission(EndpointConfig config) {
    this(() -> config, HERE);
  }

  /** By limits that may be replaced, here alone. */
  static Admission here(Supplier<EndpointConfig> limits) {
    return new Admission(limits, HERE);
  }

  Admission(Supplier<EndpointConfig> limits, Everywhere everywhere) {
    this(limits, everywhere, Duration.ofMillis(WAIT_MS));
  }

  /** For tests of this module. */
  public Admission(EndpointConfig config, Duration longestWait) {
    this(() -> config, HERE, longestWait);
  }

  private Admission(Supplier<EndpointConfig> limits, Everywhere everywhere, Duration longestWait) {
    this.limits = limits;
    this.everywhere = everywhere;
    this.longestWaitNanos = longestWait.toNanos();
  }

  /** One connection's place; given back once. */
  private final class Admitted implements Place {
    private final String connectionId;
    private final String subject;
    private final String address;

    /** Given back, or another one has it. Guarded by this. */
    private boolean released;

    /** Its connection has ended. Guarded by this. */
    private boolean ended;

    private Admitted(Wanted wanted) {
      this.connectionId = wanted.connectionId;
      this.subject = wanted.subject;
      this.address = wanted.address;
    }

    @Override
    public String connectionId() {
      return connectionId;
    }

    @Override
    public String address() {
      return address;
    }

    private synchronized boolean isReleased() {
      return released;
    }

    /** True for the first time. */
    private synchronized boolean giveBack() {
      boolean first = !released;
      released = true;
      return first;
    }

    /** False when its connection has ended meanwhile, so that nobody is left to have it. */
    private synchronized boolean takeBack() {
      if (!ended) {
        released = false;
      }
      return !ended;
    }

    private synchronized boolean end() {
      ended = true;
      return giveBack();
    }

    @Override
    public void release() {
      everywhere.release(connectionId);
      if (end()) {
        leaveAll(subject, address);
        tellWaiting();
      }
    }
  }

  /** A handshake that asks for a place; {@code replaces} is as its client says, null for none. */
  private record Wanted(
      String connectionId,
      String subject,
      String address,
      @Nullable Admitted older,
      @Nullable String replaces) {}

  /** A limit that is reached. */
  private record Full(String scope, int limit, int current, int here, boolean asked) {
    /** Of a limit that is this server's alone. */
    private Full(String scope, int limit, int current) {
      this(scope, limit, current, current, false);
    }
  }

  /** Takes a place of nobody. */
  public Place take(String subject, String address) {
    return take(subject, address, null);
  }

  /** The same in the place of another one of this server. */
  public Place take(String subject, String address, @Nullable Place replaced) {
    return take(subject, address, replaced, null);
  }

  /**
   * Takes a place, and waits a moment for one if there is none.
   *
   * @param replaced of an older connection of the same user, which gives it up in the same step;
   *     null for none. The caller ends that connection
   * @param replaces id of the older one as the client says, which may be of another server; null
   *     for none
   * @throws RefusedException with {@code too_many_connections}, the limit and the current value;
   *     the older connection has its place still
   */
  public Place take(
      String subject, String address, @Nullable Place replaced, @Nullable String replaces) {
    Wanted wanted =
        new Wanted(
            RequestId.next() + RequestId.next(),
            subject,
            address,
            replaced instanceof Admitted older && older.subject.equals(subject) ? older : null,
            replaces);
    Full full = tryTake(wanted);
    if (full != null) {
      full = await(wanted, full);
    }
    if (full != null) {
      throw refuse(full);
    }
    return new Admitted(wanted);
  }

  /** Null when a place came free, and is taken. */
  private @Nullable Full await(Wanted wanted, Full reached) {
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      return reached;
    }
    try {
      long deadline = System.nanoTime() + longestWaitNanos;
      int asks = reached.asked ? 1 : 0;
      // Whoever leaves from here on sees that somebody waits.
      Full full = reached.asked ? reached : tryTake(wanted);
      for (long rest = longestWaitNanos; full != null && rest > 0; ) {
        if (full.asked) {
          // Places elsewhere are not told: each look is a call of the roster.
          awaitUntil(asks == 1 ? Math.min(System.nanoTime() + ASK_NANOS, deadline) : deadline);
        } else {
          // Not in one go: a place that another one takes and gives back while it asks is not
          // told, nor is one that comes free between the look and the wait.
          awaitLeaving(Math.min(rest, LOOK_NANOS));
        }
        full = tryTake(wanted);
        if (full != null && full.asked && ++asks >= MAX_ASKS) {
          return full;
        }
        rest = deadline - System.nanoTime();
      }
      return full;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return reached;
    } finally {
      waiting.decrementAndGet();
    }
  }

  private void awaitUntil(long deadlineNanos) throws InterruptedException {
    for (long rest = deadlineNanos - System.nanoTime(); rest > 0; ) {
      awaitLeaving(rest);
      rest = deadlineNanos - System.nanoTime();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // Who calls it loops.
  private void awaitLeaving(long nanos) throws InterruptedException {
    lock.lock();
    try {
      boolean unused = left.awaitNanos(nanos) > 0;
    } finally {
      lock.unlock();
    }
  }

  private void tellWaiting() {
    if (waiting.get() > 0) {
      lock.lock();
      try {
        left.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Null when the place is taken, else the limit that forbids it. */
  private @Nullable Full tryTake(Wanted wanted) {
    Admitted older = wanted.older;
    if (older == null || older.isReleased()) {
      return tryEverywhere(wanted, null);
    }
    Full full = tryAddress(older, wanted.address);
    // One of several that want it gets it, and it is not free in between.
    if (full != null) {
      return full;
    }
    if (!older.giveBack()) {
      if (!older.address.equals(wanted.address)) {
        leave(addresses, wanted.address);
      }
      return tryEverywhere(wanted, null);
    }
    return tryEverywhere(wanted, older);
  }

  /**
   * Asks the other servers once this one has room.
   *
   * @param older has given its place here to the new one; null when it has to be taken
   */
  private @Nullable Full tryEverywhere(Wanted wanted, @Nullable Admitted older) {
    if (older == null) {
      Full full = tryTake(wanted.subject, wanted.address);
      if (full != null) {
        return full;
      }
    }
    Integer all = everywhere.take(wanted.subject, wanted.connectionId, wanted.replaces);
    if (all != null) {
      int here = users.getOrDefault(wanted.subject, 1) - 1;
      giveUp(wanted, older);
      return new Full("per user", limits.get().connectionsPerUser(), all, here, true);
    }
    if (older != null && !older.address.equals(wanted.address)) {
      leave(addresses, older.address);
      tellWaiting();
    }
    return null;
  }

  /** What was taken here is of no use. */
  private void giveUp(Wanted wanted, @Nullable Admitted older) {
    if (older != null && older.takeBack()) {
      if (!older.address.equals(wanted.address)) {
        leave(addresses, wanted.address);
      }
      return;
    }
    if (older != null && !older.address.equals(wanted.address)) {
      leave(addresses, older.address);
    }
    leaveAll(wanted.subject, wanted.address);
    tellWaiting();
  }

  private void leaveAll(String subject, String address) {
    leave(users, subject);
    leave(addresses, address);
    total.decrementAndGet();
  }

  /** Counts the new one by its address, unless that is the old one's. */
  private @Nullable Full tryAddress(Admitted older, String address) {
    if (older.address.equals(address)) {
      return null;
    }
    return tryAddress(address);
  }

  private @Nullable Full tryAddress(String address) {
    int ofAddress = addresses.merge(address, 1, Integer::sum);
    int limit = limits.get().connectionsPerAddress();
    if (limit > 0 && ofAddress > limit) {
      leave(addresses, address);
      return new Full("per address", limit, ofAddress - 1);
    }
    return null;
  }

  private @Nullable Full tryTake(String subject, String address) {
    int all = total.incrementAndGet();
    EndpointConfig config = limits.get();
    if (all > config.connectionsMax()) {
      total.decrementAndGet();
      return new Full("in all", config.connectionsMax(), all - 1);
    }
    Full full = tryAddress(address);
    if (full != null) {
      total.decrementAndGet();
      return full;
    }
    int ofUser = users.merge(subject, 1, Integer::sum);
    if (config.connectionsPerUser() > 0 && ofUser > config.connectionsPerUser()) {
      leave(users, subject);
      leave(addresses, address);
      total.decrementAndGet();
      return new Full("per user", config.connectionsPerUser(), ofUser - 1);
    }
    return null;
  }

  /** Handshakes that wait for a place. */
  public int waiting() {
    return waiting.get();
  }

  /** Connections in all, those that are being opened included. */
  public int total() {
    return total.get();
  }

  /** True when no count is left. */
  public boolean isEmpty() {
    return total.get() == 0 && users.isEmpty() && addresses.isEmpty();
  }

  private static void leave(Map<String, Integer> counts, String key) {
    counts.computeIfPresent(key, (name, count) -> count == 1 ? null : count - 1);
  }

  private static RefusedException refuse(Full full) {
    boolean elsewhere = full.current > full.here;
    Refusal refusal =
        Refusal.of(
                RefusalCode.TOO_MANY_CONNECTIONS,
                String.format(
                    "%d connections %s%s, at most %d, and none has ended in the last moments; a"
                        + " page that opens a new one has to close the old, and a close counts once"
                        + " it has reached the server",
                    full.current,
                    full.scope,
                    elsewhere ? " on all servers, " + full.here + " of them on this one" : "",
                    full.limit))
            .with("scope", full.scope)
            .with("limit", full.limit)
            .with("current", full.current);
    return new RefusedException(elsewhere ? refusal.with("here", full.here) : refusal);
  }
}
