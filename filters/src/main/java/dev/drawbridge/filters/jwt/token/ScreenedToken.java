package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * A token of the right form. Nothing in it is trusted yet: only {@link TokenVerifier} may look at
 * the claims, and only after the signature.
 *
 * @param token the compact serialization
 * @param algorithm {@code alg}, one of those allowed
 * @param keyId {@code kid}, null when the header has none
 * @param claims the payload, not verified
 * @param signatureStart index of the signature's first character in the token
 */
record ScreenedToken(
    String token, String algorithm, @Nullable String keyId, ObjectNode claims, int signatureStart) {

  /** Without the token and its claims. */
  @Override
  public String toString() {
    return "ScreenedToken[algorithm=" + algorithm + "]";
  }
}
