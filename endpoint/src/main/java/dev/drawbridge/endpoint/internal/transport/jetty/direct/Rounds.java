package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.nio.channels.SelectableChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/**
 * The rounds of the selectors that read connections. The JDK gives what a select has found in the
 * order of a hash table, the same each time: whoever is read last gets its answer too late to be
 * found by the next select, and so has half the turns of the others. Therefore those that are found
 * together are collected, and read behind the last of them, whose turn was longest ago first.
 * Thread-safe.
 */
final class Rounds {
  private final Map<ManagedSelector, Round> bySelector = new ConcurrentHashMap<>();

  /**
   * None has begun.
   *
   * @return null where classes that only this needs are not in sight: then each is read when found
   */
  static @Nullable Rounds ifInSight() {
    try {
      Linkage.check(Rounds.class);
      Linkage.check(Round.class);
      return new Rounds();
    } catch (LinkageError e) {
      return null;
    }
  }

  /**
   * The one in which a connection is read.
   *
   * @return null if it is read when it is found, as behind TLS and without a socket
   */
  @Nullable Round of(Connector connector, EndPoint endPoint) {
    if (connector instanceof ServerConnector server
        && endPoint.getTransport() instanceof SelectableChannel channel) {
      for (ManagedSelector each : server.getSelectorManager().getBeans(ManagedSelector.class)) {
        if (channel.keyFor(each.getSelector()) != null) {
          return of(each);
        }
      }
    }
    return null;
  }

  private Round of(ManagedSelector selector) {
    Round present = bySelector.get(selector);
    if (present != null) {
      return present;
    }
    // A connector that starts again has new ones.
    bySelector.keySet().removeIf(each -> !each.isRunning());
    return bySelector.computeIfAbsent(selector, Round::new);
  }

  /** One selector's. Connections are added and read by the thread that selects. */
  static final class Round {
    private static final Comparator<DirectConnection> LONGEST_AGO_FIRST =
        Comparator.comparingLong(DirectConnection::lastTurn);

    private final ManagedSelector selector;

    /** Found by the present select. Guarded by this. */
    private List<DirectConnection> found = new ArrayList<>();

    /** Those that were had. The selecting thread's. */
    private long turns;

    Round(ManagedSelector selector) {
      this.selector = selector;
    }

    /** Has it read when all that were found by this select are known. */
    void add(DirectConnection connection) {
      boolean isFirst;
      synchronized (this) {
        isFirst = found.isEmpty();
        found.add(connection);
      }
      if (isFirst) {
        // Jetty does what it is given here between the last one found and the next select.
        selector.submit(any -> read());
      }
    }

    private void read() {
      List<DirectConnection> all;
      synchronized (this) {
        all = found;
        found = new ArrayList<>(all.size());
      }
      if (all.size() > 1) {
        all.sort(LONGEST_AGO_FIRST);
      }
      read(all, 0);
    }

    private void read(List<DirectConnection> all, int from) {
      int next = from;
      try {
        while (next < all.size()) {
          turns++;
          all.get(next++).read(turns);
        }
      } finally {
        if (next < all.size()) {
          // One has failed: the others are to be read, too.
          read(all, next);
        }
      }
    }
  }
}
