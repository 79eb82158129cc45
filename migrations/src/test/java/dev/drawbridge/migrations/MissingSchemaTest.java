package dev.drawbridge.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A schema that the URL names and that is missing stays missing. */
class MissingSchemaTest {
  private static String naming(TestDatabase target, String schema) {
    return switch (target.server()) {
      case H2 -> target.url() + ";SCHEMA=" + schema;
      case POSTGRESQL ->
          target.url() + (target.url().contains("?") ? "&" : "?") + "currentSchema=" + schema;
      case MARIADB -> target.url().replaceAll("/[^/]*$", "/" + schema);
    };
  }

  private static Migrations migrations(TestDatabase target, String url, Mode mode) {
    return Migrations.builder()
        .url(url)
        .user(target.user())
        .password(target.password())
        .mode(mode)
        .build();
  }

  private static int count(TestDatabase target, String schema) throws SQLException {
    try (var connection = target.connect();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(*) FROM information_schema.schemata WHERE lower(schema_name) = '"
                    + schema
                    + "'")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Mode.class)
  void itIsNeverCreated(Mode mode) throws SQLException {
    for (TestServer server : TestServer.available()) {
      TestDatabase target = server.newDatabase();
      String url = naming(target, "nowhere");

      if (mode != Mode.OFF) {
        assertThatThrownBy(() -> migrations(target, url, mode).run())
            .as(server.name())
            .isInstanceOf(MigrationException.class);
      }

      assertThat(count(target, "nowhere")).as(server.name()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"H2", "POSTGRESQL"})
  void oneThatExistsIsUsed(TestServer server) throws SQLException {
    TestDatabase target = server.newDatabase();
    try (var connection = target.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA here");
    }

    migrations(target, naming(target, "here"), Mode.MIGRATE).run();

    try (var connection = target.connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery("SELECT count(*) FROM here.app_user")) {
      assertThat(rows.next()).isTrue();
    }
  }
}
