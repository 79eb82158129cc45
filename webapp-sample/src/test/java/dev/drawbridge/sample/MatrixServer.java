package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A server on a free port that is set up rightly, or wrongly in one way. */
final class MatrixServer implements AutoCloseable {
  static final TestTokens TOKENS = new TestTokens();

  /** What stands around the endpoint. */
  enum Shape {
    GOOD,
    WITHOUT_TOKEN_FILTER,
    TOKEN_FILTER_FIRST
  }

  private final MatrixContainer container;
  private final String contextPath;
  private final MatrixContainer.Running server;

  /** Null until the application starts, within the constructor. */
  private ServletContext context;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, User> users = new ConcurrentHashMap<>();

  /**
   * Says back, or says more than a client can read. Public because containers make no exception.
   */
  public static final class MatrixServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("echo", JsonNode.class, (data, connection) -> data);
      endpoint.on(
          "flood",
          Void.class,
          (nothing, connection) -> {
            String text = "x".repeat(10_000);
            while (connection.isOpen()) {
              connection.send("flood.drop", text);
            }
            return null;
          });
    }
  }

  private MatrixServer(
      MatrixContainer container, String contextPath, Shape shape, Map<String, String> settings) {
    this.container = container;
    this.contextPath = contextPath;
    users.put("alice", User.builder("alice").build());
    users.put("bob", User.builder("bob").build());
    users.put("mallory", User.builder("mallory").status(User.Status.SUSPENDED).build());
    server = container.start(contextPath, started -> install(started, shape, settings));
  }

  private void install(ServletContext started, Shape shape, Map<String, String> settings) {
    context = started;
    settings.forEach(started::setInitParameter);
    if (!settings.containsKey("drawbridge.db.url")) {
      UserSource source = subject -> Optional.ofNullable(users.get(subject));
      started.setAttribute(UserSource.class.getName(), source);
    }
    if (shape == Shape.TOKEN_FILTER_FIRST) {
      filter("jwt", JwtHandshakeFilter.class, "/ws/*");
    }
    filter("cors", DevCorsFilter.class, "/*");
    if (shape == Shape.GOOD) {
      filter("jwt", JwtHandshakeFilter.class, "/ws", "/ws/diagnose");
    }
    ServletRegistration.Dynamic endpoint = started.addServlet("endpoint", new MatrixServlet());
    endpoint.addMapping("/ws/*");
    endpoint.setLoadOnStartup(1);
    endpoint.setAsyncSupported(true);
  }

  private void filter(String name, Class<? extends Filter> type, String... patterns) {
    FilterRegistration.Dynamic filter = context.addFilter(name, type);
    filter.setAsyncSupported(true);
    filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, patterns);
  }

  /** In dev mode, with the tokens' secret, in Jetty. */
  static MatrixServer start(String... settings) {
    return start(MatrixContainer.JETTY, settings);
  }

  static MatrixServer start(MatrixContainer container, String... settings) {
    return start(container, "/", Shape.GOOD, settings);
  }

  static MatrixServer start(
      MatrixContainer container, String contextPath, Shape shape, String... settings) {
    Map<String, String> all = new LinkedHashMap<>(SampleServer.developmentParams());
    all.put("drawbridge.jwt.secret", TestTokens.SECRET);
    return new MatrixServer(container, contextPath, shape, with(all, settings));
  }

  /** In production, for one origin, in Jetty. */
  static MatrixServer production(String origin, String... settings) {
    return production(MatrixContainer.JETTY, origin, settings);
  }

  static MatrixServer production(MatrixContainer container, String origin, String... settings) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("ENVIRONMENT", "production");
    all.put("WEBSOCKET_ALLOWED_ORIGINS", origin);
    all.put("drawbridge.jwt.secret", TestTokens.SECRET);
    all.put("drawbridge.jwt.issuer", TestTokens.ISSUER);
    all.put("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    return new MatrixServer(container, "/", Shape.GOOD, with(all, settings));
  }

  /** An empty value takes a setting away. */
  private static Map<String, String> with(Map<String, String> all, String... settings) {
    for (int i = 0; i < settings.length; i += 2) {
      if (settings[i + 1].isEmpty()) {
        all.remove(settings[i]);
      } else {
        all.put(settings[i], settings[i + 1]);
      }
    }
    return all;
  }

  MatrixContainer container() {
    return container;
  }

  int port() {
    return server.port();
  }

  String url() {
    return "ws://127.0.0.1:" + port() + (contextPath.equals("/") ? "" : contextPath) + "/ws";
  }

  Connections connections() {
    return Connections.of(context);
  }

  DrawbridgeRuntime runtime() {
    return (DrawbridgeRuntime) context.getAttribute(DrawbridgeRuntime.class.getName());
  }

  void suspend(String subject) {
    users.put(subject, User.builder(subject).status(User.Status.SUSPENDED).build());
    runtime().users().invalidate(subject);
  }

  /**
   * What the server's own record says of a try: the code of the attempt, or that of the refusal
   * which the question itself met.
   */
  String diagnosis(String attempt) {
    return diagnosis(attempt, TOKENS.of("bob"));
  }

  /** The same for a server that takes other tokens. */
  String diagnosis(String attempt, String token) {
    JsonNode answer = get("/diagnose?attempt=" + attempt, token);
    String code =
        answer.hasNonNull("attempt")
            ? answer.at("/attempt/code").asText()
            : answer.path("code").asText();
    // In dev mode the developers' page says the same, with the fix.
    for (JsonNode told : get("/diagnostics.json", token).path("attempts")) {
      if (told.path("id").asText().equals(attempt)) {
        assertThat(told.path("code").asText()).as("the page's code").isEqualTo(code);
        assertThat(told.path("fix").asText()).as("the page's fix of %s", code).isNotBlank();
      }
    }
    return code;
  }

  /** The body of an answer, whatever its status. */
  private JsonNode get(String route, String token) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url().replace("ws://", "http://") + route))
              .header("Authorization", "Bearer " + token)
              .build();
      return Json.read(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits until something is true. */
  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within 10 s");
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
