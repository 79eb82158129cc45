package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.LocalHttp;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.util.EnumMap;
import java.util.Map;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real browsers in a session that is logged in. The application is {@code http://localhost:APP};
 * another port of localhost is the same site, {@code http://127.0.0.1:OTHER} another one.
 */
class SessionTokenBrowserTest {
  /** Each is started once: that takes longer than all of its tests. */
  private static final Map<BrowserKind, Browser> BROWSERS = new EnumMap<>(BrowserKind.class);

  private LocalHttp others;
  private SessionServer server;

  /** A page of the application that logs in whoever looks at it. */
  private static final class Page extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      request.getSession().setAttribute("user", "alice");
      response.setContentType("text/html");
      response.getWriter().print("<!doctype html><title>shop</title>");
    }
  }

  @BeforeEach
  void start() throws Exception {
    others = LocalHttp.page("<!doctype html><title>other</title>");
    server =
        new SessionServer(SessionServer.development("drawbridge.session.token.attribute", "user"));
    server.context.addServlet(new ServletHolder(new Page()), "/page");
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
    others.close();
  }

  @AfterAll
  static void closeBrowsers() {
    BROWSERS.values().forEach(Browser::close);
    BROWSERS.clear();
  }

  private static Browser browser(BrowserKind kind) {
    return BROWSERS.computeIfAbsent(kind, BrowserKind::launch);
  }

  /** The code of the answer, {@code ok} with a token, or the name of the error. */
  private String fetched(Browser browser, String init) {
    return browser
        .evaluate(
            """
            fetch('%s/ws/token', %s).then(
              async r => { const j = await r.json(); return j.token ? 'ok' : j.code; },
              e => e.name)"""
                .formatted(server.origin(), init))
        .asText();
  }

  @ParameterizedTest
  @EnumSource
  void ownPageGetsATokenThatOpensTheWebSocket(BrowserKind kind) throws Exception {
    Browser browser = browser(kind);
    browser.open(URI.create(server.origin() + "/page"));

    String token = browser.evaluate("fetch('/ws/token').then(r => r.json())").get("token").asText();

    assertThat(server.handshake(token)).isEqualTo("101");
    assertThat(fetched(browser, "{mode: 'same-origin'}")).isEqualTo("ok");
    assertThat(fetched(browser, "{headers: {'X-Requested-With': 'drawbridge'}}")).isEqualTo("ok");
    assertThat(fetched(browser, "{method: 'POST'}")).isEqualTo("method_not_allowed");
    assertThat(fetched(browser, "{credentials: 'omit'}")).isEqualTo("login_required");
    assertThat(fetched(browser, "{headers: {Authorization: 'Bearer ' + 'x'}}"))
        .isEqualTo("credentials_ambiguous");
  }

  @ParameterizedTest
  @EnumSource
  void frameShowsNoToken(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(URI.create(server.origin() + "/page"));

    String shown =
        browser
            .evaluate(
                """
                new Promise(done => {
                  const frame = document.createElement('iframe');
                  frame.src = '/ws/token';
                  frame.onload = () => {
                    let text = 'unreadable';
                    try { text = frame.contentDocument.body.innerText; } catch {}
                    done(text);
                  };
                  // A browser need not tell of a frame that it refuses to show.
                  setTimeout(() => done('blocked'), 2000);
                  document.body.append(frame);
                })""")
            .asText();

    assertThat(shown).doesNotContain("eyJ");
  }

  @ParameterizedTest
  @EnumSource
  void pagesOfOtherOriginsGetNone(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(URI.create(server.origin() + "/page"));
    for (String host : new String[] {"localhost", "127.0.0.1"}) {
      browser.open(URI.create("http://" + host + ":" + others.port() + "/"));

      assertThat(fetched(browser, "{credentials: 'include'}"))
          .as(host)
          .isIn("same_origin_required", "origin_denied", "TypeError");
      assertThat(
              fetched(
                  browser, "{credentials: 'include', headers: {'X-Requested-With': 'drawbridge'}}"))
          .as(host + ", which dev mode lets ask")
          .isIn("same_origin_required", "origin_denied", "TypeError");
      assertThat(fetched(browser, "{credentials: 'include', mode: 'no-cors'}"))
          .as(host + ", opaque")
          .isIn("SyntaxError", "TypeError");
    }
  }

  @ParameterizedTest
  @EnumSource
  void addressBarShowsNone(BrowserKind kind) {
    Browser browser = browser(kind);
    browser.open(URI.create(server.origin() + "/page"));

    browser.open(URI.create(server.origin() + "/ws/token"));

    assertThat(browser.evaluate("document.documentElement.outerHTML").asText())
        .contains("same_origin_required")
        .doesNotContain("eyJ");
  }
}
