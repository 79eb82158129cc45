package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.Offers;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.util.List;
import org.eclipse.jetty.websocket.api.ExtensionConfig;
import org.slf4j.LoggerFactory;

/**
 * Finds the Jetty that is there, and says what all its ways have in common. EE 10 and EE 11 share
 * the WebSocket itself and differ only in the package of the class that upgrades. Stateless.
 */
public final class JettyUpgrade {
  private JettyUpgrade() {}

  /**
   * The one for the container of a web application.
   *
   * @throws ServletException if that is not Jetty, or its WebSocket module is off
   */
  public static SocketUpgrade in(ServletContext context) throws ServletException {
    JettyReleases.refuseOld(context.getServerInfo());
    switchOn(context);
    Object container = context.getAttribute(JettyReleases.CONTAINER);
    String type = container == null ? "" : container.getClass().getName();
    if (type.startsWith(JettyReleases.EE11)) {
      return new Ee11Upgrade(context);
    }
    if (type.startsWith(JettyReleases.EE10)) {
      return new Ee10Upgrade(context);
    }
    throw new ServletException(
        "Jetty's WebSocket module is off, or of another EE than 10 and 11: add the module"
            + " ee11-websocket-jetty (or ee10-...), or call"
            + " JettyWebSocketServletContainerInitializer.configure(context, null) in an embedded"
            + " server: "
            + context.getServerInfo());
  }

  /**
   * Switches Jetty's WebSocket on in an embedded server, where nobody has; elsewhere the container
   * does so itself, or hides the classes.
   */
  private static void switchOn(ServletContext context) {
    if (context.getAttribute(JettyReleases.CONTAINER) != null) {
      return;
    }
    String type = context.getClass().getName();
    try {
      if (type.startsWith(JettyReleases.EE11)) {
        Ee11Upgrade.switchOn(context);
      } else if (type.startsWith(JettyReleases.EE10)) {
        Ee10Upgrade.switchOn(context);
      }
    } catch (LinkageError e) {
      LoggerFactory.getLogger(JettyUpgrade.class)
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
  public static List<ExtensionConfig> extensions(
      HandshakeRequest request, List<ExtensionConfig> offers) {
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

  /** The same by Jetty's API: none in a release that loses connections by compression there. */
  static List<ExtensionConfig> extensionsOfApi(
      HandshakeRequest request, List<ExtensionConfig> offers, String serverInfo) {
    return JettyReleases.losesEarlyFrames(serverInfo) ? List.of() : extensions(request, offers);
  }
}
