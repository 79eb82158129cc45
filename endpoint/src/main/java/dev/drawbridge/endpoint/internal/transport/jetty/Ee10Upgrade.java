package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;

/** Jetty with EE 10. */
final class Ee10Upgrade implements SocketUpgrade {
  private final JettyWebSocketServerContainer container;
  private final TransportChoice choice;

  Ee10Upgrade(ServletContext context) {
    container = JettyWebSocketServerContainer.ensureContainer(context);
    choice = JettyReleases.api("there is no other way with EE 10", context.getServerInfo());
  }

  /** Switches Jetty's WebSocket on. */
  static void switchOn(ServletContext context) {
    new JettyWebSocketServletContainerInitializer().onStartup(Set.of(), context);
  }

  @Override
  public TransportChoice transport() {
    return choice;
  }

  @Override
  public boolean upgrade(
      HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
      throws IOException {
    return container.upgrade(
        (asked, answer) -> {
          if (asked.getSubProtocols().contains(Protocol.NAME)) {
            answer.setAcceptedSubProtocol(Protocol.NAME);
          }
          answer.setExtensions(JettyUpgrade.extensions(request, asked.getExtensions()));
          return JettySocket.of(owner);
        },
        request,
        response);
  }
}
