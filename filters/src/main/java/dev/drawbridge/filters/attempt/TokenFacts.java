package dev.drawbridge.filters.attempt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.jose.Base64Url;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.refusal.Refusals;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a token says of itself, for the diagnostics page of dev mode: never the token, never its
 * signature, no claim beside these. Immutable. Whoever made the token wrote it; only the verifier
 * says whether it is true.
 *
 * @param alg null when absent or no text, like all of these
 * @param aud at most {@value #MAX_AUDIENCES}
 * @param exp epoch seconds, null when absent or no number, like the two others
 * @param readAt epoch milliseconds of the server's clock when it was read
 */
public record TokenFacts(
    @Nullable String alg,
    @Nullable String kid,
    @Nullable String typ,
    @Nullable String iss,
    List<String> aud,
    @Nullable String sub,
    @Nullable Long exp,
    @Nullable Long iat,
    @Nullable Long nbf,
    long readAt) {

  static final int MAX_AUDIENCES = 8;

  private static final long MILLIS = 1000;
  private static final long CENTURY_MS = 3_155_760_000_000L;

  /** Copies the audiences. */
  public TokenFacts {
    aud = List.copyOf(aud);
  }

  /**
   * Reads what can be read.
   *
   * @param token of any form
   * @param maxChars a longer one is not read
   * @return null when header and payload are not both JSON objects in base64url
   */
  public static @Nullable TokenFacts of(String token, int maxChars, long nowMillis) {
    if (token.length() > maxChars) {
      return null;
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    ObjectNode header = first <= 0 ? null : part(token, 0, first);
    ObjectNode claims = second <= first + 1 ? null : part(token, first + 1, second);
    if (header == null || claims == null) {
      return null;
    }
    return new TokenFacts(
        text(header.get("alg")),
        text(header.get("kid")),
        text(header.get("typ")),
        text(claims.get("iss")),
        audiences(claims.get("aud")),
        text(claims.get("sub")),
        seconds(claims.get("exp")),
        seconds(claims.get("iat")),
        seconds(claims.get("nbf")),
        nowMillis);
  }

  private static @Nullable ObjectNode part(String token, int from, int to) {
    return Base64Url.isCanonical(token, from, to)
        ? StrictJson.object(Base64Url.decode(token, from, to))
        : null;
  }

  private static @Nullable String text(@Nullable JsonNode member) {
    return member != null && member.isTextual() ? Refusals.shown(member.textValue()) : null;
  }

  private static List<String> audiences(@Nullable JsonNode claim) {
    List<String> all = new ArrayList<>();
    if (claim != null && claim.isArray()) {
      for (JsonNode element : claim) {
        String shown = text(element);
        if (shown != null && all.size() < MAX_AUDIENCES) {
          all.add(shown);
        }
      }
    } else {
      String shown = text(claim);
      if (shown != null) {
        all.add(shown);
      }
    }
    return all;
  }

  private static @Nullable Long seconds(@Nullable JsonNode claim) {
    if (claim == null || !claim.isNumber()) {
      return null;
    }
    double seconds = claim.doubleValue();
    return Math.abs(seconds) < Long.MAX_VALUE / (double) MILLIS ? (long) seconds : null;
  }

  /**
   * How far the issuer's clock is ahead of this server's at least, in milliseconds: a token that
   * was issued in the future shows it. Zero or less says nothing but the token's age; null without
   * {@code iat}, and for one that is no time in seconds.
   */
  public @Nullable Long skewMs() {
    // A century ahead is no clock, but another unit than seconds.
    return iat == null || iat * MILLIS - readAt > CENTURY_MS ? null : iat * MILLIS - readAt;
  }

  /** Milliseconds that the token had left when it was read, negative when over; null without. */
  public @Nullable Long leftMs() {
    return exp == null ? null : exp * MILLIS - readAt;
  }

  /** Without the claims. */
  @Override
  public String toString() {
    return "TokenFacts[alg=" + alg + "]";
  }
}
