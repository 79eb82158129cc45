package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Counts connections by user, by address and in all, from before the upgrade to the end.
 * Thread-safe.
 *
 * <p>A page that is loaded again closes its connection and opens the next one at once, and the end
 * of the old one may come later. So whoever finds a limit reached waits for a moment, on the thread
 * of its handshake: at most {@value #WAIT_MS} ms, and {@value #MAX_WAITING} at a time.
 */
public final class Admission {
  /** Longest wait for a place: {@value} ms. */
  public static final long WAIT_MS = 500;

  /** Handshakes that wait at the same time; the threads of a container are few. */
  public static final int MAX_WAITING = 16;

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final EndpointConfig config;
  private final long longestWaitNanos;
  private final AtomicInteger total = new AtomicInteger();
  private final Map<String, Integer> users = new ConcurrentHashMap<>();
  private final Map<String, Integer> addresses = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();

  public Admission(EndpointConfig config) {
    this(config, Duration.ofMillis(WAIT_MS));
  }

  /** For tests of this module. */
  public Admission(EndpointConfig config, Duration longestWait) {
    this.config = config;
    this.longestWaitNanos = longestWait.toNanos();
  }

  /** One connection's place; given back once. */
  private final class Admitted implements Place {
    private final String subject;
    private final String address;

    /** Given back. Guarded by this. */
    private boolean released;

    private Admitted(String subject, String address) {
      this.subject = subject;
      this.address = address;
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

    @Override
    public void release() {
      if (giveBack()) {
        leave(users, subject);
        leave(addresses, address);
        total.decrementAndGet();
        tellWaiting();
      }
    }
  }

  /** A limit that is reached. */
  private record Full(String scope, int limit, int current) {}

  /** Takes a place of nobody. */
  public Place take(String subject, String address) {
    return take(subject, address, null);
  }

  /**
   * Takes a place, and waits a moment for one if there is none.
   *
   * @param replaced of an older connection of the same user, which gives it up in the same step;
   *     null for none. The caller ends that connection
   * @throws RefusedException with {@code too_many_connections}, the limit and the current value;
   *     the older connection has its place still
   */
  public Place take(String subject, String address, @Nullable Place replaced) {
    Full full = tryTake(subject, address, replaced);
    if (full != null) {
      full = await(subject, address, replaced, full);
    }
    if (full != null) {
      throw refuse(full);
    }
    return new Admitted(subject, address);
  }

  /** Null when a place came free, and is taken. */
  private @Nullable Full await(
      String subject, String address, @Nullable Place replaced, Full reached) {
    if (waiting.incrementAndGet() > MAX_WAITING) {
      waiting.decrementAndGet();
      return reached;
    }
    lock.lock();
    try {
      long deadline = System.nanoTime() + longestWaitNanos;
      // Whoever leaves from here on sees that somebody waits.
      Full full = tryTake(subject, address, replaced);
      for (long rest = longestWaitNanos; full != null && rest > 0; ) {
        // Not in one go: a place that another one takes and gives back while it asks is not told.
        left.awaitNanos(Math.min(rest, LOOK_NANOS));
        full = tryTake(subject, address, replaced);
        rest = deadline - System.nanoTime();
      }
      return full;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return reached;
    } finally {
      lock.unlock();
      waiting.decrementAndGet();
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
  private @Nullable Full tryTake(String subject, String address, @Nullable Place replaced) {
    if (replaced instanceof Admitted older
        && older.subject.equals(subject)
        && !older.isReleased()) {
      Full full = tryAddress(older, address);
      // One of several that want it gets it, and it is not free in between.
      if (full != null || older.giveBack()) {
        if (full == null && !older.address.equals(address)) {
          leave(addresses, older.address);
          tellWaiting();
        }
        return full;
      }
      if (!older.address.equals(address)) {
        leave(addresses, address);
      }
    }
    return tryTake(subject, address);
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
    if (config.connectionsPerAddress() > 0 && ofAddress > config.connectionsPerAddress()) {
      leave(addresses, address);
      return new Full("per address", config.connectionsPerAddress(), ofAddress - 1);
    }
    return null;
  }

  private @Nullable Full tryTake(String subject, String address) {
    int all = total.incrementAndGet();
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
    return new RefusedException(
        Refusal.of(
                RefusalCode.TOO_MANY_CONNECTIONS,
                String.format(
                    "%d connections %s, at most %d, and none has ended in the last moments; a page"
                        + " that opens a new one has to close the old, and a close counts once it"
                        + " has reached the server",
                    full.current, full.scope, full.limit))
            .with("scope", full.scope)
            .with("limit", full.limit)
            .with("current", full.current));
  }
}
