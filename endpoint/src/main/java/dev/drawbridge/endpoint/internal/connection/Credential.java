package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.authentication.Authentication;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a connection's right to be open rests on. Immutable; replaced by a newer token, and when the
 * user is read again.
 *
 * @param user active when last read
 * @param tokenId the token's {@code jti}, null when it has none
 * @param issuedAt the token's {@code iat}, null when it has none
 * @param expiresAt the token's {@code exp}
 * @param warningMs how long before that the client is told, in milliseconds
 * @param tokenRoles those that the token gives, whether they count or not
 * @param claims the token's payload
 * @param signature with which key the token was signed; null where somebody else has verified it
 */
public record Credential(
    User user,
    @Nullable String tokenId,
    @Nullable Instant issuedAt,
    Instant expiresAt,
    int warningMs,
    Set<String> tokenRoles,
    Map<String, @Nullable Object> claims,
    @Nullable TokenSignature signature) {
  /** How long before the expiry the client is told. */
  public static final Duration WARNING = Duration.ofSeconds(60);

  /** The same for tokens that live less long than that: this part of their life. */
  private static final int SHORT_LIFE_PART = 5;

  public static Credential of(
      Handshake handshake, @Nullable TokenSignature signature, Instant now) {
    return of(
        handshake.user(),
        handshake.tokenId(),
        handshake.issuedAt(),
        handshake.expiresAt(),
        handshake.tokenRoles(),
        handshake.claims(),
        signature,
        now);
  }

  /** Of a handshake whose token somebody else has verified. */
  public static Credential of(Handshake handshake, Instant now) {
    return of(handshake, null, now);
  }

  public static Credential of(Authentication authentication, Instant now) {
    return of(
        authentication.user(),
        authentication.token().tokenId(),
        authentication.token().issuedAt(),
        authentication.token().expiresAt(),
        authentication.token().roles(),
        authentication.token().claims(),
        authentication.token().signature(),
        now);
  }

  private static Credential of(
      User user,
      @Nullable String tokenId,
      @Nullable Instant issuedAt,
      Instant expiresAt,
      Set<String> tokenRoles,
      Map<String, @Nullable Object> claims,
      @Nullable TokenSignature signature,
      Instant now) {
    Duration life = Duration.between(issuedAt == null ? now : issuedAt, expiresAt);
    // Not divided as a duration: that would be done in decimals.
    boolean isLong = life.toSeconds() >= SHORT_LIFE_PART * WARNING.toSeconds();
    int warningMs =
        isLong
            ? (int) WARNING.toMillis()
            : life.isNegative() ? 0 : (int) (life.toMillis() / SHORT_LIFE_PART);
    return new Credential(
        user, tokenId, issuedAt, expiresAt, warningMs, tokenRoles, claims, signature);
  }

  /** The same with another expiry, for developers who want to see one. */
  public Credential expiringAt(Instant end) {
    return new Credential(user, tokenId, issuedAt, end, 0, tokenRoles, claims, signature);
  }

  /** When the client is told. */
  public Instant warnAt() {
    return expiresAt.minusMillis(warningMs);
  }

  boolean isNewerThan(Credential other) {
    return expiresAt.isAfter(other.expiresAt);
  }

  public Credential withUser(User fresh) {
    return new Credential(
        fresh, tokenId, issuedAt, expiresAt, warningMs, tokenRoles, claims, signature);
  }

  /** True if the user's older tokens were revoked and this is one of them. */
  boolean isIssuedBefore(@Nullable Instant validFrom) {
    return new Revocations.Token(user.subject(), tokenId, issuedAt).isIssuedBefore(validFrom);
  }

  /** Without the token's id and its claims. */
  @Override
  public String toString() {
    return "Credential[" + user.subject() + ", " + expiresAt + "]";
  }
}
