package dev.drawbridge.doctor;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where a WebSocket is. Immutable.
 *
 * @param secure whether TLS is spoken
 * @param host without the brackets of an IPv6 address
 * @param path of the endpoint, without a slash at its end but for the root
 * @param query with its question mark, or empty; may hold a secret, so it is never shown
 */
record Address(boolean secure, String host, int port, String path, String query) {

  /**
   * @param text an absolute URL of {@code ws}, {@code wss}, {@code http} or {@code https}
   * @throws IllegalArgumentException with the rule, without the text, which may hold a secret
   */
  static Address of(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("the URL must be one of RFC 3986");
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("wss") || scheme.equals("https");
    if (!secure && !scheme.equals("ws") && !scheme.equals("http")) {
      throw new IllegalArgumentException(
          "the URL must begin with wss://, ws://, https:// or http://");
    }
    String host = uri.getHost();
    if (host == null || host.isEmpty()) {
      throw new IllegalArgumentException("the URL must name a host");
    }
    if (uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException("the URL must hold no user and no password");
    }
    if (uri.getRawFragment() != null) {
      throw new IllegalArgumentException("the URL must have no fragment");
    }
    int port = uri.getPort() < 0 ? (secure ? 443 : 80) : uri.getPort();
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("the port must be in [1, 65535]");
    }
    String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return new Address(secure, bare.toLowerCase(Locale.ROOT), port, path, query);
  }

  /** As it stands in {@code Host}. */
  String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (secure ? 443 : 80) ? name : name + ":" + port;
  }

  /** The path of a route beside the endpoint: {@code /ws/config}. */
  String route(String name) {
    return path.replaceAll("/+$", "") + "/" + name;
  }

  /** Without the query. */
  String shown() {
    return (secure ? "wss://" : "ws://") + authority() + path;
  }
}
