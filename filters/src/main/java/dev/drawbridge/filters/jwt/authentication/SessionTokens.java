package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Signs short tokens for users whom the application itself has logged in. Immutable and
 * thread-safe. The tokens are ordinary: they pass the same checks as all others.
 */
public final class SessionTokens {
  private final TokenSigner signer;
  private final Duration ttl;
  private final Clock clock;

  SessionTokens(TokenSigner signer, Duration ttl, Clock clock) {
    this.signer = signer;
    this.ttl = ttl;
    this.clock = clock;
  }

  /**
   * A token.
   *
   * @param token compact JWS; a secret
   * @param tokenId its {@code jti} as it is revoked: with the prefix of its issuer, if that has one
   * @param expiresAt its {@code exp}
   */
  public record Signed(String token, String tokenId, Instant expiresAt) {
    /** Without the token. */
    @Override
    public String toString() {
      return "Signed[expiresAt=" + expiresAt + "]";
    }
  }

  /** True where a secret is configured, or made for this start; public keys sign nothing. */
  public boolean isAvailable() {
    return signer.hasSecret();
  }

  /** The {@code iss} that is signed. */
  public String issuer() {
    return signer.issuer();
  }

  /** How long a token lives. */
  public Duration ttl() {
    return ttl;
  }

  /** True for a text that can be the subject of a token. */
  public static boolean isSubject(String text) {
    return ClaimRules.isId(text);
  }

  /**
   * Signs a token.
   *
   * @param subject {@code sub}, as {@link #isSubject} wants it; whether there is such a user is the
   *     handshake's question
   * @throws IllegalArgumentException for another subject
   * @throws RefusedException with {@code keys_unavailable} while the secret's file cannot be read
   */
  public Signed sign(String subject) {
    if (!isSubject(subject)) {
      throw new IllegalArgumentException(
          "the subject must have 1 to 255 characters, no control characters, no blanks at its"
              + " ends");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    return signer.sign(subject, now, now.plus(ttl));
  }
}
