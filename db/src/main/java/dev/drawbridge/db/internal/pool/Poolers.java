package dev.drawbridge.db.internal.pool;

import dev.drawbridge.db.DatabaseConfig.Pooler;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a pooler like pgbouncer is between us and PostgreSQL: it invents the process
 * number that the driver is greeted with, the server knows its own. Thread-safe.
 *
 * <p>By reflection: the driver is the application's, and may be in another class loader.
 */
public final class Poolers {
  private static final Logger log = LoggerFactory.getLogger(Poolers.class);

  private volatile Pooler known;

  public Poolers(Pooler configured) {
    this.known = configured;
  }

  /** Whether the next transaction may run on another server connection. */
  public boolean isBetween() {
    return known == Pooler.TRANSACTION;
  }

  /** Looks, once. */
  public void look(Connection connection) {
    if (known != Pooler.AUTO) {
      return;
    }
    try {
      Object driver = driver(connection);
      Object greeted = driver.getClass().getMethod("getBackendPID").invoke(driver);
      try (Statement statement = connection.createStatement();
          ResultSet own = statement.executeQuery("SELECT pg_backend_pid()")) {
        own.next();
        boolean between = !greeted.equals(own.getInt(1));
        known = between ? Pooler.TRANSACTION : Pooler.NONE;
        if (between) {
          log.info(
              "a pooler is between this application and PostgreSQL: statements are not kept"
                  + " prepared, transactions set their own isolation (see dbPooler)");
        }
      }
    } catch (ReflectiveOperationException | SQLException | RuntimeException e) {
      // a driver that does not tell
      log.debug("no look for a pooler: {}", e.getClass().getName());
    }
  }

  /** Of a connection that was opened before it was known; later ones are told by a property. */
  public void keepNothingPrepared(Connection connection) {
    try {
      Object driver = driver(connection);
      driver.getClass().getMethod("setPrepareThreshold", int.class).invoke(driver, 0);
    } catch (ReflectiveOperationException | SQLException | RuntimeException e) {
      log.debug("statements may be kept prepared: {}", e.getClass().getName());
    }
  }

  /** The connection of PostgreSQL's own driver, also out of that of a driver that wraps it. */
  private static Object driver(Connection connection) throws SQLException, ClassNotFoundException {
    if (connection.getClass().getName().startsWith("org.postgresql.")) {
      return connection;
    }
    Class<?> type =
        Class.forName("org.postgresql.PGConnection", false, connection.getClass().getClassLoader());
    return connection.unwrap(type);
  }
}
