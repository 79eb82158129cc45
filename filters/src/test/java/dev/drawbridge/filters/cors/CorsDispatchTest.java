package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.junit.jupiter.api.Test;

/** The filter among other code: dispatches, wrappers, and applications with CORS of their own. */
class CorsDispatchTest {
  private static final String GOOD = "Origin: https://app.example.com";

  @Test
  void ownHeadersOfTheApplicationMakeNoDuplicates() throws Exception {
    try (CorsServer server = CorsServer.start(CorsServer.PRODUCTION)) {
      Answer answer = RawHttp.send(server.port(), "GET /api/own", GOOD);

      assertThat(answer.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
      assertThat(answer.header("Access-Control-Allow-Credentials")).contains("true");
      assertThat(answer.header("Access-Control-Expose-Headers"))
          .contains("X-Request-Id, Retry-After, WWW-Authenticate, X-Own");
      assertThat(answer.header("Vary")).contains("Origin, Accept-Encoding, Accept");
    }
  }

  @Test
  void requestWithoutOriginKeepsTheHeadersOfTheApplication() throws Exception {
    try (CorsServer server = CorsServer.start(CorsServer.PRODUCTION)) {
      Answer own = RawHttp.send(server.port(), "GET /api/own");
      Answer vary = RawHttp.send(server.port(), "GET /api/vary");

      assertThat(own.all("Access-Control-Allow-Origin")).containsExactly("*", "https://evil.com");
      assertThat(own.header("Vary")).contains("Origin, Accept-Encoding, Accept");
      assertThat(vary.header("Vary")).contains("Cookie, Origin");
    }
  }

  @Test
  void resetOfTheResponseKeepsTheCorsHeaders() throws Exception {
    try (CorsServer server = CorsServer.start(CorsServer.PRODUCTION)) {
      Answer answer = RawHttp.send(server.port(), "GET /api/reset", GOOD);

      assertThat(answer.header("X-Before")).isEmpty();
      assertThat(answer.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
      assertThat(answer.header("Vary")).contains("Origin");
    }
  }

  @Test
  void forwardsAndAsynchronousDispatchesAreJudgedOnce() throws Exception {
    try (CorsServer server =
        CorsServer.start(
            CorsServer.PRODUCTION, EnumSet.allOf(DispatcherType.class), context -> {})) {
      for (String path : new String[] {"/api/forward", "/api/async"}) {
        Answer answer = RawHttp.send(server.port(), "GET " + path, GOOD);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin"))
            .contains("https://app.example.com");
        assertThat(answer.header("Vary")).contains("Origin");
      }
      assertThat(server.counters().allowed()).isEqualTo(2);
    }
  }

  @Test
  void errorPagesGetTheHeadersBackThatTheContainerDropped() throws Exception {
    try (CorsServer server =
        CorsServer.start(
            CorsServer.PRODUCTION,
            EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR),
            CorsDispatchTest::withErrorPages)) {
      for (String path : new String[] {"/api/denied", "/api/throw", "/nowhere"}) {
        Answer answer = RawHttp.send(server.port(), "GET " + path, GOOD);
        assertThat(answer.status()).isGreaterThanOrEqualTo(400);
        assertThat(answer.body()).isEqualTo("ok");
        assertThat(answer.header("Access-Control-Allow-Origin"))
            .contains("https://app.example.com");
        assertThat(answer.header("Vary")).contains("Origin");
      }
    }
  }

  @Test
  void errorPageWithCorsOfItsOwnMakesNoDuplicates() throws Exception {
    try (CorsServer server =
        CorsServer.start(
            CorsServer.PRODUCTION,
            EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR),
            context -> {
              ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
              pages.addErrorPage(400, 599, "/api/own");
              context.setErrorHandler(pages);
            })) {
      Answer allowed = RawHttp.send(server.port(), "GET /nowhere", GOOD);
      Answer withoutOrigin = RawHttp.send(server.port(), "GET /nowhere");

      assertThat(allowed.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
      assertThat(allowed.header("Vary")).contains("Origin, Accept-Encoding, Accept");
      assertThat(withoutOrigin.all("Access-Control-Allow-Origin"))
          .containsExactly("*", "https://evil.com");
      assertThat(withoutOrigin.header("Vary")).contains("Origin, Accept-Encoding, Accept");
    }
  }

  private static void wrapping(ServletContextHandler context) {
    FilterHolder outer = new FilterHolder(new Wrapping());
    outer.setName("outer");
    outer.setAsyncSupported(true);
    FilterMapping mapping = new FilterMapping();
    mapping.setFilterName("outer");
    mapping.setPathSpec("/*");
    mapping.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST));
    context.getServletHandler().addFilter(outer);
    context.getServletHandler().prependFilterMapping(mapping);
  }

  private static void withErrorPages(ServletContextHandler context) {
    ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
    pages.addErrorPage(400, 599, "/api/page");
    context.setErrorHandler(pages);
  }

  @Test
  void refusalIsNoMatterOfErrorPages() throws Exception {
    try (CorsServer server =
        CorsServer.start(
            CorsServer.PRODUCTION,
            EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR),
            CorsDispatchTest::withErrorPages)) {
      Answer answer = RawHttp.send(server.port(), "GET /api/ok", "Origin: https://evil.com");

      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.body()).contains("origin_denied");
      assertThat(server.seen).isEmpty();
    }
  }

  @Test
  void filterWorksBehindOneThatWrapsRequestAndResponse() throws Exception {
    try (CorsServer server =
        CorsServer.start(CorsServer.PRODUCTION, context -> wrapping(context))) {
      Answer allowed = RawHttp.send(server.port(), "GET /api/own", GOOD);
      Answer refused = RawHttp.send(server.port(), "GET /api/ok", "Origin: https://evil.com");

      assertThat(allowed.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
      assertThat(allowed.header("Vary"))
          .contains("Accept-Language, Origin, Accept-Encoding, Accept");
      assertThat(allowed.header("X-Outer")).contains("seen");
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.header("Vary")).contains("Accept-Language, Origin");
      assertThat(RawHttp.handshake(server.port(), GOOD).status()).isEqualTo(101);
      assertThat(RawHttp.handshake(server.port(), "Origin: https://evil.com").status())
          .isEqualTo(403);
    }
  }

  @Test
  void twoFiltersInOneApplicationJudgeOnce() throws Exception {
    try (CorsServer server =
        CorsServer.start(
            CorsServer.PRODUCTION,
            context -> {
              FilterHolder second = new FilterHolder(new DevCorsFilter());
              second.setAsyncSupported(true);
              context.addFilter(second, "/*", EnumSet.of(DispatcherType.REQUEST));
            })) {
      Answer answer = RawHttp.send(server.port(), "GET /api/ok", GOOD);

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Access-Control-Allow-Origin")).contains("https://app.example.com");
      assertThat(answer.header("Vary")).contains("Origin");
    }
  }

  @Test
  void badListStopsTheStartWithAllItems() {
    Map<String, String> settings =
        Map.of("WEBSOCKET_ALLOWED_ORIGINS", "*, https://a.com/x, https://ok.com");

    assertThatThrownBy(() -> CorsServer.start(settings))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("2 problems")
        .hasMessageContaining("WEBSOCKET_ALLOWED_ORIGINS: \"*\"")
        .hasMessageContaining("\"https://a.com/x\"");
  }

  /** An older filter of the application: wraps both and has a {@code Vary} of its own. */
  private static final class Wrapping extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      response.addHeader("Vary", "Accept-Language");
      response.setHeader("X-Outer", "seen");
      chain.doFilter(
          new HttpServletRequestWrapper(request), new HttpServletResponseWrapper(response));
    }
  }
}
