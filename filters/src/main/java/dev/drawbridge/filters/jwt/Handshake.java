package dev.drawbridge.filters.jwt;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.jose.TokenClaims;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who stands behind a request, as {@link JwtHandshakeFilter} found it. Immutable; the request
 * attribute {@link #ATTRIBUTE}.
 *
 * @param user active when the request came in
 * @param tokenId {@code jti}, null when the token has none; with the issuer's prefix where there
 *     are several issuers
 * @param issuedAt {@code iat}, null when the token has none
 * @param expiresAt {@code exp}, without the leeway
 * @param roles those of the user, by {@code DRAWBRIDGE_ROLES}
 * @param origin the {@code Origin} header as sent, null when there is none
 * @param attemptId the client's id of this try, or the request's id when it sent none
 * @param transport {@code authorization}, {@code subprotocol}, {@code cookie} or {@code query}
 * @param tokenRoles those that the token gives, by {@code DRAWBRIDGE_JWT_ROLES_CLAIM}; whether they
 *     count is {@code DRAWBRIDGE_ROLES}'s to say, and {@code roles} holds the outcome
 * @param claims the payload of the token, verified: text, {@link Long}, {@link
 *     java.math.BigInteger}, {@link Double}, {@link java.math.BigDecimal}, {@link Boolean}, null,
 *     and lists and maps of them; immutable, and not shown by its {@code toString}
 */
public record Handshake(
    User user,
    @Nullable String tokenId,
    @Nullable Instant issuedAt,
    Instant expiresAt,
    Set<String> roles,
    @Nullable String origin,
    String attemptId,
    String transport,
    Set<String> tokenRoles,
    Map<String, @Nullable Object> claims) {

  /** Name of the request attribute that holds the handshake. */
  public static final String ATTRIBUTE = "dev.drawbridge.filters.jwt.Handshake";

  /** Copies the roles and the claims. */
  public Handshake {
    roles = Set.copyOf(roles);
    tokenRoles = Set.copyOf(tokenRoles);
    claims = TokenClaims.of(claims);
  }

  /** Of a token whose claims nobody wants to see. */
  public Handshake(
      User user,
      @Nullable String tokenId,
      @Nullable Instant issuedAt,
      Instant expiresAt,
      Set<String> roles,
      @Nullable String origin,
      String attemptId,
      String transport) {
    this(
        user, tokenId, issuedAt, expiresAt, roles, origin, attemptId, transport, Set.of(),
        Map.of());
  }

  /** Without the token's id and its claims. */
  @Override
  public String toString() {
    return "Handshake[" + attemptId + ", " + transport + "]";
  }
}
