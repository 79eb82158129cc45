package dev.drawbridge.endpoint;

import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;

/** Does a request come from this machine itself, with no proxy between? */
final class LocalRequest {
  private static final Set<String> LOOPBACK =
      Set.of("127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "[::1]", "[0:0:0:0:0:0:0:1]");
  private static final Set<String> FORWARDING =
      Set.of("forwarded", "via", "x-real-ip", "client-ip", "true-client-ip", "cf-connecting-ip");

  private LocalRequest() {}

  static boolean isLocal(HttpServletRequest request) {
    if (!LOOPBACK.contains(request.getRemoteAddr())) {
      return false;
    }
    for (String name : Collections.list(request.getHeaderNames())) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.startsWith("x-forwarded") || FORWARDING.contains(lower)) {
        return false;
      }
    }
    return true;
  }
}
