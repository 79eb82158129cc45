package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends what a reload of the settings does not let in any more: connections of pages whose origin
 * was taken off the list, at once, and those that rest on a token whose key or issuer was taken
 * away, spread over time, because their clients come back with a new one. A limit that was lowered
 * ends none. Thread-safe.
 */
public final class ReloadSweep {

  /** A handshake that began before a reload is admitted within this time behind it. */
  private static final long RECENT_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final DrawbridgeRuntime runtime;
  private final ConnectionIndex connections;

  private final LongSupplier nanoTime;

  /** When each is closed, by {@link #nanoTime}. Guarded by this. */
  private final Map<ServerConnection, Long> due = new HashMap<>();

  ReloadSweep(DrawbridgeRuntime runtime, ConnectionIndex connections, LongSupplier nanoTime) {
    this.runtime = runtime;
    this.connections = connections;
    this.nanoTime = nanoTime;
  }

  /** Closes all of them, now or soon; returns how many. Called behind the reload, by its thread. */
  int sweep() {
    Function<ServerConnection, @Nullable RefusalCode> judge = judge(runtime);
    int closed = 0;
    // First: who is opened meanwhile is in one of both.
    for (ServerConnection link : List.copyOf(connections.opening())) {
      if (judge.apply(link) != null) {
        link.abort("the settings were reloaded");
        closed++;
      }
    }
    List<ServerConnection> refreshing = new ArrayList<>();
    for (ServerConnection link : connections.links()) {
      RefusalCode code = judge.apply(link);
      if (code != null && link.isOpen()) {
        closed++;
        if (code == RefusalCode.ORIGIN_DENIED) {
          close(link, code);
        } else {
          refreshing.add(link);
        }
      }
    }
    spread(refreshing);
    return closed;
  }

  /** Who waits since an earlier reload does not wait longer because of this one. */
  private synchronized void spread(List<ServerConnection> refreshing) {
    long now = nanoTime.getAsLong();
    long spread = TimeUnit.MILLISECONDS.toNanos(Drain.spreadMs(refreshing.size()));
    due.keySet().retainAll(Set.copyOf(refreshing));
    for (ServerConnection link : refreshing) {
      due.putIfAbsent(link, now + ThreadLocalRandom.current().nextLong(spread));
    }
  }

  /**
   * Called by the timer. Who has brought another token meanwhile stays, and so do all if the key is
   * back.
   */
  void tick() {
    List<ServerConnection> now = dueBy(nanoTime.getAsLong());
    if (!now.isEmpty()) {
      Function<ServerConnection, @Nullable RefusalCode> judge = judge(runtime);
      for (ServerConnection link : now) {
        RefusalCode code = judge.apply(link);
        if (code != null) {
          close(link, code);
        }
      }
    }
  }

  private synchronized List<ServerConnection> dueBy(long nowNanos) {
    List<ServerConnection> reached = new ArrayList<>();
    Iterator<Map.Entry<ServerConnection, Long>> waiting = due.entrySet().iterator();
    while (waiting.hasNext()) {
      Map.Entry<ServerConnection, Long> each = waiting.next();
      if (nowNanos - each.getValue() >= 0) {
        reached.add(each.getKey());
        waiting.remove();
      } else if (!each.getKey().isOpen()) {
        waiting.remove();
      }
    }
    return reached;
  }

  private static void close(ServerConnection link, RefusalCode code) {
    if (code == RefusalCode.ORIGIN_DENIED) {
      link.close(CloseCode.FORBIDDEN, RefusalCode.ORIGIN_DENIED.word());
    } else {
      link.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_KEY_UNKNOWN.word());
    }
  }

  /**
   * Looks at one that was just admitted: what let it in may have been replaced meanwhile, and the
   * sweep has passed before it was there.
   *
   * @throws RefusedException with {@code origin_denied} or {@code token_key_unknown}
   */
  public static void check(DrawbridgeRuntime runtime, ServerConnection link) {
    if (runtime.live().isReloadedWithin(RECENT_NANOS)) {
      RefusalCode code = judge(runtime).apply(link);
      if (code != null) {
        throw new RefusedException(code, "the settings were reloaded during the handshake");
      }
    }
  }

  /** Null for what stays; origins are parsed once. */
  private static Function<ServerConnection, @Nullable RefusalCode> judge(
      DrawbridgeRuntime runtime) {
    OriginPolicy origins = runtime.origins();
    HandshakeAuthenticator authenticator = runtime.authenticator();
    Map<String, Boolean> allowed = new HashMap<>();
    return link -> {
      String origin = link.origin();
      if (origins != null
          && origin != null
          && !allowed.computeIfAbsent(origin, each -> origins.refusalOf(each) == null)) {
        return RefusalCode.ORIGIN_DENIED;
      }
      TokenSignature signature = link.credential().signature();
      return signature == null || authenticator.holds(signature)
          ? null
          : RefusalCode.TOKEN_KEY_UNKNOWN;
    };
  }
}
