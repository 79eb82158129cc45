package dev.drawbridge.cluster.sql;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * A database with the tables of the engine, one for each server and test class, and what tests do
 * in it.
 */
final class SqlDatabase {
  private static final Map<String, SqlDatabase> ALL = new HashMap<>();

  private static final List<String> TABLES =
      List.of(
          "drawbridge_log_head",
          "drawbridge_log",
          "drawbridge_log_key",
          "drawbridge_node",
          "drawbridge_member",
          "drawbridge_lock");

  private final String url;
  private final String user;

  private SqlDatabase(String url, String user) {
    this.url = url;
    this.user = user;
  }

  /** With empty tables; the test is left out where the server is not in the build. */
  static synchronized SqlDatabase empty(TestServer server, Class<?> test) {
    Assumptions.assumeTrue(TestServer.available().contains(server));
    SqlDatabase database =
        ALL.computeIfAbsent(
            server + test.getName(),
            name -> {
              TestDatabase fresh = server.newDatabase();
              return migrated(fresh.url(), fresh.user());
            });
    for (String table : TABLES) {
      database.execute("DELETE FROM " + table);
    }
    return database;
  }

  /** One of the caller's, with the tables. */
  static SqlDatabase migrated(String url, String user) {
    Migrations.builder().url(url).user(user).password("").mode(Mode.MIGRATE).build().run();
    return new SqlDatabase(url, user);
  }

  String url() {
    return url;
  }

  String user() {
    return user;
  }

  /** Where the server listens. */
  int port() {
    return Integer.parseInt(url.replaceAll("^[^/]*//[^:]*:([0-9]+)/.*", "$1"));
  }

  /** The same by another way. */
  String urlBy(int port) {
    return url.replaceFirst(":[0-9]+/", ":" + port + "/");
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, "");
  }

  void execute(String... statements) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  long number(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** A database that has a pool nobody uses. */
  static Database handle(String url, String user) {
    return Database.open(handleConfig(url, user).build());
  }

  static DatabaseConfig.Builder handleConfig(String url, String user) {
    return DatabaseConfig.builder()
        .url(url)
        .user(user)
        .password("")
        .poolSize(1)
        .startMode(DatabaseConfig.StartMode.DEGRADED);
  }
}
