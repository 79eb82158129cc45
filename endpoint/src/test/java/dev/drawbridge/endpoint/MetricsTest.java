package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the endpoint reports to Micrometer, and what the dashboard reads of it. */
class MetricsTest {
  private static final Pattern NAME = Pattern.compile("drawbridge_[a-z_]+");

  @Test
  void whatHappensIsCounted() {
    try (TestServer server = busyServer().start()) {
      work(server);

      String text = server.get("/ws/metrics").body();

      assertThat(value(text, "drawbridge_handshakes_total", "ok", "authorization")).isEqualTo(1);
      assertThat(value(text, "drawbridge_handshakes_total", "token_expired", "authorization"))
          .isEqualTo(1);
      assertThat(value(text, "drawbridge_handshakes_total", "token_missing", "none")).isEqualTo(1);
      assertThat(value(text, "drawbridge_frames_total", "echo", "received")).isEqualTo(2);
      assertThat(value(text, "drawbridge_frames_total", "unknown", "received")).isEqualTo(1);
      assertThat(value(text, "drawbridge_frames_total", "ack", "sent")).isEqualTo(2);
      assertThat(value(text, "drawbridge_frames_total", "error", "sent")).isEqualTo(3);
      assertThat(value(text, "drawbridge_frames_total", "welcome", "sent")).isEqualTo(1);
      assertThat(value(text, "drawbridge_frames_total", "pong", "sent")).isEqualTo(1);
      assertThat(value(text, "drawbridge_frames_total", "news.flash", "sent")).isEqualTo(1);
      assertThat(value(text, "drawbridge_errors_total", "message_type_unknown")).isEqualTo(1);
      assertThat(value(text, "drawbridge_errors_total", "handler_failed")).isEqualTo(1);
      assertThat(value(text, "drawbridge_errors_total", "application")).isEqualTo(1);
      assertThat(value(text, "drawbridge_handler_duration_seconds_count", "echo", "ok"))
          .isEqualTo(2);
      assertThat(value(text, "drawbridge_handler_duration_seconds_count", "refuse", "refused"))
          .isEqualTo(1);
      assertThat(value(text, "drawbridge_handler_duration_seconds_count", "fail", "failed"))
          .isEqualTo(1);
      assertThat(value(text, "drawbridge_closes_total", "1000", "client")).isEqualTo(1);
      assertThat(value(text, "drawbridge_connections{")).isEqualTo(0);
      assertThat(value(text, "drawbridge_handshake_stage_duration_seconds_count", "welcome"))
          .isEqualTo(1);
      assertThat(value(text, "drawbridge_handshake_stage_duration_seconds_count", "token"))
          .isEqualTo(2);
      assertThat(value(text, "drawbridge_users_lookups_total", "load")).isPositive();
      // The expired token and the good one; the handshake without a token has none to look up.
      assertThat(value(text, "drawbridge_token_cache_gets_total", "miss")).isEqualTo(2);
      assertThat(value(text, "drawbridge_token_cache_gets_total", "hit")).isZero();
      assertThat(value(text, "drawbridge_token_cache_size{")).isEqualTo(1);
      assertThat(value(text, "drawbridge_connection_duration_seconds_bucket", "3600.0"))
          .isEqualTo(1);
    }
  }

  @Test
  void gaugesShowWhatIsOpenAndNoLabelNamesAUser() {
    try (TestServer server = busyServer().start();
        RecordingClient alice = server.connect("alice")) {

      String text = server.get("/ws/metrics").body();

      assertThat(value(text, "drawbridge_connections{")).isEqualTo(1);
      assertThat(text).doesNotContain("alice", "127.0.0.1");
      alice.leave();
    }
  }

  @Test
  void aTokenThatIsKnownIsAHit() {
    try (TestServer server = busyServer().start()) {
      String token = TestServer.TOKENS.of("alice");
      for (int i = 0; i < 3; i++) {
        RecordingClient.connect(server.uri(), token).close();
      }

      String text = server.get("/ws/metrics").body();
      assertThat(value(text, "drawbridge_token_cache_gets_total", "miss")).isEqualTo(1);
      assertThat(value(text, "drawbridge_token_cache_gets_total", "hit")).isEqualTo(2);
    }
  }

