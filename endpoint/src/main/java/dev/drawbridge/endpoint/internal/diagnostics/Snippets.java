package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Tried;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What to paste against a refusal. Stateless. A value of the request stands in it only if it is
 * made of harmless characters: a developer will put it into a shell or a file.
 */
public final class Snippets {
  private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9:/._@-]{1,128}");
  private static final Pattern ALGORITHM = Pattern.compile("(HS|RS|PS|ES)(256|384|512)|EdDSA");

  private static final String NGINX =
      """
      # nginx, in the location of the WebSocket
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";""";

  private Snippets() {}

  /**
   * Something to copy.
   *
   * @param tried the attempt that was refused
   * @param endpointPath the path that is upgraded
   * @return null when there is nothing better than the sentence of {@link RefusalCode#fix()}
   */
  public static @Nullable String of(RefusalCode code, Tried tried, String endpointPath) {
    return switch (code) {
      case ORIGIN_DENIED -> origin(tried);
      case CREDENTIALS_MALFORMED, SUBPROTOCOL_MISSING, SUBPROTOCOL_UNSUPPORTED ->
          "new WebSocket(url, ['drawbridge.v1', 'drawbridge.bearer.' + token])";
      case TOKEN_MISSING -> "createClient({ getToken: async () => token })";
      case TOKEN_EXPIRED, TOKEN_KEY_UNKNOWN, TOKEN_REVOKED ->
          "createClient({ getToken: ({ reason }) => fetchFreshToken(reason) })";
      case TOKEN_ISSUER_INVALID -> setting("DRAWBRIDGE_JWT_ISSUER", tried.iss());
      case TOKEN_AUDIENCE_INVALID -> setting("DRAWBRIDGE_JWT_AUDIENCE", tried.aud());
      case TOKEN_ALG_NOT_ALLOWED ->
          tried.alg() != null && ALGORITHM.matcher(tried.alg()).matches()
              ? "DRAWBRIDGE_JWT_ALGORITHMS=" + tried.alg()
              : null;
      case TOKEN_NOT_YET_VALID -> "timedatectl set-ntp true";
      case USER_NOT_FOUND ->
          isHarmless(tried.sub())
              ? "INSERT INTO app_user (id, subject, display_name) VALUES ('"
                  + tried.sub()
                  + "', '"
                  + tried.sub()
                  + "', '"
                  + tried.sub()
                  + "');"
              : null;
      case USER_DISABLED ->
          isHarmless(tried.sub())
              ? "UPDATE app_user SET status = 'ACTIVE' WHERE subject = '" + tried.sub() + "';"
              : null;
      case TOO_MANY_CONNECTIONS -> "DRAWBRIDGE_CONNECTIONS_PER_USER=50";
      case HANDSHAKE_FILTER_MISSING ->
          "<filter-mapping>\n  <filter-name>jwt</filter-name>\n  <url-pattern>"
              + endpointPath
              + "</url-pattern>\n  <url-pattern>"
              + endpointPath
              + "/diagnose</url-pattern>\n</filter-mapping>";
      case UPGRADE_REQUIRED -> NGINX;
      default -> null;
    };
  }

  private static @Nullable String origin(Tried tried) {
    String reason = tried.originReason();
    if ("host".equals(reason)) {
      String host = tried.host();
      int colon = host == null ? -1 : host.lastIndexOf(':');
      return setting(
          "DRAWBRIDGE_ALLOWED_HOSTS",
          host == null || colon < 0 || host.endsWith("]") ? host : host.substring(0, colon));
    }
    if ("null-origin".equals(reason)) {
      return "npx serve .";
    }
    return "not-listed".equals(reason) || "scheme".equals(reason)
        ? setting("DEV_WEBSOCKET_ORIGINS", tried.origin())
        : null;
  }

  private static @Nullable String setting(String name, @Nullable String value) {
    return isHarmless(value) ? name + "=" + value : null;
  }

  private static boolean isHarmless(@Nullable String value) {
    return value != null && HARMLESS.matcher(value).matches();
  }
}
