package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All issuers that are trusted. Immutable. RFC 8725 section 3.8: the issuer that a token names
 * decides which keys it is verified with, and no others are tried.
 *
 * @param byIssuer exact issuers; at least one
 * @param templates from which some of them were made
 */
public record Trusts(Map<String, Trust> byIssuer, List<IssuerTemplate> templates) {

  /** Copies both. */
  public Trusts {
    byIssuer = Map.copyOf(byIssuer);
    templates = List.copyOf(templates);
  }

  static Trusts only(String issuer, Trust trust) {
    return new Trusts(Map.of(issuer, trust), List.of());
  }

  /** The only one, whose keys are tried whatever a token says; null where there are several. */
  @Nullable Trust only() {
    return byIssuer.size() == 1 ? byIssuer.values().iterator().next() : null;
  }

  /**
   * False where its issuer is not trusted any more, or its key is no key of the issuer any more.
   */
  public boolean hold(TokenSignature signature) {
    Trust trust = byIssuer.get(signature.issuer());
    return trust != null && trust.holds(signature);
  }

  /**
   * That of a token.
   *
   * @param issuer {@code iss}, not verified yet
   * @throws RefusedException with {@code token_issuer_invalid} or {@code token_tenant_invalid}
   */
  Trust of(@Nullable JsonNode issuer) {
    String name = issuer == null ? null : issuer.textValue();
    Trust trust = name == null ? null : byIssuer.get(name);
    if (trust != null) {
      return trust;
    }
    if (issuer != null && name != null && templates.stream().anyMatch(each -> each.fits(name))) {
      throw IssuerRule.otherTenant(Refusals.unverifiedClaim(issuer));
    }
    throw Refusals.refuse(
        RefusalCode.TOKEN_ISSUER_INVALID,
        "iss must be one of the "
            + byIssuer.size()
            + " issuers that are configured: "
            + Refusals.unverifiedClaim(issuer));
  }
}
