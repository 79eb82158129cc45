package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.receive.MessageDispatcher;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import dev.drawbridge.filters.RefusalCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * Watches one open connection: is the client there, does it read, is its token good, is its user
 * still allowed? Asked by the timer. PROTOCOL.md sections 7 to 9.
 */
public final class ConnectionMonitor {
  /** How old what is known of a user may become before it is looked at again, at most. */
  public static final long RECHECK_NANOS = TimeUnit.SECONDS.toNanos(55);

  /** Spreads the looks of those who came together. */
  static final long RECHECK_SPREAD_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What a cache holds for longer is read anew, whatever its settings are. */
  public static final Duration MAX_AGE = Duration.ofSeconds(45);

  /** Two looks are at least so far apart. */
  static final long SECOND_LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Pause after a look that found nobody to ask. */
  static final long OUTAGE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final ServerConnection link;
  private final Session session;
  private final Heartbeat liveness;
  private final SendQueue outbound;
  private final MessageDispatcher conversation;
  private final long sendTimeoutNanos;

  private volatile long nextCheckNanos;

  /** Jetty is done with the upgrade before the first tick. Timer thread only. */
  private boolean idleTimeoutKept;

  /** The expiry that the client was told about. Timer thread only. */
  private @Nullable Instant told;

  /** The client knows of the drain. Guarded by this. */
  private boolean toldOfDrain;

  ConnectionMonitor(
      ServerConnection link,
      Session session,
      Heartbeat liveness,
      SendQueue outbound,
      MessageDispatcher conversation) {
    this.link = link;
    this.session = session;
    this.liveness = liveness;
    this.outbound = outbound;
    this.conversation = conversation;
    this.sendTimeoutNanos = link.core().config().sendTimeout().toNanos();
    this.nextCheckNanos = System.nanoTime() + OUTAGE_NANOS;
  }

  public void tick(long nowNanos, Instant now) {
    if (!idleTimeoutKept) {
      // Once more: up to 12.1.6, Jetty may bring that of HTTP back when it is done with the upgrade
      // (jetty.project#14332).
      idleTimeoutKept = true;
      session.setIdleTimeout(link.core().config().idleTimeout());
    }
    if (outbound.oldestNanos(nowNanos) > sendTimeoutNanos) {
      link.tooSlow(
          String.format(
              "a frame has waited for %d ms, at most %d may",
              TimeUnit.NANOSECONDS.toMillis(outbound.oldestNanos(nowNanos)),
              TimeUnit.NANOSECONDS.toMillis(sendTimeoutNanos)));
      return;
    }
    conversation.check(nowNanos);
    checkLiveness(nowNanos);
    checkToken(now);
    if (nowNanos - nextCheckNanos > 0) {
      recheckUser(nowNanos);
    }
  }

  void forgive(long nowNanos) {
    liveness.forgive(nowNanos);
    outbound.forgive(nowNanos);
    conversation.forgive(nowNanos);
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

  /**
   * Tells the client once when to come back: the drain, its timer and the opening may all want to.
   * Whoever returns from here knows that the frame is before what it sends next.
   */
  public synchronized void tellOfDrain(long reconnectAfterMs) {
    if (!toldOfDrain) {
      toldOfDrain = true;
      link.send(link.frames().frame("drain", Map.of("reconnectAfterMs", reconnectAfterMs)), null);
    }
  }

  /** Asks the client to answer. */
  public void ping(long nowNanos) {
    long t = link.core().clock().millis();
    liveness.asked(t, nowNanos);
    outbound.send(link.frames().ping(t), true, null);
  }

  /** Asks now, unless an answer is awaited already. */
  public void pingOnDemand() {
    if (!liveness.isAsking()) {
      ping(System.nanoTime());
    }
  }

  /** The last round trip in nanoseconds, 0 before the first. */
  public long roundTripNanos() {
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
  public SendQueue outbound() {
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

  /** Asks for the user, through the cache if it knows it well enough; an outage changes nothing. */
  void recheckUser(long nowNanos) {
    nextCheckNanos = nowNanos + OUTAGE_NANOS;
    link.core()
        .users()
        .findAsync(link.subject(), MAX_AGE)
        .whenComplete(
            (lookup, failure) -> {
              if (failure == null) {
                nextCheckNanos =
                    nowNanos + pauseNanos(lookup.age(), ThreadLocalRandom.current()::nextLong);
                judge(lookup);
              }
            });
  }

  /**
   * How long after a look the next one is due, so that a change is seen within 60 s of it: what was
   * read is as old as the answer says.
   *
   * @param age of the answer
   * @param random below its argument
   */
  public static long pauseNanos(Duration age, LongUnaryOperator random) {
    long left = RECHECK_NANOS - age.toNanos();
    return Math.max(SECOND_LOOK_NANOS, left - random.applyAsLong(RECHECK_SPREAD_NANOS));
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
      link.credential(present -> present.withUser(user));
    }
  }
}
