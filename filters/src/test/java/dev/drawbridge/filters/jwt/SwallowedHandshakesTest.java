package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.Eventually;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Handshakes that a filter of the application answers, at each place of the chain. */
class SwallowedHandshakesTest {
  /** A login as applications have one. Public because Jetty makes no exception. */
  public static final class LoginFilter implements Filter {
    private final String way;

    LoginFilter(String way) {
      this.way = way;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      HttpServletResponse answer = (HttpServletResponse) response;
      switch (way) {
        case "redirect" -> answer.sendRedirect("/login");
        case "missing" -> answer.sendError(404);
        case "forbid" -> answer.sendError(403);
        case "page" -> answer.getWriter().print("<h1>Log in</h1>");
        case "throw" -> throw new IllegalStateException("no session, canary");
        default -> chain.doFilter(request, response);
      }
    }
  }

  private static TestServer server(String way, int place) {
    TestServer server = new TestServer(TestServer.settings()).behindDevCorsFilter();
    FilterHolder holder = new FilterHolder(new LoginFilter(way));
    holder.setName("login");
    holder.setAsyncSupported(true);
    FilterMapping mapping = new FilterMapping();
    mapping.setFilterName(holder.getName());
    mapping.setPathSpec("/*");
    mapping.setDispatcherTypes(EnumSet.of(jakarta.servlet.DispatcherType.REQUEST));
    var handler = server.context().getServletHandler();
    handler.addFilter(holder);
    List<FilterMapping> mappings = new java.util.ArrayList<>(List.of(handler.getFilterMappings()));
    mappings.add(place < 0 ? mappings.size() : place, mapping);
    handler.setFilterMappings(mappings.toArray(new FilterMapping[0]));
    return server;
  }

  @ParameterizedTest
  @CsvSource({
    "redirect, 0, answered in front of our filters",
    "redirect, 1, answered with status 302 between DevCorsFilter and JwtHandshakeFilter",
    "redirect, -1, answered with status 302 behind JwtHandshakeFilter",
    "forbid, 1, answered with status 403 between DevCorsFilter and JwtHandshakeFilter",
    "page, 1, answered with status 200 between DevCorsFilter and JwtHandshakeFilter",
    "throw, 1, ended by java.lang.IllegalStateException between DevCorsFilter and",
    "throw, -1, ended by java.lang.IllegalStateException behind JwtHandshakeFilter",
    "forbid, 0, answered in front of our filters",
  })
  void theLineNamesPlaceAndFilter(String way, int place, String told) throws Exception {
    try (CapturedLog log = new CapturedLog(JwtHandshakeFilter.class.getName(), Level.WARN);
        TestServer server = server(way, place).start()) {
      server.raw(
          "/ws?attempt=swallowed-1",
          "Origin: http://localhost:3000",
          "Authorization: Bearer " + TestTokens.good("alice"));

      Eventually.eventually("it is told", () -> !log.containing("swallowed").isEmpty());
      assertThat(log.containing("handshake swallowed")).hasSize(1);
      String line = log.containing("handshake swallowed").get(0).text();
      assertThat(line)
          .contains(told, "path=/ws ", "fix=\"let that filter pass")
          .contains(way.equals("throw") ? "LoginFilter" : "[login]")
          .doesNotContain("canary");
      assertThat(server.attempt("swallowed-1")).endsWith(" " + Attempt.SWALLOWED);
    }
  }

  @Test
  void whatIsNotSwallowedIsNotTold() throws Exception {
    try (CapturedLog log = new CapturedLog(JwtHandshakeFilter.class.getName(), Level.WARN);
        TestServer server = server("pass", 1).start()) {
      assertThat(server.bearer(TestTokens.good("alice")).status()).isEqualTo(101);
      assertThat(server.bearer("bad").status()).isEqualTo(401);
      assertThat(server.plain("/api/who", "Host: localhost").status()).isEqualTo(401);

      assertThat(log.containing("swallowed")).isEmpty();
    }
  }

  @Test
  void pathWhereNothingIsMappedSwallowsNothing() throws Exception {
    try (CapturedLog log = new CapturedLog(JwtHandshakeFilter.class.getName(), Level.WARN);
        TestServer server = server("missing", -1).start()) {
      assertThat(
              server
                  .raw(
                      "/ws?attempt=stray-1",
                      "Origin: http://localhost:3000",
                      "Authorization: Bearer " + TestTokens.good("alice"))
                  .status())
          .isEqualTo(404);
      // The next one of the same kind of client is over after the first.
      assertThat(server.plain("/api/who", "Host: localhost").status()).isEqualTo(401);

      assertThat(log.containing("swallowed")).isEmpty();
    }
  }

  @Test
  void atMostTenLinesAreWrittenAMinute() throws Exception {
    try (CapturedLog log = new CapturedLog(JwtHandshakeFilter.class.getName(), Level.WARN);
        TestServer server = server("forbid", 1).start()) {
      for (int i = 0; i < 15; i++) {
        server.raw("/ws?attempt=many-" + i, "Origin: http://localhost:3000");
      }
      Eventually.eventually(
          "the last is over", () -> server.attempt("many-14").endsWith(Attempt.SWALLOWED));

      assertThat(log.containing("swallowed")).hasSize(SwallowedHandshakes.LINES_PER_MINUTE);
    }
  }
}
