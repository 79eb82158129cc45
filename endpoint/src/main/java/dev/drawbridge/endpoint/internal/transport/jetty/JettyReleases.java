package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.transport.Traits;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The ways through Jetty, and what is known of its releases. Stateless. */
public final class JettyReleases {
  /** The first release that answers a CONNECT without a length (RFC 9110 section 9.3.6). */
  private static final List<Integer> PLAIN_CONNECT = List.of(12, 1, 10);

  /**
   * The first release since {@link #DIRECT} whose compression gives a frame to its listener only
   * when that asks for one; before, a frame that comes early ends the connection with 1011.
   */
  private static final List<Integer> PATIENT_COMPRESSION = List.of(12, 1, 10);

  /** The first release with its own classes as they are used here. */
  private static final List<Integer> DIRECT = List.of(12, 1, 0);

  /** At most nine digits each, so that each is an int. */
  private static final Pattern JETTY =
      Pattern.compile("jetty/(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})");

  /** Jetty 12 keeps its container there, under an interface that EE 10 and 11 share. */
  static final String CONTAINER = "org.eclipse.jetty.websocket.api.WebSocketContainer";

  /** Where classes of Jetty for EE 11 begin. */
  static final String EE11 = "org.eclipse.jetty.ee11.";

  /** Where those for EE 10 begin. */
  static final String EE10 = "org.eclipse.jetty.ee10.";

  /** The oldest release whose WebSockets stay open. */
  private static final List<Integer> OLDEST = List.of(12, 0, 7);

  /**
   * Refuses releases of Jetty that would start and then lose connections: up to 12.0.6, once some
   * have ended, the first frame of a new one may fail with a ClosedChannelException.
   *
   * @param serverInfo {@code jetty/12.0.5}, or the name of another container
   * @throws ServletException with the version that is there and the one that is needed
   */
  public static void refuseOld(String serverInfo) throws ServletException {
    if (isBefore(serverInfo, OLDEST)) {
      throw new ServletException(
          "the endpoint needs Jetty 12.0.7 or newer, earlier ones cut new WebSockets: "
              + serverInfo);
    }
  }

  /** True in Jetty, also where it does not say its name. */
  public static boolean isJetty(ServletContext context) {
    return context.getServerInfo().startsWith("jetty/")
        || context.getAttribute(CONTAINER) != null
        || context.getClass().getName().startsWith("org.eclipse.jetty.");
  }

  /** True if Jetty's WebSockets of this web application are those of EE 11. */
  public static boolean isEe11(ServletContext context) {
    Object container = context.getAttribute(CONTAINER);
    return container != null && container.getClass().getName().startsWith(EE11);
  }

  /**
   * Whether a release of Jetty is older than another; false for what is no Jetty.
   *
   * @param serverInfo {@code jetty/12.0.5}, or the name of another container
   * @param release its three numbers
   */
  static boolean isBefore(String serverInfo, List<Integer> release) {
    Matcher version = JETTY.matcher(serverInfo);
    if (!version.lookingAt()) {
      return false;
    }
    for (int i = 0; i < release.size(); i++) {
      int difference = Integer.parseInt(version.group(i + 1)) - release.get(i);
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  private JettyReleases() {}

  /** The way of Jetty's own classes. */
  public static TransportChoice direct() {
    return new TransportChoice(Traits.JETTY_DIRECT, "Jetty shows its own classes", null, null);
  }

  /** True for a release with the fault that {@link #PATIENT_COMPRESSION} has not. */
  public static boolean losesEarlyFrames(String serverInfo) {
    return !isBefore(serverInfo, DIRECT) && isBefore(serverInfo, PATIENT_COMPRESSION);
  }

  /** True for a release whose own classes are those that are known here. */
  public static boolean hasDirectWay(String serverInfo) {
    return !isBefore(serverInfo, DIRECT);
  }

  /**
   * The way of Jetty's API for applications.
   *
   * @param quicker what to do to get the quicker way; null when somebody has asked for this one
   * @param serverInfo {@code jetty/12.1.5}
   */
  public static TransportChoice api(String why, @Nullable String quicker, String serverInfo) {
    String weaker =
        isBefore(serverInfo, PLAIN_CONNECT)
            ? "over HTTP/2 this Jetty answers a WebSocket with Content-Length: 0, which some proxies take"
                + " for its end: let the proxy speak HTTP/1.1 to the server, or use Jetty 12.1.10"
            : null;
    return new TransportChoice(Traits.JETTY_API, why, weaker, quicker);
  }
}
