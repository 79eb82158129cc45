package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.request.Passage;
import dev.drawbridge.filters.request.RequestPath;
import dev.drawbridge.filters.request.UpgradeRequest;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import jakarta.servlet.http.HttpServletRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds handshakes that {@link JwtHandshakeFilter} is mapped to and never saw. The container's own
 * WebSocket upgrades in a filter, and the Servlet API does not tell the order of filters: only that
 * a request has ended, and who has marked it until then. Thread-safe.
 */
final class UpgradeWatch implements ServletRequestListener {
  private static final Logger log = LoggerFactory.getLogger(UpgradeWatch.class);
  private static final String SEEN = UpgradeWatch.class.getName() + ".seen";

  /** Where a container with a WebSocket of its own keeps it (Jakarta WebSocket, section 6.4). */
  private static final String CONTAINER = "jakarta.websocket.server.ServerContainer";

  private final AtomicBoolean told = new AtomicBoolean();
  private final SwallowedHandshakes swallowed = new SwallowedHandshakes();

  private UpgradeWatch() {}

  /** Watches the application's requests, once, where its container lets a filter add a listener. */
  static void start(ServletContext context) {
    if (context.getAttribute(UpgradeWatch.class.getName()) == null) {
      try {
        context.addListener(new UpgradeWatch());
        context.setAttribute(UpgradeWatch.class.getName(), true);
      } catch (IllegalStateException | UnsupportedOperationException e) {
        // Undertow is past that, and has its own WebSocket behind all filters.
        log.debug("handshakes in front of the filters are not watched: {}", e.toString());
      }
    }
  }

  /** The filter has the request. */
  static void seen(ServletRequest request) {
    request.setAttribute(SEEN, true);
  }

  @Override
  public void requestDestroyed(ServletRequestEvent event) {
    if (event.getServletRequest() instanceof HttpServletRequest request
        && UpgradeRequest.isHandshake(request)
        && isMapped(event.getServletContext(), path(request))) {
      over(event.getServletContext(), request);
    }
  }

  private void over(ServletContext context, HttpServletRequest request) {
    Passage passage = Passage.of(request);
    boolean seen = request.getAttribute(SEEN) != null;
    boolean mayBeTaken = passage == null || passage.isUpgrade(request);
    if (!seen && mayBeTaken && !Refusal.isSent(request)) {
      taken(context, request);
    }
    swallowed.over(context, request, path(request), seen);
  }

  private void taken(ServletContext context, HttpServletRequest request) {
    if (context.getAttribute(CONTAINER) != null && told.compareAndSet(false, true)) {
      log.error(
          "a handshake of {} was answered before it came to JwtHandshakeFilter, which is mapped to"
              + " it: unless another filter or the container's login refused it, the container's"
              + " own WebSocket let it in without a token. Fix: register the filters in web.xml or"
              + " by DrawbridgeFilters.install; in Jetty, also declare its WebSocketUpgradeFilter"
              + " behind them",
          Refusals.shown(RequestPath.of(request)));
    }
  }

  private static String path(HttpServletRequest request) {
    String rest = request.getPathInfo();
    return rest == null ? request.getServletPath() : request.getServletPath() + rest;
  }

  private static boolean isMapped(ServletContext context, String path) {
    for (FilterRegistration filter : context.getFilterRegistrations().values()) {
      if (JwtHandshakeFilter.class.getName().equals(filter.getClassName())
          && filter.getUrlPatternMappings().stream().anyMatch(at -> matches(at, path))) {
        return true;
      }
    }
    return false;
  }

  /** Servlet specification, section 12.2. */
  static boolean matches(String pattern, String path) {
    if (pattern.endsWith("/*")) {
      String prefix = pattern.substring(0, pattern.length() - 2);
      return path.equals(prefix) || path.startsWith(prefix + "/");
    }
    return pattern.startsWith("*.") ? path.endsWith(pattern.substring(1)) : pattern.equals(path);
  }
}
