package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters that code registers, in a real Tomcat: nothing of Jetty is needed for them. */
class DrawbridgeFiltersTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String PAGE = "http://localhost:5173";

  @TempDir Path directory;

  /** What the application's own filter saw. */
  private final List<String> seen = new CopyOnWriteArrayList<>();

  @Test
  void guardedPathsNeedATokenAndOthersOnlyAnAllowedOrigin() throws Exception {
    try (Server server = new Server(context -> DrawbridgeFilters.install(context, "/api/*"))) {
      HttpResponse<String> stranger = server.get("/api/hello", "Origin", PAGE);
      HttpResponse<String> foreign = server.get("/open", "Origin", "https://evil.example");
      HttpResponse<String> open = server.get("/open", "Origin", PAGE);

      assertThat(stranger.statusCode()).isEqualTo(401);
      assertThat(stranger.body()).contains("token_missing");
      // The origin filter is the outer one: the page may read why it was refused.
      assertThat(stranger.headers().firstValue("Access-Control-Allow-Origin")).hasValue(PAGE);
      assertThat(foreign.statusCode()).isEqualTo(403);
      assertThat(open.statusCode()).isEqualTo(200);
      assertThat(open.body()).isEqualTo("hello, async true");
    }
  }

  @Test
  void bothStandInFrontOfTheFiltersOfTheApplication() throws Exception {
    try (Server server =
        new Server(
            context -> {
              own(context);
              DrawbridgeFilters.install(context, "/api/*");
            })) {
      assertThat(server.get("/api/hello", "Origin", PAGE).statusCode()).isEqualTo(401);
      assertThat(server.get("/open", "Origin", "https://evil.example").statusCode()).isEqualTo(403);
      assertThat(seen).isEmpty();

      assertThat(server.get("/open").statusCode()).isEqualTo(200);
      assertThat(seen).containsExactly("/open");
    }
  }

  @Test
  void calledAgainItAddsPathsToTheSameFilters() throws Exception {
    try (Server server =
        new Server(
            context -> {
              DrawbridgeFilters.install(context, "/api/*");
              DrawbridgeFilters.install(context, "/api/*", "/open");
              assertThat(context.getFilterRegistrations()).hasSize(2 + builtIn(context));
            })) {
      assertThat(server.get("/api/hello", "Origin", PAGE).statusCode()).isEqualTo(401);
      assertThat(server.get("/open").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void aDeclaredFilterStaysWhereItIsAndTheOtherComesBehindIt() throws Exception {
    try (Server server =
        new Server(
            context -> {
              own(context);
              FilterRegistration.Dynamic cors = context.addFilter("mine", DevCorsFilter.class);
              cors.setAsyncSupported(true);
              cors.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, "/*");
              DrawbridgeFilters.install(context, "/api/*");
              assertThat(context.getFilterRegistration("drawbridge-cors")).isNull();
            })) {
      HttpResponse<String> stranger = server.get("/api/hello", "Origin", PAGE);

      assertThat(seen).containsExactly("/api/hello");
      assertThat(stranger.statusCode()).isEqualTo(401);
      assertThat(stranger.headers().firstValue("Access-Control-Allow-Origin")).hasValue(PAGE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ws", "/ws*", "/*/ws", "*", "*.do/x", "*.d*"})
  void whatIsNoPatternIsRefused(String pattern) throws Exception {
    try (Server server =
        new Server(
            context -> {
              assertThatThrownBy(() -> DrawbridgeFilters.install(context, "/api/*", pattern))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessage("guarded must be a path such as /ws, /api/* or *.do: " + pattern);
              assertThatThrownBy(() -> DrawbridgeFilters.install(context))
                  .isInstanceOf(IllegalArgumentException.class);
            })) {
      // Nothing was registered halfway.
      assertThat(server.get("/api/hello").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void onTheClassPathAloneNothingStarts() {
    assertThat(ServiceLoader.load(ServletContainerInitializer.class))
        .noneMatch(one -> one.getClass().getName().startsWith("dev.drawbridge."));
    assertThat(DrawbridgeFilters.class.getResource("/META-INF/web-fragment.xml")).isNull();
    for (Class<?> filter : List.of(DevCorsFilter.class, JwtHandshakeFilter.class)) {
      assertThat(filter.getAnnotations()).isEmpty();
    }
  }

  private static int builtIn(ServletContext context) {
    return (int)
        context.getFilterRegistrations().values().stream()
            .filter(one -> !String.valueOf(one.getClassName()).startsWith("dev.drawbridge."))
            .count();
  }

  private void own(ServletContext context) {
    Filter filter =
        (request, response, chain) -> {
          seen.add(((HttpServletRequest) request).getRequestURI());
          chain.doFilter(request, response);
        };
    FilterRegistration.Dynamic registration = context.addFilter("own", filter);
    registration.setAsyncSupported(true);
    registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, "/*");
  }

  /** Says hello, and whether it could do so asynchronously. */
  private static final class Hello extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getWriter().print("hello, async " + request.isAsyncSupported());
    }
  }

  private final class Server implements AutoCloseable {
    private final Tomcat tomcat = new Tomcat();

    Server(Consumer<ServletContext> start) throws Exception {
      tomcat.setBaseDir(directory.toString());
      tomcat.setPort(0);
      tomcat.getConnector().setProperty("address", "127.0.0.1");
      Context context = tomcat.addContext("", null);
      context.addParameter("ENVIRONMENT", "development");
      context.addParameter("WEBSOCKET_DEV_MODE", "true");
      context.addServletContainerInitializer(
          (classes, application) -> {
            application.setAttribute(
                UserSource.class.getName(),
                (UserSource) subject -> Optional.of(User.of(subject, subject, Set.of())));
            ServletRegistration.Dynamic hello = application.addServlet("hello", new Hello());
            hello.setAsyncSupported(true);
            hello.addMapping("/");
            start.accept(application);
          },
          Set.of());
      tomcat.start();
      if (!context.getState().isAvailable()) {
        close();
        throw new AssertionError("the application does not start");
      }
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
              URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + path));
      if (headers.length > 0) {
        request.headers(headers);
      }
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() throws LifecycleException {
      tomcat.stop();
      tomcat.destroy();
    }
  }
}
