package com.example.oidc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.filters.DrawbridgeFilters;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The application: its page, and a WebSocket for who has logged in at the provider. */
final class ShopServer implements AutoCloseable {
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);

  /** Takes a free port, and does not serve yet. */
  ShopServer() throws IOException {
    connector.setHost("localhost");
    server.addConnector(connector);
    connector.open();
  }

  String origin() {
    return "http://localhost:" + connector.getLocalPort();
  }

  /**
   * Starts with the settings of the README, for an issuer on this machine.
   *
   * @param issuer of whom it takes tokens
   */
  ShopServer start(String issuer) throws Exception {
    ServletContextHandler context = new ServletContextHandler("/");
    Map.of(
            "ENVIRONMENT", "production",
            "WEBSOCKET_ALLOWED_ORIGINS", origin(),
            "DRAWBRIDGE_JWT_ALLOW_HTTP", "true",
            "DRAWBRIDGE_JWT_ISSUER", issuer,
            "DRAWBRIDGE_JWT_AUDIENCE", LoginServer.CLIENT,
            "DRAWBRIDGE_JWT_ROLES_CLAIM", "/roles",
            "DRAWBRIDGE_ROLES", "token",
            "DRAWBRIDGE_USERS", "token")
        .forEach(context::setInitParameter);
    context.addEventListener(
        new ServletContextListener() {
          @Override
          public void contextInitialized(ServletContextEvent event) {
            DrawbridgeFilters.install(event.getServletContext(), "/ws", "/ws/diagnose");
          }
        });
    JettyWebSocketServletContainerInitializer.configure(context, null);
    ServletHolder echo = new ServletHolder("echo", new EchoServlet());
    echo.setInitOrder(1);
    context.addServlet(echo, "/ws/*");
    context.addServlet(new ServletHolder("page", new PageServlet(issuer)), "/");
    server.setHandler(context);
    server.start();
    return this;
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends back what it gets. */
  private static final class EchoServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("echo", JsonNode.class, (message, connection) -> message);
    }
  }

  /** The page and what it must know. */
  private static final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final String issuer;

    PageServlet(String issuer) {
      this.issuer = issuer;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      if (request.getRequestURI().equals("/settings.json")) {
        response.setContentType("application/json");
        response
            .getWriter()
            .print("{\"issuer\":\"" + issuer + "\",\"client\":\"" + LoginServer.CLIENT + "\"}");
        return;
      }
      response.setContentType("text/html;charset=utf-8");
      try (InputStream page = ShopServer.class.getResourceAsStream("/page/index.html")) {
        Objects.requireNonNull(page).transferTo(response.getOutputStream());
      }
    }
  }
}
