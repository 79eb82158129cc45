package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.security.Key;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.UUID;
import javax.crypto.SecretKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Mints tokens for a developer on this machine. Immutable and thread-safe. The tokens are ordinary:
 * they pass the same checks as all others.
 */
public final class DevTokens {

  /** Lifetime of a token when none is asked for. */
  public static final Duration DEFAULT_TTL = Duration.ofHours(1);

  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONG_AGO = Duration.ofMinutes(1);

  private final JwtConfig config;
  private final SigningKeys keys;
  private final Clock clock;

  DevTokens(JwtConfig config, SigningKeys keys, Clock clock) {
    this.config = config;
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * A token.
   *
   * @param token compact JWS; a secret
   * @param expiresAt its {@code exp}
   */
  public record Minted(String token, Instant expiresAt) {
    /** Without the token. */
    @Override
    public String toString() {
      return "Minted[expiresAt=" + expiresAt + "]";
    }
  }

  /**
   * True when tokens can be signed: by the random secret of this start, or by a configured one
   * where a key stands in front. Without the key a configured secret signs nothing: other servers
   * may know it.
   */
  public boolean isAvailable() {
    return unavailable() == null;
  }

  /** Why tokens cannot be signed and what to do, null when they can. */
  private @Nullable String unavailable() {
    if (!config.mode().isDevelopment()) {
      return "dev tokens are for dev mode alone";
    }
    if (!config.keys().algorithms().isHmac()) {
      return "only a secret can sign tokens here; get one from the issuer whose public key is set";
    }
    return config.keys().madeForThisStart() || !config.devKeyIsOff()
        ? null
        : "DRAWBRIDGE_DEV_KEY is off, so only a secret that was made for this start signs dev"
            + " tokens: take DRAWBRIDGE_JWT_SECRET (or its file) away, or set DRAWBRIDGE_DEV_KEY=on"
            + " and come by the link in the log";
  }

  /**
   * Mints a token.
   *
   * @param subject {@code sub}, 1 to 255 characters; whether there is such a user is not asked
   * @param ttl lifetime, from 1 s to the longest that is accepted
   * @param expired true for a token whose time is over
   * @throws RefusedException with {@code dev_token_unavailable} unless {@link #isAvailable()},
   *     {@code request_invalid} for a subject or ttl that does not fit
   */
  public Minted mint(String subject, Duration ttl, boolean expired) {
    String unavailable = unavailable();
    if (unavailable != null) {
      throw Refusals.refuse(RefusalCode.DEV_TOKEN_UNAVAILABLE, unavailable);
    }
    if (!ClaimRules.isId(subject)) {
      throw Refusals.refuse(
          RefusalCode.REQUEST_INVALID,
          "sub must have 1 to 255 characters, no control characters, no blanks at its ends");
    }
    if (ttl.compareTo(SHORTEST) < 0 || ttl.compareTo(config.maxLifetime()) > 0) {
      throw Refusals.refuse(
          RefusalCode.REQUEST_INVALID,
          "ttlSeconds must be in [1, " + config.maxLifetime().toSeconds() + "]");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant expiresAt = expired ? now.minus(config.leeway()).minus(LONG_AGO) : now.plus(ttl);
    Instant issuedAt = expired ? expiresAt.minus(LONG_AGO) : now;
    return new Minted(sign(subject, issuedAt, expiresAt), expiresAt);
  }

  private String sign(String subject, Instant issuedAt, Instant expiresAt) {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(config.issuer());
    claims.setAudience(config.audience());
    claims.setSubject(subject);
    claims.setIssuedAt(NumericDate.fromSeconds(issuedAt.getEpochSecond()));
    claims.setExpirationTime(NumericDate.fromSeconds(expiresAt.getEpochSecond()));
    claims.setJwtId(UUID.randomUUID().toString());
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue(algorithm().name());
    signature.setHeader("typ", "JWT");
    signature.setPayload(claims.toJson());
    signature.setKey(signingKey());
    try {
      return signature.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException("the configured secret cannot sign", e);
    }
  }

  /** The first of the configured algorithms, in the order of the enum. */
  private SignatureAlgorithm algorithm() {
    return Collections.min(config.keys().algorithms().with(keys.current()));
  }

  private Key signingKey() {
    Key key = keys.current().entries().get(0).key();
    if (key instanceof SecretKey) {
      return key;
    }
    throw new IllegalStateException("HMAC without a secret");
  }
}
