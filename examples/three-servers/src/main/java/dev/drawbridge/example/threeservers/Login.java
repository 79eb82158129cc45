package dev.drawbridge.example.threeservers;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Gives a token to whoever asks, in place of an application's login. The key is new each time, and
 * the servers get it by their environment. Thread-safe.
 */
final class Login {
  private static final Duration LIFETIME = Duration.ofMinutes(15);

  private final String secret;

  Login() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = HexFormat.of().formatHex(random);
  }

  /** For {@code DRAWBRIDGE_JWT_SECRET}. */
  String secret() {
    return secret;
  }

  /** A token with the issuer and audience of dev mode. RFC 7519, HS256. */
  String token(String user) {
    if (!user.matches("[a-z0-9-]{1,32}")) {
      throw new IllegalArgumentException("a user must fit [a-z0-9-]{1,32}: " + user);
    }
    long now = Instant.now().getEpochSecond();
    String content =
        encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + encode(
                "{\"iss\":\"http://localhost\",\"aud\":\"drawbridge\",\"sub\":\"%s\",\"iat\":%d,\"exp\":%d}"
                    .formatted(user, now, now + LIFETIME.toSeconds())
                    .getBytes(StandardCharsets.UTF_8));
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return content + "." + encode(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
