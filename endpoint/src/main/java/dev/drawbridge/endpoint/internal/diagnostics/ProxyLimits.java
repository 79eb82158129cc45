package dev.drawbridge.endpoint.internal.diagnostics;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Time limits that proxies have when nobody has set others. Stateless. */
final class ProxyLimits {
  /** By seconds. */
  private static final Map<Long, String> KNOWN =
      Map.of(
          30L, "the default of Google Cloud's load balancer, and of many Java servers",
          50L, "the idle limit of HAProxy's usual example",
          55L, "the idle limit of Heroku's router",
          60L, "the default of nginx (proxy_read_timeout), Apache and AWS ALB",
          100L, "the idle limit of Cloudflare",
          240L, "the idle limit of Azure's load balancer",
          300L, "the default of Envoy's stream_idle_timeout",
          350L, "the idle limit of AWS NLB");

  private static final Map<Long, String> SNIPPETS =
      Map.of(
          30L,
          "gcloud compute backend-services update NAME --timeout=3600s",
          50L,
          "# HAProxy, in defaults or the backend\ntimeout tunnel 1h",
          60L,
          "# nginx, in the location of the WebSocket\n"
              + "proxy_read_timeout 3600s;\nproxy_send_timeout 3600s;",
          300L,
          "# Envoy, in the route\ntimeout: 0s\nidle_timeout: 3600s");

  private ProxyLimits() {}

  /** Whose limit it looks like, as the end of a sentence; empty when nobody's. */
  static String whose(long seconds) {
    Long known = nearest(seconds);
    return known == null ? "" : "; " + known + " s is " + KNOWN.get(known);
  }

  static @Nullable String paste(long seconds) {
    Long known = nearest(seconds);
    return known == null ? null : SNIPPETS.get(known);
  }

  private static @Nullable Long nearest(long seconds) {
    for (long off : new long[] {0, -1, 1}) {
      if (KNOWN.containsKey(seconds + off)) {
        return seconds + off;
      }
    }
    return null;
  }
}
