package dev.drawbridge.db;

import dev.drawbridge.db.DbConstraintException.Kind;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a driver's exception means, by SQLState and vendor code, never by its class: the
 * drivers disagree about classes even for the commonest errors.
 */
final class SqlErrors {
  private static final int SHOWN_SQL = 200;

  private SqlErrors() {}

  /**
   * Translates a driver's exception.
   *
   * @param doing what failed, for the message: "query", "commit", ...
   * @param sql the statement without its values, or null when none was involved
   */
  static DbException translate(SQLException thrown, String doing, @Nullable String sql) {
    SQLException e = telling(thrown);
    SQLException cause = WithheldSqlException.copyOf(e);
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    int code = e.getErrorCode();
    String where =
        doing
            + " failed (SQLState "
            + state
            + ", code "
            + code
            + ")"
            + (sql == null ? "" : ": " + shortened(sql));
    if (isConflict(state, code)) {
      return new DbConflictException("the transaction lost against another one: " + where, cause);
    }
    if (isTimeout(state, code, e)) {
      return new DbTimeoutException("the time-out passed: " + where, cause);
    }
    if (isUnavailable(state, code)) {
      return new DbUnavailableException("the connection to the database is gone: " + where, cause);
    }
    if (isLogin(e)) {
      return new DbUnavailableException("the database refused the login: " + where, cause);
    }
    if (state.startsWith("23") || code == 1364) {
      Kind kind = constraintKind(state, code);
      return new DbConstraintException(
          kind, "a " + kind + " constraint refused the data: " + where, cause);
    }
    if (state.equals("25006") || code == 90097) {
      return new DbStateException("the transaction is read-only: " + where, cause);
    }
    return new DbException(where, cause);
  }

  /** Batches wrap the exception that tells what happened. */
  private static SQLException telling(SQLException thrown) {
    SQLException next = thrown.getNextException();
    if (thrown instanceof BatchUpdateException) {
      if (next != null) {
        return next;
      }
      if (thrown.getCause() instanceof SQLException) {
        return (SQLException) thrown.getCause();
      }
    }
    return thrown.getSQLState() == null && next != null ? next : thrown;
  }

  private static boolean isConflict(String state, int code) {
    // 50200 is H2's lock time-out, 90131 its concurrent update, 1205 and 1213 MariaDB's; 1020 is
    // MariaDB's "record has changed since last read"
    return (state.startsWith("40") && !state.equals("40002") && !state.equals("40003"))
        || state.equals("55P03")
        || code == 50200
        || code == 90131
        || code == 1205
        || code == 1213
        || code == 1020;
  }

  private static boolean isTimeout(String state, int code, SQLException e) {
    // 1969 and 1317 are MariaDB's "max_statement_time exceeded" and "interrupted", 3024 is MySQL's
    return state.equals("57014")
        || state.startsWith("HYT")
        || code == 1969
        || code == 1317
        || code == 3024
        || (state.isEmpty() && e instanceof SQLTimeoutException);
  }

  static boolean isUnavailable(String state, int code) {
    return state.startsWith("08")
        || state.startsWith("57P")
        || state.equals("25P03") // PostgreSQL: idle-in-transaction time-out, it hangs up
        || state.equals("53300") // too many connections
        || code == 1040 // the same on MariaDB
        || code == 1053 // server shutdown in progress
        || code == 1927 // connection was killed
        || code == 90067 // H2: connection is broken
        || code == 90098 // H2: database has been closed
        || code == 90121; // H2: database is already closed
  }

  /**
   * Whether the server answered with a "no", so that a failed commit surely did not take place. A
   * broken connection, a time-out of the driver and an error without a code leave that open.
   */
  static boolean isRefusal(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    boolean timeout = isTimeout(state, e.getErrorCode(), e) && !isConflict(state, e.getErrorCode());
    return !state.isEmpty()
        && !state.equals("40003")
        && !timeout
        && !isUnavailable(state, e.getErrorCode());
  }

  /** A commit failed with neither a yes nor a no. */
  static DbException unknownOutcome(Exception e) {
    return new DbUnknownOutcomeException(
        "the connection broke during commit; whether it took place is unknown",
        e instanceof SQLException ? WithheldSqlException.copyOf((SQLException) e) : e);
  }

  /** The login was refused: unlike an outage this does not heal by itself. */
  static boolean isLogin(SQLException e) {
    return (e.getSQLState() != null && e.getSQLState().startsWith("28"))
        || e.getErrorCode() == 1045;
  }

  /** No connection could be had; whatever the driver calls it, callers see an outage. */
  static DbException unavailable(String what, SQLException e) {
    SQLException telling =
        e.getSQLState() == null && e.getCause() instanceof SQLException
            ? (SQLException) e.getCause()
            : e;
    String state = telling.getSQLState();
    return new DbUnavailableException(
        what
            + (isLogin(telling) ? ": the database refused the login" : "")
            + (state == null
                ? ""
                : " (SQLState " + state + ", code " + telling.getErrorCode() + ")"),
        WithheldSqlException.copyOf(telling));
  }

  private static Kind constraintKind(String state, int code) {
    if (state.equals("23505") || code == 1062 || code == 1586 || code == 1169) {
      return Kind.UNIQUE;
    }
    if (state.equals("23503")
        || state.equals("23506")
        || code == 1451
        || code == 1452
        || code == 1216
        || code == 1217) {
      return Kind.FOREIGN_KEY;
    }
    if (state.equals("23513") || state.equals("23514") || code == 4025 || code == 3819) {
      return Kind.CHECK;
    }
    if (state.equals("23502") || code == 1048 || code == 1364) {
      return Kind.NOT_NULL;
    }
    return Kind.OTHER;
  }

  /** One line of the statement, for messages. */
  static String shortened(String sql) {
    String line = sql.replaceAll("\\s+", " ").strip();
    return line.length() <= SHOWN_SQL ? line : line.substring(0, SHOWN_SQL) + "...";
  }
}
