package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import java.security.Key;
import java.time.Instant;
import java.util.Collections;
import java.util.UUID;
import javax.crypto.SecretKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;

/**
 * Signs ordinary tokens with the configured secret, which the filter itself accepts. Immutable and
 * thread-safe.
 */
final class TokenSigner {
  private final TrustedIssuer issuer;
  private final SigningKeys keys;

  /**
   * Signs as one issuer.
   *
   * @param keys those of that issuer
   */
  TokenSigner(TrustedIssuer issuer, SigningKeys keys) {
    this.issuer = issuer;
    this.keys = keys;
  }

  /** False where only public keys are configured. */
  boolean hasSecret() {
    return issuer.keys().algorithms().isHmac();
  }

  /** True where the secret is the random one of this start, which no other server knows. */
  boolean isOfThisStart() {
    return issuer.keys().madeForThisStart();
  }

  /** The {@code iss} of what is signed. */
  String issuer() {
    return exact().issuer();
  }

  private TrustedIssuer.Exact exact() {
    return issuer.exact().get(0);
  }

  /**
   * Signs a token with a {@code jti} of its own.
   *
   * @param subject a text that {@link ClaimRules#isId} accepts
   * @param issuedAt whole seconds
   * @param expiresAt whole seconds
   * @throws dev.drawbridge.filters.refusal.RefusedException with {@code keys_unavailable}
   */
  SessionTokens.Signed sign(String subject, Instant issuedAt, Instant expiresAt) {
    KeySet current = keys.current();
    String tokenId = UUID.randomUUID().toString();
    TrustedIssuer.Exact exact = exact();
    String audience = Collections.min(issuer.audience().accepted());
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(exact.issuer());
    claims.setAudience(audience);
    claims.setClaim(issuer.audience().claim(), audience);
    claims.setSubject(subject);
    issuer.subject().claims(subject).forEach(claims::setClaim);
    if (exact.tenant() != null) {
      claims.setClaim("tid", exact.tenant());
    }
    claims.setIssuedAt(NumericDate.fromSeconds(issuedAt.getEpochSecond()));
    claims.setExpirationTime(NumericDate.fromSeconds(expiresAt.getEpochSecond()));
    claims.setJwtId(tokenId);
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue(
        Collections.min(issuer.keys().algorithms().with(current)).name());
    signature.setHeader("typ", "JWT");
    signature.setPayload(claims.toJson());
    signature.setKey(secret(current));
    try {
      return new SessionTokens.Signed(
          signature.getCompactSerialization(), exact.prefix() + tokenId, expiresAt);
    } catch (JoseException e) {
      throw new IllegalStateException("the configured secret cannot sign", e);
    }
  }

  /** The present one; the one before it comes behind. */
  private static Key secret(KeySet keys) {
    Key key = keys.entries().get(0).key();
    if (key instanceof SecretKey) {
      return key;
    }
    throw new IllegalStateException("HMAC without a secret");
  }
}
