package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.receive.MessageAssembler;
import dev.drawbridge.endpoint.internal.receive.MessageDispatcher;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
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

  private final ServerConnection connection;
  private final Heartbeat heartbeat;
  private final SendQueue outgoing;
  private final MessageAssembler parts;
  private final MessageDispatcher incoming;

  private volatile long nextCheckNanos;

  /** The container is done with the upgrade before the first tick. Timer thread only. */
  private boolean idleTimeoutKept;

  /** The expiry that the client was told about. Timer thread only. */
  private @Nullable Instant told;

  /** The client knows of the drain. Guarded by this. */
  private boolean toldOfDrain;

  ConnectionMonitor(
      ServerConnection connection,
      Heartbeat heartbeat,
      SendQueue outgoing,
      MessageAssembler parts,
      MessageDispatcher incoming) {
    this.connection = connection;
    this.heartbeat = heartbeat;
    this.outgoing = outgoing;
    this.parts = parts;
    this.incoming = incoming;
    this.nextCheckNanos = System.nanoTime() + OUTAGE_NANOS;
  }

  public void tick(long nowNanos, Instant now) {
    if (!idleTimeoutKept) {
      // Once more: up to 12.1.6, Jetty may bring that of HTTP back when it is done with the upgrade
      // (jetty.project#14332).
      idleTimeoutKept = true;
      connection.keepIdleTimeout();
    }
    long sendTimeoutNanos = endpoint().config().sendTimeout().toNanos();
    if (outgoing.oldestNanos(nowNanos) > sendTimeoutNanos) {
      connection.tooSlow(
          String.format(
              "a frame has waited for %d ms, at most %d may",
              TimeUnit.NANOSECONDS.toMillis(outgoing.oldestNanos(nowNanos)),
              TimeUnit.NANOSECONDS.toMillis(sendTimeoutNanos)));
      return;
    }
    incoming.checkTimeout(nowNanos);
    parts.check(nowNanos);
    checkLiveness(nowNanos);
    checkToken(now);
    if (nowNanos - nextCheckNanos > 0 && mayAsk(nowNanos)) {
      endpoint().rechecks().add(connection.subject(), this);
    }
  }

  void forgive(long nowNanos) {
    heartbeat.forgive(nowNanos);
  }

  private EndpointServices endpoint() {
    return connection.endpoint();
  }

  private void checkLiveness(long nowNanos) {
    switch (heartbeat.due(nowNanos, outgoing.lastSentNanos())) {
      case NOTHING -> {
        // Quiet for less long than it may be.
      }
      case PING -> ping(nowNanos);
      case GONE -> connection.close(CloseCode.HEARTBEAT_TIMEOUT, "heartbeat_timeout", true);
    }
  }

  /**
   * Tells the client once when to come back: the drain, its timer and the opening may all want to.
   * Whoever returns from here knows that the frame is before what it sends next.
   */
  public synchronized void tellOfDrain(long reconnectAfterMs) {
    if (!toldOfDrain) {
      toldOfDrain = true;
      connection.send(
          endpoint().frames().frame("drain", Map.of("reconnectAfterMs", reconnectAfterMs)), null);
    }
  }

  /** Asks the client to answer. */
  public void ping(long nowNanos) {
    Subscriber subscribed = connection.subscribed();
    if (subscribed != null) {
      // The tail of the log alone knows what it has sent already.
      endpoint().channels().ping(subscribed);
      return;
    }
    ping(nowNanos, -1);
  }

  /** Asks, and says where the log is. Called by its tail. */
  void pingWith(long seq) {
    // Before what waits, so that a slow reader is asked in time: then it must not tell of that.
    ping(System.nanoTime(), outgoing.pending() > 1 ? -1 : seq);
  }

  private void ping(long nowNanos, long seq) {
    long t = endpoint().clock().millis();
    heartbeat.asked(t, nowNanos);
    EncodedMessage ping = seq < 0 ? endpoint().frames().ping(t) : endpoint().frames().ping(t, seq);
    outgoing.send(ping, true, null);
  }

  /** Asks now, unless an answer is awaited already. */
  public void pingOnDemand() {
    if (!heartbeat.isAsking()) {
      ping(System.nanoTime());
    }
  }

  /** The last round trip in nanoseconds, 0 before the first. */
  public long roundTripNanos() {
    return heartbeat.roundTripNanos();
  }

  /** How long nothing was sent or received, in nanoseconds. */
  long quietNanos(long nowNanos) {
    return Math.min(nowNanos - heartbeat.lastReceivedNanos(), nowNanos - outgoing.lastSentNanos());
  }

  /** What waits to be written. */
  public SendQueue outgoing() {
    return outgoing;
  }

  /** What waits to be handled. */
  MessageDispatcher incoming() {
    return incoming;
  }

  private void checkToken(Instant now) {
    Credential credential = connection.credential();
    Instant expiresAt = credential.expiresAt();
    if (now.isAfter(expiresAt.plus(endpoint().config().leeway()))) {
      connection.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_EXPIRED.word());
    } else if (!expiresAt.equals(told) && !now.isBefore(credential.warnAt())) {
      told = expiresAt;
      connection.send(
          endpoint().frames().frame("auth.expiring", Map.of("expiresAt", expiresAt.toEpochMilli())),
          null);
    }
  }

  /** Asks for the user, through the cache if it knows it well enough; an outage changes nothing. */
  void recheckUser(long nowNanos) {
    if (mayAsk(nowNanos)) {
      await(endpoint().findUser(connection.subject(), MAX_AGE), nowNanos);
    }
  }

  /** False where there is nobody to ask. Until there is an answer the next look is not due. */
  private boolean mayAsk(long nowNanos) {
    boolean asks = endpoint().looksUsersUp();
    // Else the token alone says who the user is, and it ends by itself.
    nextCheckNanos = nowNanos + (asks ? OUTAGE_NANOS : RECHECK_NANOS);
    return asks;
  }

  /** The answer changes what is known; a failure changes nothing. */
  void await(CompletionStage<Lookup> answer, long askedNanos) {
    answer.whenComplete(
        (lookup, failure) -> {
          if (failure == null) {
            nextCheckNanos =
                askedNanos + pauseNanos(lookup.age(), ThreadLocalRandom.current()::nextLong);
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

  private @Nullable User again(Credential credential, Lookup lookup) {
    return endpoint().again(credential.user(), lookup.user().orElse(null), credential.tokenRoles());
  }

  private void judge(Lookup lookup) {
    Credential credential = connection.credential();
    User user = again(credential, lookup);
    if (user == null || user.status() == User.Status.DELETED) {
      connection.close(CloseCode.FORBIDDEN, RefusalCode.USER_NOT_FOUND.word());
    } else if (!user.isActive()) {
      connection.close(CloseCode.FORBIDDEN, RefusalCode.USER_DISABLED.word());
    } else if (credential.isIssuedBefore(user.tokensValidFrom())) {
      connection.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_REVOKED.word());
    } else if (!user.equals(credential.user())) {
      // A newer token that came meanwhile has roles of its own.
      connection.credential(
          present -> {
            User fresh = again(present, lookup);
            return fresh == null ? present : present.withUser(fresh);
          });
    }
  }
}
