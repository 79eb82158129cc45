package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.testing.Axe;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.Look;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.Keys;

/**
 * Every screen of the sample and of dev mode as people use it who see little, see no colours, or
 * have a keyboard alone. Light and dark, on a desk, on a phone, twice as large.
 *
 * <p>With {@code -Dscreens=folder} the pictures of all that are kept, to be looked at.
 */
@ExtendWith(Browsers.class)
class AccessibilityTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final List<Look> LOOKS =
      List.of(
          Look.desktop(false),
          Look.desktop(true),
          Look.phone(false),
          Look.phone(true),
          Look.zoomed(false));

  private static SampleServer server;
  private static StagedDiagnostics stage;
  private static Browser browser;
  private static Axe axe;

  @BeforeAll
  static void open() throws Exception {
    axe = Axe.load();
    server = SampleServer.development();
    stage = new StagedDiagnostics(server);
    browser = Browsers.of(BrowserKind.CHROMIUM);
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.look(null);
      browser.open(URI.create("about:blank"));
      stage.close();
      server.close();
    }
  }

  /** Looks at what is shown in every way, and lets axe do so. */
  private static void inspect(String screen) throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Look look : LOOKS) {
      browser.look(look);
      keep(screen, look);
      axe.violations(browser).forEach(line -> wrong.add(look + ": " + line));
      if (!browser
          .evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
          .booleanValue()) {
        wrong.add(look + ": the page is wider than the window");
      }
    }
    assertThat(wrong).as(screen).isEmpty();
  }

  private static void keep(String screen, Look look) throws IOException {
    String folder = System.getProperty("screens");
    if (folder != null) {
      Files.createDirectories(Path.of(folder));
      Files.write(Path.of(folder, screen + "-" + look + ".png"), browser.picture());
    }
  }

  @Test
  void theSampleBeforeTheLogin() throws Exception {
    browser.open(server.uri("http", "/"));
    browser.awaitTrue("!!document.querySelector('#user-alice input')", LIMIT);

    inspect("sample-login");
  }

  @Test
  void theSampleThatExplainsARefusal() throws Exception {
    browser.open(server.uri("http", "/"));
    ChatPage.inTab(browser).signIn("mallory");
    browser.awaitTrue("!!document.getElementById('error')", LIMIT);

    inspect("sample-refused");
  }

  @Test
  void theSampleWithAChatAndAFailure() throws Exception {
    ChatPage chat = ChatPage.connected(browser, server.uri("http", "/"), "alice");
    chat.say("Is the bridge down?");
    chat.awaitDelivered("Is the bridge down?");
    chat.cause("fault-invalid", "message_data_invalid", "expected string, got number");

    inspect("sample-chat");
  }

  @Test
  void theDiagnosticsPageThatKnowsNothingYet() throws Exception {
    browser.open(stage.page());
    browser.awaitTrue("!!document.getElementById('verdict').dataset.code", LIMIT);

    inspect("diagnostics-begin");
  }

  @Test
  void theDiagnosticsPageWithAllThatItCanShow() throws Exception {
    try (TestClient client =
        TestClient.connect(server, "/ws", server.token("bob"), "Origin", "http://localhost:3000")) {
      assertThat(client.next().path("type").asText()).isEqualTo("welcome");
      TestClient.refusal(
          server, "/ws?attempt=no", server.token("mallory"), "Origin", "http://localhost:3000");
      TestClient.refusal(
          server, "/ws?attempt=evil", server.token("bob"), "Origin", "https://shop.example");
      ObjectNode members = (ObjectNode) Json.read(server.get("/ws/diagnostics.json").body());
      DiagnosticsChartsTest.trend(
          members, 96, i -> i == 30 ? null : (Long) (40L + i % 13 * (i % 29L)));
      DiagnosticsChartsTest.cluster(members);
      members.putArray("disabled").add("mallory");
      stage.show(members);
      browser.open(stage.page());
      browser.awaitTrue("!!document.querySelector('[data-subject=bob]')", LIMIT);
      browser.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })");
      browser.awaitTrue("!!document.querySelector('#trend-table table')", LIMIT);

      inspect("diagnostics");
    }
  }

  @Test
  void thePageForWhoComesWithoutTheKey() throws Exception {
    Map<String, String> params = SampleServer.developmentParams();
    params.remove("drawbridge.dev.key");
    try (SampleServer withKey = SampleServer.start("/", params)) {
      browser.open(withKey.uri("http", "/ws/diagnostics"));
      assertThat(browser.evaluate("document.title").asText()).endsWith("the key is missing");

      inspect("locked");

      assertThat(
              browser
                  .evaluate("getComputedStyle(document.querySelector('main')).maxWidth")
                  .asText())
          .as("its policy lets its style in")
          .isEqualTo("640px");
    }
  }

  @Test
  void theDiagnosticsPageGoesByKeyboardInTheOrderOfThePage() throws Exception {
    ObjectNode members = stage.members();
    DiagnosticsChartsTest.trend(members, 96, i -> 40L);
    stage.show(members);
    browser.look(Look.desktop(false));
    browser.open(stage.page());
    browser.awaitTrue("!!document.getElementById('verdict').dataset.code", LIMIT);

    List<String> stops = walk(60);

    assertThat(stops)
        .containsSubsequence(
            "a #verdict",
            "a #trend",
            "a #selftest",
            "a diagnostics.json",
            "summary The same in numbers",
            "input test-user",
            "button test-run",
            "select setting-filter");
  }

  @Test
  void theSampleGoesByKeyboardInTheOrderOfThePage() throws Exception {
    browser.look(Look.desktop(false));
    ChatPage.connected(browser, server.uri("http", "/"), "alice");
    browser.awaitTrue("!!document.getElementById('enter-lobby')", LIMIT);

    List<String> stops = walk(60);

    assertThat(stops)
        .containsSubsequence("button enter-lobby", "input message-input", "button fault-drop");
  }

  /**
   * Presses Tab until the focus leaves the page; each stop must be seen, in view, and further on in
   * the page than the one before.
   */
  private static List<String> walk(int most) {
    browser.evaluate(
        "(() => { const first = document.createElement('span'); first.tabIndex = -1;"
            + " document.body.prepend(first); first.focus(); first.remove(); scrollTo(0, 0);"
            + " window.before = null; })()");
    List<String> stops = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      browser.press(Keys.TAB);
      JsonNode stop =
          browser.evaluate(
              """
              (() => {
                const at = document.activeElement;
                if (!at || at === document.body || at === document.documentElement) return null;
                const style = getComputedStyle(at), box = at.getBoundingClientRect();
                const middle = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, innerHeight / 2));
                const found = {
                  name: at.tagName.toLowerCase() + ' ' + (at.id || at.getAttribute('href') || at.textContent.trim().slice(0, 40)),
                  ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none',
                  inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
                  covered: !!middle && !at.contains(middle) && !middle.contains(at) && !at.labels?.[0]?.contains(middle),
                  back: !!window.before && !(window.before.compareDocumentPosition(at) & (Node.DOCUMENT_POSITION_FOLLOWING | Node.DOCUMENT_POSITION_CONTAINED_BY)),
                };
                window.before = at;
                return found;
              })()\
              """);
      if (stop.isNull()) {
        break;
      }
      String name = stop.path("name").asText();
      if (stop.path("back").booleanValue() && !stops.isEmpty()) {
        assertThat(name).as("behind the last stop comes the first").isEqualTo(stops.get(0));
        break;
      }
      assertThat(stop.path("ring").booleanValue()).as("the focus is seen at %s", name).isTrue();
      assertThat(stop.path("inView").booleanValue()).as("in view: %s", name).isTrue();
      assertThat(stop.path("covered").booleanValue()).as("covered: %s", name).isFalse();
      stops.add(name);
    }
    return stops;
  }
}
