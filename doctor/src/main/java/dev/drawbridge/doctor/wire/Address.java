package dev.drawbridge.doctor.wire;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a WebSocket is. Immutable.
 *
 * @param secure whether TLS is spoken
 * @param host without the brackets of an IPv6 address
 * @param path of the endpoint as it was given, {@code /} for none
 * @param query with its question mark, or empty; may hold a secret, so it is never shown
 */
public record Address(boolean secure, String host, int port, String path, String query) {

  // By hand, because libraries disagree: java.net.URI knows no host with an underscore, as names of
  // containers have.
  private static final Pattern PARTS = Pattern.compile("(?is)(wss?|https?)://([^/?#]*)(.*)");
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?");
  private static final Pattern REST = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=:@%/?\\[\\]-]*");

  /**
   * @param text an absolute URL of {@code ws}, {@code wss}, {@code http} or {@code https}
   * @throws IllegalArgumentException with the rule, without the text, which may hold a secret
   */
  public static Address of(String text) {
    Matcher parts = PARTS.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "the URL must begin with wss://, ws://, https:// or http://");
    }
    String scheme = parts.group(1).toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("wss") || scheme.equals("https");
    if (text.indexOf('#') >= 0) {
      throw new IllegalArgumentException("the URL must have no fragment");
    }
    if (parts.group(2).indexOf('@') >= 0) {
      throw new IllegalArgumentException("the URL must hold no user and no password");
    }
    Matcher authority = AUTHORITY.matcher(parts.group(2));
    if (!authority.matches()) {
      throw new IllegalArgumentException(
          "the URL must name a host in ASCII, a name of other letters by its xn-- form");
    }
    if (!REST.matcher(parts.group(3)).matches()) {
      throw new IllegalArgumentException("the URL must be one of RFC 3986");
    }
    String named = authority.group(2);
    int port = named == null ? (secure ? 443 : 80) : Integer.parseInt(named);
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("the port must be in [1, 65535]");
    }
    int question = parts.group(3).indexOf('?');
    String path = question < 0 ? parts.group(3) : parts.group(3).substring(0, question);
    return new Address(
        secure,
        authority.group(1).replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT),
        port,
        path.isEmpty() ? "/" : path,
        question < 0 ? "" : parts.group(3).substring(question));
  }

  /** As it stands in {@code Host}. */
  public String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? 443 : 80) ? name : name + ":" + port;
  }

  /** That of its own pages, as browsers send it. */
  public String origin() {
    return (secure ? "https://" : "http://") + authority();
  }

  /** The path of a route beside the endpoint: {@code /ws/config}. */
  public String route(String name) {
    return path.replaceAll("/+$", "") + "/" + name;
  }

  /** The name as certificates and SNI have it: without the dot of a name that is complete. */
  public String serverName() {
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  /** Whether the host is an address of IPv4 or IPv6. */
  public boolean literal() {
    return host.indexOf(':') >= 0 || host.matches("[0-9.]+");
  }

  /** Without the query, and without a token that stands in the path. */
  public String shown() {
    return (secure ? "wss://" : "ws://") + authority() + Text.masked(path);
  }
}
