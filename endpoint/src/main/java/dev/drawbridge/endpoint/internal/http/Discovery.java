package dev.drawbridge.endpoint.internal.http;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.connection.Credential;
import dev.drawbridge.endpoint.internal.diagnostics.Diagnostics;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a client needs to know before it connects. Thread-safe. PROTOCOL.md section 2. */
final class Discovery {
  private static final int CONFIG_VERSION = 1;
  private static final int BASE_MS = 500;
  private static final int CAP_DEVELOPMENT_MS = 5_000;
  private static final int CAP_PRODUCTION_MS = 30_000;
  private static final int STABLE_AFTER_MS = 5_000;

  private final EndpointRuntime core;

  Discovery(EndpointRuntime core) {
    this.core = core;
  }

  Map<String, Object> document(HttpServletRequest request) {
    EndpointConfig config = core.config();
    boolean development = config.mode().isDevelopment();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("configVersion", CONFIG_VERSION);
    document.put("mode", config.mode().word());
    document.put("status", core.connections().isDraining() ? "draining" : "ok");
    document.put("path", socket(request.getServletPath()));
    document.put("protocols", List.of(Protocol.NAME));
    Map<String, Object> heartbeat = Protocol.heartbeat(config);
    heartbeat.put("initiator", "server");
    document.put("heartbeat", heartbeat);
    document.put("reconnect", reconnect(development));
    document.put("limits", Protocol.limits(config));
    document.put("auth", auth());
    document.put("diagnose", "diagnose");
    String origin = request.getHeader("Origin");
    if (origin != null) {
      document.put("origin", origin(origin, development, request));
    }
    if (core.runtime().devKey().opens(request)) {
      document.put("devToken", "dev-token");
      document.put("diagnostics", Diagnostics.PATH.substring(1));
    }
    document.put("serverTime", core.clock().millis());
    return document;
  }

  /**
   * The endpoint as a reference relative to this document: behind a proxy that rewrites paths, only
   * the client knows what stands in front (RFC 3986 section 4.2).
   */
  private static String socket(String servletPath) {
    String name = servletPath.substring(servletPath.lastIndexOf('/') + 1);
    return "../" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Map<String, Object> reconnect(boolean development) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("baseMs", BASE_MS);
    map.put("capMs", development ? CAP_DEVELOPMENT_MS : CAP_PRODUCTION_MS);
    map.put("stableAfterMs", STABLE_AFTER_MS);
    return map;
  }

  private Map<String, Object> auth() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("transports", core.authenticator().transports());
    map.put("bearerPrefix", Protocol.BEARER_PREFIX);
    map.put("refreshBeforeMs", Credential.WARNING.toMillis());
    return map;
  }

  /** Only an allowed origin comes here: DevCorsFilter refuses the others, where it is mapped. */
  private static Map<String, Object> origin(
      String received, boolean development, HttpServletRequest request) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("received", received);
    map.put("allowed", true);
    Object policy = request.getServletContext().getAttribute(OriginPolicy.class.getName());
    if (development && policy instanceof OriginPolicy origins) {
      map.put("allowedOrigins", origins.allowed());
    }
    if (development && !DevCorsFilter.hasPassed(request)) {
      map.put(
          "hint",
          "no DevCorsFilter has checked this origin: map it to /* in front of all other filters");
    }
    return map;
  }
}
