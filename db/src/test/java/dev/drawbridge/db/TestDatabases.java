package dev.drawbridge.db;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.PrintWriter;
import java.io.StringWriter;

/** Opens fresh databases for tests, of this package and of others. */
public final class TestDatabases {
  private TestDatabases() {}

  /** A fresh database with a small pool; the caller closes it. */
  public static Database open(TestServer server) {
    return Database.open(config(server.newDatabase()).build());
  }

  /** A database that is there already, with a small pool; the caller closes it. */
  public static Database open(TestDatabase target) {
    return Database.open(config(target).build());
  }

  /** The configuration for a test database. */
  public static DatabaseConfig.Builder config(TestDatabase database) {
    return DatabaseConfig.builder()
        .url(database.url())
        .user(database.user())
        .password(database.password())
        .poolSize(4);
  }

  /** All that a log would show of an exception. */
  public static String stackTrace(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
