package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestCookies;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Finds the one credential of a request, or says why that is refused. Immutable and thread-safe.
 * RFC 6750 section 2: a request uses one way only; one that fails is never followed by another.
 */
public final class Credentials {

  /** The subprotocol of version 1, which stands beside a token entry. */
  static final String PROTOCOL = "drawbridge.v1";

  /** What a token entry of {@code Sec-WebSocket-Protocol} starts with. */
  static final String BEARER_PREFIX = "drawbridge.bearer.";

  public static final String PROTOCOL_HEADER = "Sec-WebSocket-Protocol";

  static final String AUTHORIZATION = "Authorization";

  private static final String QUERY_PARAMETER = "access_token";
  private static final String SCHEME = "Bearer";

  /** What may stand behind the scheme, rightly or not. */
  private static final String SEPARATORS = " \t,=\"";

  /**
   * A token and the way by which it came.
   *
   * @param token of any form
   */
  public record Credential(String token, Transport transport) {

    /** Without the token. */
    @Override
    public String toString() {
      return "Credential[" + transport.word() + "]";
    }
  }

  private final Set<Transport> enabled;
  private final @Nullable String cookieName;

  /**
   * Says which ways are open: {@code Authorization} and the subprotocol always are.
   *
   * @param cookieName of the cookie that may hold a token, null when cookies are off
   * @param queryToken whether {@code ?access_token=} is read
   */
  Credentials(@Nullable String cookieName, boolean queryToken) {
    this.enabled = EnumSet.of(Transport.AUTHORIZATION, Transport.SUBPROTOCOL);
    this.cookieName = cookieName;
    if (cookieName != null) {
      enabled.add(Transport.COOKIE);
    }
    if (queryToken) {
      enabled.add(Transport.QUERY);
    }
  }

  /** The words of the ways that are open, in a fixed order. */
  List<String> transports() {
    return enabled.stream().map(Transport::word).toList();
  }

