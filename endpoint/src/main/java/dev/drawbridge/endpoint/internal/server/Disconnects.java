package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Users whose connections were closed a moment ago, for handshakes that had looked the user up
 * before that and are open only now. Thread-safe.
 */
final class Disconnects {
  /** Longer than a handshake may take from its arrival to the open connection. */
  private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(120);

  /** Whoever closes more users than that within two minutes has stopped the server's handshakes. */
  private static final int MAX_KEPT = 10_000;

  /**
   * One order.
   *
   * @param atNanos when it was given, by {@link System#nanoTime}
   */
  record Order(CloseCode code, String reason, long atNanos) {}

  /** By subject, the oldest first. Guarded by this. */
  private final Map<String, Order> orders = new LinkedHashMap<>();

  synchronized void add(String subject, Order order) {
    orders.remove(subject);
    orders.put(subject, order);
    var oldest = orders.values().iterator();
    while (oldest.hasNext()) {
      Order one = oldest.next();
      if (order.atNanos() - one.atNanos() < KEPT_NANOS && orders.size() <= MAX_KEPT) {
        return;
      }
      oldest.remove();
    }
  }

  /** The order that was given after a handshake had come; null when there is none. */
  synchronized @Nullable Order since(String subject, long arrivedNanos) {
    Order order = orders.get(subject);
    return order != null && order.atNanos() - arrivedNanos >= 0 ? order : null;
  }

  /** Closes a connection that has just been put into the index, if it has to be. */
  void check(ServerConnection connection) {
    Order order = since(connection.subject(), connection.arrivedNanos());
    if (order != null) {
      connection.close(order.code(), order.reason());
    }
  }
}
