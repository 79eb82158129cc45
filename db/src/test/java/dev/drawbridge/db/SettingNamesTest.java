package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A name that is almost ours is an error, never a silence that ends in a database in memory. */
class SettingNamesTest {
  @ParameterizedTest
  @CsvSource({
    "db.url, dbUrl",
    "db_url, dbUrl",
    "DB_URL, dbUrl",
    "db-url, dbUrl",
    "dburl, dbUrl",
    "dbURL, dbUrl",
    "db.poolSize, dbPoolSize",
    "db.pool.size, dbPoolSize",
    "dbPoolsize, dbPoolSize",
    "dbpoolsize, dbPoolSize",
    "DB_POOL_SIZE, dbPoolSize",
    "dbPasword, dbPassword"
  })
  void propertiesAreCheckedByName(String name, String nearest) {
    Properties properties = new Properties();
    properties.setProperty(name, "x");

    assertThatThrownBy(() -> DatabaseConfig.fromProperties(properties))
        .isInstanceOf(DbConfigException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("'" + nearest + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "APP_DB_POOLSIZE, APP_DB_POOL_SIZE",
    "APP_DBURL, APP_DB_URL",
    "APP_DB_URI, APP_DB_URL",
    "app_db_url, APP_DB_URL",
    "APP_DB_PASSWROD, APP_DB_PASSWORD"
  })
  void variablesAreCheckedByName(String name, String nearest) {
    assertThatThrownBy(() -> DatabaseSettings.fromEnvironment("APP_", Map.of(name, "x")))
        .isInstanceOf(DbConfigException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("'" + nearest + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "db.url, dbUrl",
    "DB_URL, dbUrl",
    "db.poolSize, dbPoolSize",
    "db.pool.size, dbPoolSize",
    "dburl, dbUrl",
    "db-pool-size, dbPoolSize"
  })
  void aFunctionIsAskedForTheUsualMisspellings(String name, String nearest) {
    assertThatThrownBy(() -> DatabaseConfig.from(Map.of(name, "x")::get))
        .isInstanceOf(DbConfigException.class)
        .hasMessage("there is no setting '" + name + "'; did you mean '" + nearest + "'?");
  }

  @Test
  void whatIsOfOthersIsLeftAlone() {
    Properties properties = new Properties();
    properties.setProperty("dbutils", "x");
    properties.setProperty("dashboard.url", "x");
    Map<String, String> environment = new HashMap<>();
    environment.put("APP_DBA", "x");
    environment.put("OTHER_DB_URI", "x");
    // what Kubernetes sets for a service of the name app-db
    environment.put("APP_DB_SERVICE_HOST", "10.0.0.1");
    environment.put("APP_DB_SERVICE_PORT", "5432");
    environment.put("APP_DB_PORT", "tcp://10.0.0.1:5432");
    environment.put("APP_DB_PORT_5432_TCP_ADDR", "10.0.0.1");

    assertThat(DatabaseConfig.fromProperties(properties).hasUrl()).isFalse();
    assertThat(DatabaseSettings.fromEnvironment("APP_", environment).hasUrl()).isFalse();
  }
}
