package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.http.HttpServlet;
import java.net.http.HttpResponse;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.websocket.api.Session;
import org.junit.jupiter.api.Test;

/** Each way to set the endpoint up wrongly is named with its fix, on a real Jetty. */
class SetUpTest {
  private static final TestTokens TOKENS = TestServer.TOKENS;

  /** Public because Jetty makes no exception. */
  public static final class PlainServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
  }

  /** Public because Jetty makes no exception. */
  public static final class Foreign implements Session.Listener.AutoDemanding {}

  @Test
  void aGoodSetUpIsSilent() throws Exception {
    try (SetUpServer setUp = new SetUpServer("/ws/*", SetUpServer::good)) {
      setUp.client().close();

      assertThat(setUp.warnings()).isEmpty();
    }
  }

  @Test
  void aGoodSetUpIsSilentInProductionToo() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer(
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
    try (SetUpServer setUp =
        new SetUpServer(
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
    try (SetUpServer setUp =
        new SetUpServer("/ws/*", all -> all.filter(DevCorsFilter.class, "/*"))) {
      String page = setUp.get("/ws/diagnostics.json").body();

      assertThat(page)
          .contains(
              "\"verdict\":{\"code\":\"token_filter_missing\",\"level\":\"error\"",
              "\"paste\":\"\\u003cfilter-mapping\\u003e\\n\\u003cfilter-name\\u003ejwt");
    }
  }

  @Test
  void aMissingTokenFilterIsNamed() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer("/ws/*", all -> all.filter(DevCorsFilter.class, "/*"))) {
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
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> all.filter(DevCorsFilter.class, "/*").filter(JwtHandshakeFilter.class, "/w"))) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0)).startsWith("no JwtHandshakeFilter is mapped to /ws,");
    }
  }

  @Test
  void anUnfilteredDiagnosisIsNamed() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer(
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
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> all.filter(DevCorsFilter.class, "/*").named(JwtHandshakeFilter.class))) {
      assertThat(setUp.warnings()).isEmpty();
    }
  }

  @Test
  void aMissingOriginFilterIsNamed() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all ->
                all.filter(JwtHandshakeFilter.class, "/ws")
                    .filter(JwtHandshakeFilter.class, "/ws/diagnose"))) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .startsWith("no DevCorsFilter is mapped to /ws, so pages of every origin may connect");
      assertThat(setUp.get("/ws/config", "Origin", "https://evil.example").body())
          .contains("\"hint\":\"no DevCorsFilter has checked this origin: map it to /*");
    }
  }

  @Test
  void aPatternWithoutRoutesIsNamed() throws Exception {
    try (SetUpServer setUp = new SetUpServer("/ws", SetUpServer::good)) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("is mapped to /ws and serves no route beside it")
          .endsWith("Fix: <url-pattern>/ws/*</url-pattern>");
    }
  }

  @Test
  void anotherServletInTheWayIsNamed() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> {
              SetUpServer.good(all);
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
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> {
              SetUpServer.good(all);
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
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> {
              SetUpServer.good(all);
              all.servlet.setInitParameter("idleTimeout", "30000");
            })) {
      assertThat(setUp.warnings()).hasSize(1);
      assertThat(setUp.warnings().get(0))
          .contains("init-param idleTimeout", "heartbeat of 45 s", "to 105 s");
    }
  }

  @Test
  void aFilterWithoutAsyncSupportIsSeenByTheFirstHandshake() throws Exception {
    try (SetUpServer setUp =
        new SetUpServer(
            "/ws/*",
            all -> {
              all.async = false;
              SetUpServer.good(all);
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
    try (SetUpServer setUp =
        new SetUpServer(
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
    try (SetUpServer setUp = new SetUpServer("/ws/*", SetUpServer::good)) {
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
    try (SetUpServer setUp = new SetUpServer("/ws/*", SetUpServer::good)) {
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
    try (SetUpServer setUp = new SetUpServer("/ws/*", SetUpServer::good)) {
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
}
