package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.jspecify.annotations.Nullable;

/** Jetty with EE 11. */
final class Ee11Upgrade implements ApiUpgrade {
  private final JettyWebSocketServerContainer container;
  private final TransportChoice choice;
  private final String serverInfo;

  Ee11Upgrade(ServletContext context) {
    this(
        JettyWebSocketServerContainer.ensureContainer(context),
        JettyReleases.api("nothing else was asked for", null, context.getServerInfo()),
        context.getServerInfo());
  }

  private Ee11Upgrade(
      JettyWebSocketServerContainer container, TransportChoice choice, String serverInfo) {
    this.container = container;
    this.choice = choice;
    this.serverInfo = serverInfo;
  }

  /** Switches Jetty's WebSocket on. */
  static void switchOn(ServletContext context) {
    new JettyWebSocketServletContainerInitializer().onStartup(Set.of(), context);
  }

  @Override
  public ApiUpgrade because(String why, @Nullable String quicker) {
    return new Ee11Upgrade(container, JettyReleases.api(why, quicker, serverInfo), serverInfo);
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
          answer.setExtensions(
              JettyUpgrade.extensionsOfApi(request, asked.getExtensions(), serverInfo));
          return JettySocket.of(owner);
        },
        request,
        response);
  }
}