  /** Whatever clients send makes no series of its own. */
  @Test
  void strangersCannotMakeSeries() throws Exception {
    try (TestServer server = busyServer().start();
        RawSocket first = RawSocket.open(server, "alice")) {
      first.text("{\"type\":\"warm.up\"}");
      TestServer.await("the first frame", () -> series(server).contains("\"unknown\""));
      for (int i = 0; i < 40; i++) {
        first.text("{\"type\":\"evil.type" + i + "\",\"id\":\"evil" + i + "\"}");
        try (RawSocket other = RawSocket.open(server, "alice")) {
          other.send(8, true, new byte[] {(byte) 0x10, (byte) (0x04 + i), 'e', 'v', 'i', 'l'});
        }
      }
      server.get("/ws?attempt=evil&access_token=evil", "Sec-WebSocket-Protocol", "evil");
      TestServer.await("they are gone", () -> server.connections().size() == 1);

      String text = server.get("/ws/metrics").body();
      assertThat(text).doesNotContain("evil");
      assertThat(text.lines().filter(line -> line.startsWith("drawbridge_closes_total")))
          .hasSize(1);
    }
  }

  private static String series(TestServer server) {
    return server.get("/ws/metrics").body();
  }

  /** In a class path of its own that has Micrometer, but not its registry for Prometheus. */
  @Test
  void withoutTheRegistryForPrometheusTheRouteSaysWhatIsMissing() throws Exception {
    List<URL> path = new ArrayList<>();
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    for (String entry : all.split(File.pathSeparator, -1)) {
      if (!Path.of(entry).getFileName().toString().matches(".*prometheus.*\\.jar")) {
        path.add(Path.of(entry).toUri().toURL());
      }
    }
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      thread.setContextClassLoader(loader);
      List<?> said =
          (List<?>)
              loader.loadClass(MixedMetricsProgram.class.getName()).getMethod("run").invoke(null);

      assertThat(said)
          .hasToString(
              "[404 no metrics: io.micrometer:micrometer-registry-prometheus is not on the class"
                  + " path, and the application has set no MeterRegistry as context attribute,"
                  + " 404 no metrics: the application's MeterRegistry is a SimpleMeterRegistry;"
                  + " this route reads a PrometheusMeterRegistry alone, 1.0]");
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void typesThatTheApplicationInventsAreBounded() {
    try (TestServer server = busyServer().start();
        RecordingClient alice = server.connect("alice")) {

      for (int i = 0; i < 150; i++) {
        server.connections().forUser("alice").send("made.up" + i, null);
        alice.next();
      }

      String text = server.get("/ws/metrics").body();
      Set<String> types = new HashSet<>();
      Matcher label = Pattern.compile("type=\"(made\\.up\\d+|other)\"").matcher(text);
      while (label.find()) {
        types.add(label.group(1));
      }
      assertThat(types).hasSizeBetween(2, 101).contains("other");
      alice.leave();
    }
  }

  @Test
  void theApplicationsOwnRegistryIsUsedAndLeftAsItWas() {
    MeterRegistry registry = new SimpleMeterRegistry();
    Counter theirs = registry.counter("orders");
    try (TestServer server =
        busyServer().attribute(MeterRegistry.class.getName(), registry).start()) {
      work(server);

      assertThat(registry.get("drawbridge.frames").tag("type", "echo").counter().count())
          .isEqualTo(2);
      assertThat(registry.get("drawbridge.connections").gauge().value()).isZero();
      // Nothing that Prometheus could read.
      assertThat(server.get("/ws/metrics").statusCode()).isEqualTo(404);
    }

    assertThat(registry.isClosed()).isFalse();
    assertThat(registry.getMeters()).extracting(Meter::getId).containsExactly(theirs.getId());
  }

  @Test
  void theApplicationsOwnPrometheusRegistryIsServed() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry.counter("orders").increment();
    try (TestServer server =
        busyServer().attribute(MeterRegistry.class.getName(), registry).start()) {
      assertThat(server.get("/ws/metrics").body()).contains("orders_total 1.0");
    }
  }

