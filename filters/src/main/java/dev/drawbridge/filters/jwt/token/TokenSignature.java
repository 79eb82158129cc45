package dev.drawbridge.filters.jwt.token;

import java.security.Key;
import org.jspecify.annotations.Nullable;

/**
 * With which key of which issuer a token was signed, for as long as a connection rests on it.
 * Immutable. Nobody outside of this module sees the key, which may be a secret.
 */
public final class TokenSignature {

  /** Request attribute behind {@code JwtHandshakeFilter}: that of the request's token. */
  public static final String ATTRIBUTE = TokenSignature.class.getName();

  private final String issuer;
  private final Key key;
  private final @Nullable Object fetchedBy;

  TokenSignature(String issuer, Key key, @Nullable Object fetchedBy) {
    this.issuer = issuer;
    this.key = key;
    this.fetchedBy = fetchedBy;
  }

  String issuer() {
    return issuer;
  }

  /** With this one. */
  boolean isBy(Key other) {
    return key == other;
  }

  boolean isFetchedBy(Object source) {
    return source == fetchedBy;
  }

  Key key() {
    return key;
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "TokenSignature[" + issuer + "]";
  }
}
