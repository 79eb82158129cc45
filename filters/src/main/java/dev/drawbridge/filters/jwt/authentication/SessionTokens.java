package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Signs short tokens for users whom the application itself has logged in. Immutable and
 * thread-safe. The tokens are ordinary: they pass the same checks as all others.
 */
public final class SessionTokens {
  private final TokenSigner signer;
  private final boolean signerIsClear;
  private final Duration ttl;
  private final Clock clock;

  /**
   * Signs by a secret, if there is one.
   *
   * @param signerIsClear false where several issuers have one, and none was chosen
   */
  SessionTokens(TokenSigner signer, boolean signerIsClear, Duration ttl, Clock clock) {
    this.signer = signer;
    this.signerIsClear = signerIsClear;
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

  /**
   * Why nothing can be signed, as the end of a sentence, and what to do; null where one secret is
   * configured, chosen, or made for this start.
   */
  public @Nullable String unavailable() {
    if (!signer.hasSecret()) {
      return "signs with a secret, and only public keys are configured: set DRAWBRIDGE_JWT_SECRET"
          + " or DRAWBRIDGE_JWT_SECRET_FILE instead, or remove the servlet and take the tokens of"
          + " the issuer";
    }
    return signerIsClear
        ? null
        : "signs with a secret, and several issuers of DRAWBRIDGE_JWT_ISSUERS_FILE have one: write"
            + " \"signs\": true into the entry whose users log in here";
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
