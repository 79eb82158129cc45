package dev.drawbridge.cluster.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * How a connection of somebody's pool was when it came, so that it goes back like that. For the
 * thread of the call.
 */
final class Lent {
  private static final int LIMIT_MILLIS = 2_000;

  private final boolean autoCommit;
  private final @Nullable Integer networkMillis;

  /** Limits of a session are set, which stay when the transaction ends. */
  private boolean limited;

  private Lent(boolean autoCommit, @Nullable Integer networkMillis) {
    this.autoCommit = autoCommit;
    this.networkMillis = networkMillis;
  }

  /** Asks it, and ends what it may have come with. */
  static Lent of(Connection connection) throws SQLException {
    Integer millis;
    try {
      millis = connection.getNetworkTimeout();
    } catch (SQLException e) {
      // A driver that has none: then none is set, either.
      millis = null;
    }
    boolean autoCommit = connection.getAutoCommit();
    if (!autoCommit) {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return new Lent(autoCommit, millis);
  }

  /** Sets what a transaction needs that cannot be set for it alone. */
  void limit(Connection connection, Server kind) throws SQLException {
    if (kind != Server.MARIADB) {
      return;
    }
    connection.setNetworkTimeout(Runnable::run, LIMIT_MILLIS);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET @drawbridge_lock = @@innodb_lock_wait_timeout,"
              + " @drawbridge_idle = @@idle_transaction_timeout,"
              + " SESSION innodb_lock_wait_timeout = 2, SESSION idle_transaction_timeout = 3");
      limited = true;
      statement.execute(kind.isolation());
    }
  }

  /** Sets everything back, outside of a transaction. */
  void restore(Connection connection) throws SQLException {
    if (limited) {
      limited = false;
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "SET SESSION innodb_lock_wait_timeout = @drawbridge_lock,"
                + " SESSION idle_transaction_timeout = @drawbridge_idle");
      }
    }
    if (connection.getAutoCommit() != autoCommit) {
      connection.setAutoCommit(autoCommit);
    }
    Integer millis = networkMillis;
    if (millis != null && connection.getNetworkTimeout() != millis) {
      connection.setNetworkTimeout(Runnable::run, millis);
    }
  }
}
