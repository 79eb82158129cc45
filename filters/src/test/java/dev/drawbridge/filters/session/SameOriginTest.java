package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.session.SessionServer.Visitor;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The table of requests: only a script of the application's own pages gets a token, though all of
 * them bring the cookie of a session that is logged in.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SameOriginTest {
  private static final String PARTNER = "https://partner.example.com";

  private SessionServer server;
  private Visitor alice;

  @BeforeAll
  void start() throws Exception {
    server =
        new SessionServer(
                SessionServer.development(
                    "drawbridge.session.token.attribute",
                    "user",
                    "DEV_WEBSOCKET_ORIGINS",
                    PARTNER + ", http://localhost.example:80"))
            .start();
    alice = server.visitor();
    alice.logsInAs("alice");
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** Columns: site, mode, destination, Origin (OWN is the server's), X-Requested-With, answer. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // What browsers send for fetch and XMLHttpRequest of an own page or worker.
        "same-origin, cors,        empty,    -,   -, ok",
        "same-origin, same-origin, empty,    -,   -, ok",
        "same-origin, cors,        empty,    OWN, -, ok",
        "same-origin, cors,        empty,    -,   x, ok",
        "same-origin, cors,        -,        -,   -, ok",
        // A proxy that takes the mode away leaves what only a script sends.
        "same-origin, -,           -,        OWN, -, ok",
        "same-origin, -,           empty,    OWN, -, ok",
        "same-origin, -,           -,        -,   x, ok",
        "same-origin, -,           empty,    -,   XMLHttpRequest, ok",
        "same-origin, -,           -,        -,   ' ', no-script",
        "same-origin, -,           -,        -,   -, no-script",
        "same-origin, -,           document, OWN, x, no-script",
        "same-origin, '',          empty,    OWN, x, no-script",
        "same-origin, navigate,    -,        OWN, x, no-script",
        "same-site,   -,           empty,    OWN, x, same-site",
        // Over plain http, and old browsers.
        "-,           -,           -,        -,   drawbridge, ok",
        "-,           -,           -,        -,   XMLHttpRequest, ok",
        "-,           -,           -,        OWN, -, ok",
        "-,           -,           -,        -,   -, not-marked",
        "-,           -,           -,        -,   ' ', not-marked",
        // A proxy that takes the one away leaves the others.
        "-,           navigate,    document, -,   x, no-script",
        "-,           no-cors,     script,   -,   x, no-script",
        "-,           -,           iframe,   -,   x, no-script",
        // Other places.
        "cross-site,  cors,        empty,    -,   x, other-site",
        "cross-site,  no-cors,     script,   -,   -, other-site",
        "cross-site,  navigate,    document, -,   -, other-site",
        "cross-site,  navigate,    iframe,   -,   -, other-site",
        "same-site,   cors,        empty,    -,   x, same-site",
        "same-site,   navigate,    iframe,   -,   -, same-site",
        "none,        navigate,    document, -,   -, no-page",
        "none,        cors,        empty,    -,   x, no-page",
        "SAME-ORIGIN, cors,        empty,    -,   x, other-site",
        "'same-origin, cross-site', cors, empty, -, x, other-site",
        "'',          cors,        empty,    -,   x, other-site",
        // Own pages, but no script that could read the answer.
        "same-origin, navigate,    document, -,   -, no-script",
        "same-origin, navigate,    iframe,   -,   -, no-script",
        "same-origin, navigate,    frame,    -,   -, no-script",
        "same-origin, navigate,    embed,    -,   -, no-script",
        "same-origin, navigate,    object,   -,   -, no-script",
        "same-origin, no-cors,     image,    -,   -, no-script",
        "same-origin, no-cors,     script,   -,   -, no-script",
        "same-origin, no-cors,     empty,    -,   -, no-script",
        "same-origin, cors,        script,   -,   -, no-script",
        "same-origin, cors,        font,     -,   -, no-script",
        "same-origin, websocket,   websocket, -,  -, no-script",
        "same-origin, -,           empty,    -,   -, no-script",
        "same-origin, '',          empty,    -,   -, no-script",
        "same-origin, cors,        '',       -,   -, no-script",
        // An Origin of another, whatever else is said; these pass the filter in front.
        "same-origin, cors,        empty, https://partner.example.com, x, foreign-origin",
        "-,           -,           -,     https://partner.example.com, x, foreign-origin",
        "cross-site,  cors,        empty, https://partner.example.com, x, foreign-origin",
        "-,           -,           -,     http://localhost:1, x, foreign-origin",
        "-,           -,           -,     http://127.0.0.1:1, x, foreign-origin",
        "same-origin, cors,        empty, null, x, foreign-origin",
      })
  void onlyAScriptOfAnOwnPageGetsAToken(
      String site, String mode, String destination, String origin, String with, String expected)
      throws Exception {
    List<String> headers = new ArrayList<>();
    add(headers, "Sec-Fetch-Site", site);
    add(headers, "Sec-Fetch-Mode", mode);
    add(headers, "Sec-Fetch-Dest", destination);
    add(headers, "Origin", "OWN".equals(origin) ? server.origin() : origin);
    add(headers, "X-Requested-With", with);

    HttpResponse<String> answer = alice.asks(headers.toArray(new String[0]));

    assertThat(reason(answer)).isEqualTo(expected);
    if (!expected.equals("ok")) {
      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(SessionServer.code(answer)).isEqualTo("same_origin_required");
      assertThat(answer.body()).doesNotContain("eyJ");
    }
  }

  private static void add(List<String> headers, String name, String value) {
    if (value != null) {
      headers.add(name);
      headers.add(value);
    }
  }

  private static String reason(HttpResponse<String> answer) throws Exception {
    return answer.statusCode() == 200
        ? "ok"
        : SessionServer.json(answer).path("reason").asText(answer.body());
  }

  /** Where a request comes from is asked before who is logged in. */
  @Test
  void strangerWithoutMarksHearsOfTheMarksAndNotOfTheLogin() throws Exception {
    HttpResponse<String> unmarked = server.visitor().asks();
    HttpResponse<String> marked = server.visitor().asks("X-Requested-With", "drawbridge");

    assertThat(SessionServer.code(unmarked)).isEqualTo("same_origin_required");
    assertThat(SessionServer.code(marked)).isEqualTo("login_required");
  }

  @ParameterizedTest
  @CsvSource({
    "Sec-Fetch-Site, same-origin",
    "Sec-Fetch-Mode, cors",
    "Sec-Fetch-Dest, empty",
  })
  void headerThatCameTwiceIsNotBelieved(String name, String value) throws Exception {
    List<String> headers = new ArrayList<>(List.of(SessionServer.SCRIPT));
    headers.addAll(List.of(name, value));

    assertThat(reason(alice.asks(headers.toArray(new String[0])))).isEqualTo("several-values");
  }

  /** Browsers send it in frames of other sites alone. */
  @ParameterizedTest
  @CsvSource({"active", "inactive", "none"})
  void pageInAFrameOfAnotherSiteGetsNoToken(String access) throws Exception {
    List<String> headers = new ArrayList<>(List.of(SessionServer.SCRIPT));
    headers.addAll(List.of("Sec-Fetch-Storage-Access", access));

    assertThat(reason(alice.asks(headers.toArray(new String[0])))).isEqualTo("embedded");
  }

  /** The filter in front opens the application to a partner's pages, and not the tokens. */
  @Test
  void allowedOriginOfTheCorsFilterIsNotEnough() throws Exception {
    HttpResponse<String> preflight =
        alice.send(
            "OPTIONS",
            "/ws/token",
            "Origin",
            PARTNER,
            "Access-Control-Request-Method",
            "GET",
            "Access-Control-Request-Headers",
            "x-requested-with");
    HttpResponse<String> answer = alice.asks("Origin", PARTNER, "X-Requested-With", "drawbridge");
    HttpResponse<String> other =
        alice.asks("Origin", "https://evil.example", "X-Requested-With", "x");

    assertThat(preflight.statusCode()).isEqualTo(204);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(SessionServer.code(answer)).isEqualTo("same_origin_required");
    assertThat(SessionServer.code(other)).isEqualTo("origin_denied");
  }
}
