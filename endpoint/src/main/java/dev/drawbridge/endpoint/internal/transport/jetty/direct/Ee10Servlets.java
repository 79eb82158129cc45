package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.websocket.api.Configurable;
import org.eclipse.jetty.websocket.api.WebSocketContainer;

/** Servlets of EE 10. */
final class Ee10Servlets implements Servlets {
  private final ContextHandler context;
  private final JettyWebSocketServerContainer container;

  Ee10Servlets(ServletContext context) {
    this.context = ServletContextHandler.getServletContextHandler(context);
    this.container = JettyWebSocketServerContainer.ensureContainer(context);
  }

  @Override
  public ContextHandler context() {
    return context;
  }

  @Override
  public WebSocketContainer container() {
    return container;
  }

  @Override
  public Configurable limits() {
    return container;
  }

  @Override
  public Request request(ServletRequest request) {
    return ServletContextRequest.getServletContextRequest(request);
  }

  @Override
  public Response response(Request request) {
    return ((ServletContextRequest) request).getServletContextResponse();
  }
}