  @Test
  void theManagementTokenReadsThemFromWhereTheSettingSays() {
    try (TestServer all = busyServer().production().start();
        TestServer local = busyServer().set("drawbridge.metrics", "local").start();
        TestServer off = busyServer().set("drawbridge.metrics", "off").start();
        TestServer without = busyServer().unset("drawbridge.management.token").start()) {
      HttpResponse<String> answer = all.get("/ws/metrics", "X-Forwarded-For", "192.0.2.1");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type"))
          .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain"));
      assertThat(all.post("/ws/metrics", "").statusCode()).isEqualTo(405);
      assertThat(local.get("/ws/metrics").statusCode()).isEqualTo(200);
      assertThat(local.get("/ws/metrics", "X-Forwarded-For", "192.0.2.1").statusCode())
          .isEqualTo(404);
      assertThat(off.get("/ws/metrics").statusCode()).isEqualTo(404);
      assertThat(without.get("/ws/metrics").statusCode()).isEqualTo(404);
    }
  }

  /** What Grafana asks of a file that it imports; none is at hand to import it. */
  @Test
  void theDashboardIsWhole() throws Exception {
    JsonNode dashboard =
        new ObjectMapper().readTree(Path.of("..", "docs", "grafana-dashboard.json").toFile());
    assertThat(dashboard.path("schemaVersion").asInt()).isBetween(36, 42);
    assertThat(dashboard.path("id").asInt(0)).as("an id belongs to one server").isZero();
    assertThat(dashboard.at("/templating/list").findValuesAsText("name"))
        .contains("datasource", "context");
    Set<Integer> ids = new HashSet<>();
    boolean[][] taken = new boolean[200][24];
    for (JsonNode panel : dashboard.path("panels")) {
      String title = panel.path("title").asText();
      assertThat(ids.add(panel.path("id").asInt())).as("%s has an id of its own", title).isTrue();
      assertThat(panel.path("type").asText()).isIn("stat", "timeseries", "row", "text");
      assertThat(panel.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
      boolean heading = panel.path("type").asText().equals("row");
      assertThat(panel.path("targets").isEmpty()).as(title).isEqualTo(heading);
      Set<String> references = new HashSet<>();
      for (JsonNode target : panel.path("targets")) {
        assertThat(target.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
        assertThat(references.add(target.path("refId").asText())).as(title).isTrue();
        assertThat(target.path("expr").asText()).as(title).contains("context=~\"$context\"");
      }
      JsonNode place = panel.path("gridPos");
      for (int y = 0; y < place.path("h").asInt(); y++) {
        for (int x = 0; x < place.path("w").asInt(); x++) {
          int row = place.path("y").asInt() + y;
          int column = place.path("x").asInt() + x;
          assertThat(taken[row][column]).as("%s lies over another panel", title).isFalse();
          taken[row][column] = true;
        }
      }
    }
    assertThat(ids).hasSizeGreaterThan(20);
  }

  /** Drawn by {@code testing/grafana-picture.mjs}, which a change of a panel wants again. */
  @Test
  void thePictureOfTheDashboardShowsEachPanel() throws Exception {
    JsonNode dashboard =
        new ObjectMapper().readTree(Path.of("..", "docs", "grafana-dashboard.json").toFile());
    String picture = Files.readString(Path.of("..", "docs", "images", "grafana-dashboard.svg"));

    assertThat(dashboard.path("panels"))
        .hasSizeGreaterThan(20)
        .allSatisfy(
            panel ->
                assertThat(picture)
                    .contains(
                        ">"
                            + (panel.path("type").asText().equals("row") ? "▾ " : "")
                            + panel.path("title").asText()
                            + "</text>"));
    assertThat(picture).doesNotContain("<script", "href=", "NaN", "undefined");
  }

  /** A row ends where the next one begins; Grafana folds what lies between. */
  @Test
  void whatCarriesChannelsHasARowOfItsOwn() throws Exception {
    JsonNode dashboard =
        new ObjectMapper().readTree(Path.of("..", "docs", "grafana-dashboard.json").toFile());
    Pattern cluster = Pattern.compile("drawbridge_(cluster|window|presence|resumes|publish)");
    int below = 0;
    int row = Integer.MAX_VALUE;
    for (JsonNode panel : dashboard.path("panels")) {
      if (panel.path("type").asText().equals("row")) {
        row = panel.at("/gridPos/y").asInt();
        assertThat(panel.path("title").asText()).contains("cluster");
      } else if (cluster.matcher(panel.path("targets").toString()).find()) {
        assertThat(panel.at("/gridPos/y").asInt())
            .as(panel.path("title").asText())
            .isGreaterThan(row);
        below++;
      }
    }
    assertThat(below).isGreaterThan(8);
  }

  @Test
  void everyMetricOfTheDashboardExists() throws Exception {
    Set<String> read = new TreeSet<>();
    JsonNode dashboard =
        new ObjectMapper().readTree(Path.of("..", "docs", "grafana-dashboard.json").toFile());
    for (JsonNode expression : dashboard.findValues("expr")) {
      Matcher name = NAME.matcher(expression.asText());
      while (name.find()) {
        read.add(name.group());
      }
    }
    try (TestServer server = busyServer().start()) {
      work(server);

      Set<String> written = new TreeSet<>();
      String body = server.get("/ws/metrics").body();
      Set<String> labels = new TreeSet<>();
      for (JsonNode expression : dashboard.findValues("expr")) {
        Matcher by = Pattern.compile("by \\(([a-z, ]+)\\)").matcher(expression.asText());
        while (by.find()) {
          labels.addAll(List.of(by.group(1).split(", ?", -1)));
        }
      }
      assertThat(labels)
          .isNotEmpty()
          .allSatisfy(label -> assertThat(body).containsPattern("[{,]" + label + "=\""));
      for (String line : body.split("\n", -1)) {
        Matcher name = NAME.matcher(line);
        if (!line.startsWith("#") && name.lookingAt()) {
          written.add(name.group());
        }
      }
      assertThat(read).hasSizeGreaterThan(20);
      assertThat(written).containsAll(read);
      assertThat(written.stream().map(MetricsTest::family).toList())
          .as("every metric is on the dashboard")
          .isSubsetOf(read.stream().map(MetricsTest::family).toList());
    }
  }

  /** The name without what a histogram appends. */
  private static String family(String name) {
    return name.replaceAll("_(bucket|sum|count|max)$", "");
  }

  private static TestServer.Setup busyServer() {
    return TestServer.setup()
        .managed()
        .endpoint(
            endpoint ->
                endpoint
                    .on("echo", JsonNode.class, (data, connection) -> data)
                    .on(
                        "refuse",
                        Void.class,
                        (data, connection) -> {
                          throw new MessageRefused("sold_out", "nothing left");
                        })
                    .on(
                        "fail",
                        Void.class,
                        (data, connection) -> {
                          throw new IllegalStateException("a fault of the test");
                        }));
  }

  /** One of each: welcomed, refused, answered, failed, pushed, closed. */
  private static void work(TestServer server) {
    Instant now = Instant.now();
    String expired = TestServer.TOKENS.of("alice", now.minusSeconds(7200), now.minusSeconds(3600));
    assertThatThrownBy(() -> RecordingClient.connect(server.uri(), expired))
        .isInstanceOf(RecordingClient.Refused.class);
    assertThatThrownBy(
            () -> RecordingClient.connect(server.uri(), all -> all.subprotocol("drawbridge.v1")))
        .isInstanceOf(RecordingClient.Refused.class);
    try (RecordingClient alice = server.connect("alice")) {
      for (String frame :
          List.of(
              "{\"type\":\"echo\",\"id\":\"1\",\"data\":1}",
              "{\"type\":\"echo\",\"id\":\"2\",\"data\":2}",
              "{\"type\":\"ping\"}",
              "{\"type\":\"nonsense\"}",
              "{\"type\":\"refuse\",\"id\":\"3\"}",
              "{\"type\":\"fail\",\"id\":\"4\"}")) {
        alice.sendText(frame);
        alice.next();
      }
      server.connections().forUser("alice").send("news.flash", null);
      alice.next();
      alice.leave();
    }
    TestServer.await("the connection is gone", () -> server.connections().size() == 0);
  }

  /** The value of the one sample that starts so and has these label values. */
  private static double value(String text, String name, String... labels) {
    List<String> lines =
        text.lines()
            .filter(line -> line.startsWith(name) && !line.startsWith(name + "_"))
            .filter(
                line ->
                    List.of(labels).stream().allMatch(label -> line.contains("\"" + label + "\"")))
            .toList();
    assertThat(lines).as(name + " " + List.of(labels)).hasSize(1);
    return Double.parseDouble(lines.get(0).substring(lines.get(0).lastIndexOf(' ') + 1));
  }
}
