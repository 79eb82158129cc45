package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;

/** Jetty with EE 10. */
final class Ee10Upgrade implements SocketUpgrade {
  private final JettyWebSocketServerContainer container;

  Ee10Upgrade(ServletContext context) {
    container = JettyWebSocketServerContainer.ensureContainer(context);
  }

  /** Switches Jetty's WebSocket on. */
  static void switchOn(ServletContext context) {
    new JettyWebSocketServletContainerInitializer().onStartup(Set.of(), context);
  }

  @Override
  public boolean upgrade(
      HandshakeRequest request, HttpServletResponse response, ServerConnection link)
      throws IOException {
    return container.upgrade(
        (asked, answer) -> {
          if (asked.getSubProtocols().contains(Protocol.NAME)) {
            answer.setAcceptedSubProtocol(Protocol.NAME);
          }
          answer.setExtensions(SocketUpgrade.extensions(request, asked.getExtensions()));
          return SocketListener.of(link);
        },
        request,
        response);
  }
}
