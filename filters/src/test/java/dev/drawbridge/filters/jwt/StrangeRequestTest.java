package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that somebody in front of the filters has changed, and tokens at the wrong place. */
class StrangeRequestTest {
  private static final String MESSAGE = "canary in a message";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRequestThatCannotBeRecordedIsRefusedInOurWords(boolean behindCors) throws Exception {
    TestServer prepared = new TestServer(TestServer.settings());
    if (behindCors) {
      prepared.behindDevCorsFilter();
    }
    try (TestServer server = changed(prepared, Broken::new).start();
        CapturedLog log = new CapturedLog("dev.drawbridge", ch.qos.logback.classic.Level.WARN)) {
      TestServer.Answer answer = server.bearer(TestTokens.good("alice"));

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.code()).isEqualTo("internal");
      assertThat(answer.header("Content-Type"))
          .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
      assertThat(server.upgrades).isEmpty();
      assertThat(log.containing("handshake failed: requestId=")).hasSize(1);
      assertThat(log.containing(MESSAGE)).isEmpty();
    }
  }

  @Test
  void anAddressThatAProxyMadeUpWritesNoLineOfItsOwn() throws Exception {
    try (TestServer server =
            changed(new TestServer(TestServer.settings()), Forwarded::new).start();
        CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
      server.bearer("bad");

      assertThat(log.containing("handshake refused: token_malformed"))
          .singleElement()
          .satisfies(
              line ->
                  assertThat(line.text())
                      .contains(" remote=192.0.2.1?fix='none'??WARN?forged?[31m origin=")
                      .doesNotContain("\u2028", "\u001b", "\n"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/ws?access_token=canary  | transport_disabled | access_token, but DRAWBRIDGE_JWT_QUERY_TOKEN is off",
        "/ws?access_token=        | transport_disabled | access_token, but DRAWBRIDGE_JWT_QUERY_TOKEN is off",
        "/ws?x=1&token=canary     | token_missing      | the query parameter token is not read",
        "/ws?%6awt=canary         | token_missing      | the query parameter jwt is not read",
        "/ws?canary=1             | token_missing      | send a token by one of [authorization, subprotocol]\"",
      })
  void aTokenInTheAddressIsNamedByItsPlaceAlone(String path, String code, String hint)
      throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      TestServer.Answer answer = server.raw(path);

      assertThat(answer.code()).isEqualTo(code);
      assertThat(answer.body()).contains(hint).doesNotContain("canary");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''   | Cookie: sid=1; auth=eyJhbGciOiJIUzI1NiJ9.e30.c2ln | DRAWBRIDGE_JWT_COOKIE is not set",
        "jwt  | Cookie: auth=eyJhbGciOiJIUzI1NiJ9.e30.c2ln | not the name that DRAWBRIDGE_JWT_COOKIE gives",
        "''   | Sec-WebSocket-Protocol: drawbridge.v1, eyJhbGciOiJIUzI1NiJ9.e30.c2ln | does not start with drawbridge.bearer.",
      })
  void aTokenThatNobodyReadsIsNamedByItsPlaceAlone(String cookie, String line, String hint)
      throws Exception {
    var settings = TestServer.settings();
    if (!cookie.isEmpty()) {
      settings.put("drawbridge.jwt.cookie", cookie);
    }
    try (TestServer server = new TestServer(settings).start()) {
      TestServer.Answer answer = server.raw("/ws", line);

      assertThat(answer.code()).isEqualTo("token_missing");
      assertThat(answer.body()).contains(hint).doesNotContain("eyJ", "c2ln");
    }
  }

  private static TestServer changed(TestServer server, UnaryOperator<HttpServletRequest> change) {
    Filter first =
        (request, response, chain) ->
            chain.doFilter(change.apply((HttpServletRequest) request), response);
    FilterHolder holder = new FilterHolder(first);
    FilterMapping mapping = new FilterMapping();
    mapping.setFilterName(holder.getName());
    mapping.setPathSpec("/*");
    server.context().getServletHandler().prependFilter(holder);
    server.context().getServletHandler().prependFilterMapping(mapping);
    return server;
  }

  /** Fails where an attempt's id is read. */
  private static final class Broken extends HttpServletRequestWrapper {
    Broken(HttpServletRequest request) {
      super(request);
    }

    @Override
    public String getQueryString() {
      throw new IllegalStateException(MESSAGE);
    }
  }

  /** A container that believes whatever a header says. */
  private static final class Forwarded extends HttpServletRequestWrapper {
    Forwarded(HttpServletRequest request) {
      super(request);
    }

    @Override
    public String getRemoteAddr() {
      return "192.0.2.1 fix=\"none\"\u2028\nWARN forged\u001b[31m";
    }
  }
}
