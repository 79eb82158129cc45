package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DatabaseConfig.StartMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseConfigTest {
  @Test
  void settingsAreReadByName() {
    Map<String, String> settings =
        Map.ofEntries(
            Map.entry("dbUrl", "jdbc:h2:mem:named"),
            Map.entry("dbUser", "app"),
            Map.entry("dbPasswordFile", "/run/secrets/db"),
            Map.entry("dbName", "orders"),
            Map.entry("dbInitSql", "SET x = 1"),
            Map.entry("dbJmx", "TRUE"),
            Map.entry("dbPoolSize", " 7 "),
            Map.entry("dbAcquireTimeout", "750ms"),
            Map.entry("dbQueryTimeout", "PT4S"),
            Map.entry("dbConnectTimeout", "2s"),
            Map.entry("dbSocketTimeout", "20s"),
            Map.entry("dbMaxLifetime", "10m"),
            Map.entry("dbKeepalive", "1m"),
            Map.entry("dbLeakAfter", "0s"),
            Map.entry("dbStartWait", "1h"),
            Map.entry("dbStartMode", "degraded"));

    DatabaseConfig config = DatabaseConfig.from(settings::get);

    assertThat(config.url()).isEqualTo("jdbc:h2:mem:named");
    assertThat(config.hasUrl()).isTrue();
    assertThat(config.user()).isEqualTo("app");
    assertThat(config.passwordFile()).isEqualTo(Path.of("/run/secrets/db"));
    assertThat(config.name()).isEqualTo("orders");
    assertThat(config.initSql()).isEqualTo("SET x = 1");
    assertThat(config.jmx()).isTrue();
    assertThat(config.poolSize()).isEqualTo(7);
    assertThat(config.acquireTimeout()).isEqualTo(Duration.ofMillis(750));
    assertThat(config.queryTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.socketTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.maxLifetime()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.keepalive()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.leakAfter()).isZero();
    assertThat(config.startWait()).isEqualTo(Duration.ofHours(1));
    assertThat(config.startMode()).isEqualTo(StartMode.DEGRADED);
  }

  @Test
  void nothingGivenMeansTheDefaults() {
    DatabaseConfig config = DatabaseConfig.from(name -> null);

    assertThat(config.url()).isEqualTo(DatabaseConfig.DEFAULT_URL);
    assertThat(config.hasUrl()).isFalse();
    assertThat(config.poolSize()).isEqualTo(10);
    assertThat(config.acquireTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.startMode()).isEqualTo(StartMode.REQUIRE);
  }

  @ParameterizedTest
  @CsvSource({
    "dbPoolSize, 0, 'poolSize must be in [1, 1000]: 0'",
    "dbPoolSize, ten, 'dbPoolSize must be a whole number: ten'",
    "dbUrl, mysql://x, url must start with 'jdbc:'",
    "dbAcquireTimeout, 100ms, acquireTimeout must be at least PT0.25S: PT0.1S",
    "dbQueryTimeout, 0s, queryTimeout must be more than zero: PT0S",
    "dbQueryTimeout, -5s, queryTimeout must be more than zero: PT-5S",
    "dbStartWait, 99999999h, startWait must be at most PT576H: PT99999999H",
    "dbMaxLifetime, PT9999999999999S, maxLifetime must be at most PT576H: PT2777777777H46M39S",
    "dbLeakAfter, 99999999999999999999h, dbLeakAfter must be a duration like 45s or PT45S:"
        + " 99999999999999999999h",
    "dbQueryTimeout, soon, dbQueryTimeout must be a duration like 45s or PT45S: soon",
    "dbQueryTimeout, 20s, socketTimeout (PT15S) must be > queryTimeout (PT20S)",
    "dbKeepalive, 30m, keepalive (PT30M) must be < maxLifetime (PT25M)",
    "dbStartMode, maybe, dbStartMode must be 'require' or 'degraded': maybe",
    "dbJmx, yes, dbJmx must be true or false: yes"
  })
  void aSettingThatCannotWorkIsNamed(String name, String value, String message) {
    assertThatThrownBy(() -> DatabaseConfig.from(key -> key.equals(name) ? value : null))
        .isInstanceOf(DbConfigException.class)
        .hasMessage(message);
  }

  @Test
  void whatWasNotGivenIsNamed() {
    assertThatThrownBy(() -> DatabaseConfig.builder().url(null).build())
        .hasMessage("url must be given: null");
    assertThatThrownBy(() -> DatabaseConfig.builder().startWait(null).build())
        .hasMessage("startWait must be given: null");
    assertThatThrownBy(() -> DatabaseConfig.builder().startMode(null).build())
        .hasMessage("startMode must be given: null");
  }

  @Test
  void anUnknownPropertyNamesItsNearestNeighbour() {
    Properties properties = new Properties();
    properties.setProperty("dbPoolsize", "3");
    properties.setProperty("dbms", "not ours");

    assertThatThrownBy(() -> DatabaseConfig.fromProperties(properties))
        .isInstanceOf(DbConfigException.class)
        .hasMessage("there is no setting 'dbPoolsize'; did you mean 'dbPoolSize'?");
    properties.remove("dbPoolsize");
    properties.setProperty("dbPoolSize", "3");
    assertThat(DatabaseConfig.fromProperties(properties).poolSize()).isEqualTo(3);
  }

  @Test
  void environmentVariablesHaveAPrefix() {
    DatabaseConfig config =
        DatabaseSettings.fromEnvironment(
            "APP_", Map.of("APP_DB_POOL_SIZE", "4", "APP_DB_URL", "jdbc:h2:mem:env"));

    assertThat(config.poolSize()).isEqualTo(4);
    assertThat(config.url()).isEqualTo("jdbc:h2:mem:env");
    assertThat(DatabaseConfig.fromEnvironment("NOT_SET_").hasUrl()).isFalse();
  }

  @Test
  void jndiWinsOverAUrlButNotInTheBuilder() {
    assertThat(
            DatabaseConfig.from(Map.of("dbUrl", "jdbc:h2:mem:x", "dbJndi", "java:x")::get).jndi())
        .isEqualTo("java:x");
    assertThatThrownBy(() -> DatabaseConfig.builder().url("jdbc:h2:mem:x").jndi("java:x").build())
        .hasMessage("url and jndi must not both be set");
    assertThatThrownBy(() -> Database.open(DatabaseConfig.builder().jndi("java:nowhere").build()))
        .isInstanceOf(DbConfigException.class)
        .hasMessageContaining("java:nowhere");
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db:5432/app?user=a&password=s3cret, jdbc:postgresql://db:5432/app?***",
    "jdbc:mariadb://root:s3cret@db/app, jdbc:mariadb://db/app",
    "jdbc:h2:mem:app;PASSWORD=s3cret, jdbc:h2:mem:app;***",
    "jdbc:oracle:thin:scott/s3cret@db, jdbc:***"
  })
  void urlsAreShownWithoutSecrets(String url, String shown) {
    assertThat(Urls.masked(url)).isEqualTo(shown);
  }
}
