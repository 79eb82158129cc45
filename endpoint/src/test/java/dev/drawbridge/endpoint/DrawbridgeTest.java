package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.DrawbridgeFilters;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application without {@code web.xml}: a bare Jetty and one call. */
class DrawbridgeTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @Test
  void oneCallMakesAConnectionOutOfABareJetty() throws Exception {
    TestServer.Servlet servlet = new TestServer.Servlet(DrawbridgeTest::echo);
    try (Application application =
        new Application(context -> Drawbridge.install(context, "/ws", servlet))) {
      try (RecordingClient alice = application.connect("/ws")) {
        assertThat(alice.request("echo", Map.of("n", 1)).json().at("/data/n").asInt()).isEqualTo(1);
        alice.leave();
      }
      assertThat(servlet.shared().setUp().warnings()).isEmpty();
    }
  }

  @Test
  void strangersAndForeignPagesStayOutside() throws Exception {
    try (Application application =
        new Application(context -> Drawbridge.install(context, "/ws", DrawbridgeTest::echo))) {
      assertThatThrownBy(() -> RecordingClient.connect(application.uri("/ws"), options -> {}))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
      assertThatThrownBy(
              () ->
                  RecordingClient.connect(
                      application.uri("/ws"),
                      options ->
                          options
                              .token(TestServer.TOKENS.of("alice"))
                              .header("Origin", "https://evil.example")))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(403));
      HttpResponse<String> diagnosis =
          application.get("/ws/diagnose", "Origin", "http://localhost:5173");
      assertThat(diagnosis.statusCode()).isEqualTo(401);
      assertThat(diagnosis.headers().firstValue("Access-Control-Allow-Origin"))
          .hasValue("http://localhost:5173");
      assertThat(application.get("/ws/config").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aListenerMayCallItAndTheEndpointTakesInitParams() throws Exception {
    ServletContextListener listener =
        new ServletContextListener() {
          @Override
          public void contextInitialized(ServletContextEvent event) {
            Drawbridge.install(
                    event.getServletContext(),
                    "/live",
                    new TestServer.Servlet(DrawbridgeTest::echo))
                .setInitParameter("heartbeatInterval", "20s");
          }
        };
    try (Application application = new Application(listener)) {
      application.connect("/live").abort();

      assertThat(application.get("/live/config").body()).contains("20000");
    }
  }

  @Test
  void twoEndpointsShareTheFilters() throws Exception {
    try (Application application =
        new Application(
            context -> {
              Drawbridge.install(context, "/ws", DrawbridgeTest::echo);
              Drawbridge.install(context, "/other", DrawbridgeTest::echo);
            })) {
      application.connect("/ws").abort();
      application.connect("/other").abort();
      assertThat(application.get("/other/diagnose").statusCode()).isEqualTo(401);
    }
  }

  /** Jetty puts its own filter first, but what code adds comes before even that. */
  @Test
  void filtersOfCodeComeBeforeAnEndpointOfTheContainerThatIsThereAlready() throws Exception {
    ServletContextListener listener =
        new ServletContextListener() {
          @Override
          public void contextInitialized(ServletContextEvent event) {
            JettyWebSocketServerContainer.getContainer(event.getServletContext())
                .addMapping("/native", Native.class);
            DrawbridgeFilters.install(event.getServletContext(), "/native");
          }
        };
    try (Application application = new Application(listener)) {
      assertThatThrownBy(() -> RecordingClient.connect(application.uri("/native"), options -> {}))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
      RecordingClient.connect(
              application.uri("/native"), options -> options.token(TestServer.TOKENS.of("alice")))
          .abort();
    }
  }

  /** Public because Jetty makes no exception. */
  public static final class Native implements Session.Listener.AutoDemanding {}

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "ws", "/ws/", "/ws/*"})
  void whatIsNoPathIsRefused(String path) throws Exception {
    try (Application application =
        new Application(
            context ->
                assertThatThrownBy(() -> Drawbridge.install(context, path, DrawbridgeTest::echo))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("path must be one such as /ws: " + path))) {
      assertThat(application.get("/ws").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aPathThatIsTakenIsRefused() throws Exception {
    try (Application application =
        new Application(
            context -> {
              Drawbridge.install(context, "/ws", DrawbridgeTest::echo);
              assertThatThrownBy(() -> Drawbridge.install(context, "/ws", DrawbridgeTest::echo))
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessage("another servlet has the path already: /ws/*");
            })) {
      application.connect("/ws").abort();
    }
  }

  @Test
  void onTheClassPathAloneNothingStarts() {
    assertThat(ServiceLoader.load(ServletContainerInitializer.class))
        .noneMatch(one -> one.getClass().getName().startsWith("dev.drawbridge."));
    assertThat(DrawbridgeServlet.class.getAnnotations()).isEmpty();
  }

  private static void echo(Endpoint.Builder endpoint) {
    endpoint.on("echo", JsonNode.class, (message, connection) -> message);
  }

  private static final class Application implements AutoCloseable {
    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server);
    private final ServletContextHandler context = new ServletContextHandler("/");

    Application(Consumer<ServletContext> start) throws Exception {
      context.addServletContainerInitializer((classes, application) -> start.accept(application));
      start();
    }

    Application(ServletContextListener listener) throws Exception {
      JettyWebSocketServletContainerInitializer.configure(context, null);
      context.addEventListener(listener);
      start();
    }

    private void start() throws Exception {
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      context.setInitParameter("ENVIRONMENT", "development");
      context.setInitParameter("WEBSOCKET_DEV_MODE", "true");
      context.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
      context.setAttribute(UserSource.class.getName(), new TestUsers());
      server.setHandler(context);
      server.start();
    }

    URI uri(String path) {
      return URI.create("ws://127.0.0.1:" + connector.getLocalPort() + path);
    }

    RecordingClient connect(String path) {
      return RecordingClient.connect(uri(path), TestServer.TOKENS.of("alice"));
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + connector.getLocalPort() + path));
      if (headers.length > 0) {
        request.headers(headers);
      }
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
      try {
        server.stop();
      } catch (Exception e) {
        throw new IllegalStateException("the test server does not stop", e);
      }
    }
  }
}
