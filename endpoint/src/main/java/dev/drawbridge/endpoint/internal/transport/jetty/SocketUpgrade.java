package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.Offers;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.filters.Settings;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.websocket.api.ExtensionConfig;
import org.slf4j.LoggerFactory;

/**
 * How a request becomes a WebSocket in the Jetty that is there. EE 10 and EE 11 share the WebSocket
 * itself and differ only in the package of the class that upgrades, so all that differs is below
 * this interface. Implementations are immutable.
 */
public interface SocketUpgrade {
  /** Jetty 12 keeps its container there, under an interface that EE 10 and 11 share. */
  String CONTAINER = "org.eclipse.jetty.websocket.api.WebSocketContainer";

  /**
   * Upgrades a request, and gives the socket to the link. What is not acceptable to Jetty it
   * answers itself.
   *
   * @param request checked, and as plain as Jetty wants it
   * @return false if the request is no WebSocket handshake, and nothing was answered
   */
  boolean upgrade(HandshakeRequest request, HttpServletResponse response, ServerConnection link)
      throws IOException;

  /** The same for what an endpoint does and what is set, once both are known. */
  default SocketUpgrade tuned(
      ServletContext context, EndpointDefinition endpoint, Settings settings) {
    return this;
  }

  /** Which way the next connection takes. */
  default TransportChoice transport() {
    return TransportChoice.api("there is no other way with EE 10");
  }

  /**
   * The one for the container of a web application.
   *
   * @throws ServletException if that is not Jetty, or its WebSocket module is off
   */
  static SocketUpgrade in(ServletContext context) throws ServletException {
    refuseOld(context.getServerInfo());
    switchOn(context);
    Object container = context.getAttribute(CONTAINER);
    String type = container == null ? "" : container.getClass().getName();
    if (type.startsWith("org.eclipse.jetty.ee11.")) {
      return new Ee11Upgrade(context);
    }
    if (type.startsWith("org.eclipse.jetty.ee10.")) {
      return new Ee10Upgrade(context);
    }
    if (context.getServerInfo().startsWith("jetty/")) {
      throw new ServletException(
          "Jetty's WebSocket module is off: add the module ee11-websocket-jetty (or ee10-...), or"
              + " call JettyWebSocketServletContainerInitializer.configure(context, null) in an"
              + " embedded server: "
              + context.getServerInfo());
    }
    throw new ServletException(
        "the endpoint needs Jetty 12.0.7 or newer with EE 10, or 12.1 with EE 10 or EE 11; the filters run here,"
            + " with a WebSocket of the container behind them: "
            + context.getServerInfo());
  }

  /** At most nine digits each, so that each is an int. */
  Pattern JETTY = Pattern.compile("jetty/(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})");

  /** The oldest release whose WebSockets stay open. */
  List<Integer> OLDEST = List.of(12, 0, 7);

  /**
   * Refuses releases of Jetty that would start and then lose connections: up to 12.0.6, once some
   * have ended, the first frame of a new one may fail with a ClosedChannelException.
   *
   * @param serverInfo {@code jetty/12.0.5}, or the name of another container
   * @throws ServletException with the version that is there and the one that is needed
   */
  static void refuseOld(String serverInfo) throws ServletException {
    if (isBefore(serverInfo, OLDEST)) {
      throw new ServletException(
          "the endpoint needs Jetty 12.0.7 or newer, earlier ones cut new WebSockets: "
              + serverInfo);
    }
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

  /**
   * Switches Jetty's WebSocket on in an embedded server, where nobody has; elsewhere the container
   * does so itself, or hides the classes.
   */
  private static void switchOn(ServletContext context) {
    if (context.getAttribute(CONTAINER) != null) {
      return;
    }
    String type = context.getClass().getName();
    try {
      if (type.startsWith("org.eclipse.jetty.ee11.")) {
        Ee11Upgrade.switchOn(context);
      } else if (type.startsWith("org.eclipse.jetty.ee10.")) {
        Ee10Upgrade.switchOn(context);
      }
    } catch (LinkageError e) {
      LoggerFactory.getLogger(SocketUpgrade.class)
          .debug("Jetty's WebSocket is not on the class path; the endpoint will say so", e);
    }
  }

  /**
   * Our half of compression is without a context that each connection would hold for its whole
   * life: a quarter of a megabyte outside of the heap. The client's half keeps its own, about 40
   * KB: else Jetty throws it away at every control frame, also at one between the fragments of a
   * message.
   *
   * @param request decides whether there is any
   * @param offers as Jetty has read them: of the request, or, in its older releases, of what is
   *     below it
   */
  static List<ExtensionConfig> extensions(HandshakeRequest request, List<ExtensionConfig> offers) {
    List<ExtensionConfig> accepted =
        offers.stream()
            .filter(offer -> request.takesDeflate())
            .filter(offer -> offer.getName().equals(Offers.DEFLATE))
            .filter(
                offer ->
                    Boolean.TRUE.equals(
                        Offers.offersDeflate(List.of(offer.getParameterizedName()))))
            .limit(1)
            .toList();
    accepted.forEach(offer -> offer.setParameter("server_no_context_takeover"));
    return accepted;
  }
}
