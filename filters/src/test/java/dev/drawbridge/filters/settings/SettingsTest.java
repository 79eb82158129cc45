package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SettingsTest {

  @ParameterizedTest
  @CsvSource({
    "development, true, DEVELOPMENT",
    "dev, TRUE, DEVELOPMENT",
    "local, true, DEVELOPMENT",
    "DEVELOPMENT, true, DEVELOPMENT",
    "development, false, PRODUCTION",
    "development, , PRODUCTION",
    ", true, PRODUCTION",
    "production, true, PRODUCTION",
    "staging, true, PRODUCTION",
    "dev-eu, true, PRODUCTION",
  })
  void devModeNeedsBothSettings(String environment, String devMode, DevMode expected) {
    Settings settings =
        Settings.of(
            Map.of(
                "ENVIRONMENT", environment == null ? "" : environment,
                "WEBSOCKET_DEV_MODE", devMode == null ? "" : devMode));

    assertThat(settings.mode()).isEqualTo(expected);
    assertThat(settings.problems()).isEmpty();
  }

  @Test
  void devModeInAnotherEnvironmentWarnsAndStaysProduction() {
    Settings settings =
        Settings.of(Map.of("ENVIRONMENT", "production", "WEBSOCKET_DEV_MODE", "true"));

    assertThat(settings.isDevelopment()).isFalse();
    assertThat(settings.warnings())
        .singleElement()
        .asString()
        .contains("WEBSOCKET_DEV_MODE=true has no effect", "ENVIRONMENT is production");
  }

  @Test
  void theFirstSourceThatHasAValueWins() {
    Settings all =
        Settings.of(
            new SettingSources()
                .systemProperties(Map.of("drawbridge.jwt.issuer", "system"))
                .environment(Map.of("DRAWBRIDGE_JWT_ISSUER", "environment"))
                .initParams("jwt", Map.of("jwtIssuer", "init"), true)
                .contextParams(Map.of("drawbridge.jwt.issuer", "context")));
    Settings withoutSystem =
        Settings.of(
            new SettingSources()
                .contextParams(Map.of("drawbridge.jwt.issuer", "context"))
                .initParams("jwt", Map.of("jwtIssuer", "init"), true)
                .environment(Map.of("DRAWBRIDGE_JWT_ISSUER", "environment")));
    Settings parameters =
        Settings.of(
            new SettingSources()
                .contextParams(Map.of("drawbridge.jwt.issuer", "context"))
                .initParams("jwt", Map.of("jwtIssuer", "init"), true));

    assertThat(all.string(Setting.JWT_ISSUER)).isEqualTo("system");
    assertThat(all.source(Setting.JWT_ISSUER)).isEqualTo(Settings.Source.SYSTEM_PROPERTY);
    assertThat(withoutSystem.string(Setting.JWT_ISSUER)).isEqualTo("environment");
    assertThat(parameters.string(Setting.JWT_ISSUER)).isEqualTo("init");
  }

  @Test
  void blankValuesCountAsNotSet() {
    Settings settings = Settings.of(Map.of("DRAWBRIDGE_JWT_SECRET", "  "));

    assertThat(settings.string(Setting.JWT_SECRET)).isNull();
  }

  @Test
  void allProblemsAreListedWithTheNearestName() {
    Settings settings =
        Settings.of(
            new SettingSources()
                .environment(
                    Map.of(
                        "DRAWBRIDGE_JWT_SECRT", "x",
                        "DRAWBRIDGE_HEARTBEAT_INTERVAL", "soon",
                        "WEBSOCKET_DEV_MODE", "yes",
                        "PATH", "/bin"))
                .initParams("cors filter", Map.of("requireOrgin", "true"), true));

    assertThat(settings.problems())
        .containsExactlyInAnyOrder(
            "DRAWBRIDGE_JWT_SECRT (environment) is unknown; the nearest name is"
                + " DRAWBRIDGE_JWT_SECRET",
            "init-param requireOrgin of cors filter is unknown; the nearest name is requireOrigin",
            "DRAWBRIDGE_HEARTBEAT_INTERVAL (environment) must be a duration in [1s, 10m], such as"
                + " 45s, 500ms or PT45S: soon",
            "WEBSOCKET_DEV_MODE (environment) must be true or false: yes");
  }

  @Test
  void aServletMayHaveParametersOfItsOwnButNoSlips() {
    Settings settings =
        Settings.of(
            new SettingSources()
                .initParams(
                    "chat", Map.of("roomCount", "3", "idleTimeout", "1", "drainRout", "x"), false));

    assertThat(settings.problems())
        .containsExactly("init-param drainRout of chat is unknown; the nearest name is drainRoute");
  }

  @Test
  void theSameInitParamWithTwoValuesIsRefused() {
    Settings settings =
        Settings.of(
            new SettingSources()
                .initParams("jwt", Map.of("jwtIssuer", "a"), true)
                .initParams("chat", Map.of("jwtIssuer", "b"), false));

    assertThat(settings.problems())
        .containsExactly("jwtIssuer is given twice as init-param with different values; keep one");
  }

  @Test
  void settingsForDevelopmentAloneRefuseTheStartOfProduction() {
    Settings production = Settings.of(Map.of("jwtQueryToken", "true"));
    Settings development =
        Settings.of(
            Map.of("jwtQueryToken", "true", "ENVIRONMENT", "dev", "WEBSOCKET_DEV_MODE", "true"));

    assertThat(production.problems())
        .containsExactly(
            "DRAWBRIDGE_JWT_QUERY_TOKEN is for dev mode only and must not be set in production;"
                + " remove it");
    assertThat(development.problems()).isEmpty();
    assertThat(development.bool(Setting.JWT_QUERY_TOKEN)).isTrue();
  }

  @Test
  void graceLongerThanTheIntervalIsRefused() {
    Settings settings = Settings.of(Map.of("heartbeatInterval", "5s", "heartbeatGrace", "6s"));

    assertThat(settings.problems())
        .containsExactly(
            "DRAWBRIDGE_HEARTBEAT_GRACE (6s) must be <= DRAWBRIDGE_HEARTBEAT_INTERVAL (5s)");
  }

  @ParameterizedTest
  @CsvSource({"45s, 45", "PT45S, 45", "2m, 120", "1500ms, 1", "pt1m, 60"})
  void durationsHaveTwoSpellings(String text, long seconds) {
    Settings settings = Settings.of(Map.of("heartbeatInterval", text, "heartbeatGrace", "1s"));

    assertThat(settings.problems()).isEmpty();
    assertThat(settings.duration(Setting.HEARTBEAT_INTERVAL).toSeconds()).isEqualTo(seconds);
  }

  @ParameterizedTest
  @CsvSource({"45", "-5s", "0s", "11m", "99999999999999999999s", "s", "5 parsecs"})
  void otherDurationsAreRefused(String text) {
    Settings settings = Settings.of(Map.of("heartbeatInterval", text));

    assertThat(settings.problems())
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_HEARTBEAT_INTERVAL (init-param) must be a duration in [1s, 10m]")
        .endsWith(": " + text);
    assertThat(settings.duration(Setting.HEARTBEAT_INTERVAL)).isEqualTo(Duration.ofSeconds(25));
  }

  @Test
  void secretsAreNeverShown() {
    Settings settings =
        Settings.of(
            Map.of(
                "jwtSecret", "canary-secret-canary-secret-canary",
                "dbPassword", "canary-password",
                "dbUrl",
                    "jdbc:postgresql://joe:canary1@db/app?user=joe&password=canary2&ssl=true"));

    assertThat(settings.toString() + settings.describe())
        .contains("DRAWBRIDGE_JWT_SECRET = ***", "jdbc:postgresql://*** (init-param)")
        .doesNotContain("canary");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:mariadb://u:p/canary@host/x?password=a;canary, jdbc:mariadb://***",
    "jdbc:oracle:thin:joe/canary@host, jdbc:***",
    "jdbc:postgresql://db/app?password=a@canary, jdbc:postgresql://***",
    "jdbc:postgresql://db/app?sslpassword=canary, jdbc:postgresql://db/app?***",
    "jdbc:h2:mem:x;CIPHER=canary, jdbc:h2:mem:x;***",
    "jdbc:h2:mem:x, jdbc:h2:mem:x",
    "'jdbc:mysql://(host=h,port=1,user=u,password=canary)/db', jdbc:mysql://***",
    "jdbc:mysql://address=(host=h)(password=canary)/db, jdbc:mysql://***",
    "jdbc:db2://h:50000/s:password=canary;, jdbc:db2://h:50000/s:***",
    "jdbc:db2://h:50000/s;password=canary, jdbc:db2://***",
    "jdbc:p6spy:oracle:thin:joe/canary@host, jdbc:p6spy:***",
  })
  void urlsAreShownWithoutWhatMayBeSecret(String url, String shown) {
    assertThat(Settings.of(Map.of("dbUrl", url)).shown(Setting.DB_URL)).isEqualTo(shown);
  }

  @Test
  void variablesOfKubernetesAreNoneOfOurs() {
    Settings settings =
        Settings.of(
            new SettingSources()
                .environment(
                    Map.of(
                        "DRAWBRIDGE_SERVICE_HOST", "10.0.0.1",
                        "DRAWBRIDGE_SERVICE_PORT_HTTP", "80",
                        "DRAWBRIDGE_PORT", "tcp://10.0.0.1:80",
                        "DRAWBRIDGE_PORT_8080_TCP_ADDR", "10.0.0.1",
                        "DRAWBRIDGE_WEB_SERVICE_HOST", "10.0.0.1")));

    assertThat(settings.problems()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void eachSettingHasThreeSpellingsAndReadableDefaults(Setting setting) {
    assertThat(setting.variable()).matches("[A-Z][A-Z0-9_]+");
    assertThat(setting.initParam()).matches("[a-z][A-Za-z0-9]+");
    assertThat(Settings.of(Map.of()).problems()).isEmpty();
    // Jetty's WebSocket servlet reads these itself and fails on what it does not understand.
    assertThat(setting.initParam())
        .isNotIn(
            "idleTimeout",
            "maxTextMessageSize",
            "maxBinaryMessageSize",
            "inputBufferSize",
            "maxFrameSize",
            "maxOutgoingFrames",
            "autoFragment");
  }
}
