package dev.drawbridge.endpoint.internal.setup;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks, when the endpoint starts, for what will break its handshakes. Sees what the Servlet API
 * shows: mappings, but neither the order of filters nor their dispatcher types, which {@link
 * SetUpWatch} learns from requests. Stateless.
 */
public final class SetUpCheck {
  private static final String ALL = "/*";

  /** The routes that another servlet could take away. */
  private static final Set<String> ROUTES = Set.of("", "/config", "/diagnose", "/health");

  private final ServletContext context;
  private final String servlet;
  private final EndpointConfig config;
  private final List<SetUpWarning> warnings = new ArrayList<>();

  private SetUpCheck(ServletConfig servletConfig, EndpointConfig config) {
    this.context = servletConfig.getServletContext();
    this.servlet = servletConfig.getServletName();
    this.config = config;
  }

  /** What is wrong, as far as it can be known; empty when all is well. */
  public static List<SetUpWarning> warnings(ServletConfig servletConfig, EndpointConfig config) {
    SetUpCheck check = new SetUpCheck(servletConfig, config);
    ServletRegistration registration;
    try {
      registration = check.context.getServletRegistration(check.servlet);
    } catch (UnsupportedOperationException e) {
      // Servlet 4.4: a context that was restricted shows nothing.
      return List.of();
    }
    if (registration != null) {
      registration.getMappings().forEach(check::mapping);
      check.idleTimeout(servletConfig.getInitParameter("idleTimeout"));
    }
    return List.copyOf(check.warnings);
  }

  private void warn(SetUpWarning.Code code, String fix, String what, Object... values) {
    warnings.add(new SetUpWarning(code, String.format(what, values), fix));
  }

  private void mapping(String pattern) {
    if (!pattern.endsWith(ALL) || pattern.equals(ALL)) {
      warn(
          SetUpWarning.Code.ROUTES_MISSING,
          "<url-pattern>" + (pattern.equals(ALL) ? "/ws" : pattern) + "/*</url-pattern>",
          "servlet %s is mapped to %s and serves no route beside it, so clients find neither"
              + " discovery nor diagnosis",
          servlet,
          pattern);
      return;
    }
    String path = pattern.substring(0, pattern.length() - ALL.length());
    filters(path);
    shadows(path);
    String bypass = WebSocketMappings.of(context).mappedTo(path);
    if (bypass != null) {
      warn(
          SetUpWarning.Code.FILTERS_BYPASSED,
          "remove that endpoint or give it another path",
          "a WebSocket endpoint of the container is mapped to %s and takes the handshakes of %s"
              + " before every filter, so nobody checks origin and token there",
          bypass,
          path);
    }
  }

  private void filters(String path) {
    boolean socket = isFiltered(JwtHandshakeFilter.class, path);
    if (!socket) {
      warn(
          SetUpWarning.Code.TOKEN_FILTER_MISSING,
          filterMapping("jwt", path),
          "no JwtHandshakeFilter is mapped to %s, so every handshake is answered 500"
              + " handshake_filter_missing",
          path);
    } else if (!isFiltered(JwtHandshakeFilter.class, path + "/diagnose")) {
      warn(
          SetUpWarning.Code.DIAGNOSE_FILTER_MISSING,
          filterMapping("jwt", path + "/diagnose"),
          "no JwtHandshakeFilter is mapped to %s/diagnose, so clients cannot ask why they were"
              + " refused",
          path);
    }
    if (!isFiltered(DevCorsFilter.class, path)) {
      warn(
          SetUpWarning.Code.ORIGIN_FILTER_MISSING,
          filterMapping("cors", "/*"),
          "no DevCorsFilter is mapped to %s, so pages of every origin may connect",
          path);
    } else if (!isFiltered(DevCorsFilter.class, path + "/config")) {
      warn(
          SetUpWarning.Code.CONFIG_FILTER_MISSING,
          filterMapping("cors", "/*"),
          "no DevCorsFilter is mapped to %s/config, so pages of other origins cannot read it",
          path);
    }
  }

  private static String filterMapping(String name, String pattern) {
    return "<filter-mapping><filter-name>"
        + name
        + "</filter-name><url-pattern>"
        + pattern
        + "</url-pattern></filter-mapping>";
  }

  private boolean isFiltered(Class<?> filter, String path) {
    for (FilterRegistration registration : context.getFilterRegistrations().values()) {
      if (filter.getName().equals(registration.getClassName())
          && (registration.getUrlPatternMappings().stream().anyMatch(at -> matches(at, path))
              || names(registration.getServletNameMappings()))) {
        return true;
      }
    }
    return false;
  }

  private boolean names(Collection<String> servlets) {
    return servlets.contains(servlet) || servlets.contains("*");
  }

  /** Servlet specification, section 12.2. */
  private static boolean matches(String pattern, String path) {
    if (pattern.endsWith(ALL)) {
      String prefix = pattern.substring(0, pattern.length() - ALL.length());
      return path.equals(prefix) || path.startsWith(prefix + "/");
    }
    return pattern.equals(path) || pattern.equals("/");
  }

  private void shadows(String path) {
    for (ServletRegistration other : context.getServletRegistrations().values()) {
      if (other.getName().equals(servlet)) {
        continue;
      }
      for (String pattern : other.getMappings()) {
        if (ROUTES.stream().anyMatch(route -> takes(pattern, path, route))) {
          warn(
              SetUpWarning.Code.PATH_SHADOWED,
              "give servlet " + other.getName() + " another <url-pattern>",
              "servlet %s is mapped to %s and takes requests that servlet %s at %s/* should have",
              other.getName(),
              pattern,
              servlet,
              path);
        }
      }
    }
  }

  /** An exact pattern wins over ours, and so does a longer prefix. */
  private static boolean takes(String pattern, String path, String route) {
    if (pattern.endsWith(ALL)) {
      String prefix = pattern.substring(0, pattern.length() - ALL.length());
      return prefix.length() > path.length() && matches(pattern, path + route);
    }
    return pattern.equals(path + route);
  }

  /** Jetty's own parameter, in milliseconds; ours comes after it. */
  private void idleTimeout(@Nullable String text) {
    if (text != null) {
      warn(
          SetUpWarning.Code.IDLE_TIMEOUT_IGNORED,
          "remove <init-param> idleTimeout and set DRAWBRIDGE_HEARTBEAT_INTERVAL instead",
          "init-param idleTimeout of servlet %s is without effect: the heartbeat of %d s sets the"
              + " idle time-out to %d s",
          servlet,
          config.heartbeatInterval().toSeconds(),
          config.idleTimeout().toSeconds());
    }
  }
}
