package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.internal.diagnostics.Diagnostics;
import dev.drawbridge.endpoint.internal.server.ConnectionIndex;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * A real Jetty on a free port with the real filter and an endpoint of the test's own; another
 * container where {@link TestContainer#PROPERTY} names it.
 */
final class TestServer implements AutoCloseable {
  static final TestTokens TOKENS = new TestTokens();

  /** Opens drain and metrics where the test has set it. */
  static final String MANAGEMENT = "operator-4b7d2e9c5a1f8036";

  // Version 1.1: else the JDK offers an upgrade to HTTP/2 with each request.
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Server server = new Server();
  private final ServerConnector connector;
  private final ServletContextHandler context;
  private final TestContainer other = TestContainer.named();
  private final Setup setup;
  private final TestUsers users;
  private final UserDirectory directory;
  private final Servlet servlet;

  /** What a test varies. */
  static final class Setup {
    private final Map<String, String> parameters = new LinkedHashMap<>();
    private final Map<String, Object> attributes = new LinkedHashMap<>();
    private final TestUsers users = new TestUsers();
    private Consumer<Endpoint.Builder> endpoint = builder -> {};
    private UserDirectory directory;
    private String contextPath = "/";
    private Clock clock = Clock.systemUTC();
    private boolean filter = true;
    private boolean cors;
    private int selectors = -1;
    private Duration httpIdle = Duration.ofSeconds(30);
    private String host = "127.0.0.1";
    private final List<String> guarded = new ArrayList<>(List.of("/ws", "/ws/diagnose"));

    private Setup() {
      parameters.put("ENVIRONMENT", "development");
      parameters.put("WEBSOCKET_DEV_MODE", "true");
      parameters.put("drawbridge.jwt.secret", TestTokens.SECRET);
    }

    Setup set(String property, String value) {
      parameters.put(property, value);
      return this;
    }

    Setup unset(String property) {
      parameters.remove(property);
      return this;
    }

    Setup production() {
      parameters.remove("ENVIRONMENT");
      parameters.remove("WEBSOCKET_DEV_MODE");
      return set("drawbridge.jwt.issuer", TestTokens.ISSUER)
          .set("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    }

    /** With the operator's secret, which requests to its routes then carry. */
    Setup managed() {
      return set("drawbridge.management.token", MANAGEMENT);
    }

    /** Maps the filter of the token to a path more. */
    Setup guarded(String pattern) {
      guarded.add(pattern);
      return this;
    }

    Setup attribute(String name, Object value) {
      attributes.put(name, value);
      return this;
    }

    Setup endpoint(Consumer<Endpoint.Builder> value) {
      endpoint = value;
      return this;
    }

    /** Another directory than one of these users with the default times. */
    Setup directory(UserDirectory value) {
      directory = value;
      return this;
    }

    Setup contextPath(String value) {
      contextPath = value;
      return this;
    }

    Setup clock(Clock value) {
      clock = value;
      return this;
    }

    Setup withoutFilter() {
      filter = false;
      return this;
    }

    Setup cors() {
      cors = true;
      return this;
    }

    /** How many selectors share the connections; else as many as Jetty thinks good. */
    Setup selectors(int value) {
      selectors = value;
      return this;
    }

    /** Where the server listens. */
    Setup host(String value) {
      host = value;
      return this;
    }

    /** Jetty's API for web applications, which is all that a WAR sees. */
    Setup api() {
      return set("drawbridge.transport", "jetty-api");
    }

    Setup httpIdle(Duration value) {
      httpIdle = value;
      return this;
    }

    TestServer start() {
      return new TestServer(this);
    }
  }

  /** The servlet of the test's endpoint; public because Jetty makes no exception. */
  public static final class Servlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;
    private final transient Consumer<Endpoint.Builder> endpoint;

    Servlet(Consumer<Endpoint.Builder> endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    protected void configure(Endpoint.Builder builder) {
      endpoint.accept(builder);
    }

    EndpointRuntime shared() {
      return core();
    }

    Diagnostics shown() {
      return diagnostics();
    }
  }

  static Setup setup() {
    return new Setup();
  }

  private TestServer(Setup setup) {
    this.setup = setup;
    this.users = setup.users;
    this.directory =
        setup.directory == null
            ? UserDirectory.of(users, UserDirectoryConfig.builder().build())
            : setup.directory;
    this.servlet = new Servlet(setup.endpoint);
    this.connector = new ServerConnector(server, -1, setup.selectors);
    connector.setIdleTimeout(setup.httpIdle.toMillis());
    connector.setHost(setup.host);
    server.addConnector(connector);
    context = new ServletContextHandler();
    context.setContextPath(setup.contextPath);
    setup.parameters.forEach(context::setInitParameter);
    setup.attributes.forEach(context::setAttribute);
    context.setAttribute(UserSource.class.getName(), users);
    context.setAttribute(UserDirectory.class.getName(), directory);
    context.setAttribute(Clock.class.getName(), setup.clock);
    JettyWebSocketServletContainerInitializer.configure(context, null);
    if (setup.cors) {
      FilterHolder cors = new FilterHolder(DevCorsFilter.class);
      cors.setAsyncSupported(true);
      context.addFilter(cors, "/*", EnumSet.of(DispatcherType.REQUEST));
    }
    if (setup.filter) {
      for (String path : setup.guarded) {
        FilterHolder filter = new FilterHolder(JwtHandshakeFilter.class);
        filter.setAsyncSupported(true);
        context.addFilter(filter, path, EnumSet.of(DispatcherType.REQUEST));
      }
    }
    ServletHolder holder = new ServletHolder(servlet);
    holder.setInitOrder(1);
    holder.setAsyncSupported(true);
    context.addServlet(holder, "/ws/*");
    server.setHandler(context);
    try {
      if (other == null) {
        server.start();
      } else {
        other.start(setup.contextPath, this::install);
      }
    } catch (Exception e) {
      directory.close();
      throw new IllegalStateException("the test server does not start", e);
    }
  }

  /** The same by the servlet API alone. */
  private void install(ServletContext started) {
    setup.parameters.forEach(started::setInitParameter);
    setup.attributes.forEach(started::setAttribute);
    started.setAttribute(UserSource.class.getName(), users);
    started.setAttribute(UserDirectory.class.getName(), directory);
    started.setAttribute(Clock.class.getName(), setup.clock);
    if (setup.cors) {
      map(started.addFilter("cors", DevCorsFilter.class), "/*");
    }
    if (setup.filter) {
      map(started.addFilter("jwt", JwtHandshakeFilter.class), setup.guarded.toArray(String[]::new));
    }
    ServletRegistration.Dynamic registered = started.addServlet("ws", servlet);
    registered.setLoadOnStartup(1);
    registered.setAsyncSupported(true);
    registered.addMapping("/ws/*");
  }

  private static void map(FilterRegistration.Dynamic filter, String... patterns) {
    filter.setAsyncSupported(true);
    filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, patterns);
  }

  int port() {
    return other == null ? connector.getLocalPort() : other.port();
  }

  URI uri() {
    return URI.create("ws://127.0.0.1:" + port() + path("/ws"));
  }

  String path(String path) {
    return context.getContextPath().equals("/") ? path : context.getContextPath() + path;
  }

  ServerConnector connector() {
    return connector;
  }

  Server jetty() {
    return server;
  }

  ServletContextHandler context() {
    return context;
  }

  TestUsers users() {
    return users;
  }

  UserDirectory directory() {
    return directory;
  }

  ConnectionIndex connections() {
    return core().connections();
  }

  EndpointRuntime core() {
    return servlet.shared();
  }

  /** The key of dev mode. */
  String devKey() {
    return core().runtime().devKey().value();
  }

  /** As a browser remembers it. */
  String keyCookie() {
    return "drawbridge-dev-" + port() + "=" + devKey();
  }

  Diagnostics diagnostics() {
    return servlet.shown();
  }

  RecordingClient connect(String subject) {
    return RecordingClient.connect(uri(), TOKENS.of(subject));
  }

  HttpResponse<String> get(String path, String... headers) {
    return http(HttpRequest.newBuilder().GET(), path, headers);
  }

  HttpResponse<String> post(String path, String body, String... headers) {
    return http(
        HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(body)), path, headers);
  }

  HttpResponse<String> http(HttpRequest.Builder request, String path, String... headers) {
    request.uri(URI.create("http://127.0.0.1:" + port() + path(path)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    List<String> names = List.of(headers);
    if (!names.contains("Cookie")) {
      request.header("Cookie", keyCookie());
    }
    boolean managed = setup.parameters.containsKey("drawbridge.management.token");
    if (managed
        && (path.startsWith("/ws/drain")
            || path.startsWith("/ws/reload")
            || path.startsWith("/ws/metrics"))
        && !names.contains("Authorization")) {
      request.header("Authorization", "Bearer " + MANAGEMENT);
    }
    try {
      return send(request.build());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static HttpResponse<String> send(HttpRequest request)
      throws java.io.IOException, InterruptedException {
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException e) {
      if (String.valueOf(e.getMessage()).contains("received no bytes")) {
        // A pooled connection to an earlier server, which had the same port.
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      }
      throw e;
    }
  }

  /** Waits until something is true; fails the test when it does not become so. */
  static void await(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + patience.toMillis() + " ms: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  /** Stops, and fails if a connection is left in any index. */
  @Override
  public void close() {
    EndpointRuntime core = core();
    await(
        "every connection is removed from every index",
        () -> {
          connections().links().forEach(link -> link.abort("the test ends"));
          return connections().isEmpty() && core.admission().isEmpty() && core.opening().isEmpty();
        });
    try {
      if (other == null) {
        server.stop();
      } else {
        other.stop();
      }
    } catch (Exception e) {
      throw new IllegalStateException("the test server does not stop", e);
    } finally {
      directory.close();
    }
  }
}
