package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.request.RequestCookies;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Arrays;
import java.util.Enumeration;
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

  /** Schemes that are told by their name; anything else in their place may be a secret. */
  private static final List<String> SCHEMES =
      List.of("Basic", "Digest", "Negotiate", "NTLM", "Token", "OAuth", "DPoP", "ApiKey", "JWT");

  /** How each JWS begins: <code>{"</code> in base64url. */
  private static final String START = "eyJ";

  private MissedTokens() {}

  /**
   * The end of a sentence that names the place; empty when there is no token anywhere.
   *
   * @param cookie whether a cookie is read
   */
  static String hint(HttpServletRequest request, List<String> subprotocols, boolean cookie) {
    String scheme = scheme(request.getHeaders(Credentials.AUTHORIZATION));
    if (scheme != null) {
      return "; Authorization has " + scheme + ", and only Bearer is read";
    }
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
    if (Arrays.stream(RequestCookies.of(request)).anyMatch(one -> looksLikeToken(one.getValue()))) {
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

  /** The scheme of the first line in words; never what stands behind it. */
  private static @Nullable String scheme(@Nullable Enumeration<String> lines) {
    if (lines == null || !lines.hasMoreElements()) {
      return null;
    }
    String line = lines.nextElement();
    if (line.isBlank()) {
      return null;
    }
    int blank = line.indexOf(' ');
    String scheme = blank < 0 ? line : line.substring(0, blank);
    return SCHEMES.stream()
        .filter(known -> known.equalsIgnoreCase(scheme))
        .map(known -> "the scheme " + known)
        .findFirst()
        .orElse("another scheme");
  }

  static boolean looksLikeToken(String value) {
    return value.startsWith(START) && value.indexOf('.') > 0;
  }
}
