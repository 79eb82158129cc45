package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.receive.TokenRenewal;
import dev.drawbridge.filters.jwt.authentication.Authentication;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestId;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A newer token for an open connection: the message {@code auth}. PROTOCOL.md sections 4 and 5.
 * Started by the reading thread, carried out by a handler thread, because it may ask the database.
 */
public final class Reauthentication implements TokenRenewal {
  private static final Logger log = LoggerFactory.getLogger(Reauthentication.class);

  /** Two of them are at least so far apart. */
  public static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ServerConnection connection;
  private final EndpointServices endpoint;

  /** When the last one began. Reading thread only. */
  private long lastNanos;

  private boolean any;

  Reauthentication(ServerConnection connection, EndpointServices endpoint) {
    this.connection = connection;
    this.endpoint = endpoint;
  }

  @Override
  public boolean mayStart(long nowNanos) {
    return !any || nowNanos - lastNanos >= PAUSE_NANOS;
  }

  @Override
  public void start(@Nullable String id, String token, long nowNanos) {
    if (!mayStart(nowNanos)) {
      long since = nowNanos - lastNanos;
      Fault fault =
          Fault.of(
              ErrorCode.RATE_LIMITED,
              String.format(
                  "auth once per %d s, the last was %d s ago",
                  TimeUnit.NANOSECONDS.toSeconds(PAUSE_NANOS),
                  TimeUnit.NANOSECONDS.toSeconds(since)));
      long retryAfterMs = TimeUnit.NANOSECONDS.toMillis(PAUSE_NANOS - since) + 1;
      connection.answer(endpoint.frames().error(id, fault, RequestId.next(), retryAfterMs));
      return;
    }
    any = true;
    lastNanos = nowNanos;
    endpoint.receiving().threads().execute(() -> run(id, token));
  }

  private void run(@Nullable String id, String token) {
    try {
      HandshakeAuthenticator authenticator = endpoint.authenticator();
      VerifiedToken verified = authenticator.verify(token);
      if (!verified.subject().equals(connection.subject())) {
        // Before that other user is looked up: what they may do is nobody's business here.
        connection.answer(
            endpoint
                .frames()
                .error(
                    id,
                    Fault.of(ErrorCode.PRINCIPAL_CHANGED, "the token belongs to another user"),
                    RequestId.next()));
        connection.close(CloseCode.FORBIDDEN, ErrorCode.PRINCIPAL_CHANGED.word());
        return;
      }
      accept(id, authenticator.admit(verified));
    } catch (RefusedException e) {
      refuse(id, e.refusal());
    } catch (RuntimeException | Error e) {
      String requestId = RequestId.next();
      log.error("auth failed inside (request {}, connection {})", requestId, connection.id(), e);
      connection.answer(endpoint.frames().error(id, Refusal.of(RefusalCode.INTERNAL), requestId));
    }
  }

  private void accept(@Nullable String id, Authentication authentication) {
    Credential fresh = Credential.of(authentication, endpoint.clock().instant());
    if (!connection.renew(fresh)) {
      connection.answer(
          endpoint
              .frames()
              .error(
                  id,
                  Fault.of(
                      ErrorCode.TOKEN_NOT_NEWER, "the token expires no later than the one in use"),
                  RequestId.next()));
      return;
    }
    TokenSignature signature = fresh.signature();
    if (signature != null && !endpoint.authenticator().holds(signature)) {
      // The settings were reloaded while it was verified, and their sweep has passed before it.
      refuse(id, Refusal.of(RefusalCode.TOKEN_KEY_UNKNOWN, "the settings were reloaded meanwhile"));
      connection.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_KEY_UNKNOWN.word());
      return;
    }
    if (id != null) {
      connection.answer(
          endpoint.frames().ack(id, Map.of("tokenExpiresAt", fresh.expiresAt().toEpochMilli())));
    }
  }

  private void refuse(@Nullable String id, Refusal refusal) {
    connection.answer(endpoint.frames().error(id, refusal, RequestId.next()));
    RefusalCode code = refusal.code();
    if (code == RefusalCode.USER_DISABLED || code == RefusalCode.USER_NOT_FOUND) {
      connection.close(CloseCode.FORBIDDEN, code.word());
    }
  }
}
