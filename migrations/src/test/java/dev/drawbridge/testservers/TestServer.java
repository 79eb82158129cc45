package dev.drawbridge.testservers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The databases that every statement of ours must work on. Each server is started once per JVM,
 * when a test first asks for it; each call of {@link #newDatabase} gives an empty database.
 */
public enum TestServer {
  H2 {
    @Override
    public TestDatabase newDatabase() {
      return new TestDatabase(this, "jdbc:h2:mem:" + newName() + ";DB_CLOSE_DELAY=-1", "sa", "");
    }
  },
  POSTGRESQL {
    @Override
    public TestDatabase newDatabase() {
      String name = newName();
      execute(
          Servers.Postgres.INSTANCE.getJdbcUrl("postgres", "postgres"),
          "postgres",
          "CREATE DATABASE " + name);
      return new TestDatabase(
          this, Servers.Postgres.INSTANCE.getJdbcUrl("postgres", name), "postgres", "");
    }
  },
  MARIADB {
    @Override
    public TestDatabase newDatabase() {
      String name = newName();
      execute(Servers.MariaDb.url(""), "root", "CREATE DATABASE " + name);
      return new TestDatabase(this, Servers.MariaDb.url(name), "root", "");
    }
  };

  private static final AtomicInteger NAMES = new AtomicInteger();

  /**
   * All of them, but MariaDB only when the build has it (it is left out by -DskipMariaDb), and only
   * those named in the system property {@code drawbridge.test.servers} when that is set.
   */
  public static List<TestServer> available() {
    String wanted = System.getProperty("drawbridge.test.servers", "");
    return Stream.of(values())
        .filter(server -> server != MARIADB || Servers.HAS_MARIADB)
        .filter(server -> wanted.isEmpty() || List.of(wanted.split(",")).contains(server.name()))
        .toList();
  }

  /** An empty database of its own name; it goes away with the server. */
  public abstract TestDatabase newDatabase();

  String newName() {
    return "test_" + name().toLowerCase(Locale.ROOT) + "_" + NAMES.incrementAndGet();
  }

  private static void execute(String url, String user, String sql) {
    try (Connection connection = DriverManager.getConnection(url, user, "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
