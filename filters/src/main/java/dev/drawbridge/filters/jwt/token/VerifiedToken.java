package dev.drawbridge.filters.jwt.token;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a token says after its signature and its claims were found good. Immutable. Says nothing
 * about the user: whether there is one, and an active one, is asked afterwards.
 *
 * @param subject {@code sub}: 1 to 255 code points without control characters
 * @param tokenId {@code jti}, null when the token has none
 * @param issuedAt {@code iat}, null when the token has none
 * @param expiresAt {@code exp}, without the leeway
 * @param algorithm {@code alg}, one of those configured
 * @param keyId {@code kid}, null when the token has none
 * @param fingerprint first 8 hexadecimal digits of the token's SHA-256: the token's name in logs
 */
public record VerifiedToken(
    String subject,
    @Nullable String tokenId,
    @Nullable Instant issuedAt,
    Instant expiresAt,
    String algorithm,
    @Nullable String keyId,
    String fingerprint) {

  /** Without the claims. */
  @Override
  public String toString() {
    return "VerifiedToken[" + fingerprint + ", " + algorithm + "]";
  }
}
