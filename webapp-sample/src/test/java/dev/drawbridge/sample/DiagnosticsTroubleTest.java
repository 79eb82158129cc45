package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.testing.Axe;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.Look;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/**
 * The diagnostics page when things are not as they should be: a server that has gone silent or was
 * started anew, a clock that is wrong, names that strangers chose, nobody who has a mouse.
 */
@ExtendWith(Browsers.class)
class DiagnosticsTroubleTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  /** 360 points, the narrowest phone that is sold in numbers. */
  private static final Look NARROW = new Look(false, 360, 740, 1);

  /** Blocks that turn the text around them, a blank of no width, and a tag. */
  private static final String HOSTILE = "\u202eecila\u2069\u200b<script>alert(1)</script>مرحبا";

  private static final String LONG = "x".repeat(250);

  private static SampleServer server;
  private static StagedDiagnostics stage;
  private static ObjectNode usual;
  private static Browser browser;

  @BeforeAll
  static void open() throws Exception {
    server = SampleServer.development();
    TestClient.refusal(
        server, "/ws?attempt=mallory", server.token("mallory"), "Origin", "http://localhost:3000");
    stage = new StagedDiagnostics(server);
    usual = stage.members();
    browser = Browsers.of(BrowserKind.CHROMIUM);
  }

  @AfterAll
  static void close() {
    browser.look(null);
    browser.open(URI.create("about:blank"));
    stage.close();
    server.close();
  }

  @BeforeEach
  void begin() {
    browser.look(Look.desktop(false));
    browser.open(stage.page());
    browser.awaitTrue("document.getElementById('live').textContent === 'live'", LIMIT);
    // The pauses of the page are not what is tried.
    browser.evaluate(
        "(() => { const real = setTimeout; window.setTimeout = (work, ms) => real(work, ms / 20);"
            + " return true; })()");
  }

  @AfterEach
  void mend() {
    stage.clockAhead(Duration.ZERO);
    stage.silent(false);
    stage.listen();
    stage.show(usual);
  }

  private static String text(String selector) {
    return browser
        .evaluate("document.querySelector(" + Json.write(selector) + ").innerText")
        .asText()
        .strip();
  }

  @ParameterizedTest
  @ValueSource(longs = {-5_400, 5_400, 0})
  void agesAreByTheServersClockWhateverTheBrowsersSays(long aheadSeconds) {
    Duration ahead = Duration.ofSeconds(aheadSeconds);
    stage.clockAhead(ahead);
    ObjectNode members = stage.members();
    ArrayNode attempts = (ArrayNode) members.get("attempts");
    long serverNow = System.currentTimeMillis() + ahead.toMillis();
    ((ObjectNode) attempts.get(0)).put("startedAt", serverNow - 40_500);

    stage.show(members);

    browser.awaitTrue(
        "/^4\\d s ago$/.test(document.querySelector('[data-attempt=mallory] time').textContent)",
        LIMIT);
    String clocks = text("#clock");
    assertThat(clocks).startsWith("Times of day are those of ");
    if (aheadSeconds == 0) {
      assertThat(clocks).doesNotContain("clock is");
    } else {
      assertThat(clocks)
          .contains(
              aheadSeconds > 0
                  ? "clock is 1 h 30 min behind the server’s"
                  : "clock is 1 h 30 min ahead of the server’s");
    }
  }

  @Test
  void whoIsNotHeardOfAnyMoreIsSaidToBeAwayAndBack() {
    Axe axe = Axe.load();
    assertThat(shown("#stale")).isFalse();
    stage.silent(true);
    later(6_000);

    browser.awaitTrue("!document.getElementById('stale').hidden", LIMIT);

    assertThat(text("#live")).isEqualTo("server away, trying again");
    assertThat(text("#stale"))
        .matches("Nothing was heard of the server for \\d+ s\\. What stands here is of .*\\d.*\\.");
    for (Look look : List.of(Look.desktop(true), NARROW, Look.zoomed(false))) {
      browser.look(look);
      assertThat(axe.contrast(browser, "footer")).as("%s", look).isEmpty();
      assertThat(fits()).as("%s", look).isTrue();
    }
    stage.silent(false);
    browser.awaitTrue("document.getElementById('stale').hidden", LIMIT);
    assertThat(text("#live")).isEqualTo("live");
  }

  /** Nothing ends such a connection: only who asks anew gets an answer. */
  @Test
  void aStreamThatIsSilentForTooLongIsAskedForAnew() {
    browser.evaluate("performance.clearResourceTimings()");
    stage.silent(true);
    later(13_000);

    browser.awaitTrue(
        "performance.getEntriesByName(new URL('diagnostics/events', location).href).length > 0",
        LIMIT);

    browser.awaitTrue("document.getElementById('live').textContent === 'live'", LIMIT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"403 dev_key_required", "404 not_found", "403 origin_denied"})
  void aServerThatWasStartedAnewIsNoServerThatIsAway(String refusal) {
    String code = refusal.substring(4);
    stage.refuse(Integer.parseInt(refusal.substring(0, 3)), code);
    if (code.equals("origin_denied")) {
      later(6_000);
    }

    browser.awaitTrue("!document.getElementById('stale').hidden", LIMIT);

    String said = text("#stale");
    switch (code) {
      case "dev_key_required" -> assertThat(said).contains("started anew", "open the link");
      case "not_found" -> assertThat(said).contains("no diagnostics page any more");
      default -> assertThat(said).startsWith("Nothing was heard of the server");
    }
    assertThat(said).contains("What stands here is of ");
    stage.listen();
    browser.awaitTrue("document.getElementById('live').textContent === 'live'", LIMIT);
    assertThat(shown("#stale")).isFalse();
  }

  /** As if so much time had passed for the page. */
  private static void later(long millis) {
    browser.evaluate(
        "(() => { const real = performance.now.bind(performance); performance.now = () => real() + "
            + millis
            + "; return true; })()");
  }

  private static boolean shown(String selector) {
    return !browser.evaluate("document.querySelector('" + selector + "').hidden").booleanValue();
  }

  private static boolean fits() {
    return browser
        .evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        .booleanValue();
  }

  @Test
  void whatStrangersChoseIsTextInItsPlaceHoweverLongItIs() throws Exception {
    for (String name : List.of(HOSTILE, LONG)) {
      ObjectNode members = stage.members();
      for (JsonNode one : members.get("attempts")) {
        ObjectNode attempt = (ObjectNode) one;
        for (String member :
            List.of("subject", "origin", "path", "host", "page", "userAgent", "client", "id")) {
          attempt.put(member, name);
        }
        ((ObjectNode) attempt.get("token")).put("sub", name).put("iat", 1e18).put("kid", name);
      }
      ObjectNode connection = members.putArray("connections").addObject();
      for (String member :
          List.of("id", "subject", "displayName", "origin", "page", "remote", "userAgent")) {
        connection.put(member, name);
      }
      connection.put("openedAt", 0).put("tokenExpiresAt", 0).put("queueFrames", 0);
      connection.putNull("roundTripMicros").putNull("lastResume").putNull("cursor");
      connection.putArray("channels").add(name);
      connection.putArray("frames");
      members.putArray("disabled").add(name);
      DiagnosticsChartsTest.cluster(members);
      ((ObjectNode) members.at("/cluster/servers/1")).put("host", name).put("version", name);
      ((ObjectNode) members.at("/cluster/places")).put("scope", "cluster").put("alone", name);
      ((ObjectNode) members.get("server")).put("path", "/" + name);
      ((ObjectNode) members.get("verdict")).put("title", name).put("cause", name).put("fix", name);
      ((ObjectNode) members.get("verdict"))
          .put("level", "error")
          .put("code", "x")
          .put("paste", name);
      members.put("attemptsTotal", name.length());
      stage.show(members);
      browser.awaitTrue(
          "document.getElementById('attempts-count').textContent === '" + name.length() + "'",
          LIMIT);
      browser.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })");

      for (Look look : List.of(Look.desktop(false), NARROW, Look.zoomed(true))) {
        browser.look(look);
        assertThat(wide()).as("%s at %s", name, look).isEmpty();
        assertThat(fits()).as("%s at %s", name, look).isTrue();
      }
      assertThat(
              browser.evaluate("document.querySelectorAll('main script, main img').length").asInt())
          .isZero();
    }
    assertThat(text("#attempt-list")).doesNotContain("Invalid Date");
  }

  /** What stands out of the page at its right, but for what scrolls by itself. */
  private static List<String> wide() {
    JsonNode found =
        browser.evaluate(
            """
            [...document.querySelectorAll('body *')].filter(one => !one.closest('.scroll, nav, svg, .skip, pre')
              && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
              .map(one => one.tagName + '.' + one.className + ' ' + one.textContent.slice(0, 40))\
            """);
    List<String> lines = new ArrayList<>();
    found.forEach(line -> lines.add(line.asText()));
    return lines;
  }

  @Test
  void aNameThatTurnsTheTextAroundItTurnsItselfAlone() throws Exception {
    ObjectNode members = stage.members();
    ObjectNode attempt = (ObjectNode) members.get("attempts").get(0);
    attempt.put("subject", HOSTILE).put("origin", "https://shop.example");
    stage.show(members);
    browser.awaitTrue("document.querySelectorAll('[data-attempt=mallory] bdi').length > 1", LIMIT);

    String summary = text("[data-attempt=mallory] summary");

    assertThat(summary)
        .contains("‹U+202E›ecila‹U+2069›‹U+200B›<script>")
        .endsWith(text("[data-attempt=mallory] summary > .num:last-child"));
    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('[data-attempt=mallory] bdi,"
                        + " [data-attempt=mallory] code')].every(one =>"
                        + " getComputedStyle(one).unicodeBidi === 'isolate')")
                .booleanValue())
        .isTrue();
  }

  @Test
  void keysReadASampleInAllChartsAndSayIt() throws Exception {
    ObjectNode members = stage.members();
    DiagnosticsChartsTest.trend(members, 100, i -> (long) i);
    stage.show(members);
    browser.awaitTrue("!document.getElementById('trend-at').disabled", LIMIT);
    browser.evaluate("document.getElementById('trend-at').focus()");
    assertThat(text("#chart-connections .key")).isEqualTo("open 99");

    browser.press(Keys.ARROW_LEFT);
    browser.press(Keys.ARROW_LEFT);

    assertThat(text("#chart-connections .key")).isEqualTo("open 97");
    assertThat(text("#chart-messages .key")).contains("in 39/s", "out 58/s");
    assertThat(
            browser
                .evaluate("document.getElementById('trend-at').getAttribute('aria-valuetext')")
                .asText())
        .contains("; Connections: open 97; Messages: in 39/s, out 58/s; Round trips: median");
    assertThat(
            browser
                .evaluate("document.querySelectorAll('.plot .cursor:not([d=\"\"])').length")
                .asInt())
        .as("a cursor in each")
        .isEqualTo(4);
    browser.press(Keys.HOME);
    assertThat(text("#trend-when")).isEqualTo("before the start");
    browser.press(Keys.END);
    assertThat(text("#chart-connections .key")).isEqualTo("open 99");
    assertThat(text("#trend-when")).startsWith("the newest, ");
  }
}
