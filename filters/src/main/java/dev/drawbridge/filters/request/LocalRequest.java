package dev.drawbridge.filters.request;

import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Does a request come from this machine itself, and to it by its own name? Stateless and
 * thread-safe.
 */
public final class LocalRequest {
  private static final Set<String> LOOPBACK_HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");
  private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]+");

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
    return isLoopback(request.getRemoteAddr()) && isLoopbackHost(request) && !isForwarded(request);
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
    return LOOPBACK_HOSTS.contains(name.toLowerCase(Locale.ROOT));
  }

  private static boolean isLoopback(String address) {
    String text = address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    try {
      // Only what looks like an address: a name would be asked of the network.
      return ADDRESS.matcher(text).matches() && InetAddress.getByName(text).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
