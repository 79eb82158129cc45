package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.Setting.Kind;
import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Settings that a framework has read, and what tools learn of a setting. */
class GivenSettingsTest {
  private static final String OVERRIDDEN = "drawbridge.jwt.leeway";

  private final Map<Setting, String> values = new EnumMap<>(Setting.class);
  private List<String> problems = List.of();

  @AfterEach
  void forget() {
    System.clearProperty(OVERRIDDEN);
  }

  private Settings read() {
    ServletContextHandler handler = new ServletContextHandler("/");
    handler.setInitParameter("drawbridge.heartbeat.interval", "20s");
    handler.setInitParameter("drawbridge.connections.max", "7");
    ServletContext context = handler.getServletContext();
    Supplier<GivenSettings> framework = () -> new GivenSettings(values, problems);
    context.setAttribute(GivenSettings.ATTRIBUTE, framework);
    return Settings.of(context, null);
  }

  @Test
  void theyTakeThePlaceOfTheProcessAndParametersStandBehindThem() {
    System.setProperty(OVERRIDDEN, "1s");
    values.put(Setting.HEARTBEAT_INTERVAL, "15s");

    Settings settings = read();

    assertThat(settings.problems()).isEmpty();
    assertThat(settings.duration(Setting.HEARTBEAT_INTERVAL)).isEqualTo(Duration.ofSeconds(15));
    assertThat(settings.source(Setting.HEARTBEAT_INTERVAL))
        .isEqualTo(Settings.Source.APPLICATION)
        .hasToString("application property");
    assertThat(settings.integer(Setting.CONNECTIONS_MAX)).isEqualTo(7);
    assertThat(settings.duration(Setting.JWT_LEEWAY)).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void whatTheFrameworkFoundWrongIsListedWithTheRest() {
    values.put(Setting.JWT_LEEWAY, "3h");
    problems = List.of("drawbridge.jwt.isuer is unknown");

    assertThat(read().problems())
        .containsExactly(
            "drawbridge.jwt.isuer is unknown",
            "DRAWBRIDGE_JWT_LEEWAY (application property) must be a duration in [0s, 2m], such as"
                + " 45s, 500ms or PT45S: 3h");
  }

  @Test
  void valuesAreInNoText() {
    values.put(Setting.JWT_SECRET, "the very secret");

    assertThat(new GivenSettings(values, List.of()).toString()).doesNotContain("the very secret");
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.jwt.cache.ttl, JWT_CACHE_TTL",
    "drawbridge.jwt.cache-ttl, JWT_CACHE_TTL",
    "DRAWBRIDGE_JWT_CACHE_TTL, JWT_CACHE_TTL",
    "drawbridge.jwtCacheTtl, JWT_CACHE_TTL",
    "jwtCacheTtl, JWT_CACHE_TTL",
    "drawbridge.websocket.dev-mode, WEBSOCKET_DEV_MODE",
    "WEBSOCKET_DEV_MODE, WEBSOCKET_DEV_MODE",
    "drawbridge.environment, ENVIRONMENT",
    "drawbridge.users, USERS",
    "drawbridge.user.query, USER_QUERY"
  })
  void anySpellingNamesItsSetting(String name, Setting setting) {
    assertThat(Setting.named(name)).isEqualTo(setting);
  }

  @ParameterizedTest
  @CsvSource({"drawbridge", "drawbridge.", "drawbridge.jwt", "jwt.cache.tt", "x.jwt.cache.ttl"})
  void otherNamesAreNone(String name) {
    assertThat(Setting.named(name)).isNull();
  }

  @Test
  void noTwoSettingsDifferInTheirSpellingAlone() {
    Set<String> letters = new HashSet<>();

    for (Setting setting : Setting.values()) {
      assertThat(letters.add(setting.initParam().toLowerCase(java.util.Locale.ROOT))).isTrue();
      assertThat(Setting.named(setting.property())).isEqualTo(setting);
    }
  }

  @ParameterizedTest
  @EnumSource
  void kindsAreThoseOfTheValues(Setting setting) {
    assertThat(setting.words().isEmpty()).isEqualTo(setting.kind() != Kind.CHOICE);
    assertThat(setting.isSecret()).isEqualTo(setting.kind() == Kind.SECRET);
    boolean bounded = setting.kind() == Kind.NUMBER || setting.kind() == Kind.DURATION;
    assertThat(setting.range().contains("–")).isEqualTo(bounded);
  }
}
