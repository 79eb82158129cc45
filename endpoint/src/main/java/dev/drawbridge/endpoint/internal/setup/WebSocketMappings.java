package dev.drawbridge.endpoint.internal.setup;

import jakarta.servlet.ServletContext;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The endpoints that were mapped with the container itself: {@code
 * JettyWebSocketServerContainer.addMapping} and {@code @ServerEndpoint}. By reflection, because
 * Jetty hides its class from web applications; what cannot be seen counts as absent.
 */
final class WebSocketMappings {
  private static final Logger log = LoggerFactory.getLogger(WebSocketMappings.class);

  /** Where Jetty keeps them. */
  private static final String ATTRIBUTE =
      "org.eclipse.jetty.websocket.core.server.WebSocketMappings";

  private final @Nullable Object mappings;

  private WebSocketMappings(@Nullable Object mappings) {
    this.mappings = mappings;
  }

  static WebSocketMappings of(ServletContext context) {
    return new WebSocketMappings(context.getAttribute(ATTRIBUTE));
  }

  /** The pattern by which a path goes to such an endpoint; null when it does not. */
  @Nullable String mappedTo(String path) {
    if (mappings == null) {
      return null;
    }
    String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    for (String pattern : List.of(path, "uri-template|" + path, path + "/*", parent + "/*", "/*")) {
      if (has(mappings, pattern)) {
        return pattern.substring(pattern.indexOf('|') + 1);
      }
    }
    return null;
  }

  private static boolean has(Object mappings, String pattern) {
    try {
      Class<?> type = mappings.getClass();
      Method parse = type.getMethod("parsePathSpec", String.class);
      Method find = type.getMethod("getWebSocketNegotiator", parse.getReturnType());
      return find.invoke(mappings, parse.invoke(null, pattern)) != null;
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("the container's mappings cannot be read", e);
      return false;
    }
  }
}
