package dev.drawbridge.filters.jwt;

import dev.drawbridge.db.user.User;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who stands behind a request, as {@link JwtHandshakeFilter} found it. Immutable; the request
 * attribute {@link #ATTRIBUTE}.
 *
 * @param user active when the request came in
 * @param tokenId {@code jti}, null when the token has none
 * @param issuedAt {@code iat}, null when the token has none
 * @param expiresAt {@code exp}, without the leeway
 * @param roles those of the user
 * @param origin the {@code Origin} header as sent, null when there is none
 * @param attemptId the client's id of this try, or the request's id when it sent none
 * @param transport {@code authorization}, {@code subprotocol}, {@code cookie} or {@code query}
 */
public record Handshake(
    User user,
    @Nullable String tokenId,
    @Nullable Instant issuedAt,
    Instant expiresAt,
    Set<String> roles,
    @Nullable String origin,
    String attemptId,
    String transport) {

  /** Name of the request attribute that holds the handshake. */
  public static final String ATTRIBUTE = "dev.drawbridge.filters.jwt.Handshake";

  /** Copies the roles. */
  public Handshake {
    roles = Set.copyOf(roles);
  }

  /** Without the token's id. */
  @Override
  public String toString() {
    return "Handshake[" + attemptId + ", " + transport + "]";
  }
}
