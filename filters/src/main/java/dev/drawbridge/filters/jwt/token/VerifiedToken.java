package dev.drawbridge.filters.jwt.token;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a token says after its signature and its claims were found good. Immutable. Says nothing
 * about the user: whether there is one, and an active one, is asked afterwards.
 *
 * @param subject {@code sub}, or the claim that is set in its place: 1 to 255 code points without
 *     control characters; with the issuer's prefix where there are several issuers
 * @param tokenId {@code jti}, null when the token has none; with the same prefix
 * @param issuedAt {@code iat}, null when the token has none
 * @param expiresAt {@code exp}, without the leeway
 * @param algorithm {@code alg}, one of those configured
 * @param keyId {@code kid}, null when the token has none
 * @param fingerprint first 8 hexadecimal digits of the token's SHA-256: the token's name in logs
 * @param roles those of the claims that are set for it; none when there is no such setting
 * @param claims the whole payload: text, {@link Long}, {@link java.math.BigInteger}, {@link
 *     Double}, {@link java.math.BigDecimal}, {@link Boolean}, null, and lists and maps of them;
 *     immutable, read when first asked, and not shown by its {@code toString}
 * @param signature with which key it was signed
 */
public record VerifiedToken(
    String subject,
    @Nullable String tokenId,
    @Nullable Instant issuedAt,
    Instant expiresAt,
    String algorithm,
    @Nullable String keyId,
    String fingerprint,
    Set<String> roles,
    Map<String, @Nullable Object> claims,
    TokenSignature signature) {

  /** Without the claims. */
  @Override
  public String toString() {
    return "VerifiedToken[" + fingerprint + ", " + algorithm + "]";
  }
}
