package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
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
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Each way to set the endpoint up wrongly is named with its fix, on a real Jetty. */
class SetUpTest {
  private static final TestTokens TOKENS = TestServer.TOKENS;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Public because Jetty makes no exception. */
  public static final class PlainServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
  }

  /** Public because Jetty makes no exception. */
  public static final class Foreign implements Session.Listener.AutoDemanding {}

  @Test
  void aGoodSetUpIsSilent() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", SetUp::good)) {
      setUp.client().close();

      assertThat(setUp.warnings()).isEmpty();
    }
  }

  @Test
  void aGoodSetUpIsSilentInProductionToo() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/live/*",
            all -> {
              all.production();
              all.filter(DevCorsFilter.class, "/*")
                  .filter(JwtHandshakeFilter.class, "/live")
                  .filter(JwtHandshakeFilter.class, "/live/diagnose");
              // Of an application that has been there before.
              all.context.addServlet(new ServletHolder("pages", PlainServlet.class), "/");
              all.context.addServlet(new ServletHolder("jsp", PlainServlet.class), "*.jsp");
            })) {
      setUp.client("/live").close();

      assertThat(setUp.warnings()).isEmpty();
    }
  }

  /** As Spring's DelegatingFilterProxy does: the container knows the proxy's class alone. */
  @Test
  void filtersBehindAProxyAreBelievedOnceAHandshakeHasCome() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> {
              all.proxied(new DevCorsFilter(), "/*");
              all.proxied(new JwtHandshakeFilter(), "/ws/*");
            })) {
      assertThat(setUp.codes()).containsExactly("token_filter_missing", "origin_filter_missing");

      setUp.client().close();

      assertThat(setUp.warnings()).isEmpty();
    }
  }

  @Test
  void thePageShowsWhatIsWrongBeforeAnyHandshake() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", all -> all.filter(DevCorsFilter.class, "/*"))) {
      String page = setUp.get("/ws/diagnostics.json").body();

      assertThat(page)
          .contains(
              "\"verdict\":{\"code\":\"token_filter_missing\",\"level\":\"error\"",
              "\"paste\":\"<filter-mapping>\\n<filter-name>jwt</filter-name>");
    }
  }

  @Test
  void aMissingTokenFilterIsNamed() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", all -> all.filter(DevCorsFilter.class, "/*"))) {
      assertThat(setUp.warnings())
          .containsExactly(
              "no JwtHandshakeFilter is mapped to /ws, so every handshake is answered 500"
                  + " handshake_filter_missing. Fix: <filter-mapping><filter-name>jwt</filter-name>"
                  + "<url-pattern>/ws</url-pattern></filter-mapping>");
      assertThat(setUp.lines()).containsAll(setUp.warnings());
    }
  }

  @Test
  void aTokenFilterAtAnotherPathIsNamed() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> all.filter(DevCorsFilter.class, "/*").filter(JwtHandshakeFilter.class, "/w"))) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0)).startsWith("no JwtHandshakeFilter is mapped to /ws,");
    }
  }

  @Test
  void anUnfilteredDiagnosisIsNamed() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> all.filter(DevCorsFilter.class, "/*").filter(JwtHandshakeFilter.class, "/ws"))) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .startsWith("no JwtHandshakeFilter is mapped to /ws/diagnose,")
          .endsWith("<url-pattern>/ws/diagnose</url-pattern></filter-mapping>");
    }
  }

  @Test
  void filtersMappedByServletNameCount() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> all.filter(DevCorsFilter.class, "/*").named(JwtHandshakeFilter.class))) {
      assertThat(setUp.warnings()).isEmpty();
    }
  }

  @Test
  void aMissingOriginFilterIsNamed() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", all -> all.filter(JwtHandshakeFilter.class, "/ws/*"))) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .startsWith("no DevCorsFilter is mapped to /ws, so pages of every origin may connect");
    }
  }

  @Test
  void aPatternWithoutRoutesIsNamed() throws Exception {
    try (SetUp setUp = new SetUp("/ws", SetUp::good)) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("is mapped to /ws and serves no route beside it")
          .endsWith("Fix: <url-pattern>/ws/*</url-pattern>");
    }
  }

  @Test
  void anotherServletInTheWayIsNamed() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> {
              SetUp.good(all);
              all.context.addServlet(new ServletHolder("old", PlainServlet.class), "/ws/config");
              all.context.addServlet(new ServletHolder("api", PlainServlet.class), "/wsapi/*");
              all.context.addServlet(new ServletHolder("app", PlainServlet.class), "/*");
            })) {
      assertThat(setUp.warnings())
          .containsExactly(
              "servlet old is mapped to /ws/config and takes requests that servlet endpoint at"
                  + " /ws/* should have. Fix: give servlet old another <url-pattern>");
    }
  }

  @Test
  void anEndpointOfTheContainerThatBypassesTheFiltersIsNamed() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> {
              SetUp.good(all);
              JettyWebSocketServletContainerInitializer.configure(
                  all.context, (context, container) -> container.addMapping("/ws", Foreign.class));
            })) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .startsWith("a WebSocket endpoint of the container is mapped to /ws")
          .contains("nobody checks origin and token there");
    }
  }

  @Test
  void anIdleTimeoutOfTheServletIsNamed() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> {
              SetUp.good(all);
              all.servlet.setInitParameter("idleTimeout", "30000");
            })) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("init-param idleTimeout", "heartbeat of 45 s", "to 105 s");
    }
  }

  @Test
  void aFilterWithoutAsyncSupportIsSeenByTheFirstHandshake() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all -> {
              all.async = false;
              SetUp.good(all);
            })) {
      assertThat(setUp.warnings()).isEmpty();

      setUp.client().close();
      setUp.client().close();

      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("without async support", "<async-supported>true</async-supported>");
    }
  }

  @Test
  void aTokenFilterInFrontOfTheOriginFilterIsSeenByTheFirstRequestOfAPage() throws Exception {
    try (SetUp setUp =
        new SetUp(
            "/ws/*",
            all ->
                all.filter(JwtHandshakeFilter.class, "/ws/*").filter(DevCorsFilter.class, "/*"))) {
      setUp.get("/ws/diagnose", "Origin", "http://localhost:3000");
      setUp.get("/ws/diagnose", "Origin", "http://localhost:3000");

      assertThat(setUp.lines())
          .filteredOn(line -> line.startsWith("JwtHandshakeFilter runs before DevCorsFilter"))
          .hasSize(1);
    }
  }

  @Test
  void aProxyThatRemovesTheUpgradeIsSeen() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", SetUp::good)) {
      HttpResponse<String> answer =
          setUp.get(
              "/ws",
              "Authorization",
              "Bearer " + TOKENS.of("alice"),
              "Sec-WebSocket-Version",
              "13",
              "Sec-WebSocket-Key",
              "AAAAAAAAAAAAAAAAAAAAAA==");

      assertThat(answer.statusCode()).isEqualTo(426);
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("came without its Upgrade header", "proxy_set_header Upgrade $http_upgrade");
    }
  }

  @Test
  void aProxyThatAnnouncesAShorterLimitThanTheHeartbeatIsSeen() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", SetUp::good)) {
      try (RawSocket socket = new RawSocket(setUp.port(), "alice", "Keep-Alive: timeout=30")) {
        assertThat(socket).isNotNull();
      }

      TestServer.await("the warning", () -> !setUp.warnings().isEmpty());
      assertThat(setUp.warnings().get(0))
          .contains("Keep-Alive: timeout=30", "45 s", "DRAWBRIDGE_HEARTBEAT_INTERVAL");
    }
  }

  /** What jetty.project#14332 does in some cases is done here in every case. */
  @Test
  void anIdleTimeoutThatJettyPutsBackIsSetRight() throws Exception {
    try (SetUp setUp = new SetUp("/ws/*", SetUp::good)) {
      // Again until it came between the opening and the first look of the timer.
      TestServer.await(
          "the idle time-out as it should be",
          () -> {
            RecordingClient alice = setUp.client();
            setUp.connector.getConnectedEndPoints().forEach(end -> end.setIdleTimeout(20_000));
            long end = System.nanoTime() + 1_000_000_000L;
            while (!setUp.hasIdleTimeout(105_000) && System.nanoTime() - end < 0) {
              java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
            }
            boolean right = setUp.hasIdleTimeout(105_000);
            alice.close();
            return right;
          });
    }
  }

  /** A context of its own with the endpoint and whatever a test puts around it. */
  private static final class SetUp implements AutoCloseable {
    private final Server server = new Server();
    private final ServerConnector connector;
    private final ServletContextHandler context = new ServletContextHandler();
    private final TestServer.Servlet endpoint = new TestServer.Servlet(builder -> {});
    private final ServletHolder servlet = new ServletHolder("endpoint", endpoint);
    private final TestUsers users = new TestUsers();
    private final UserDirectory directory =
        UserDirectory.of(users, UserDirectoryConfig.builder().build());
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.drawbridge");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private boolean async = true;
    private String page = "http://localhost:3000";

    SetUp(String pattern, Consumer<SetUp> filters) throws Exception {
      connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      context.setInitParameter("ENVIRONMENT", "development");
      context.setInitParameter("WEBSOCKET_DEV_MODE", "true");
      context.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
      context.setAttribute(UserSource.class.getName(), users);
      context.setAttribute(UserDirectory.class.getName(), directory);
      JettyWebSocketServletContainerInitializer.configure(context, null);
      servlet.setInitOrder(1);
      servlet.setAsyncSupported(true);
      context.addServlet(servlet, pattern);
      filters.accept(this);
      server.setHandler(context);
      log.start();
      logger.addAppender(log);
      server.start();
    }

    static void good(SetUp setUp) {
      setUp.filter(DevCorsFilter.class, "/*").filter(JwtHandshakeFilter.class, "/ws/*");
    }

    SetUp filter(Class<? extends Filter> type, String pattern) {
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
                      .token(TOKENS.of("alice"))
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
      return List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Override
    public void close() {
      logger.detachAppender(log);
      try {
        server.stop();
      } catch (Exception e) {
        throw new IllegalStateException("the test server does not stop", e);
      } finally {
        directory.close();
      }
    }
  }
}
