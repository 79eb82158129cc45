package dev.drawbridge.cluster.sql;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Listens to PostgreSQL on one connection. What is heard only says "look": the rows are the truth.
 * For the thread of the connection. By reflection: the driver is the application's, and may be in
 * another class loader.
 */
final class Ear {
  private static final long PROBE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int PIECE_MILLIS = 100;

  private final Connection connection;
  private final Object driver;
  private final Method notifications;

  private Ear(Connection connection, Object driver, Method notifications) {
    this.connection = connection;
    this.driver = driver;
    this.notifications = notifications;
  }

  /** Notifies the channel. */
  @FunctionalInterface
  interface Voice {
    void call() throws Exception;
  }

  /**
   * Listens, and finds out whether anything is heard.
   *
   * @param voice notifies the channel on another connection
   * @return null where nothing is heard: a pooler lends each transaction another connection
   */
  static @Nullable Ear open(Connection connection, String channel, Voice voice)
      throws SQLException {
    try {
      Class<?> type = Class.forName("org.postgresql.PGConnection", false, driverLoader(connection));
      Object driver = connection.unwrap(type);
      if (!isOneProcess(connection, driver)) {
        return null;
      }
      try (Statement statement = connection.createStatement()) {
        statement.execute("LISTEN \"" + channel + "\"");
      }
      Ear ear = new Ear(connection, driver, type.getMethod("getNotifications", int.class));
      voice.call();
      long deadline = System.nanoTime() + PROBE_NANOS;
      while (System.nanoTime() - deadline < 0) {
        if (ear.hears(connection, PIECE_MILLIS)) {
          return ear;
        }
      }
      ear.close();
      return null;
    } catch (SQLException e) {
      throw e;
    } catch (Exception e) {
      // Another driver, or a voice that has failed.
      return null;
    }
  }

  private static ClassLoader driverLoader(Connection connection) {
    ClassLoader loader = connection.getClass().getClassLoader();
    return loader == null ? ClassLoader.getSystemClassLoader() : loader;
  }

  /** A pooler invents the process that the driver is greeted with; the server knows its own. */
  private static boolean isOneProcess(Connection connection, Object driver)
      throws SQLException, ReflectiveOperationException {
    Object greeted = driver.getClass().getMethod("getBackendPID").invoke(driver);
    try (Statement statement = connection.createStatement();
        ResultSet own = statement.executeQuery("SELECT pg_backend_pid()")) {
      own.next();
      return greeted.equals(own.getInt(1));
    }
  }

  /** Listens no more, and forgets what has come. */
  void close() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("UNLISTEN *");
    }
    hears(connection, 1);
  }

  /**
   * Waits for so long at most; whether anything was heard.
   *
   * @param now the line's connection, which must be the one that listens
   */
  boolean hears(Connection now, int millis) throws SQLException {
    if (now != connection) {
      throw new SQLException("the connection that listens has ended", "08003");
    }
    try {
      Object[] heard = (Object[]) notifications.invoke(driver, millis);
      return heard != null && heard.length > 0;
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      throw new SQLException("the driver cannot listen", "08006", e);
    } catch (IllegalAccessException e) {
      throw new SQLException("the driver cannot listen", "08006", e);
    }
  }
}
