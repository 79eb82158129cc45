package dev.drawbridge.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
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

  /** The narrowest phone that is sold in numbers. */
  private static final Look NARROW = new Look(false, 360, 740, 1);

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript",
          "css", "text/css",
          "svg", "image/svg+xml",
          "png", "image/png",
          "json", "application/json");

  private static final String TEXT = ".VPDoc main";

  /** The hundredth row of a table, and the fiftieth line of a block, is like those before it. */
  private static final String LIKE_THOSE_BEFORE =
      "tbody tr:nth-child(n+13), pre .line:nth-child(n+13)";

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
    int status = 200;
    if (!file.normalize().startsWith(SITE) || !Files.isRegularFile(file)) {
      // As servers of static pages do.
      file = SITE.resolve("404.html");
      path = "404.html";
      status = 404;
    }
    String type = TYPES.getOrDefault(path.replaceAll(".*\\.", ""), "text/plain; charset=utf-8");
    exchange.getResponseHeaders().add("Content-Type", type);
    byte[] bytes = Files.readAllBytes(file);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static void visit(String page) {
    browser.open(URI.create(server.url("/" + page + ".html")));
    browser.awaitTrue("document.querySelector('.VPDoc h1, .NotFound')", PATIENCE);
  }

  /** Every page of documents, by its name without the ending. */
  private static List<String> pages() throws IOException {
    try (Stream<Path> files = Files.walk(SITE)) {
      return files
          .map(file -> SITE.relativize(file).toString().replace('\\', '/'))
          .filter(file -> file.endsWith(".html") && !file.equals("404.html"))
          .map(file -> file.substring(0, file.length() - ".html".length()))
          .sorted()
          .toList();
    }
  }

  static Stream<Look> looks() {
    return Stream.of(Look.desktop(false), Look.desktop(true), NARROW, Look.zoomed(true));
  }

  /** The frame of each page, and the page for an address that is none. */
  @ParameterizedTest
  @MethodSource("looks")
  void theFrameStandsInNobodysWay(Look look) {
    Axe axe = Axe.load();
    browser.look(look);
    try {
      for (String page : List.of("index", "nowhere")) {
        visit(page);
        assertThat(axe.violations(browser)).as(page).isEmpty();
        assertThat(dark()).isEqualTo(look.dark());
        assertThat(fits()).as(page).isTrue();
      }
    } finally {
      browser.look(null);
    }
  }

  /**
   * What each page says, in light and in the dark. The texts are put one after the other into one
   * frame: to load each page would take ten times as long.
   */
  @Test
  void noPageStandsInAnybodysWay() throws IOException {
    Axe axe = Axe.load();
    List<String> found = new ArrayList<>();
    List<String> pages = pages();
    try {
      browser.look(Look.desktop(false));
      visit("settings");
      for (String page : pages) {
        put(page, true);
        axe.violations(browser, TEXT, "color-contrast")
            .forEach(each -> found.add(page + ": " + each));
      }
      for (boolean dark : List.of(false, true)) {
        browser.look(Look.desktop(dark));
        browser.awaitTrue(
            "document.documentElement.classList.contains('dark') === " + dark, PATIENCE);
        if (!dark) {
          showEachKind(pages);
        }
        axe.contrast(browser, TEXT)
            .forEach(each -> found.add((dark ? "dark: " : "light: ") + each));
      }
    } finally {
      browser.look(null);
    }

    assertThat(pages).hasSizeGreaterThan(45).contains("index", "modules/endpoint", "settings");
    assertThat(found).isEmpty();
  }

  /** Whatever its tables and blocks of code are. What fits a phone fits a wider window, too. */
  @Test
  void noPageIsWiderThanAPhone() throws IOException {
    List<String> wide = new ArrayList<>();
    try {
      browser.look(NARROW);
      visit("settings");
      for (String page : pages()) {
        put(page, false);
        if (!fits()) {
          wide.add(page);
        }
      }
    } finally {
      browser.look(null);
    }

    assertThat(wide).isEmpty();
  }

  /** Another page's text in the frame that is shown, and whether the rest of long ones is left. */
  private static void put(String page, boolean shortened) {
    assertThat(
            browser
                .evaluate(
                    """
                    fetch('/%s.html').then(answer => answer.text()).then(html => {
                      const main = new DOMParser().parseFromString(html, 'text/html').querySelector('%s');
                      if (%s) main.querySelectorAll('%s').forEach(one => one.remove());
                      document.querySelector('%2$s').replaceWith(main);
                      return main.querySelectorAll('h1').length;
                    })\
                    """
                        .formatted(page, TEXT, shortened, LIKE_THOSE_BEFORE))
                .asInt())
        .as("headings of %s", page)
        .isEqualTo(1);
  }

  /**
   * In place of the text one of each kind of its elements, of all pages: what has the same tags,
   * classes and styles around it has the same colours.
   */
  private static void showEachKind(List<String> pages) throws IOException {
    int kinds =
        browser
            .evaluate(
                """
                Promise.all(%s.map(page => fetch('/' + page + '.html').then(answer => answer.text()))).then(all => {
                  const kinds = new Map();
                  for (const html of all) {
                    const main = new DOMParser().parseFromString(html, 'text/html').querySelector('%s');
                    for (const one of main.querySelectorAll('*')) {
                      const text = [...one.childNodes].find(node => node.nodeType === 3 && node.data.trim());
                      if (!text) continue;
                      let node = one.cloneNode(false);
                      node.append(text.data.trim().slice(0, 40));
                      let kind = '';
                      for (let at = one; at !== main; at = at.parentElement) {
                        // Each page has a class of its own name, which begins so.
                        kind += at.tagName + at.className.replace(/\\b_\\S+/, '') + at.getAttribute('style') + ' ';
                        if (at === one) continue;
                        const around = at.cloneNode(false);
                        around.append(node);
                        node = around;
                      }
                      if (!kinds.has(kind)) kinds.set(kind, node);
                    }
                  }
                  document.querySelector('%2$s').replaceChildren(...kinds.values());
                  return kinds.size;
                })\
                """
                    .formatted(new JsonMapper().writeValueAsString(pages), TEXT))
            .asInt();
    assertThat(kinds).isGreaterThan(50);
  }

  private static boolean fits() {
    return browser.evaluate("document.documentElement.scrollWidth <= innerWidth").booleanValue();
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
