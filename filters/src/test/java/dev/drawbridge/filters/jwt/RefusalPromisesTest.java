package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the papers promise of refusals, beside the table of their codes. */
class RefusalPromisesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HOST = "Host: localhost";

  private static Map<String, String> limitOf(int failures) {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.auth.failures.per.minute", Integer.toString(failures));
    return settings;
  }

  private static JsonNode body(TestServer.Answer answer) throws IOException {
    return JSON.readTree(answer.body());
  }

  /** A client of ours asks why after each failure; that is no attempt of its own. */
  @Test
  void onlyHandshakesCountAsFailedHandshakes() throws Exception {
    try (TestServer server = new TestServer(limitOf(3)).start()) {
      for (int i = 0; i < 3; i++) {
        assertThat(server.bearer("bad").code()).isEqualTo("token_malformed");
        for (String path : List.of("/ws/diagnose", "/api")) {
          assertThat(server.plain(path, HOST, "Authorization: Bearer bad").code())
              .isEqualTo("token_malformed");
        }
      }

      assertThat(server.bearer("bad").code()).isEqualTo("rate_limited");
    }
  }

  @Test
  void whoAsksWhyAfterTheLimitHearsOfItWithoutBeingCounted() throws Exception {
    try (TestServer server = new TestServer(limitOf(1)).start()) {
      assertThat(server.bearer("bad").code()).isEqualTo("token_malformed");
      assertThat(body(server.bearer("bad")).path("current").asInt()).isEqualTo(2);

      for (int i = 0; i < 3; i++) {
        TestServer.Answer why = server.plain("/ws/diagnose", HOST, "Authorization: Bearer bad");
        assertThat(why.code()).isEqualTo("rate_limited");
        assertThat(why.header("Retry-After")).isPresent();
        assertThat(body(why).path("current").asInt()).isEqualTo(2);
      }
      assertThat(
              server
                  .plain("/api", HOST, "Authorization: Bearer " + TestTokens.good("alice"))
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void rateLimitSaysLimitAndValueInAnswerAndLog() throws Exception {
    try (TestServer server = new TestServer(limitOf(2)).start();
        CapturedLog log = CapturedLog.ofFilter()) {
      for (int i = 0; i < 2; i++) {
        assertThat(server.handshake().status()).isEqualTo(401);
      }

      for (int current = 3; current < 6; current++) {
        JsonNode body = body(server.handshake());

        assertThat(body.path("code").asText()).isEqualTo("rate_limited");
        assertThat(body.path("limit").asInt()).isEqualTo(2);
        assertThat(body.path("current").asInt()).isEqualTo(current);
      }
      assertThat(log.containing("rate_limited cause=token_missing"))
          .hasSize(3)
          .anySatisfy(line -> assertThat(line.text()).contains(" limit=2 current=5 "));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {6145, 7000})
  void tokenThatIsTooLargeSaysLimitAndLength(int length) throws Exception {
    try (TestServer server = new TestServer(limitOf(0)).start();
        CapturedLog log = CapturedLog.ofFilter()) {
      JsonNode body = body(server.bearer("a".repeat(length)));

      assertThat(body.path("code").asText()).isEqualTo("token_too_large");
      assertThat(body.path("limit").asInt()).isEqualTo(6144);
      assertThat(body.path("current").asInt()).isEqualTo(length);
      assertThat(log.containing("token_too_large"))
          .singleElement()
          .satisfies(
              line -> assertThat(line.text()).contains(" limit=6144 current=" + length + " "));
    }
  }

  /** A class or a stack that is missing is a failure like another: one answer in our words. */
  @ParameterizedTest
  @ValueSource(classes = {NoClassDefFoundError.class, StackOverflowError.class})
  void errorWhileATokenIsJudgedIsAnsweredInOurForm(Class<? extends Error> type) throws Exception {
    Clock broken =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public long millis() {
            return System.currentTimeMillis();
          }

          @Override
          public Instant instant() {
            try {
              throw type.getConstructor(String.class).newInstance("canary of the class path");
            } catch (ReflectiveOperationException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    try (TestServer server = new TestServer(limitOf(0), Map.of(Clock.class, broken)).start()) {
      TestServer.Answer answer = server.bearer(TestTokens.good("alice"));

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.code()).isEqualTo("internal");
      assertThat(answer.header("X-Request-Id")).isPresent();
      assertThat(answer.header("Cache-Control")).contains("no-store");
      assertThat(answer.body()).doesNotContain("canary");
    }
  }

  /** Who asks without the upgrade is told the same as the upgrade, and nothing may keep it. */
  @Test
  void refusalsOfBothFiltersAreNotStored() throws Exception {
    try (TestServer server = new TestServer(limitOf(0)).behindDevCorsFilter().start()) {
      assertThat(server.plain("/api", HOST).header("Cache-Control")).contains("no-store");
      TestServer.Answer foreign = server.plain("/api", HOST, "Origin: https://evil.example");

      assertThat(foreign.code()).isEqualTo("origin_denied");
      assertThat(foreign.header("Cache-Control")).contains("no-store");
    }
  }

  /** Refused, not merely named: in a table of fixes or a switch a code stands without effect. */
  private static final Pattern PRODUCED =
      Pattern.compile(
          "(?:(?:Refusal\\.of|refuse|RefusedException|answer|refused|fail|deny|malformed)\\(\\s*"
              + "(?:[\\w.]+,\\s*)*|[?:]\\s*|(?<![=!])=\\s+|return\\s+|->\\s+)RefusalCode\\.([A-Z_]+)");

  private static Set<String> produced() throws IOException {
    Set<String> produced = new TreeSet<>();
    for (String module : List.of("", "../endpoint/")) {
      Path root = Path.of(module + "src/main/java");
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file :
            files
                .filter(path -> path.toString().endsWith(".java"))
                .filter(path -> !path.toString().contains("diagnosis"))
                .filter(path -> !path.endsWith("RefusalCode.java"))
                .toList()) {
          Matcher sites = PRODUCED.matcher(Files.readString(file));
          while (sites.find()) {
            produced.add(sites.group(1));
          }
        }
      }
    }
    return produced;
  }

  @ParameterizedTest
  @EnumSource(RefusalCode.class)
  void eachCodeHasAPlaceThatAnswersWithIt(RefusalCode code) throws IOException {
    assertThat(produced()).contains(code.name());
  }

  private static List<String> requestOf(OriginReason reason) {
    return switch (reason) {
      case NULL_ORIGIN -> List.of(HOST, "Origin: null");
      case MALFORMED -> List.of(HOST, "Origin: app.example.com");
      case TOO_LONG -> List.of(HOST, "Origin: https://" + "a".repeat(5000) + ".example");
      case NOT_ASCII -> List.of(HOST, "Origin: https://b\u00fccher.example");
      case CONTROL_CHARACTER -> List.of(HOST, "Origin: https://a\tb.example");
      case MULTIPLE -> List.of(HOST, "Origin: https://a.example", "Origin: https://b.example");
      case SCHEME -> List.of(HOST, "Origin: capacitor://localhost");
      case USER_INFO -> List.of(HOST, "Origin: https://user@a.example");
      case PATH -> List.of(HOST, "Origin: https://a.example/");
      case TRAILING_DOT -> List.of(HOST, "Origin: https://a.example.");
      case PORT -> List.of(HOST, "Origin: https://a.example:0");
      case NOT_LISTED -> List.of(HOST, "Origin: https://a.example");
      case HOST -> List.of("Host: rebound.example");
      case MISSING -> List.of();
    };
  }

  @ParameterizedTest
  @EnumSource(OriginReason.class)
  void eachReasonOfTheOriginRuleIsWhatSomeRequestGets(OriginReason reason) throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.require.origin", "true");
    try (TestServer server = new TestServer(settings).behindDevCorsFilter().start()) {
      String[] lines = requestOf(reason).toArray(String[]::new);
      TestServer.Answer answer =
          reason == OriginReason.MISSING ? server.raw("/ws") : server.plain("/ws", lines);

      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("X-Cors-Reason")).contains(reason.word());
      assertThat(body(answer).path("reason").asText()).isEqualTo(reason.word());
    }
  }

  private static final Pattern CLASS = Pattern.compile("`([A-Z][A-Za-z]+Test|Hostile[A-Za-z]*)`");
  private static final Pattern METHOD = Pattern.compile("`([a-z][A-Za-z0-9]+)`");

  /** The checklist of RFC 8725 and ASVS names tests; they exist. */
  @Test
  void eachTestThatTheChecklistNamesExists() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String list = readme.substring(readme.indexOf("### Checklist"));
    StringBuilder tests = new StringBuilder();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        tests.append(Files.readString(file));
      }
    }
    List<String> missing = new ArrayList<>();
    List<String> codes = Stream.of(RefusalCode.values()).map(RefusalCode::word).toList();

    Matcher classes = CLASS.matcher(list);
    while (classes.find()) {
      if (!tests.toString().contains("class " + classes.group(1) + " ")) {
        missing.add(classes.group(1));
      }
    }
    int shown = 0;
    for (String line : list.lines().filter(line -> line.startsWith("| ")).toList()) {
      String[] cells = line.split("\\|", -1);
      Matcher methods = METHOD.matcher(cells[cells.length - 2]);
      while (methods.find()) {
        shown++;
        String name = methods.group(1);
        if (!tests.toString().contains(" " + name + "(") && !codes.contains(name)) {
          missing.add(name);
        }
      }
    }

    assertThat(missing).isEmpty();
    assertThat(shown).isGreaterThan(20);
  }
}
