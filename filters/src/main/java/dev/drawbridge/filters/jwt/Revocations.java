package dev.drawbridge.filters.jwt;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that must not be accepted any more although they are signed and not expired. Asked for
 * each handshake, after the signature. Implementations are thread-safe.
 *
 * <p>An application may set its own as servlet context attribute under the name of this interface.
 * Independent of it, a token issued before {@code User.tokensValidFrom()} is refused too.
 */
public interface Revocations {

  /**
   * True if a token was revoked.
   *
   * @param subject whose token it is
   * @param tokenId {@code jti}, null when the token has none
   * @param issuedAt {@code iat}, null when the token has none; such a token counts as issued before
   *     everything
   * @throws RuntimeException if it cannot be known now; the handshake is then answered 503
   */
  boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant issuedAt);

  /**
   * Revokes one token.
   *
   * @param tokenId its {@code jti}
   * @param expiresAt its {@code exp}; the entry may be forgotten some time later
   */
  void revoke(String tokenId, Instant expiresAt);

  /**
   * Revokes all tokens of a user that were issued before a moment.
   *
   * @param subject the user
   * @param moment compared with {@code iat} in whole seconds, as most issuers write it: a token of
   *     the same second stays good, so that one issued just after the revocation is
   */
  void revokeBefore(String subject, Instant moment);
}