  /**
   * Finds the credential.
   *
   * @throws RefusedException with {@code token_missing}, {@code transport_disabled}, {@code
   *     origin_required} or a {@code credentials_…} or {@code subprotocol_…} code
   */
  public Credential find(HttpServletRequest request) {
    List<Credential> found = new ArrayList<>(1);
    List<String> subprotocols = subprotocols(request.getHeaders(PROTOCOL_HEADER));
    addAuthorization(request, found);
    addSubprotocols(subprotocols, found);
    addQuery(request.getQueryString(), found);
    addCookies(request, found);
    if (found.size() > 1) {
      throw ambiguous(found);
    }
    if (found.isEmpty()) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_MISSING,
          "send a token by one of "
              + transports()
              + MissedTokens.hint(request, subprotocols, cookieName != null));
    }
    Credential credential = found.get(0);
    if (!enabled.contains(credential.transport())) {
      throw new RefusedException(
          Refusal.of(
                  RefusalCode.TRANSPORT_DISABLED,
                  "the token came as "
                      + MissedTokens.queryParameter(QUERY_PARAMETER)
                      + ", but "
                      + Setting.JWT_QUERY_TOKEN.variable()
                      + " is off, and dev mode alone can switch it on: addresses end up in logs")
              .with("transports", transports()));
    }
    if (credential.transport() == Transport.SUBPROTOCOL && !subprotocols.contains(PROTOCOL)) {
      throw Refusals.refuse(
          RefusalCode.SUBPROTOCOL_MISSING,
          "offer " + PROTOCOL + " beside the token entry: a browser needs one that can be echoed");
    }
    if (credential.transport() == Transport.COOKIE) {
      checkOrigin(request);
    }
    return credential;
  }

  /**
   * A browser sends its cookies along with any page's handshake. So the origin must be known, and a
   * filter that was left out must not open the door.
   */
  private static void checkOrigin(HttpServletRequest request) {
    Object policy = request.getServletContext().getAttribute(OriginPolicy.class.getName());
    if (!(policy instanceof OriginPolicy origins)) {
      throw Refusals.refuse(
          RefusalCode.ORIGIN_REQUIRED, "with a cookie, DevCorsFilter must stand in front");
    }
    List<String> lines = Collections.list(request.getHeaders("Origin"));
    if (lines.isEmpty() && isOwnPage(request)) {
      return;
    }
    if (lines.size() != 1 || origins.refusalOf(lines.get(0)) != null) {
      throw Refusals.refuse(
          RefusalCode.ORIGIN_REQUIRED, "with a cookie, the request must carry an allowed Origin");
    }
  }

  /**
   * A page's GET to its own server carries no Origin, but the browser marks it, and no page can set
   * the mark (Fetch Metadata). A handshake always has its Origin, so the door stays as it was.
   */
  private static boolean isOwnPage(HttpServletRequest request) {
    List<String> sites = Collections.list(request.getHeaders("Sec-Fetch-Site"));
    return sites.size() == 1
        && sites.get(0).equals("same-origin")
        && (request.getMethod().equals("GET") || request.getMethod().equals("HEAD"))
        && !UpgradeRequest.leavesHttp(request);
  }

  /**
   * Other schemes are not ours: a proxy's Basic, or Negotiate that a browser adds by itself, stands
   * beside a token of another way, and an empty line says nothing.
   */
  private static void addAuthorization(HttpServletRequest request, List<Credential> found) {
    Enumeration<String> lines = request.getHeaders(AUTHORIZATION);
    while (lines != null && lines.hasMoreElements()) {
      String line = lines.nextElement();
      if (isBearer(line)) {
        found.add(new Credential(line, Transport.AUTHORIZATION));
      }
    }
    if (found.size() == 1) {
      found.set(0, new Credential(bearer(found.get(0).token()), Transport.AUTHORIZATION));
    }
  }

  /** True for the scheme Bearer, well formed or not, and for a token that stands there alone. */
  private static boolean isBearer(String value) {
    int end = 0;
    while (end < value.length() && SEPARATORS.indexOf(value.charAt(end)) < 0) {
      end++;
    }
    String scheme = value.substring(0, end);
    return scheme.equalsIgnoreCase(SCHEME)
        || MissedTokens.looksLikeToken(scheme)
        || (scheme.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
            && MissedTokens.looksLikeToken(scheme.substring(SCHEME.length())));
  }

  /** The token of {@code Bearer <token>} (RFC 6750 section 2.1). */
  private static String bearer(String value) {
    int space = value.indexOf(' ');
    int start = space;
    while (start >= 0 && start < value.length() && value.charAt(start) == ' ') {
      start++;
    }
    String token = space < 0 ? "" : value.substring(start);
    if (!value.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        || space != SCHEME.length()
        || token.isEmpty()
        || holdsBlankOrComma(token)) {
      throw Refusals.refuse(
          RefusalCode.CREDENTIALS_MALFORMED, "Authorization must be Bearer, one blank and a token");
    }
    return token;
  }

  private static boolean holdsBlankOrComma(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) == ',') {
        return true;
      }
    }
    return false;
  }

  private static void addSubprotocols(List<String> subprotocols, List<Credential> found) {
    for (String entry : subprotocols) {
      if (isTokenEntry(entry)) {
        if (!entry.startsWith(BEARER_PREFIX)) {
          throw Refusals.refuse(
              RefusalCode.CREDENTIALS_MALFORMED,
              "a token entry must start with " + BEARER_PREFIX + " in lower case");
        }
        found.add(new Credential(entry.substring(BEARER_PREFIX.length()), Transport.SUBPROTOCOL));
      }
    }
  }

  private static void addQuery(@Nullable String query, List<Credential> found) {
    if (query == null || query.indexOf('=') < 0) {
      return;
    }
    // Not getParameter: that would read the body of a form before the application does.
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && QUERY_PARAMETER.equals(decoded(pair.substring(0, equals)))) {
        found.add(new Credential(decoded(pair.substring(equals + 1)), Transport.QUERY));
      }
    }
  }

  /**
   * A query without the tokens in it, wanted or not, for who keeps queries.
   *
   * @param query percent-encoded, null for none
   * @return null if nothing is left
   */
  public static @Nullable String withoutToken(@Nullable String query) {
    if (query == null) {
      return null;
    }
    StringJoiner rest = new StringJoiner("&");
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      if (!pair.isEmpty() && !QUERY_PARAMETER.equals(name)) {
        rest.add(pair);
      }
    }
    return rest.length() == 0 ? null : rest.toString();
  }

  static String decoded(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  private void addCookies(HttpServletRequest request, List<Credential> found) {
    if (cookieName == null) {
      return;
    }
    // Twins of two paths come together. Equal ones are one, and an emptied one is none.
    Set<String> values = new LinkedHashSet<>();
    for (Cookie cookie : RequestCookies.of(request)) {
      if (cookie.getName().equals(cookieName) && !cookie.getValue().isEmpty()) {
        values.add(cookie.getValue());
      }
    }
    values.forEach(value -> found.add(new Credential(value, Transport.COOKIE)));
  }

  private static RefusedException ambiguous(List<Credential> found) {
    StringJoiner ways = new StringJoiner(", ");
    found.forEach(credential -> ways.add(credential.transport().word()));
    return Refusals.refuse(
        RefusalCode.CREDENTIALS_AMBIGUOUS, "send exactly one credential, not " + ways);
  }

  /** True for an entry that holds a token, also one that is spelled wrongly. */
  public static boolean isTokenEntry(String subprotocol) {
    for (int at = 0; at + BEARER_PREFIX.length() <= subprotocol.length(); at++) {
      if (subprotocol.regionMatches(true, at, BEARER_PREFIX, 0, BEARER_PREFIX.length())) {
        return true;
      }
    }
    return false;
  }

  /** The entries of all lines of {@code Sec-WebSocket-Protocol}, in their order. */
  public static List<String> subprotocols(@Nullable Enumeration<String> lines) {
    if (lines == null || !lines.hasMoreElements()) {
      return List.of();
    }
    List<String> entries = new ArrayList<>(2);
    while (lines.hasMoreElements()) {
      String line = lines.nextElement();
      int start = 0;
      while (start <= line.length()) {
        int comma = line.indexOf(',', start);
        int end = comma < 0 ? line.length() : comma;
        String entry = line.substring(start, end).strip();
        if (!entry.isEmpty()) {
          entries.add(entry);
        }
        start = end + 1;
      }
    }
    return entries;
  }
}
