package dev.drawbridge.filters.testing;

import dev.drawbridge.filters.cors.CorsCounters;
import dev.drawbridge.filters.cors.DevCorsFilter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.annotations.OnWebSocketError;
import org.eclipse.jetty.websocket.api.annotations.OnWebSocketMessage;
import org.eclipse.jetty.websocket.api.annotations.WebSocket;

/**
 * A real Jetty, HTTP/1.1 and HTTP/2 in clear text on one port, with the filter in front of an
 * application at {@code /api} and a WebSocket at {@code /ws}.
 */
public final class CorsServer implements AutoCloseable {
  public static final Map<String, String> DEV =
      Map.of(
          "ENVIRONMENT", "development",
          "WEBSOCKET_DEV_MODE", "true",
          "DEV_WEBSOCKET_ORIGINS", "https://app.example.com");

  public static final Map<String, String> PRODUCTION =
      Map.of(
          "WEBSOCKET_ALLOWED_ORIGINS", "https://app.example.com, https://*.example.org",
          "DEV_WEBSOCKET_ORIGINS", "http://localhost:3000");

  /** What came through to the application: method and path. */
  public final List<String> seen = new CopyOnWriteArrayList<>();

  private final Server server = new Server();
  private final ServletContextHandler context = new ServletContextHandler("/");
  private final ServerConnector connector;

  private CorsServer(Map<String, String> settings, EnumSet<DispatcherType> dispatches) {
    HttpConfiguration http = new HttpConfiguration();
    connector =
        new ServerConnector(
            server,
            new HttpConnectionFactory(http),
            withConnectProtocol(new HTTP2CServerConnectionFactory(http)));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    settings.forEach(context::setInitParameter);
    FilterHolder filter = new FilterHolder(new DevCorsFilter());
    filter.setAsyncSupported(true);
    context.addFilter(filter, "/*", dispatches);
    JettyWebSocketServletContainerInitializer.configure(context, null);
    ServletHolder api = new ServletHolder(new Api());
    api.setAsyncSupported(true);
    context.addServlet(api, "/api/*");
    context.addServlet(new ServletHolder(new Echo()), "/ws/*");
    server.setHandler(context);
  }

  private static HTTP2CServerConnectionFactory withConnectProtocol(
      HTTP2CServerConnectionFactory factory) {
    factory.setConnectProtocolEnabled(true);
    return factory;
  }

  public static CorsServer start(Map<String, String> settings) throws Exception {
    return start(settings, context -> {});
  }

  public static CorsServer start(Map<String, String> settings, Consumer<ServletContextHandler> more)
      throws Exception {
    return start(settings, EnumSet.of(DispatcherType.REQUEST), more);
  }

  public static CorsServer start(
      Map<String, String> settings,
      EnumSet<DispatcherType> dispatches,
      Consumer<ServletContextHandler> more)
      throws Exception {
    CorsServer server = new CorsServer(settings, dispatches);
    more.accept(server.context);
    server.server.start();
    return server;
  }

  public int port() {
    return connector.getLocalPort();
  }

  public ServletContextHandler context() {
    return context;
  }

  public Server server() {
    return server;
  }

  public CorsCounters counters() {
    return (CorsCounters) context.getServletContext().getAttribute(CorsCounters.class.getName());
  }

  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IOException("the server does not stop", e);
    }
  }

  /** The existing application: knows nothing of the filter. */
  private final class Api extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException {
      seen.add(request.getMethod() + " " + request.getRequestURI());
      switch (request.getPathInfo()) {
        case "/denied" -> response.sendError(401);
        case "/throw" -> throw new IllegalStateException("broken on purpose");
        case "/forward" -> request.getRequestDispatcher("/api/ok").forward(request, response);
        case "/async" -> {
          AsyncContext async = request.startAsync();
          async.start(() -> async.dispatch("/api/ok"));
        }
        case "/reset" -> {
          response.setHeader("X-Before", "reset");
          response.reset();
          ok(response);
        }
        case "/own" -> {
          response.setHeader("Access-Control-Allow-Origin", "*");
          response.addHeader("access-control-allow-origin", "https://evil.com");
          response.addHeader("Access-Control-Allow-Credentials", "false");
          response.addHeader("Access-Control-Expose-Headers", "X-Own, x-request-id");
          response.addHeader("Vary", "Accept-Encoding, origin");
          response.addHeader("Vary", "Accept");
          ok(response);
        }
        case "/vary" -> {
          response.setHeader("Vary", "Cookie");
          ok(response);
        }
        default -> ok(response);
      }
    }

    private void ok(HttpServletResponse response) throws IOException {
      response.setContentType("text/plain");
      response.getWriter().write("ok");
    }
  }

  /** A WebSocket that sends back what it gets. */
  private final class Echo extends JettyWebSocketServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(JettyWebSocketServletFactory factory) {
      factory.setCreator(
          (request, response) -> {
            seen.add("WebSocket " + request.getRequestPath());
            return new EchoSocket();
          });
    }
  }

  /** Public for Jetty's method handles. */
  @WebSocket
  public static final class EchoSocket {
    @OnWebSocketMessage
    public void onText(Session session, String text) {
      session.sendText(text, Callback.NOOP);
    }

    /** Clients of the tests hang up without a close frame. */
    @OnWebSocketError
    public void onError(Throwable cause) {}
  }
}
