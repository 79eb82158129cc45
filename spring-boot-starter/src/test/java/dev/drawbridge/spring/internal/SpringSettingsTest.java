package dev.drawbridge.spring.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.Setting;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

/** From what stands in the environment of an application to the settings of Drawbridge. */
class SpringSettingsTest {
  /** An environment of these sources alone, the strongest first. */
  private static StandardEnvironment environment(PropertySource<?>... sources) {
    return new StandardEnvironment() {
      @Override
      protected void customizePropertySources(MutablePropertySources all) {
        for (PropertySource<?> source : sources) {
          all.addLast(source);
        }
      }
    };
  }

  private static PropertySource<?> file(String... namesAndValues) {
    return new MapPropertySource("file", map(namesAndValues));
  }

  private static PropertySource<?> variables(String... namesAndValues) {
    return new SystemEnvironmentPropertySource("systemEnvironment", map(namesAndValues));
  }

  private static Map<String, Object> map(String... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }

  private static SpringSettings yaml(String... lines) throws Exception {
    return SpringSettings.of(
        environment(
            new YamlPropertySourceLoader()
                .load(
                    "yaml",
                    new ByteArrayResource(
                        String.join("\n", lines).getBytes(StandardCharsets.UTF_8)))
                .toArray(PropertySource<?>[]::new)));
  }

