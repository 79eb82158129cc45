package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.net.URI;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Pages in real browsers on one port, the server on another: the Fetch standard as browsers carry
 * it out. {@code http://localhost:PAGE} is listed, {@code http://127.0.0.1:PAGE} is not.
 */
class CorsBrowserTest {
  /** Each is started once: that takes longer than all of its tests. */
  private static final Map<BrowserKind, Browser> BROWSERS = new EnumMap<>(BrowserKind.class);

  private LocalHttp pages;
  private CorsServer server;

  @BeforeEach
  void start() throws Exception {
    pages = LocalHttp.page("<!doctype html><title>page</title>");
    server =
        CorsServer.start(Map.of("WEBSOCKET_ALLOWED_ORIGINS", "http://localhost:" + pages.port()));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    pages.close();
  }

  @AfterAll
  static void closeBrowsers() {
    BROWSERS.values().forEach(Browser::close);
    BROWSERS.clear();
  }

  private static Browser browser(BrowserKind kind) {
    return BROWSERS.computeIfAbsent(kind, BrowserKind::launch);
  }

  private URI page(String host) {
    return URI.create("http://" + host + ":" + pages.port() + "/");
  }

  /** What a page gets from a fetch: status and a header, or the name of the error. */
  private JsonNode fetch(Browser browser, String path, String init) {
    return browser.evaluate(
        """
        fetch('http://localhost:%d%s', %s).then(
          async r => ({status: r.status, id: r.headers.get('x-request-id'), text: await r.text()}),
          e => ({error: e.name}))"""
            .formatted(server.port(), path, init));
  }

  private String webSocket(Browser browser) {
    return browser
        .evaluate(
            """
            new Promise(done => {
              const socket = new WebSocket('ws://localhost:%d/ws/echo');
              socket.onopen = () => socket.send('hello');
              socket.onmessage = m => { done(m.data); socket.close(); };
              socket.onclose = c => done('closed ' + c.code);
            })"""
                .formatted(server.port()))
        .asText();
  }

  @ParameterizedTest
  @EnumSource
  void pageReadsWhatItIsAllowedTo(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(page("localhost"));

    JsonNode put =
        fetch(
            browser,
            "/api/ok",
            "{method: 'PUT', credentials: 'include', body: '{}',"
                + " headers: {'Content-Type': 'application/json', Authorization: 'Bearer x'}}");
    assertThat(put.path("status").asInt()).isEqualTo(200);
    assertThat(put.path("text").asText()).isEqualTo("ok");
    assertThat(server.counters().preflights()).isEqualTo(1);

    assertThat(
            fetch(browser, "/api/denied", "{headers: {Authorization: 'Bearer expired'}}")
                .path("status")
                .asInt())
        .as("a readable 401")
        .isEqualTo(401);
    assertThat(fetch(browser, "/nowhere", "{}").path("status").asInt()).isEqualTo(404);
    assertThat(fetch(browser, "/api/throw", "{}").path("status").asInt()).isEqualTo(500);
    assertThat(fetch(browser, "/api/own", "{credentials: 'include'}").path("text").asText())
        .as("an application with CORS headers of its own")
        .isEqualTo("ok");
    assertThat(webSocket(browser)).isEqualTo("hello");

    server.seen.clear();
    assertThat(fetch(browser, "/api/ok", "{headers: {'X-Not-Listed': '1'}}"))
        .hasToString("{\"error\":\"TypeError\"}");
    assertThat(fetch(browser, "/api/ok", "{method: 'BREW'}"))
        .hasToString("{\"error\":\"TypeError\"}");
    assertThat(server.seen).as("the browser kept the request").isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void pageOfAnotherOriginReachesNothing(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(page("127.0.0.1"));

    assertThat(fetch(browser, "/api/ok", "{}")).hasToString("{\"error\":\"TypeError\"}");
    assertThat(
            fetch(browser, "/api/ok", "{method: 'POST', body: 'x', mode: 'no-cors'}")
                .path("status")
                .asInt(-1))
        .as("opaque")
        .isZero();
    assertThat(fetch(browser, "/api/ok", "{method: 'DELETE'}"))
        .hasToString("{\"error\":\"TypeError\"}");
    assertThat(webSocket(browser)).isEqualTo("closed 1006");
    assertThat(server.seen).isEmpty();
    assertThat(server.counters().refused(OriginReason.NOT_LISTED)).isGreaterThanOrEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void pageOfTheApplicationItselfNeedsNoEntryButItsWebSocketDoes(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(URI.create("http://localhost:" + server.port() + "/api/page"));

    JsonNode posted = fetch(browser, "/api/ok", "{method: 'POST', body: 'form'}");

    assertThat(posted.path("status").asInt()).isEqualTo(200);
    assertThat(server.seen).contains("POST /api/ok");
    assertThat(webSocket(browser)).isEqualTo("closed 1006");
  }
}
