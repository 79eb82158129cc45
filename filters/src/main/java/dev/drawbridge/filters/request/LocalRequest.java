package dev.drawbridge.filters.request;

import dev.drawbridge.filters.util.Loopback;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Does a request come from this machine itself, and to it by its own name? Stateless and
 * thread-safe.
 */
public final class LocalRequest {
  /** A proxy that sets one of these stands between us and a peer that only looks near. */
  private static final Set<String> FORWARDING_HEADERS =
      Set.of("forwarded", "via", "x-real-ip", "client-ip", "true-client-ip", "cf-connecting-ip");

  private LocalRequest() {}

  /**
   * True if the peer is loopback, no proxy has forwarded the request, and its one {@code Host} is
   * {@code localhost}, {@code 127.0.0.1} or {@code [::1]} on any port: a page that made its own
   * name point here (DNS rebinding) says its name there.
   */
  public static boolean isLocal(HttpServletRequest request) {
    return Loopback.isAddress(request.getRemoteAddr())
        && isLoopbackHost(request)
        && !isForwarded(request);
  }

  private static boolean isForwarded(HttpServletRequest request) {
    for (String name : Collections.list(request.getHeaderNames())) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.startsWith("x-forwarded") || FORWARDING_HEADERS.contains(lower)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isLoopbackHost(HttpServletRequest request) {
    List<String> hosts = Collections.list(request.getHeaders("Host"));
    if (hosts.size() > 1) {
      return false;
    }
    String host = hosts.isEmpty() ? request.getServerName() : hosts.get(0);
    int colon = host.lastIndexOf(':');
    String name = colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    return Loopback.isHost(name.toLowerCase(Locale.ROOT));
  }
}
