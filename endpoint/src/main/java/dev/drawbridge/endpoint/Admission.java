package dev.drawbridge.endpoint;

import dev.drawbridge.filters.Refusal;
import dev.drawbridge.filters.RefusalCode;
import dev.drawbridge.filters.RefusedException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts connections by user, by address and in all, from before the upgrade to the end.
 * Thread-safe.
 */
final class Admission {
  private final EndpointConfig config;
  private final AtomicInteger total = new AtomicInteger();
  private final Map<String, Integer> users = new ConcurrentHashMap<>();
  private final Map<String, Integer> addresses = new ConcurrentHashMap<>();

  Admission(EndpointConfig config) {
    this.config = config;
  }

  /** One connection's place; given back once. */
  final class Place {
    private final String subject;
    private final String address;
    private final AtomicBoolean released = new AtomicBoolean();

    private Place(String subject, String address) {
      this.subject = subject;
      this.address = address;
    }

    String address() {
      return address;
    }

    void release() {
      if (released.compareAndSet(false, true)) {
        leave(users, subject);
        leave(addresses, address);
        total.decrementAndGet();
      }
    }
  }

  /**
   * Takes a place.
   *
   * @throws RefusedException with {@code too_many_connections}, the limit and the current value
   */
  Place take(String subject, String address) {
    int all = total.incrementAndGet();
    if (all > config.connectionsMax()) {
      total.decrementAndGet();
      throw refuse("in all", config.connectionsMax(), all - 1);
    }
    int ofAddress = addresses.merge(address, 1, Integer::sum);
    if (config.connectionsPerAddress() > 0 && ofAddress > config.connectionsPerAddress()) {
      leave(addresses, address);
      total.decrementAndGet();
      throw refuse("per address", config.connectionsPerAddress(), ofAddress - 1);
    }
    int ofUser = users.merge(subject, 1, Integer::sum);
    if (config.connectionsPerUser() > 0 && ofUser > config.connectionsPerUser()) {
      leave(users, subject);
      leave(addresses, address);
      total.decrementAndGet();
      throw refuse("per user", config.connectionsPerUser(), ofUser - 1);
    }
    return new Place(subject, address);
  }

  /** Connections in all, those that are being opened included. */
  int total() {
    return total.get();
  }

  /** True when no count is left. */
  boolean isEmpty() {
    return total.get() == 0 && users.isEmpty() && addresses.isEmpty();
  }

  private static void leave(Map<String, Integer> counts, String key) {
    counts.computeIfPresent(key, (name, count) -> count == 1 ? null : count - 1);
  }

  private static RefusedException refuse(String scope, int limit, int current) {
    return new RefusedException(
        Refusal.of(
                RefusalCode.TOO_MANY_CONNECTIONS,
                String.format(
                    "%d connections %s, at most %d; often a page that opens a new one without"
                        + " closing the old",
                    current, scope, limit))
            .with("scope", scope)
            .with("limit", limit)
            .with("current", current));
  }
}
