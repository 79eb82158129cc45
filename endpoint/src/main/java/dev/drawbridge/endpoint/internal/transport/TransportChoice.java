package dev.drawbridge.endpoint.internal.transport;

import dev.drawbridge.endpoint.internal.transport.jetty.SocketUpgrade;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which way frames take through Jetty. Immutable.
 *
 * @param way {@code jetty-direct} or {@code jetty-api}
 * @param why a phrase
 */
public record TransportChoice(String way, String why) {
  private static final String API = "jetty-api";

  /** The first release that answers a CONNECT without a length (RFC 9110 section 9.3.6). */
  private static final List<Integer> PLAIN_CONNECT = List.of(12, 1, 10);

  public static TransportChoice direct() {
    return new TransportChoice(
        "jetty-direct", "Jetty shows its own classes, as in an embedded server");
  }

  public static TransportChoice api(String why) {
    return new TransportChoice(API, why);
  }

  /**
   * What this way cannot do in a release of Jetty, and what helps; null when nothing is known.
   *
   * @param serverInfo {@code jetty/12.1.5}
   */
  public @Nullable String weaker(String serverInfo) {
    return way.equals(API) && SocketUpgrade.isBefore(serverInfo, PLAIN_CONNECT)
        ? "over HTTP/2 this Jetty answers a WebSocket with Content-Length: 0, which some proxies take"
            + " for its end: let the proxy speak HTTP/1.1 to the server, or use Jetty 12.1.10"
        : null;
  }

  @Override
  public String toString() {
    return way + ": " + why;
  }
}
