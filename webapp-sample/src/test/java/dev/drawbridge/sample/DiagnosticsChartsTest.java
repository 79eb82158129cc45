package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.Look;
import java.net.URI;
import java.time.Duration;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the diagnostics page draws: ten minutes, stages, servers. In a real Chromium. */
@ExtendWith(Browsers.class)
class DiagnosticsChartsTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final String HOSTILE = "<img src=x onerror=alert(1)>";

  private static SampleServer server;
  private static StagedDiagnostics stage;
  private static Browser browser;
  private static int shown = 1_000;

  @BeforeAll
  static void open() throws Exception {
    server = SampleServer.development();
    stage = new StagedDiagnostics(server);
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
  }

  /** A trend of so many samples; a figure that is null is missing in that sample. */
  static void trend(ObjectNode members, int samples, IntFunction<@Nullable Long> connections) {
    ObjectNode trend = members.putObject("trend");
    trend.put("periodMs", 5_000);
    trend.put("samples", 120);
    if (samples == 0) {
      trend.putNull("at");
    } else {
      trend.put("at", 1_790_000_000_000L);
    }
    for (String figure :
        new String[] {
          "connections",
          "received",
          "sent",
          "roundTripMicros",
          "slowestMicros",
          "welcomed",
          "refused"
        }) {
      ArrayNode column = trend.putArray(figure);
      for (int i = 0; i < samples; i++) {
        Long open = connections.apply(i);
        if (open == null || (figure.endsWith("Micros") && open == 0)) {
          column.addNull();
        } else {
          long value =
              switch (figure) {
                case "connections" -> open;
                case "received" -> open * 2;
                case "sent" -> open * 3;
                case "roundTripMicros" -> 420 + open / 10;
                case "slowestMicros" -> 1_900 + open;
                default -> open % 7;
              };
          column.add(value);
        }
      }
    }
  }

  private static String text(String selector) {
    return browser
        .evaluate("document.querySelector(" + Json.write(selector) + ").innerText")
        .asText()
        .strip();
  }

  private static void show(ObjectNode members, String condition) {
    // What a page shows of before may look like what it is to show.
    members.put("attemptsTotal", ++shown);
    stage.show(members);
    if (!browser.evaluate("location.href").asText().equals(stage.page().toString())) {
      browser.open(stage.page());
    }
    browser.awaitTrue(
        "document.getElementById('attempts-count').textContent === '" + shown + "'", LIMIT);
    browser.awaitTrue(condition, LIMIT);
  }

  private static String said(String chart, String part) {
    return "document.querySelector('#chart-"
        + chart
        + " .said').textContent.includes('"
        + part
        + "')";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          none          | The first numbers come         | The first numbers come   | The first numbers come | The first numbers come
          idle          | none was open                  | 0 in, 0 out              | No ping was answered   | 0 refused and 0 welcomed
          beginning     | between 40 and 40; most at     | 480 in, 720 out          | slowest 1.9 ms         | 30 refused
          many          | between 19,000 and 19,000      | 4,560,000 in             | slowest 21 ms          | 240 refused
          stalled       | between 40 and 40; most at     | 9,360 in, 14,040 out     | slowest 1.9 ms         | 585 refused
          """)
  void theTenMinutesAreSaidInWords(
      String what, String connections, String messages, String trips, String refused)
      throws Exception {
    ObjectNode members = stage.members();
    switch (what) {
      case "none" -> trend(members, 0, i -> 0L);
      case "idle" -> trend(members, 120, i -> 0L);
      case "beginning" -> trend(members, 6, i -> 40L);
      case "many" -> trend(members, 120, i -> 19_000L);
      default -> trend(members, 120, i -> i == 60 || i == 61 || i == 119 ? null : (Long) 40L);
    }

    browser.open(stage.page());
    show(members, said("connections", connections));

    assertThat(text("#chart-messages .said")).contains(messages);
    assertThat(text("#chart-trips .said")).contains(trips);
    assertThat(text("#chart-refused .said")).contains(refused);
    assertThat(browser.evaluate("document.querySelector('#charts').innerHTML").asText())
        .doesNotContain("NaN", "undefined", "Infinity", "null");
    assertThat(text("#trend-of"))
        .isEqualTo(
            switch (what) {
              case "beginning" -> "One sample in 5 s. The server started 30 s before the newest.";
              case "stalled" -> "One sample in 5 s. 3 missing: the process stood still.";
              default -> "One sample in 5 s.";
            });
  }

  @Test
  void nothingJumpsWhenNumbersComeGrowAndEndWithARestart() throws Exception {
    ObjectNode none = stage.members();
    trend(none, 0, i -> 0L);
    ObjectNode few = stage.members();
    trend(few, 119, i -> 3L);
    ObjectNode many = stage.members();
    trend(many, 120, i -> 19_000L + i * 100L);
    for (Look look : new Look[] {Look.desktop(false), Look.phone(false), Look.zoomed(true)}) {
      browser.look(look);
      browser.open(stage.page());
      show(none, said("connections", "The first numbers come"));
      JsonNode before = boxes();

      show(few, said("connections", "between 3 and 3"));
      assertThat(boxes()).as("first numbers at %s", look).isEqualTo(before);
      show(many, said("connections", "between 19,000 and 30,900"));
      assertThat(boxes()).as("large numbers at %s", look).isEqualTo(before);
      show(none, "true");
      assertThat(boxes()).as("a restart at %s", look).isEqualTo(before);
      assertThat(
              browser
                  .evaluate(
                      "document.documentElement.scrollWidth <="
                          + " document.documentElement.clientWidth")
                  .booleanValue())
          .as("nothing is wider than the window at %s", look)
          .isTrue();
    }
  }

  private static JsonNode boxes() {
    return browser.evaluate(
        "[...document.querySelectorAll('.chart, .plot')].map(one => { const box ="
            + " one.getBoundingClientRect(); return [box.top + scrollY, box.height,"
            + " box.width].map(Math.round); })");
  }

  @Test
  void aSampleThatIsMissingIsAGapAndAZeroIsNone() throws Exception {
    ObjectNode members = stage.members();
    trend(members, 4, i -> i == 1 ? null : (Long) (i == 0 ? 0L : 2L));

    show(members, said("connections", "between 0 and 2"));

    assertThat(
            browser
                .evaluate(
                    "document.querySelector('#chart-connections .plot .line0').getAttribute('d')")
                .asText())
        .matches("M116 40h1M118 [0-9.]+h1V[0-9.]+h1");
    assertThat(
            browser
                .evaluate("document.querySelector('#chart-refused .plot .bars').getAttribute('d')")
                .asText())
        .as("no bar for nothing")
        .startsWith("M118.1 40V");
  }

  @Test
  void theSameStandsInATableByTheMinute() throws Exception {
    ObjectNode members = stage.members();
    trend(members, 120, i -> 40L);
    show(members, said("connections", "between 40 and 40"));

    browser.evaluate("document.querySelector('#trend-numbers summary').click()");

    browser.awaitTrue("document.querySelectorAll('#trend-table tbody tr').length === 10", LIMIT);
    assertThat(text("#trend-table tbody tr"))
        .contains("40", "960", "1,440", "424 µs", "1.9 ms", "60");
    browser.evaluate("document.querySelector('#trend-numbers summary').click()");
  }

  @Test
  void onAPhoneEachNumberOfTheTableSaysWhatItIs() throws Exception {
    browser.look(Look.phone(false));
    ObjectNode members = stage.members();
    trend(members, 120, i -> 40L);
    show(members, said("connections", "between 40 and 40"));
    browser.evaluate("document.getElementById('trend-numbers').open = true");

    browser.awaitTrue("!!document.querySelector('#trend-table td')", LIMIT);

    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('#trend-table tr:first-child td')].map(one =>"
                        + " getComputedStyle(one, '::before').content + one.textContent)")
                .toString())
        .contains("\"\\\"Messages in: \\\"960\"", "Slowest: ");
  }

  @Test
  void linesDifferWithoutColourAndAreNamed() throws Exception {
    ObjectNode members = stage.members();
    trend(members, 120, i -> 40L);
    show(members, said("connections", "between 40 and 40"));

    assertThat(
            browser
                .evaluate(
                    "['.line0', '.line1'].map(line =>"
                        + " getComputedStyle(document.querySelector('#chart-messages .plot ' +"
                        + " line)).strokeDasharray)")
                .toString())
        .isEqualTo("[\"none\",\"4px, 3px\"]");
    assertThat(text("#chart-messages .key")).contains("in 16/s", "out 24/s");
    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('.plot')].map(one =>"
                        + " one.getAttribute('aria-labelledby').split(' ').map(id =>"
                        + " document.getElementById(id).textContent).join(' '))")
                .toString())
        .contains("Messages 9,600 in", "Round trips slowest", "Refused handshakes 600 refused");
  }

  @Test
  void everyBrowserDrawsThem() throws Exception {
    ObjectNode members = stage.members();
    trend(members, 120, i -> 40L);
    stage.show(members);

    Browsers.inEach(
        one -> {
          one.open(stage.page());
          one.awaitTrue(said("connections", "between 40 and 40"), LIMIT);

          assertThat(
                  one.evaluate(
                          "[...document.querySelectorAll('.plot')].every(plot =>"
                              + " plot.getBoundingClientRect().height > 50 &&"
                              + " plot.querySelector('.line0, .bars').getBBox().width > 110)")
                      .booleanValue())
              .isTrue();
          one.open(URI.create("about:blank"));
        });
  }

  @Test
  void thePointerReadsASample() throws Exception {
    ObjectNode members = stage.members();
    trend(members, 120, i -> (long) i);
    show(members, said("connections", "between 0 and 119"));

    browser.evaluate(
        "(() => { const plot = document.querySelector('#chart-connections .plot'), box ="
            + " plot.getBoundingClientRect(); plot.dispatchEvent(new PointerEvent('pointermove', {"
            + " clientX: box.left + box.width * 60.5 / 120, clientY: box.top })); })()");

    assertThat(text("#chart-connections .key")).isEqualTo("open 60");
    browser.evaluate(
        "document.querySelector('#chart-connections .plot').dispatchEvent(new"
            + " PointerEvent('pointerleave'))");
    assertThat(text("#chart-connections .key")).isEqualTo("open 119");
  }

  @Test
  void everyStageOfAnAttemptHasItsTimeAndARefusalItsWords() throws Exception {
    TestClient.refusal(
        server, "/ws?attempt=mallory", server.token("mallory"), "Origin", "http://localhost:3000");
    ObjectNode members = (ObjectNode) Json.read(server.get("/ws/diagnostics.json").body());
    show(members, "!!document.querySelector('[data-attempt=mallory]')");

    browser.evaluate("document.querySelector('[data-attempt=mallory]').open = true");

    String stages = text("[data-attempt=mallory] .timeline");
    assertThat(stages)
        .containsPattern("origin\\s+[0-9.]+ (µs|ms)")
        .containsPattern("token\\s+[0-9.]+ (µs|ms)")
        .containsPattern("user\\s+refused after [0-9.]+ (µs|ms): user_disabled")
        .containsPattern("upgraded\\s+not reached")
        .containsPattern("welcome\\s+not reached");
    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('[data-attempt=mallory] .timeline li')].map(one"
                        + " => one.dataset.stage + ' ' + one.dataset.state + ' ' +"
                        + " one.querySelector('.mark').textContent + ' ' +"
                        + " one.querySelectorAll('rect').length)")
                .toString())
        .isEqualTo(
            "[\"origin passed ✓ 1\",\"credential passed ✓ 1\",\"token passed ✓ 1\",\"user refused ✗"
                + " 1\",\"limits missed · 0\",\"upgraded missed · 0\",\"welcome missed · 0\"]");
    assertThat(text("[data-attempt=mallory]")).contains("in all;", "took longest");
  }

  @Test
  void theServersOfTheDeploymentAreListedWithTheirStateInWords() throws Exception {
    ObjectNode members = stage.members();
    cluster(members);

    show(members, "document.querySelectorAll('#cluster-servers tbody tr').length === 5");

    assertThat(text("#cluster-servers"))
        .contains(
            "web-1",
            "process 4711",
            "aaa111",
            "this server",
            "19,000",
            "1.4.0",
            "reachable",
            "late: it should have been heard of by now",
            "gone: its lease has ended",
            "not known: this server has not reached the engine lately",
            "not told",
            HOSTILE);
    assertThat(text("#trend-node")).contains("Of this server alone", "web-1", "aaa111");
    assertThat(
            browser.evaluate("document.querySelectorAll('main img, main script').length").asInt())
        .as("what others wrote is text")
        .isZero();
  }

  /** Five servers, of which one calls itself what it should not. */
  static void cluster(ObjectNode members) {
    ObjectNode cluster = (ObjectNode) members.get("cluster");
    cluster.put("status", "up").put("engine", "redis").put("node", "aaa111").put("nodes", 4);
    ArrayNode servers = cluster.putArray("servers");
    cluster.put("serversTotal", 5);
    long now = System.currentTimeMillis();
    server(servers, "aaa111", "here", "web-1").put("connections", 19_000).putNull("seenAt");
    server(servers, "bbb222", "up", "web-2").put("seenAt", now - 2_000);
    server(servers, "ccc333", "late", HOSTILE).put("seenAt", now - 13_000);
    server(servers, "ddd444", "unknown", "web-4").put("seenAt", now - 30_000);
    server(servers, "eee555", "gone", null)
        .put("seenAt", now - 60_000)
        .putNull("version")
        .putNull("startedAt")
        .putNull("connections")
        .putNull("pid");
  }

  private static ObjectNode server(
      ArrayNode servers, String node, String state, @Nullable String host) {
    return servers
        .addObject()
        .put("node", node)
        .put("state", state)
        .put("host", host)
        .put("pid", 4_711)
        .put("version", "1.4.0")
        .put("startedAt", System.currentTimeMillis() - 90_000_000)
        .put("connections", 3);
  }

  @Test
  void aRealServerIsSeenWithinTwoSamples() throws Exception {
    try (TestClient client =
        TestClient.connect(server, "/ws", server.token("bob"), "Origin", "http://localhost:3000")) {
      assertThat(client.next().path("type").asText()).isEqualTo("welcome");
      TestClient.refusal(
          server, "/ws", server.token("alice"), "Origin", "https://elsewhere.example");
      browser.open(server.uri("http", "/ws/diagnostics"));

      browser.awaitTrue(said("connections", "most at"), LIMIT);

      browser.awaitTrue(said("refused", "refused and"), LIMIT);
      browser.awaitTrue(
          "!document.querySelector('#chart-refused .said').textContent.startsWith('0 ')", LIMIT);
      assertThat(text("#chart-connections .key")).isEqualTo("open 1");
      assertThat(text("#cluster-servers")).contains("this server", "now");
    }
  }
}
