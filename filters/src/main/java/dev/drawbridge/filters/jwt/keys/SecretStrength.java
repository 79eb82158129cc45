package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.settings.PublishedSecrets;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells an HMAC secret from a password or a sample (RFC 8725 section 3.5). Stateless. */
final class SecretStrength {

  /** Shortest secret in bytes: {@value} (RFC 7518 section 3.2). */
  static final int MIN_BYTES = 32;

  /** Fewest different bytes of a production secret: {@value}. */
  static final int MIN_DISTINCT_BYTES = 8;

  /** Shortest piece that may repeat itself through a production secret: {@value} bytes. */
  static final int MIN_PERIOD = 16;

  /** What stands in the secrets of manuals, in lower case and without punctuation. */
  private static final List<String> SAMPLES =
      List.of(
          "changeme",
          "changethis",
          "replaceme",
          "replacethis",
          "yoursecret",
          "yourjwtsecret",
          "your256bitsecret",
          "your384bitsecret",
          "your512bitsecret",
          "astringsecretatleast",
          "avalidstringsecretthatisatleast",
          "mysecret",
          "supersecret",
          "secretsecret",
          "secretkey",
          "secrethere",
          "passwordpassword",
          "drawbridgesecret",
          "developmentsecret",
          "0123456789abcdef0123456789abcdef",
          "abcdefghijklmnopqrstuvwxyz",
          // RFC 7515 appendix A.1.1
          "aym1sysppbydfgzld3umj1qzkobwvmkoqqestj");

  private SecretStrength() {}

  /**
   * What is wrong with a secret, as a sentence without the secret, or null.
   *
   * @param development true to check the length alone
   */
  static @Nullable String weakness(byte[] secret, boolean development) {
    if (secret.length < MIN_BYTES) {
      return "the secret must have at least " + MIN_BYTES + " bytes: " + secret.length;
    }
    if (development) {
      return null;
    }
    String text = lettersOf(new String(secret, StandardCharsets.UTF_8));
    String encoded = lettersOf(Base64.getUrlEncoder().encodeToString(secret));
    for (String sample : SAMPLES) {
      if (text.contains(sample) || encoded.contains(sample)) {
        return "the secret is a sample that everybody knows; make one with `openssl rand -base64 48`";
      }
    }
    String flaw = PublishedSecrets.flaw(secret);
    if (flaw != null) {
      return "the secret " + flaw + "; make one with `openssl rand -base64 48`";
    }
    Set<Byte> distinct = new HashSet<>();
    for (byte b : secret) {
      distinct.add(b);
    }
    if (distinct.size() < MIN_DISTINCT_BYTES || period(secret) < MIN_PERIOD) {
      return "the secret repeats itself; make one with `openssl rand -base64 48`";
    }
    return null;
  }

  private static String lettersOf(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** Length of the shortest piece that gives the whole when repeated. */
  private static int period(byte[] bytes) {
    for (int period = 1; period < bytes.length; period++) {
      boolean repeats = true;
      for (int i = period; repeats && i < bytes.length; i++) {
        repeats = bytes[i] == bytes[i - period];
      }
      if (repeats) {
        return period;
      }
    }
    return bytes.length;
  }
}
