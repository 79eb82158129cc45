package dev.drawbridge.endpoint.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs tokens (HS256) for a server that is configured with the same secret. Immutable. */
public final class TestTokens {
  /** A secret for {@code DRAWBRIDGE_JWT_SECRET} of a test server; long enough for HS256. */
  public static final String SECRET = "a-secret-for-tests-only-5f1d9c3b7e2a4806";

  /** The issuer of dev mode. */
  public static final String ISSUER = "http://localhost";

  /** The audience of dev mode. */
  public static final String AUDIENCE = "drawbridge";

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIFETIME = Duration.ofHours(1);

  private final String secret;
  private final String issuer;
  private final String audience;
  private final Clock clock;

  /** Tokens that a server with {@link #SECRET}, {@link #ISSUER} and {@link #AUDIENCE} accepts. */
  public TestTokens() {
    this(SECRET, ISSUER, AUDIENCE, Clock.systemUTC());
  }

  /** Tokens for a server of other settings. */
  public TestTokens(String secret, String issuer, String audience, Clock clock) {
    this.secret = secret;
    this.issuer = issuer;
    this.audience = audience;
    this.clock = clock;
  }

  /** A token that is good for an hour. */
  public String of(String subject) {
    return of(subject, LIFETIME);
  }

  /** A token that is good for so long from now; a negative time makes an expired one. */
  public String of(String subject, Duration lifetime) {
    Instant now = clock.instant();
    return of(subject, now, now.plus(lifetime));
  }

  /** A token of these times, in whole seconds. */
  public String of(String subject, Instant issuedAt, Instant expiresAt) {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("iss", issuer);
    claims.put("aud", audience);
    claims.put("sub", subject);
    claims.put("iat", issuedAt.getEpochSecond());
    claims.put("exp", expiresAt.getEpochSecond());
    claims.put("jti", UUID.randomUUID().toString());
    return sign(claims);
  }

  /** A token of any claims. */
  public String sign(Map<String, Object> claims) {
    try {
      String content =
          encode(JSON.writeValueAsBytes(Map.of("alg", "HS256", "typ", "JWT")))
              + "."
              + encode(JSON.writeValueAsBytes(claims));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return content + "." + encode(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
    } catch (JsonProcessingException | GeneralSecurityException e) {
      throw new IllegalArgumentException("claims must be what JSON can hold", e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