  private static String only(SpringSettings read, Setting setting) {
    assertThat(read.given().problems()).isEmpty();
    return read.given().values().get(setting);
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.max-message-bytes",
    "drawbridge.max.message.bytes",
    "drawbridge.maxMessageBytes",
    "drawbridge.max_message_bytes",
    "DRAWBRIDGE_MAX_MESSAGE_BYTES"
  })
  void anySpellingCounts(String name) {
    SpringSettings read = SpringSettings.of(environment(file(name, "1024")));

    assertThat(only(read, Setting.MAX_MESSAGE_BYTES)).isEqualTo("1024");
  }

  @ParameterizedTest
  @EnumSource
  void eachSettingIsReadByItsNameAndByItsVariable(Setting setting) {
    SpringSettings named =
        SpringSettings.of(environment(file(PropertyNames.of(setting), "a value")));
    SpringSettings dotted = SpringSettings.of(environment(file(setting.property(), "a value")));
    SpringSettings variable =
        SpringSettings.of(environment(variables(setting.variable(), "a value")));

    assertThat(only(named, setting)).isEqualTo("a value");
    assertThat(only(dotted, setting)).isEqualTo("a value");
    assertThat(only(variable, setting)).isEqualTo("a value");
    assertThat(Setting.named(PropertyNames.of(setting))).isEqualTo(setting);
  }

  @Test
  void namesAreOfBootsFormAndEachStandsOnce() {
    List<String> all = PropertyNames.all();

    assertThat(all).allMatch(name -> name.matches("drawbridge(\\.[a-z]+(-[a-z]+)*)+"));
    assertThat(new HashSet<>(all)).hasSameSizeAs(all);
    Set<String> groups = new HashSet<>();
    all.forEach(name -> groups.add(name.substring(0, name.lastIndexOf('.'))));
    assertThat(all).as("a value and a group at once").doesNotContainAnyElementsOf(groups);
  }

  @Test
  void firstSourceWinsWhateverTheSpelling() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                file("drawbridge.heartbeat.interval", "10s"),
                variables("DRAWBRIDGE_HEARTBEAT_INTERVAL", "20s"),
                new MapPropertySource("weaker", map("drawbridge.heartbeat-interval", "30s"))));

    assertThat(only(read, Setting.HEARTBEAT_INTERVAL)).isEqualTo("10s");
  }

  @Test
  void emptyValuesDoNotCount() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                variables("DRAWBRIDGE_JWT_ISSUER", " ", "ENVIRONMENT", ""),
                file("drawbridge.jwt.issuer", "https://login.example.org")));

    assertThat(only(read, Setting.JWT_ISSUER)).isEqualTo("https://login.example.org");
    assertThat(read.has(Setting.ENVIRONMENT)).isFalse();
  }

  @Test
  void namesWithoutPrefixAreThoseThatApplicationsHad() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                variables("ENVIRONMENT", "development"),
                file("WEBSOCKET_ALLOWED_ORIGINS", "https://a.example", "environment", "none")));

    assertThat(only(read, Setting.ENVIRONMENT)).isEqualTo("development");
    assertThat(only(read, Setting.WEBSOCKET_ALLOWED_ORIGINS)).isEqualTo("https://a.example");
  }

  @Test
  void placeholdersAreResolved() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                file("issuer", "https://login.example.org", "drawbridge.jwt.issuer", "${issuer}/a"),
                variables("DRAWBRIDGE_DB_USER", "${nobody:app}")));

    assertThat(only(read, Setting.JWT_ISSUER)).isEqualTo("https://login.example.org/a");
    assertThat(only(read, Setting.DB_USER)).isEqualTo("app");
  }

  @Test
  void yamlWritesListsGroupsAndWords() throws Exception {
    SpringSettings read =
        yaml(
            "drawbridge:",
            "  websocket.allowed-origins:",
            "    - https://a.example",
            "    - https://b.example",
            "  origin-paths: [/ws, /ws/*]",
            "  guarded-paths: []",
            "  outbox: off",
            "  metrics: on",
            "  compression: on",
            "  jwt:",
            "    secret-file: /run/secrets/jwt",
            "    audience: [chat, 7]",
            "    leeway: 10s");

    assertThat(only(read, Setting.WEBSOCKET_ALLOWED_ORIGINS))
        .isEqualTo("https://a.example,https://b.example");
    assertThat(read.list(StarterKey.ORIGIN_PATHS)).containsExactly("/ws", "/ws/*");
    assertThat(read.list(StarterKey.GUARDED_PATHS)).isEmpty();
    assertThat(only(read, Setting.OUTBOX)).isEqualTo("off");
    assertThat(only(read, Setting.METRICS)).isEqualTo("on");
    assertThat(only(read, Setting.COMPRESSION)).isEqualTo("true");
    assertThat(only(read, Setting.JWT_AUDIENCE)).isEqualTo("chat,7");
    assertThat(only(read, Setting.JWT_SECRET_FILE)).isEqualTo("/run/secrets/jwt");
  }

  @Test
  void listsMayBeVariablesToo() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                variables("DRAWBRIDGE_JWT_TENANTS_1", "two", "DRAWBRIDGE_JWT_TENANTS_0", "one")));

    assertThat(only(read, Setting.JWT_TENANTS)).isEqualTo("one,two");
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.jwt.isuer, drawbridge.jwt.issuer",
    "drawbridge.jwt.issuer.name, drawbridge.jwt.issuer",
    "drawbridge.pth, drawbridge.path",
    "drawbridge.cache, drawbridge.path",
    "DRAWBRIDGE_HEARTBEAT_INTERVALL, drawbridge.heartbeat.interval"
  })
  void unknownNameIsRefusedWithTheNearest(String name, String nearest) {
    boolean variable = name.startsWith("DRAWBRIDGE_");

    List<String> problems =
        SpringSettings.of(environment(variable ? variables(name, "x") : file(name, "x")))
            .given()
            .problems();

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith(name).contains("is unknown; the nearest name is");
    if (!name.endsWith("cache")) {
      assertThat(problems.get(0)).endsWith(nearest);
    }
  }

  @Test
  void listWhereOneValueIsWantedIsRefused() throws Exception {
    SpringSettings read = yaml("drawbridge:", "  jwt:", "    secret: [a, b]");

    assertThat(read.given().problems())
        .containsExactly(
            "drawbridge.jwt.secret[0] must be one value and no list",
            "drawbridge.jwt.secret[1] must be one value and no list");
  }

  /** As a text of its own it would be a secret that everybody knows who has seen the file. */
  @Test
  void placeholderThatNothingResolvesIsRefusedWithoutTheValueAroundIt() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                file(
                    "drawbridge.jwt.secret",
                    "the-first-half-${SECRET_OF_PRODUCTION_THAT_IS_LONG}",
                    "drawbridge.guarded-paths",
                    "${nowhere}",
                    "drawbridge.jwt.issuer",
                    "${a}",
                    "a",
                    "${drawbridge.jwt.issuer}")));

    assertThat(read.given().problems())
        .contains(
            "drawbridge.jwt.secret holds a placeholder that nothing resolves:"
                + " ${SECRET_OF_PRODUCTION_THAT_IS_LONG}",
            "drawbridge.guarded-paths holds a placeholder that nothing resolves: ${nowhere}")
        .anyMatch(problem -> problem.startsWith("drawbridge.jwt.issuer holds a placeholder"))
        .noneMatch(problem -> problem.contains("the-first-half"));
    assertThat(read.has(Setting.JWT_SECRET)).isFalse();
  }

  @Test
  void placeholderOfAValueThatIsOverruledIsNobodysConcern() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                variables("DRAWBRIDGE_JWT_SECRET", "of this test"),
                file("drawbridge.jwt.secret", "${SECRET_OF_PRODUCTION}")));

    assertThat(only(read, Setting.JWT_SECRET)).isEqualTo("of this test");
  }

  @Test
  void listsMadeByCodeAreLists() {
    Map<String, Object> made =
        Map.of(
            "drawbridge.websocket.allowed-origins",
            List.of("https://a.example", "https://b.example"),
            "drawbridge.jwt.audience",
            new String[] {"chat", "shop"},
            "drawbridge.heartbeat.interval",
            java.time.Duration.ofSeconds(20));

    SpringSettings read = SpringSettings.of(environment(new MapPropertySource("made", made)));

    assertThat(only(read, Setting.WEBSOCKET_ALLOWED_ORIGINS))
        .isEqualTo("https://a.example,https://b.example");
    assertThat(only(read, Setting.JWT_AUDIENCE)).isEqualTo("chat,shop");
    assertThat(only(read, Setting.HEARTBEAT_INTERVAL)).isEqualTo("PT20S");
  }

  @Test
  void indexBeyondAllNumbersEndsNothing() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                file("drawbridge.jwt.tenants[99999999999]", "two"),
                variables("DRAWBRIDGE_JWT_AUDIENCE_99999999999", "chat")));

    assertThat(only(read, Setting.JWT_TENANTS)).isEqualTo("two");
    assertThat(only(read, Setting.JWT_AUDIENCE)).isEqualTo("chat");
  }

  /** A container takes {@code /api/**} for one path of that name, and guards nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {"/api/**", "api/*", "/api/*/x", "/api/{id}", "/", "/api/", "/a?", "*", "/api*"})
  void patternsThatServletsDoNotKnowAreRefused(String pattern) {
    SpringSettings read =
        SpringSettings.of(environment(file("drawbridge.guarded-paths", "/ok/*," + pattern)));

    assertThat(read.given().problems())
        .containsExactly(
            "drawbridge.guarded-paths must be URL patterns of servlets, such as /account, /api/*"
                + " or *.json, without ** and {}: "
                + pattern);
    assertThat(read.list(StarterKey.GUARDED_PATHS)).containsExactly("/ok/*");
  }

  @Test
  void patternsOfServletsAreTaken() {
    SpringSettings read =
        SpringSettings.of(
            environment(file("drawbridge.guarded-paths", "/*, /account, /a/b.c/*, *.json,")));

    assertThat(read.given().problems()).isEmpty();
    assertThat(read.list(StarterKey.GUARDED_PATHS))
        .containsExactly("/*", "/account", "/a/b.c/*", "*.json");
  }

  @ParameterizedTest
  @CsvSource({"drawbridge.path, ws", "drawbridge.path, /", "drawbridge.session.token-path, /t/*"})
  void pathsThatAreNoneAreRefused(String name, String path) {
    SpringSettings read = SpringSettings.of(environment(file(name, path)));

    assertThat(read.given().problems())
        .containsExactly(name + " must be a path such as /ws: " + path);
    assertThat(read.text(StarterKey.PATH)).isEqualTo("/ws");
    assertThat(read.text(StarterKey.SESSION_TOKEN_PATH)).isNull();
  }

  @Test
  void variablesOfKubernetesAndOfOthersAreNone() {
    SpringSettings read =
        SpringSettings.of(
            environment(
                variables(
                    "DRAWBRIDGE_SERVICE_HOST", "10.0.0.1",
                    "DRAWBRIDGE_PORT", "tcp://10.0.0.1:80",
                    "DRAWBRIDGE_PORT_80_TCP_ADDR", "10.0.0.1",
                    "DRAWBRIDGES", "2",
                    "SPRING_PROFILES_ACTIVE", "dev"),
                file("drawbridges.count", "2")));

    assertThat(read.given().problems()).isEmpty();
    assertThat(read.given().values()).isEmpty();
  }

  @Test
  void secretsAreInNoText() {
    SpringSettings read =
        SpringSettings.of(environment(file("drawbridge.jwt.secret", "the very secret")));

    assertThat(read.toString() + read.given()).doesNotContain("the very secret");
  }

  @Test
  void variablesInMessagesBecomeTheNamesOfProperties() {
    String message = "DRAWBRIDGE_JWT_LEEWAY (default) must be <= DRAWBRIDGE_JWT_MAX_LIFETIME; HTTP";

    assertThat(PropertyNames.translated(message))
        .isEqualTo("drawbridge.jwt.leeway (default) must be <= drawbridge.jwt.max-lifetime; HTTP");
    assertThat(Arrays.stream(Setting.values()).map(Setting::variable))
        .allMatch(name -> !PropertyNames.translated(name).equals(name));
  }
}
