package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.Setting;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks, in a request without a credential, for a token at a place where nobody reads one. For
 * hints alone: what it finds is never used, and of it only the place is told. Stateless.
 */
final class MissedTokens {
  /** Query parameters by which other servers take tokens. */
  private static final Set<String> PARAMETERS =
      Set.of(
          "token",
          "jwt",
          "auth",
          "authorization",
          "bearer",
          "auth_token",
          "authToken",
          "accessToken",
          "id_token");

  /** How each JWS begins: <code>{"</code> in base64url. */
  private static final String START = "eyJ";

  private MissedTokens() {}

  /**
   * The end of a sentence that names the place; empty when there is no token anywhere.
   *
   * @param cookie whether a cookie is read
   */
  static String hint(HttpServletRequest request, List<String> subprotocols, boolean cookie) {
    String parameter = parameter(request.getQueryString());
    if (parameter != null) {
      return "; " + queryParameter(parameter) + " is not read";
    }
    if (subprotocols.stream().anyMatch(MissedTokens::looksLikeToken)) {
      return "; an entry of "
          + Credentials.PROTOCOL_HEADER
          + " looks like a token, but does not start with "
          + Credentials.BEARER_PREFIX;
    }
    Cookie[] cookies = request.getCookies();
    if (cookies != null && Arrays.stream(cookies).anyMatch(one -> looksLikeToken(one.getValue()))) {
      return "; a cookie looks like a token, but "
          + (cookie
              ? "it has not the name that " + Setting.JWT_COOKIE.variable() + " gives"
              : Setting.JWT_COOKIE.variable() + " is not set");
    }
    return "";
  }

  static String queryParameter(String name) {
    return "the query parameter " + name;
  }

  private static @Nullable String parameter(@Nullable String query) {
    if (query == null) {
      return null;
    }
    return Arrays.stream(query.split("&", -1))
        .map(pair -> Credentials.decoded(pair.substring(0, Math.max(0, pair.indexOf('=')))))
        .filter(PARAMETERS::contains)
        .findFirst()
        .orElse(null);
  }

  private static boolean looksLikeToken(String value) {
    return value.startsWith(START) && value.indexOf('.') > 0;
  }
}
