package dev.drawbridge.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is left of a migration that fails in its middle, and the way out. */
class FailedMigrationTest {
  private static final String GOOD = "CREATE TABLE half (id INT);\n";

  @TempDir Path folder;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  private Migrations migrations(TestDatabase database, String file) throws IOException {
    Files.writeString(folder.resolve("V900__two_halves.sql"), file);
    return Migrations.builder()
        .url(database.url())
        .user(database.user())
        .password(database.password())
        .mode(Mode.MIGRATE)
        .locations("filesystem:" + folder)
        .build();
  }

  private static boolean isThere(TestDatabase database) throws SQLException {
    try (var connection = database.connect();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(*) FROM information_schema.tables WHERE lower(table_name) = 'half'")) {
      rows.next();
      return rows.getInt(1) > 0;
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void postgresqlUndoesItsHalfAndTheOthersAreRepairedByHand(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    assertThatThrownBy(() -> migrations(database, GOOD + "CREATE TABEL oops (id INT);\n").run())
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("V900__two_halves.sql");
    boolean undone = server == TestServer.POSTGRESQL;
    assertThat(isThere(database)).isEqualTo(!undone);

    Migrations corrected = migrations(database, GOOD);
    if (!undone) {
      assertThatThrownBy(corrected::run).isInstanceOf(MigrationException.class);
      try (var connection = database.connect();
          var statement = connection.createStatement()) {
        statement.execute("DROP TABLE half");
      }
      corrected.repair();
    }

    assertThat(corrected.run().version()).isEqualTo("900");
    assertThat(isThere(database)).isTrue();
  }
}
