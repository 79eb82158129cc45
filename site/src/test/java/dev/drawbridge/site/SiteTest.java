package dev.drawbridge.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.drawbridge.testing.Axe;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.LocalHttp;
import dev.drawbridge.testing.Look;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The built site in Chromium: in light and dark, on a phone, by keyboard, and with its search. */
class SiteTest {
  private static final Path SITE = Path.of("target", "site");
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  /** One of each kind: with pictures, with code, with wide tables. */
  private static final List<String> PAGES = List.of("index", "legacy-web-application", "settings");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript",
          "css", "text/css",
          "svg", "image/svg+xml",
          "png", "image/png",
          "json", "application/json");

  private static LocalHttp server;
  private static Browser browser;

  @BeforeAll
  static void open() throws IOException {
    boolean built = Files.exists(SITE.resolve("index.html"));
    assumeTrue(built || "true".equals(System.getenv("REQUIRE_NODE")), "the site is built by Node");
    server = new LocalHttp().otherwise(SiteTest::file);
    browser = BrowserKind.CHROMIUM.launch();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static void file(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring(1);
    Path file = SITE.resolve(path);
    if (!file.normalize().startsWith(SITE) || !Files.isRegularFile(file)) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    String type = TYPES.getOrDefault(path.replaceAll(".*\\.", ""), "text/plain; charset=utf-8");
    exchange.getResponseHeaders().add("Content-Type", type);
    byte[] bytes = Files.readAllBytes(file);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static void visit(String page) {
    browser.open(URI.create(server.url("/" + page + ".html")));
    browser.awaitTrue("document.querySelector('.VPDoc h1')", PATIENCE);
  }

  static Stream<Look> looks() {
    return Stream.of(Look.desktop(false), Look.desktop(true), Look.phone(false), Look.zoomed(true));
  }

  /** And no page is wider than its window, whatever its tables are. */
  @ParameterizedTest
  @MethodSource("looks")
  void nothingStandsInAnybodysWay(Look look) {
    Axe axe = Axe.load();
    List<String> found = new ArrayList<>();
    browser.look(look);
    try {
      for (String page : PAGES) {
        visit(page);
        axe.violations(browser).forEach(each -> found.add(page + ": " + each));
        if (!browser
            .evaluate("document.documentElement.scrollWidth <= innerWidth")
            .booleanValue()) {
          found.add(page + " is wider than its window");
        }
        assertThat(dark()).isEqualTo(look.dark());
      }
    } finally {
      browser.look(null);
    }

    assertThat(found).isEmpty();
  }

  private static boolean dark() {
    return browser.evaluate("document.documentElement.classList.contains('dark')").booleanValue();
  }

  @Test
  void searchFindsASettingByItsName() {
    visit("index");

    browser.evaluate("document.querySelector('#local-search button').click()");
    browser.awaitTrue("document.querySelector('#localsearch-input')", PATIENCE);
    browser.evaluate(
        """
        (() => {
          const input = document.querySelector('#localsearch-input');
          input.value = 'DRAWBRIDGE_JWT_LEEWAY';
          input.dispatchEvent(new Event('input', { bubbles: true }));
        })()\
        """);

    browser.awaitTrue(
        "[...document.querySelectorAll('#localsearch-list a')].some((a) =>"
            + " a.href.includes('/settings.html'))",
        PATIENCE);
  }

  /** The first stop of the tabulator leads past the side bar, and what scrolls can be reached. */
  @Test
  void whoHasOnlyAKeyboardGetsEverywhere() {
    visit("settings");

    assertThat(
            browser
                .evaluate(
                    "document.querySelector('a, button, [tabindex=\"0\"]').getAttribute('href')")
                .asText())
        .isEqualTo("#VPContent");
    JsonNode reachable =
        browser.evaluate(
            "[...document.querySelectorAll('.VPDoc .wide, .VPDoc pre')].every((e) => e.tabIndex ==="
                + " 0)");
    assertThat(reachable.asBoolean()).isTrue();
  }
}
