package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * For whom a token must have been issued. Immutable. RFC 7519 section 4.1.3, RFC 8725 section 3.9.
 *
 * <p>Only {@code aud} says for which API a token is; the other claims say which client got it.
 *
 * @param claim {@code aud}, or a claim that holds one client's id
 * @param accepted one of them must stand there; at least one
 */
public record AudienceRule(String claim, Set<String> accepted) {

  /** The claim of the standard, the only one that may be a list. */
  static final String AUD = "aud";

  /** Those that may hold it: of the standards (RFC 9068, OpenID Connect), of Okta, of Entra. */
  public static final List<String> CLAIMS = List.of(AUD, "azp", "client_id", "cid", "appid");

  /** Copies the set. */
  public AudienceRule {
    accepted = Set.copyOf(accepted);
  }

  public static AudienceRule of(String claim, List<String> accepted) {
    return new AudienceRule(claim, new LinkedHashSet<>(accepted));
  }

  /**
   * Checks the claim; no other one takes its place.
   *
   * @throws RefusedException with {@link RefusalCode#TOKEN_AUDIENCE_INVALID}
   */
  void check(ObjectNode claims) {
    JsonNode value = claims.get(claim);
    if (!isAccepted(value)) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_AUDIENCE_INVALID,
          claim
              + (claim.equals(AUD) ? " must be or contain " : " must be ")
              + shownAccepted()
              + ": "
              + Refusals.shownClaim(value)
              + elsewhere(claims));
    }
  }

  private boolean isAccepted(@Nullable JsonNode value) {
    if (value == null || value.isTextual()) {
      return value != null && accepted.contains(value.textValue());
    }
    if (!claim.equals(AUD) || !value.isArray()) {
      return false;
    }
    boolean found = false;
    for (JsonNode element : value) {
      if (!element.isTextual()) {
        return false;
      }
      found |= accepted.contains(element.textValue());
    }
    return found;
  }

  private String shownAccepted() {
    return accepted.size() == 1
        ? Refusals.shown(accepted.iterator().next())
        : "one of " + Refusals.shown(String.join(", ", new TreeSet<>(accepted)));
  }

  /** Where an accepted value stands instead, if the issuer writes it elsewhere. */
  private String elsewhere(ObjectNode claims) {
    for (String other : CLAIMS) {
      JsonNode value = claims.get(other);
      if (!other.equals(claim)
          && value != null
          && value.isTextual()
          && accepted.contains(value.textValue())) {
        return "; it stands in " + other + ", which DRAWBRIDGE_JWT_AUDIENCE_CLAIM can name";
      }
    }
    return "";
  }
}
