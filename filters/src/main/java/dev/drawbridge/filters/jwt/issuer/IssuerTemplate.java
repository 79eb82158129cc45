package dev.drawbridge.filters.jwt.issuer;

import java.util.Locale;
import java.util.regex.Pattern;
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

  private static final Pattern UUID =
      Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");

  /** True for the usual form of a tenant's id, in any case. */
  public static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  /** The tenant that an exact issuer names: the first part of it that is a UUID, else null. */
  public static @Nullable String tenantIn(String issuer) {
    for (String part : issuer.split("/", -1)) {
      if (isUuid(part)) {
        return part;
      }
    }
    return null;
  }

  /**
   * True if a key may verify an issuer's tokens, by the issuer that its key set writes beside it:
   * that very one, or the same tenant's, as providers with many tenants have one set for all of
   * them and for each version of their tokens.
   *
   * @param written beside the key; a template is for each tenant
   * @param issuer the exact issuer of the tokens
   * @param tenant of the issuer, null where it has none
   */
  public static boolean isKeyOf(String written, String issuer, @Nullable String tenant) {
    if (written.equals(issuer)) {
      return true;
    }
    if (tenant == null) {
      return false;
    }
    return written.contains(PLACE)
        || ("/" + written + "/")
            .toLowerCase(Locale.ROOT)
            .contains("/" + tenant.toLowerCase(Locale.ROOT) + "/");
  }

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
