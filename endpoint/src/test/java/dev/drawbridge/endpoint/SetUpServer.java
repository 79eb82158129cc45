package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.internal.setup.SetUpWarning;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.testing.CapturedLog;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A context of its own with the endpoint and whatever a test puts around it. */
final class SetUpServer implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Server server = new Server();
  final ServerConnector connector;
  final ServletContextHandler context = new ServletContextHandler();
  private final TestServer.Servlet endpoint = new TestServer.Servlet(builder -> {});
  final ServletHolder servlet = new ServletHolder("endpoint", endpoint);
  private final TestUsers users = new TestUsers();
  private final UserDirectory directory =
      UserDirectory.of(users, UserDirectoryConfig.builder().build());
  private final CapturedLog log = CapturedLog.beside("dev.drawbridge");
  boolean async = true;
  private String page = "http://localhost:3000";

  SetUpServer(String pattern, Consumer<SetUpServer> filters) throws Exception {
    connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    context.setInitParameter("ENVIRONMENT", "development");
    context.setInitParameter("WEBSOCKET_DEV_MODE", "true");
    context.setInitParameter("drawbridge.dev.key", "off");
    context.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
    context.setAttribute(UserSource.class.getName(), users);
    context.setAttribute(UserDirectory.class.getName(), directory);
    JettyWebSocketServletContainerInitializer.configure(context, null);
    servlet.setInitOrder(1);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, pattern);
    filters.accept(this);
    server.setHandler(context);
    server.start();
  }

  static void good(SetUpServer setUp) {
    setUp.filter(DevCorsFilter.class, "/*").filter(JwtHandshakeFilter.class, "/ws/*");
  }

  SetUpServer filter(Class<? extends Filter> type, String pattern) {
    FilterHolder holder = new FilterHolder(type);
    holder.setAsyncSupported(async);
    context.addFilter(holder, pattern, EnumSet.of(DispatcherType.REQUEST));
    return this;
  }

  void production() {
    context.getInitParams().remove("ENVIRONMENT");
    context.getInitParams().remove("WEBSOCKET_DEV_MODE");
    context.setInitParameter("drawbridge.jwt.issuer", TestTokens.ISSUER);
    context.setInitParameter("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    page = "https://app.example.com";
    context.setInitParameter("WEBSOCKET_ALLOWED_ORIGINS", page);
  }

  void proxied(Filter target, String pattern) {
    FilterHolder holder =
        new FilterHolder(
            new Filter() {
              @Override
              public void init(jakarta.servlet.FilterConfig config)
                  throws jakarta.servlet.ServletException {
                target.init(config);
              }

              @Override
              public void doFilter(
                  jakarta.servlet.ServletRequest request,
                  jakarta.servlet.ServletResponse response,
                  jakarta.servlet.FilterChain chain)
                  throws java.io.IOException, jakarta.servlet.ServletException {
                target.doFilter(request, response, chain);
              }

              @Override
              public void destroy() {
                target.destroy();
              }
            });
    holder.setAsyncSupported(true);
    context.addFilter(holder, pattern, EnumSet.of(DispatcherType.REQUEST));
  }

  void named(Class<? extends Filter> type) {
    FilterHolder holder = new FilterHolder(type);
    holder.setAsyncSupported(async);
    context.getServletHandler().addFilter(holder);
    org.eclipse.jetty.ee11.servlet.FilterMapping mapping =
        new org.eclipse.jetty.ee11.servlet.FilterMapping();
    mapping.setFilterName(holder.getName());
    mapping.setServletName("endpoint");
    context.getServletHandler().addFilterMapping(mapping);
  }

  boolean hasIdleTimeout(long millis) {
    return connector.getConnectedEndPoints().stream()
        .anyMatch(end -> end.getIdleTimeout() == millis);
  }

  int port() {
    return connector.getLocalPort();
  }

  RecordingClient client() {
    return client("/ws");
  }

  RecordingClient client(String path) {
    RecordingClient client =
        RecordingClient.connect(
            URI.create("ws://127.0.0.1:" + port() + path),
            options ->
                options
                    .token(TestServer.TOKENS.of("alice"))
                    .subprotocol("drawbridge.v1")
                    .header("Origin", page));
    client.expect("welcome");
    return client;
  }

  List<String> codes() {
    return endpoint.shared().setUp().warnings().stream().map(one -> one.code().word()).toList();
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  List<String> warnings() {
    return endpoint.shared().setUp().warnings().stream().map(SetUpWarning::toString).toList();
  }

  /** Of this class and of those that run beside it. */
  List<String> lines() {
    return log.messages();
  }

  @Override
  public void close() {
    log.close();
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the test server does not stop", e);
    } finally {
      directory.close();
    }
  }
}
