package dev.drawbridge.filters.jwt.issuer;

import org.jspecify.annotations.Nullable;

/**
 * The issuer of a provider with many tenants, as its metadata writes it: {@code
 * https://login.microsoftonline.com/{tenantid}/v2.0}. Immutable.
 *
 * @param text with {@value #PLACE} in it once
 */
public record IssuerTemplate(String text) {

  /** Where the tenant's id stands. */
  public static final String PLACE = "{tenantid}";

  /** The template in a text, null when it is none. */
  public static @Nullable IssuerTemplate in(String issuer) {
    return issuer.contains(PLACE) ? new IssuerTemplate(issuer) : null;
  }

  /** The exact issuer of a tenant. */
  public String issuerOf(String tenant) {
    return text.replace(PLACE, tenant);
  }

  /** True if an issuer is that of some tenant, allowed or not. */
  public boolean fits(String issuer) {
    int at = text.indexOf(PLACE);
    String before = text.substring(0, at);
    String after = text.substring(at + PLACE.length());
    return issuer.length() > before.length() + after.length()
        && issuer.startsWith(before)
        && issuer.endsWith(after)
        && issuer.substring(before.length(), issuer.length() - after.length()).indexOf('/') < 0;
  }
}
