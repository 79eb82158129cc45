package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.doctor.wire.Http1;
import dev.drawbridge.doctor.wire.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a token says of itself, read here without any key: its signature is the server's to check.
 * Immutable; it keeps no part of the token but what the report may show.
 *
 * @param code of the first thing that is wrong with it whoever checks it; null when nothing is
 * @param detail the same in words, or when it expires
 */
record Token(@Nullable String code, String detail, Map<String, Object> facts) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What clocks may be apart, as the server forgives by default. */
  private static final long LEEWAY_MILLIS = 30_000;

  private static final int MOST_AUDIENCES = 10;
  private static final List<String> UNSUPPORTED =
      List.of("crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c");

  /**
   * @param now by the server's clock where it is known, epoch milliseconds
   */
  static Token read(String token, long now) {
    Map<String, Object> facts = new LinkedHashMap<>();
    for (String name : List.of("alg", "typ", "iss", "aud", "expiresInMs", "issuedAgoMs")) {
      facts.put(name, null);
    }
    String unfit = unfit(token);
    if (!unfit.isEmpty()) {
      return malformed(facts, unfit);
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return malformed(
          facts,
          parts.length == 5 ? "five parts: it is encrypted" : parts.length + " parts, not three");
    }
    JsonNode header = json(parts[0]);
    JsonNode claims = json(parts[1]);
    if (header == null || claims == null) {
      return malformed(facts, "its header or payload is no JSON object in base64url");
    }
    facts.put("alg", text(header.path("alg")));
    facts.put("typ", text(header.path("typ")));
    facts.put("iss", text(claims.path("iss")));
    facts.put("aud", audiences(claims.path("aud")));
    Long expires = millis(claims.path("exp"));
    Long issued = millis(claims.path("iat"));
    Long before = millis(claims.path("nbf"));
    facts.put("expiresInMs", expires == null ? null : expires - now);
    facts.put("issuedAgoMs", issued == null ? null : now - issued);
    String alg = header.path("alg").asText("");
    if (alg.isEmpty() || alg.equalsIgnoreCase("none")) {
      return new Token("token_alg_not_allowed", "it is not signed", facts);
    }
    for (String name : UNSUPPORTED) {
      if (header.has(name)) {
        return new Token("token_header_unsupported", "its header has " + name, facts);
      }
    }
    for (String name : List.of("exp", "iat", "nbf")) {
      if (claims.hasNonNull(name) && !claims.path(name).isNumber()) {
        return new Token("token_claim_invalid", name + " is no number", facts);
      }
    }
    if (expires == null) {
      return new Token("token_expiry_missing", "it has no exp", facts);
    }
    if (expires + LEEWAY_MILLIS < now) {
      return new Token(
          "token_expired", "it has expired " + Text.time(now - expires) + " ago", facts);
    }
    long begins = Math.max(before == null ? 0 : before, issued == null ? 0 : issued);
    if (begins > now + LEEWAY_MILLIS) {
      return new Token("token_not_yet_valid", "it begins in " + Text.time(begins - now), facts);
    }
    return new Token(null, Text.clean(alg) + ", expires in " + Text.time(expires - now), facts);
  }

  /** What was put into the place of the token; empty for what may be one. */
  private static String unfit(String text) {
    if (text.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return "it begins with Bearer: the token alone has to stand there";
    }
    if (text.startsWith("{") || text.startsWith("[")) {
      return "it is JSON: the token alone has to stand there";
    }
    if (text.startsWith("\"") || text.startsWith("'")) {
      return "it stands in quotes: the token alone has to stand there";
    }
    return Http1.fitsHeader(text)
        ? ""
        : "blanks, line ends or other characters that no token has stand in it";
  }

  private static Token malformed(Map<String, Object> facts, String why) {
    return new Token("token_malformed", why, facts);
  }

  private static @Nullable JsonNode json(String part) {
    try {
      JsonNode read = JSON.readTree(Base64.getUrlDecoder().decode(part));
      return read != null && read.isObject() ? read : null;
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable String text(JsonNode value) {
    return value.isTextual() ? Text.clean(value.textValue()) : null;
  }

  private static @Nullable List<String> audiences(JsonNode value) {
    if (value.isTextual()) {
      return List.of(Text.clean(value.textValue()));
    }
    if (!value.isArray()) {
      return null;
    }
    List<String> all = new ArrayList<>();
    for (JsonNode each : value) {
      if (each.isTextual() && all.size() < MOST_AUDIENCES) {
        all.add(Text.clean(each.textValue()));
      }
    }
    return all;
  }

  private static @Nullable Long millis(JsonNode seconds) {
    double value = seconds.isNumber() ? seconds.asDouble() : Double.NaN;
    return Math.abs(value) < 1e12 ? (long) (value * 1_000) : null;
  }
}
