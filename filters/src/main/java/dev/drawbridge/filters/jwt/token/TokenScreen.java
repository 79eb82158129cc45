package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.jose.Base64Url;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets a text through only as one strict compact JWS that we could verify, before any cryptography.
 * Immutable and thread-safe. RFC 7515 sections 4 and 7.1, RFC 8725 sections 3.1, 3.2 and 3.11.
 *
 * <p>One token has one spelling after this: no padding, no stray bits, no other serialization. So
 * its hash is a safe key.
 */
public final class TokenScreen {

  /**
   * Longest token in characters unless a setting allows more: {@value}. A request head of Jetty
   * holds 8192 bytes in all.
   */
  public static final int MAX_TOKEN_CHARS = 6144;

  /** Longest key id in characters: {@value}. */
  static final int MAX_KEY_ID_CHARS = 256;

  /** Header members that change how a token is read or where its key comes from. */
  private static final List<String> UNSUPPORTED_HEADERS =
      List.of("crit", "b64", "zip", "enc", "cty", "jwk", "jku", "x5u", "x5c");

  /** Dots of a JWE's compact serialization (RFC 7516 section 7.1). */
  private static final int JWE_DOTS = 4;

  private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

  private final Trusts trusts;

  /** The only one of them, null where there are several. */
  private final @Nullable Trust only;

  private final int maxChars;

  /**
   * Makes a screen.
   *
   * @param trusts whose algorithms are allowed; what the keys say to one of them is asked later
   * @param maxChars longest token in characters
   */
  TokenScreen(Trusts trusts, int maxChars) {
    this.trusts = trusts;
    this.only = trusts.only();
    this.maxChars = maxChars;
  }

  /**
   * Refuses what is too long before anything else looks at it.
   *
   * @throws RefusedException with {@link RefusalCode#TOKEN_TOO_LARGE}
   */
  void checkLength(String token) {
    if (token.length() > maxChars) {
      throw new RefusedException(
          Refusal.of(
                  RefusalCode.TOKEN_TOO_LARGE,
                  "a token must have at most " + maxChars + " characters: " + token.length())
              .with("limit", maxChars)
              .with("current", token.length()));
    }
  }

  /**
   * Checks the form.
   *
   * @param token what the client sent, of any length and with any characters
   * @throws RefusedException with the first {@code token_…} code that applies, or, where there are
   *     several issuers, with {@code keys_unavailable}
   */
  ScreenedToken screen(String token) {
    checkLength(token);
    if (token.chars().filter(c -> c == '.').count() == JWE_DOTS) {
      throw malformed(
          "it has five parts, so it is encrypted (JWE); let the issuer sign it without encrypting"
              + " it, or decrypt it in front of this server");
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first <= 0 || second <= first + 1) {
      throw malformed(
          "it must have three parts with a dot between them: header, payload, signature");
    }
    if (token.indexOf('.', second + 1) >= 0) {
      throw malformed("it must have three parts, not more");
    }
    if (!Base64Url.isCanonical(token, 0, first)
        || !Base64Url.isCanonical(token, first + 1, second)
        || !Base64Url.isCanonical(token, second + 1, token.length())) {
      throw malformed("each part must be canonical base64url without padding (RFC 7515 section 2)");
    }
    ObjectNode header = StrictJson.object(Base64Url.decode(token, 0, first));
    if (header == null) {
      throw malformed("its header must be one JSON object in UTF-8 without duplicate members");
    }
    for (String name : UNSUPPORTED_HEADERS) {
      if (header.has(name)) {
        throw Refusals.refuse(
            RefusalCode.TOKEN_HEADER_UNSUPPORTED,
            "the header member " + name + " must not be there");
      }
    }
    checkType(header.get("typ"));
    ObjectNode claims = only == null ? payload(token, first, second) : null;
    Trust trust = claims == null ? Objects.requireNonNull(only) : trusts.of(claims.get("iss"));
    String algorithm = algorithm(header.get("alg"), trust);
    String keyId = keyId(header.get("kid"));
    return new ScreenedToken(
        token,
        trust,
        algorithm,
        keyId,
        claims == null ? payload(token, first, second) : claims,
        second + 1);
  }

  private static ObjectNode payload(String token, int first, int second) {
    ObjectNode claims = StrictJson.object(Base64Url.decode(token, first + 1, second));
    if (claims == null) {
      throw malformed("its payload must be one JSON object in UTF-8 without duplicate members");
    }
    return claims;
  }

  private static void checkType(@Nullable JsonNode type) {
    if (type == null) {
      return;
    }
    String name = type.isTextual() ? type.textValue().toLowerCase(Locale.ROOT) : "";
    if (name.startsWith("application/")) {
      name = name.substring("application/".length());
    }
    if (!TYPES.contains(name)) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_TYPE_INVALID,
          "the header member typ is "
              + (type.isTextual() ? Refusals.unverified(type.textValue()) : "no text")
              + "; it must be absent, JWT or at+jwt: "
              + advice(name));
    }
  }

  /** What a token of another type is, as far as its name tells, and what to send instead. */
  private static String advice(String type) {
    if (type.endsWith("at+jwt")) {
      return "this access token is of a type that its issuer keeps for itself (Okta's org"
          + " authorization server does so); take one of an authorization server for your own APIs";
    }
    return switch (type) {
      case "dpop+jwt" -> "this is a DPoP proof; send the access token that goes with it";
      case "logout+jwt", "secevent+jwt" -> "this is an event of the issuer, no token of a user";
      case "id", "id+jwt", "id_token" -> "this is an ID token; send the access token";
      case "refresh", "refresh+jwt", "rt+jwt", "refresh_token" ->
          "this is a refresh token; send the access token";
      default -> "let the issuer write one of these into its access tokens";
    };
  }

  private static String algorithm(@Nullable JsonNode algorithm, Trust trust) {
    if (algorithm == null || !algorithm.isTextual()) {
      throw malformed("the header member alg must be there and be a string");
    }
    String name = algorithm.textValue();
    if (!trust.allows(name)) {
      throw notAllowed(name, trust.algorithms(), trust.keys().current());
    }
    return name;
  }

  static RefusedException notAllowed(String name, AllowedAlgorithms allowed, KeySet keys) {
    List<String> served = allowed.with(keys).stream().map(Enum::name).toList();
    return Refusals.refuse(
        RefusalCode.TOKEN_ALG_NOT_ALLOWED,
        "alg must be one of " + Refusals.sorted(served) + ": " + Refusals.unverified(name));
  }

  private static @Nullable String keyId(@Nullable JsonNode keyId) {
    if (keyId == null) {
      return null;
    }
    if (!keyId.isTextual()
        || keyId.textValue().isEmpty()
        || keyId.textValue().length() > MAX_KEY_ID_CHARS) {
      throw malformed(
          "the header member kid must be a string of 1 to " + MAX_KEY_ID_CHARS + " characters");
    }
    return keyId.textValue();
  }

  private static RefusedException malformed(String rule) {
    return Refusals.refuse(RefusalCode.TOKEN_MALFORMED, "the token is no compact JWS: " + rule);
  }
}
