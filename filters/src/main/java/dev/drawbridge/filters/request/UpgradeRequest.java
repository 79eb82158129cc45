package dev.drawbridge.filters.request;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Enumeration;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which requests open a WebSocket: the one answer of filters and endpoint. {@code Upgrade} and
 * {@code Connection} are lists, on one line or several (RFC 9110 sections 7.6.1 and 7.8). Stateless
 * and thread-safe.
 */
public final class UpgradeRequest {
  private static final String UPGRADE = "Upgrade";
  private static final String WEB_SOCKET = "websocket";
  private static final String CONNECT = "CONNECT";
  private static final String HEADER_PREFIX = "Sec-WebSocket-";

  /** HTTP and TLS (RFC 9113 appendix B, RFC 2817); the version is whatever the client speaks. */
  private static final Pattern HTTP = Pattern.compile("h2c?|http/[0-9.]+|tls/[0-9.]+");

  private UpgradeRequest() {}

  /**
   * True for a request that asks for a WebSocket: one of the protocols of its {@code Upgrade} is
   * {@code websocket}, or it is an extended CONNECT (RFC 8441). {@code Upgrade: h2c}, which HTTP
   * clients offer on any request, is none.
   */
  public static boolean asksForWebSocket(HttpServletRequest request) {
    return lists(request.getHeaders(UPGRADE), WEB_SOCKET) || isConnect(request);
  }

  /**
   * True for a request that asks for a WebSocket or tries to: {@code websocket} stands anywhere in
   * its {@code Upgrade}, it has a {@code Sec-WebSocket-*} header, or is a CONNECT.
   */
  public static boolean isHandshake(HttpServletRequest request) {
    if (isConnect(request) || mentionsWebSocket(request.getHeaders(UPGRADE))) {
      return true;
    }
    Enumeration<String> names = request.getHeaderNames();
    while (names != null && names.hasMoreElements()) {
      if (names.nextElement().regionMatches(true, 0, HEADER_PREFIX, 0, HEADER_PREFIX.length())) {
        return true;
      }
    }
    return false;
  }

  /**
   * True for {@link #isHandshake}, and for a request that offers any other protocol than HTTP
   * itself and its encryption: {@code Upgrade: h2c} and {@code TLS/1.0} leave it an ordinary one.
   * Wider than any container's own test on purpose, so that no trick of spelling makes a handshake
   * an ordinary request.
   */
  public static boolean leavesHttp(HttpServletRequest request) {
    if (isHandshake(request)) {
      return true;
    }
    Enumeration<String> lines = request.getHeaders(UPGRADE);
    while (lines != null && lines.hasMoreElements()) {
      for (String item : lines.nextElement().split(",", -1)) {
        String protocol = item.strip().toLowerCase(Locale.ROOT);
        if (!protocol.isEmpty() && !HTTP.matcher(protocol).matches()) {
          return true;
        }
      }
    }
    return false;
  }

  /** True for the method with which HTTP/2 opens a WebSocket. */
  public static boolean isConnect(HttpServletRequest request) {
    return CONNECT.equals(request.getMethod());
  }

  /**
   * True if a header that is a list has an item, letter case ignored.
   *
   * @param lines all lines of the header, in their order
   */
  public static boolean lists(@Nullable Enumeration<String> lines, String item) {
    while (lines != null && lines.hasMoreElements()) {
      if (contains(lines.nextElement(), item)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(@Nullable String line, String item) {
    // What most lines are.
    if (item.equalsIgnoreCase(line)) {
      return true;
    }
    int start = 0;
    while (line != null && start <= line.length()) {
      int comma = line.indexOf(',', start);
      int end = comma < 0 ? line.length() : comma;
      if (line.substring(start, end).strip().equalsIgnoreCase(item)) {
        return true;
      }
      start = end + 1;
    }
    return false;
  }

  private static boolean mentionsWebSocket(@Nullable Enumeration<String> lines) {
    while (lines != null && lines.hasMoreElements()) {
      String line = lines.nextElement();
      if (line != null && line.toLowerCase(Locale.ROOT).contains(WEB_SOCKET)) {
        return true;
      }
    }
    return false;
  }
}
