package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Who must have issued a token. Immutable. RFC 7519 section 4.1.1.
 *
 * @param issuer the exact {@code iss}
 * @param tenant the exact {@code tid}, null where there are no tenants
 * @param template from which the issuer was made, null where there are no tenants
 */
public record IssuerRule(
    String issuer, @Nullable String tenant, @Nullable IssuerTemplate template) {

  private static final String TENANT = "tid";

  public static IssuerRule exactly(String issuer) {
    return new IssuerRule(issuer, null, null);
  }

  /**
   * Checks issuer and tenant.
   *
   * @throws RefusedException with {@code token_issuer_invalid} or {@code token_tenant_invalid}
   */
  void check(ObjectNode claims) {
    JsonNode claim = claims.get("iss");
    if (claim == null || !claim.isTextual() || !claim.textValue().equals(issuer)) {
      if (template != null && claim != null && template.fits(claim.asText())) {
        throw otherTenant(Refusals.shownClaim(claim));
      }
      throw Refusals.refuse(
          RefusalCode.TOKEN_ISSUER_INVALID,
          "iss must be " + Refusals.shown(issuer) + ": " + Refusals.shownClaim(claim));
    }
    JsonNode said = tenant == null ? null : claims.get(TENANT);
    if (tenant != null && (said == null || !tenant.equals(said.textValue()))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_TENANT_INVALID,
          "tid must be the tenant of iss, " + tenant + ": " + Refusals.shownClaim(said));
    }
  }

  /**
   * The refusal of a token whose issuer is a tenant's that is not allowed.
   *
   * @param shown the issuer, fit for a hint
   */
  static RefusedException otherTenant(String shown) {
    return Refusals.refuse(
        RefusalCode.TOKEN_TENANT_INVALID,
        "the tenant of iss is not among DRAWBRIDGE_JWT_TENANTS: " + shown);
  }
}
