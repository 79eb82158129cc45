package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.RefusalCode;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Watches one open connection: is the client there, does it read, is its token good, is its user
 * still allowed? Asked by the timer. PROTOCOL.md sections 7 to 9.
 */
final class Guard {
  /** How often a user is checked, through the cache. */
  static final long RECHECK_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Link link;
  private final Liveness liveness;
  private final Outbound outbound;
  private final Conversation conversation;
  private final long sendTimeoutNanos;

  private volatile long nextCheckNanos;

  /** Jetty is done with the upgrade before the first tick. Timer thread only. */
  private boolean idleTimeoutKept;

  /** The expiry that the client was told about. Timer thread only. */
  private @Nullable Instant told;

  Guard(Link link, Liveness liveness, Outbound outbound, Conversation conversation) {
    this.link = link;
    this.liveness = liveness;
    this.outbound = outbound;
    this.conversation = conversation;
    this.sendTimeoutNanos = link.core().config().sendTimeout().toNanos();
  }

  void tick(long nowNanos, Instant now) {
    if (!idleTimeoutKept) {
      idleTimeoutKept = true;
      link.keepIdleTimeout();
    }
    if (outbound.oldestNanos(nowNanos) > sendTimeoutNanos) {
      link.tooSlow("a frame has waited for " + link.core().config().sendTimeout());
      return;
    }
    conversation.checkTimeout(nowNanos);
    checkLiveness(nowNanos);
    checkToken(now);
    if (nowNanos - nextCheckNanos > 0) {
      recheckUser(nowNanos);
    }
  }

  void forgive(long nowNanos) {
    liveness.forgive(nowNanos);
  }

  private void checkLiveness(long nowNanos) {
    switch (liveness.due(nowNanos, outbound.lastSentNanos())) {
      case NOTHING -> {
        // Quiet for less long than it may be.
      }
      case PING -> ping(nowNanos);
      case GONE -> link.close(CloseCode.HEARTBEAT_TIMEOUT, "heartbeat_timeout", true);
    }
  }

  /** Asks the client to answer. */
  void ping(long nowNanos) {
    long t = link.core().clock().millis();
    liveness.asked(t, nowNanos);
    outbound.send(link.frames().ping(t), true, null);
  }

  /** Asks now, unless an answer is awaited already. */
  void pingOnDemand() {
    if (!liveness.isAsking()) {
      ping(System.nanoTime());
    }
  }

  /** The last round trip in nanoseconds, 0 before the first. */
  long roundTripNanos() {
    return liveness.roundTripNanos();
  }

  /** How long nothing was sent or received, in nanoseconds. */
  long quietNanos(long nowNanos) {
    return Math.min(nowNanos - liveness.lastReceivedNanos(), nowNanos - outbound.lastSentNanos());
  }

  /** How long nothing was received, in nanoseconds. */
  long silentNanos(long nowNanos) {
    return nowNanos - liveness.lastReceivedNanos();
  }

  /** What waits to be written. */
  Outbound outbound() {
    return outbound;
  }

  private void checkToken(Instant now) {
    Credential credential = link.credential();
    Instant expiresAt = credential.expiresAt();
    if (now.isAfter(expiresAt.plus(link.core().config().leeway()))) {
      link.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_EXPIRED.word());
    } else if (!expiresAt.equals(told) && !now.isBefore(credential.warnAt())) {
      told = expiresAt;
      link.send(
          link.frames().frame("auth.expiring", Map.of("expiresAt", expiresAt.toEpochMilli())),
          null);
    }
  }

  /** Asks for the user through the cache; an outage changes nothing. */
  void recheckUser(long nowNanos) {
    // Spread by a fifth, so that those who came together do not ask together; never later than 60
    // s.
    nextCheckNanos =
        nowNanos + RECHECK_NANOS - ThreadLocalRandom.current().nextLong(RECHECK_NANOS / 5);
    link.core()
        .users()
        .findAsync(link.subject())
        .whenComplete(
            (lookup, failure) -> {
              if (failure == null) {
                judge(lookup);
              }
            });
  }

  private void judge(Lookup lookup) {
    User user = lookup.user().orElse(null);
    if (user == null || user.status() == User.Status.DELETED) {
      link.close(CloseCode.FORBIDDEN, RefusalCode.USER_NOT_FOUND.word());
    } else if (!user.isActive()) {
      link.close(CloseCode.FORBIDDEN, RefusalCode.USER_DISABLED.word());
    } else if (link.credential().isIssuedBefore(user.tokensValidFrom())) {
      link.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_REVOKED.word());
    } else if (!user.equals(link.credential().user())) {
      link.credential(link.credential().withUser(user));
    }
  }
}
