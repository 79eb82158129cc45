package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.testing.DocumentedNumbers;
import dev.drawbridge.testing.LogLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import redis.clients.jedis.Jedis;

/** What docs/scaling.md says is what the code does, and what it prints can be used. */
class ScalingGuideTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();
  private static final Settings PRODUCTION = Settings.of(Map.of());
  private static final Path ENDPOINT =
      Path.of("..", "endpoint", "src", "main", "java", "dev", "drawbridge", "endpoint");
  private static final Path OWN = Path.of("src", "main", "java");
  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");

  /** A frame of the table of sizes, in bytes. */
  private static final int FRAME = 300;

  private static final int SERVERS = 4;
  private static final int AWAY_SECONDS = 60;

  private static long count(Setting setting) {
    return PRODUCTION.integer(setting);
  }

  private static String read(Path... files) throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path file : files) {
      try (Stream<Path> below = Files.walk(file)) {
        for (Path one : below.filter(each -> each.toString().endsWith(".java")).toList()) {
          all.append(Files.readString(one).replaceAll("\"\\s*\\+\\s*\"", ""));
        }
      }
    }
    return all.toString();
  }

  @Test
  void whatIsSetIsASettingAndTheValuesAreTaken() {
    Matcher set = Pattern.compile("export (\\w+)=(\\S+)").matcher(ScalingGuide.block("sh"));
    Map<String, String> values =
        set.results().collect(Collectors.toMap(one -> one.group(1), one -> one.group(2)));
    Set<String> known =
        Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
    Set<String> named = new TreeSet<>();
    Pattern.compile("\\b(?:DRAWBRIDGE|WEBSOCKET)_[A-Z_]+[A-Z]\\b")
        .matcher(ScalingGuide.text())
        .results()
        .map(one -> one.group())
        .forEach(named::add);

    assertThat(values).hasSize(4);
    assertThat(Settings.of(values).problems()).noneMatch(problem -> problem.contains("CLUSTER"));
    assertThat(new RedisAddress(values.get("DRAWBRIDGE_CLUSTER_URL"))).isNotNull();
    assertThat(named).hasSizeGreaterThan(8).isSubsetOf(known);
  }

  @Test
  void theNumbersAreThoseOfTheCode() throws IOException {
    assertThat(TOLD.names("scaling"))
        .containsExactly(
            "scaling.connections",
            "scaling.entry",
            "scaling.kept",
            "scaling.lease",
            "scaling.linger",
            "scaling.member",
            "scaling.noticed",
            "scaling.publish",
            "scaling.replay",
            "scaling.window",
            "scaling.window.bytes");
    assertThat(TOLD.count("scaling.window")).isEqualTo(count(Setting.RESUME_WINDOW_MESSAGES));
    assertThat(TOLD.count("scaling.window.bytes")).isEqualTo(count(Setting.RESUME_WINDOW_BYTES));
    assertThat(TOLD.count("scaling.replay")).isEqualTo(count(Setting.REPLAY_MESSAGES));
    assertThat(TOLD.duration("scaling.linger"))
        .isEqualTo(PRODUCTION.duration(Setting.PRESENCE_LINGER));
    assertThat(TOLD.duration("scaling.lease")).isEqualTo(Duration.ofMillis(Roster.LEASE_MS));
    assertThat(TOLD.duration("scaling.noticed"))
        .isEqualTo(Duration.ofMillis(RedisTail.ANSWER_MILLIS));
    assertThat(read(ENDPOINT.resolve("internal/channels/log/Appender.java")))
        .contains("long TIMEOUT_MS = 2_000;");
    assertThat(TOLD.duration("scaling.publish")).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void theTableOfSizesIsReckonedFromItsFormulas() {
    double reach = PRODUCTION.duration(Setting.RESUME_WINDOW).toSeconds();
    for (List<String> row : ScalingGuide.table("sizes")) {
      long rate = Long.parseLong(row.get(0).replace(",", ""));
      long messages = Math.max(count(Setting.RESUME_WINDOW_MESSAGES), rate * AWAY_SECONDS);
      long bytes = Math.max(count(Setting.RESUME_WINDOW_BYTES), messages * FRAME);
      double redis = messages * (1.4 * FRAME + TOLD.count("scaling.entry")) / 1e6;
      double heap = messages * (double) (FRAME + TOLD.count("scaling.kept")) / 1e6;
      double out = rate * SERVERS * (double) (FRAME + TOLD.count("scaling.entry")) / 1e6;

      assertThat(row)
          .containsExactly(
              format("%,d", rate),
              format(
                  "%.0f s", Math.min(reach, count(Setting.RESUME_WINDOW_MESSAGES) / (double) rate)),
              format("%,d", messages),
              format("%,d", bytes),
              format("%.1f MB", redis),
              format("%.1f MB", heap),
              format("%.1f MB/s", out));
    }
    assertThat(ScalingGuide.table("sizes")).hasSize(4);
  }

  private static String format(String form, Object value) {
    return String.format(Locale.ROOT, form, value);
  }

  /** A node that takes what comes. */
  private static final class Reader implements ClusterEngine.Sink {
    private volatile Head head;

    @Override
    public void entry(Entry entry) {
      // The test looks into Redis.
    }

    @Override
    public void reset(Head to, ResetReason reason) {
      head = to;
    }
  }

  @Test
  void redisTakesTheMemoryThatTheFormulasSayAndNotMuchLess() throws Exception {
    Node node = new Node("a", "sizes", Duration.ofMinutes(5), 20_000, 200);
    RedisKeys keys = RedisKeys.of("sizes", node.window());
    try (RedisProcess redis = RedisProcess.start();
        Jedis jedis = redis.client();
        RedisEngine engine =
            new RedisEngine(new RedisAddress("redis://127.0.0.1:" + redis.port()))) {
      Reader reader = new Reader();
      engine.start(node, reader);
      eventually("the log is open", () -> reader.head != null);
      int members = 1_000;
      long before = used(jedis);
      engine
          .roster()
          .begin(
              IntStream.range(0, members)
                  .mapToObj(
                      i ->
                          new Member(
                              "c:room:" + i % 10,
                              "user" + i,
                              "User " + i,
                              "connection" + i,
                              "a",
                              i))
                  .toList(),
              0);
      double member = (used(jedis) - before) / (double) members;
      assertThat(member)
          .isBetween(TOLD.count("scaling.member") / 3.0, (double) TOLD.count("scaling.member"));

      int entries = 2_000;
      for (int length : new int[] {100, FRAME, 1_000, 4_000}) {
        String epoch = reader.head.epoch();
        jedis.del(keys.log(), keys.head());
        eventually("the log is open again", () -> !reader.head.epoch().equals(epoch));
        append(engine, reader, node, length, entries);
        double entry = jedis.memoryUsage(keys.log(), 0) / (double) entries;
        double formula = 1.4 * length + TOLD.count("scaling.entry");
        assertThat(entry).as("of %s bytes", length).isBetween(formula / 1.6, formula);
      }
    }
  }

  private static void append(RedisEngine engine, Reader reader, Node node, int length, int entries)
      throws Exception {
    long n = System.nanoTime();
    for (int done = 0; done < entries; done += 200) {
      List<Entry> batch = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String frame = "{\"seq\":,\"data\":\"" + "x".repeat(length - 18) + "\"}";
        batch.add(
            Entry.message("room:" + i % 50, "chat.message", frame, null)
                .from(new Position(reader.head.epoch(), 0), node.id(), ++n));
      }
      engine.append(batch);
    }
  }

  private static long used(Jedis jedis) {
    return Long.parseLong(jedis.info("memory").replaceAll("(?s).*used_memory:(\\d+).*", "$1"));
  }

  @Test
  void aServerHoldsSoManyConnections() throws Exception {
    try (RedisProcess redis = RedisProcess.start();
        Jedis jedis = redis.client()) {
      long before = clients(jedis);
      try (TestNode node = RedisNodes.start("redis://127.0.0.1:" + redis.port())) {
        node.channels().publish("room:1", "m", Map.of()).toCompletableFuture().get();
        node.channels().members("room:1");

        // A call that was late is made again on another one.
        eventually(
            "as many as the guide says",
            () -> clients(jedis) - before == TOLD.count("scaling.connections"));
      }
    }
  }

  private static long clients(Jedis jedis) {
    return jedis.clientList().lines().count();
  }

  @Test
  void everyLineOfTheLogThatIsQuotedIsWritten() throws IOException {
    List<String> written =
        LogLines.of(
                Path.of("..", "docs", "debugging.md"), "Lines of the endpoint's log", ENDPOINT, OWN)
            .written();
    String sources = read(ENDPOINT, OWN);
    Set<String> quoted = new TreeSet<>();
    for (List<String> row : ScalingGuide.table("faults")) {
      assertThat(row).hasSize(5);
      SPAN.matcher(row.get(3)).results().forEach(span -> quoted.add(span.group(1)));
    }

    assertThat(quoted).hasSizeGreaterThan(8);
    for (String one : quoted) {
      boolean reason = one.matches("[a-z_]+");
      String fixed = one.replace(" …", "").replace("…", "").strip();
      if (reason) {
        assertThat(Arrays.stream(ResetReason.values()).map(ResetReason::word)).contains(one);
      } else {
        assertThat(
                written.stream().anyMatch(line -> isLike(line, one))
                    || (fixed.equals(one.strip()) && sources.contains("\"" + one.stripTrailing())))
            .as(one)
            .isTrue();
      }
    }
  }

  private static boolean isLike(String line, String quoted) {
    String pattern =
        Arrays.stream(quoted.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return line.matches("(?s)" + pattern + ".*");
  }

  @Test
  void everyFindingStateAndCodeThatIsQuotedExists() throws IOException {
    String sources = read(ENDPOINT);
    Set<String> findings = words(sources, "new Finding\\(\\s*\"(\\w+)\"");
    Set<String> codes = words(sources, "\\b([A-Z][A-Z_]+)\\b");
    for (List<String> row : ScalingGuide.table("faults")) {
      for (String word : words(row.get(4), "`([^`]+)`")) {
        assertThat(findings.contains(word) || Set.of("down", "behind").contains(word))
            .as(word)
            .isTrue();
      }
      for (String word : words(row.get(1), "`([a-z_]+)`")) {
        assertThat(codes).as(row.get(1)).contains(word.toUpperCase(Locale.ROOT));
      }
    }
    assertThat(words(ScalingGuide.part("faults"), "`([^`]+)`"))
        .as("each finding of the engine has its row")
        .contains(
            "engine_down",
            "engine_behind",
            "engine_evicts",
            "log_reset",
            "lease_lost",
            "resume_fails_often",
            "replay_too_small",
            "clock_apart");
  }

  private static Set<String> words(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void theManifestDrainsForLongEnoughAndAsksForWhatStaysUpWithoutRedis() {
    List<?> documents =
        StreamSupport.stream(
                new Yaml().loadAll(ScalingGuide.blocks("yaml").get(0)).spliterator(), false)
            .toList();
    Object deployment = documents.get(0);
    Object service = documents.get(1);
    Object pod = at(deployment, "spec", "template", "spec");
    Object container = at(pod, "containers", 0);
    String stop = String.valueOf(at(container, "lifecycle", "preStop", "exec", "command", 2));
    long pause = Long.parseLong(stop.replaceAll("(?s).*sleep (\\d+).*", "$1"));
    long drain = TOLD.duration("endpoint.drain").toSeconds();

    assertThat(documents).hasSize(2);
    assertThat(at(deployment, "kind")).isEqualTo("Deployment");
    assertThat(at(deployment, "spec", "selector", "matchLabels"))
        .isEqualTo(at(deployment, "spec", "template", "metadata", "labels"))
        .isEqualTo(at(service, "spec", "selector"));
    assertThat(at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable")).isEqualTo(0);
    assertThat(pause).isGreaterThan(drain);
    assertThat(number(pod, "terminationGracePeriodSeconds")).isGreaterThanOrEqualTo(pause + drain);
    assertThat(at(container, "readinessProbe", "httpGet", "path")).isEqualTo("/ws/health");
    assertThat(at(container, "livenessProbe")).asString().doesNotContain("/ws");
    assertThat(at(container, "readinessProbe", "httpGet", "port"))
        .isEqualTo(at(container, "ports", 0, "containerPort"))
        .isEqualTo(at(service, "spec", "ports", 0, "targetPort"));
    // Whoever drains is out of the service before the wait is over.
    assertThat(
            number(container, "readinessProbe", "periodSeconds")
                * number(container, "readinessProbe", "failureThreshold"))
        .isLessThan(pause);
    Settings settings = Settings.of(environment(container));
    assertThat(settings.problems()).noneMatch(problem -> problem.contains("CLUSTER"));
    assertThat(settings.string(Setting.CLUSTER)).isEqualTo("redis");
    assertThat(stop)
        .contains(settings.string(Setting.MANAGEMENT_TOKEN_FILE), "/ws/drain", "-X POST");
  }

  private static Map<String, String> environment(Object container) {
    return ((List<?>) at(container, "env"))
        .stream()
            .collect(
                Collectors.toMap(
                    one -> String.valueOf(at(one, "name")),
                    one -> String.valueOf(at(one, "value"))));
  }

  private static long number(Object from, Object... path) {
    return ((Number) at(from, path)).longValue();
  }

  private static Object at(Object from, Object... path) {
    Object here = from;
    for (Object step : path) {
      here =
          step instanceof Integer index
              ? ((List<?>) here).get(index)
              : ((Map<?, ?>) here).get(step);
      assertThat(here).as("%s of %s", step, Arrays.toString(path)).isNotNull();
    }
    return here;
  }

  @Test
  void everyAlarmAsksForAMetricThatIsThere() throws IOException {
    Object rules = new Yaml().load(ScalingGuide.blocks("yaml").get(1));
    Set<String> metrics =
        words(read(ENDPOINT.resolve("internal/metrics")), "\"(drawbridge\\.[a-z.]+)\"").stream()
            .map(name -> name.replace('.', '_'))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> labels =
        words(Files.readString(Path.of("..", "docs", "debugging.md")), "`([a-z_]+)`");
    Set<String> asked = new TreeSet<>();
    for (Object rule : (List<?>) at(rules, "groups", 0, "rules")) {
      String expression = String.valueOf(at(rule, "expr"));
      assertThat(at(rule, "annotations", "summary")).asString().isNotBlank();
      asked.addAll(words(expression, "\\b(drawbridge_\\w+)"));
      for (String values : words(expression, "=~?\"([^\"]+)\"")) {
        assertThat(labels).contains(values.split("\\|", -1));
      }
    }

    assertThat(asked).hasSizeGreaterThan(5);
    assertThat(asked)
        .allSatisfy(name -> assertThat(metrics).contains(name.replaceAll("_(total|seconds)$", "")));
  }

  @Test
  void everyLinkLeadsSomewhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (String link : words(ScalingGuide.text(), "\\]\\(([^)]+)\\)")) {
      String[] parts = link.split("#", -1);
      Path file =
          parts[0].isEmpty() ? ScalingGuide.PAGE : ScalingGuide.PAGE.resolveSibling(parts[0]);
      if (!Files.exists(file)) {
        dead.add(link);
      } else if (parts.length > 1 && headings(file).stream().noneMatch(parts[1]::equals)) {
        dead.add(link);
      }
    }

    assertThat(dead).isEmpty();
  }

  /** As GitHub writes them. */
  private static List<String> headings(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> line.replaceAll("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^\\p{L}\\p{N}\\- ]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  void whatTheSimulationSaidIsWhatStandsInTheResults() throws IOException {
    String simulated = ScalingGuide.part("simulated");

    assertThat(simulated.lines()).hasSize(6);
    assertThat(Files.readString(Path.of("..", "bench", "RESULTS.md"))).contains(simulated);
  }
}
