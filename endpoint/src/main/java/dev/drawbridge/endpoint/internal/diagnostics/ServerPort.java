package dev.drawbridge.endpoint.internal.diagnostics;

import jakarta.servlet.ServletContext;
import java.util.Collection;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An open port of the server that runs a web application. Immutable. Asked by reflection: a WAR
 * does not see the classes of its server, and each kind has others.
 *
 * @param scheme {@code http} or {@code https}
 * @param isLoopbackOnly true when no port of the server takes connections of other machines
 */
record ServerPort(String scheme, int number, boolean isLoopbackOnly) {

  /** A connector that is open. */
  private record Opened(boolean secure, int port, boolean loopback) {}

  /** The port of plain HTTP, else of TLS; null while none is open, and in an unknown server. */
  static @Nullable ServerPort of(ServletContext context) {
    Object server = call(call(call(context, "getContext"), "getContextHandler"), "getServer");
    if (!(call(server, "getConnectors") instanceof Object[] connectors)) {
      return null;
    }
    var opened = Stream.of(connectors).map(ServerPort::opened).filter(Objects::nonNull).toList();
    boolean loopback = opened.stream().allMatch(each -> each == null || each.loopback());
    return Stream.concat(
            opened.stream().filter(each -> each != null && !each.secure()), opened.stream())
        .findFirst()
        .map(each -> new ServerPort(each.secure() ? "https" : "http", each.port(), loopback))
        .orElse(null);
  }

  private static @Nullable Opened opened(Object connector) {
    if (!(call(connector, "getLocalPort") instanceof Integer port) || port <= 0) {
      return null;
    }
    boolean secure =
        call(connector, "getProtocols") instanceof Collection<?> protocols
            && protocols.stream().anyMatch(name -> "ssl".equalsIgnoreCase(String.valueOf(name)));
    return new Opened(
        secure,
        port,
        call(connector, "getHost") instanceof String host && DevLink.isLoopback(host));
  }

  private static @Nullable Object call(@Nullable Object target, String method) {
    try {
      return target == null ? null : target.getClass().getMethod(method).invoke(target);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // Another server, or one that hides it: the first request will tell the port.
      return null;
    }
  }
}
