package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.DirectUpgrade;
import dev.drawbridge.filters.Setting;
import dev.drawbridge.filters.Settings;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Jetty with EE 11. */
public final class Ee11Upgrade implements SocketUpgrade {
  private static final Logger log = LoggerFactory.getLogger(Ee11Upgrade.class);

  private final JettyWebSocketServerContainer container;

  /** Written once, at the start. */
  private volatile TransportChoice transport = TransportChoice.api("nothing else was asked for");

  Ee11Upgrade(ServletContext context) {
    container = JettyWebSocketServerContainer.ensureContainer(context);
  }

  /** Switches Jetty's WebSocket on. */
  static void switchOn(ServletContext context) {
    new JettyWebSocketServletContainerInitializer().onStartup(Set.of(), context);
  }

  @Override
  public SocketUpgrade tuned(
      ServletContext context, EndpointDefinition endpoint, Settings settings) {
    String wanted = settings.string(Setting.TRANSPORT);
    if ("jetty-api".equals(wanted)) {
      transport = TransportChoice.api(Setting.TRANSPORT.variable() + "=" + wanted);
      return this;
    }
    try {
      return new DirectUpgrade(context, !endpoint.readsWithoutBlocking(), this);
    } catch (LinkageError | RuntimeException e) {
      // A WAR sees none of Jetty's own classes, or a copy of its own; the API works there, too.
      log.debug("Jetty's own classes are not in sight, so its API for applications is used", e);
      transport =
          TransportChoice.api("Jetty's own classes are not in sight, as in a web application");
      return this;
    }
  }

  @Override
  public TransportChoice transport() {
    return transport;
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
