package dev.drawbridge.db.internal.errors;

import dev.drawbridge.db.DbConflictException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.DbTimeoutException;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.DbUnknownOutcomeException;
import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.sql.SqlText;
import java.net.SocketTimeoutException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransactionRollbackException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a driver's exception means, by SQLState and by the codes of the database at hand: the
 * known drivers disagree about classes even for the commonest errors. For other databases the
 * classes of JDBC count, too, and codes only where their driver's name is known.
 */
public final class SqlErrors {

  /** H2: connection is broken, database has been closed, is already closed. */
  private static final Set<Integer> H2_CLOSED = Set.of(90067, 90098, 90121);

  private SqlErrors() {}

  /** What was going on when a driver threw. Immutable. */
  public static final class Doing {
    public final Dialect dialect;

    /** For the message: "query", "commit", ... */
    public final String what;

    /** The statement without its values, or null when none was involved. */
    public final @Nullable String sql;

    public final List<? extends @Nullable Object> values;

    /** Whether the session itself asked for "no changes". */
    public final boolean readOnly;

    public Doing(
        Dialect dialect,
        String what,
        @Nullable String sql,
        List<? extends @Nullable Object> values,
        boolean readOnly) {
      this.dialect = dialect;
      this.what = what;
      this.sql = sql;
      this.values = values;
      this.readOnly = readOnly;
    }

    public static Doing of(Dialect dialect, String what) {
      return new Doing(dialect, what, null, List.of(), false);
    }
  }

  /** Translates a driver's exception. */
  public static DbException translate(SQLException thrown, Doing doing) {
    if (!(thrown instanceof LocatedSqlException)) {
      return translate(thrown, doing, null);
    }
    LocatedSqlException located = (LocatedSqlException) thrown;
    List<? extends @Nullable Object> values = located.values();
    Doing exactly =
        values == null
            ? doing
            : new Doing(doing.dialect, doing.what, doing.sql, values, doing.readOnly);
    return translate(located.original(), exactly, located.place());
  }

  private static DbException translate(SQLException thrown, Doing doing, @Nullable String place) {
    SQLException e = telling(thrown);
    Dialect dialect = doing.dialect;
    SQLException cause = WithheldSqlException.copyOf(e, dialect, doing.values);
    String state = state(e);
    int code = e.getErrorCode();
    String where =
        doing.what
            + (place == null ? "" : " at " + place)
            + " failed (SQLState "
            + state
            + ", code "
            + code
            + ")"
            + (doing.sql == null ? "" : ": " + SqlText.shortened(doing.sql));
    if (isSocketTimeout(e)) {
      return new DbUnavailableException(
          "the server was silent for longer than the socket's time-out: " + where, cause, true);
    }
    if (isTimeout(e, dialect)) {
      return new DbTimeoutException("the time-out passed: " + where, cause);
    }
    if (isConflict(e, dialect)) {
      return new DbConflictException("the transaction lost against another one: " + where, cause);
    }
    if (isUnavailable(e, dialect)) {
      return new DbUnavailableException("the connection to the database is gone: " + where, cause);
    }
    if (isLogin(e, dialect)) {
      return new DbUnavailableException("the database refused the login: " + where, cause);
    }
    if (isDemoted(e, doing)) {
      return new DbUnavailableException(
          "the server takes no changes, it may have become a standby: " + where, cause);
    }
    if (state.startsWith("23") || isSqliteConstraint(e) || is(e, dialect, 1364)) {
      return Constraints.exception(e, doing, where, cause);
    }
    if (state.equals("25006") || (dialect == Dialect.H2 && code == 90097)) {
      return new DbStateException("the transaction is read-only: " + where, cause);
    }
    String text = DriverText.shown(e, dialect, doing.values);
    if (dialect == Dialect.POSTGRESQL && (state.equals("26000") || state.equals("42P05"))) {
      return new DbException(
          where
              + "; is a pooler in transaction mode in between? Set dbPooler=transaction"
              + (text == null ? "" : "; the driver says: " + text),
          cause);
    }
    boolean says = text != null && DriverText.isByDriver(e, dialect);
    return new DbException(where + (says ? "; the driver says: " + text : ""), cause);
  }

  /** Batches wrap the exception that tells what happened. */
  public static SQLException telling(SQLException thrown) {
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

  private static String state(SQLException e) {
    return e.getSQLState() == null ? "" : e.getSQLState();
  }

  /** Whether it is one of these codes of MySQL's family, on such a database. */
  private static boolean is(SQLException e, Dialect dialect, int... codes) {
    return Dialects.isMySqlFamily(dialect) && contains(codes, e.getErrorCode());
  }

  private static boolean contains(int[] codes, int code) {
    for (int known : codes) {
      if (known == code) {
        return true;
      }
    }
    return false;
  }

  private static boolean isConflict(SQLException e, Dialect dialect) {
    String state = state(e);
    int code = e.getErrorCode();
    if (dialect == Dialect.OTHER
        && (e instanceof SQLTransactionRollbackException
            // 61000 is Oracle's deadlock; 5 and 6 are SQLite's "busy" and "locked"
            || state.equals("61000")
            || (isFrom(e, "oracle.jdbc.") && code == 8177)
            || (isFrom(e, "org.sqlite.") && (code == 5 || code == 6)))) {
      return true;
    }
    if (dialect == Dialect.POSTGRESQL && state.equals("0A000")) {
      return isStalePlan(e, dialect);
    }
    // 50200 is H2's lock time-out, 90131 its concurrent update; 1205 and 1213 are MariaDB's, 1020
    // its "record has changed since last read", 1615 its "prepared statement needs re-prepare"
    return (state.startsWith("40") && !state.equals("40002") && !state.equals("40003"))
        || (dialect == Dialect.POSTGRESQL && state.equals("55P03"))
        || (dialect == Dialect.H2 && (code == 50200 || code == 90131))
        || is(e, dialect, 1205, 1213, 1020, 1615);
  }

  /** "Cached plan must not change result type": the driver prepares anew the next time. */
  public static boolean isStalePlan(SQLException e, Dialect dialect) {
    if (dialect != Dialect.POSTGRESQL || !state(e).equals("0A000")) {
      return false;
    }
    ServerReport report = ServerReport.of(e);
    return report != null && report.isStalePlan();
  }

  private static boolean isTimeout(SQLException e, Dialect dialect) {
    String state = state(e);
    // 40502 is HSQLDB's "statement aborted", which it counts among the lost transactions
    if (dialect == Dialect.OTHER
        && (e instanceof SQLTimeoutException
            || (state.equals("40502") && isFrom(e, "org.hsqldb.")))) {
      return true;
    }
    // 25P04 is PostgreSQL's transaction_timeout; 1969 and 1317 are MariaDB's "max_statement_time
    // exceeded" and "interrupted", 3024 is MySQL's
    return state.equals("57014")
        || state.startsWith("HYT")
        || (dialect == Dialect.POSTGRESQL && state.equals("25P04"))
        || is(e, dialect, 1969, 1317, 3024)
        || (state.isEmpty() && e instanceof SQLTimeoutException);
  }

  /** The driver gave up waiting; the server may still be at work on the statement. */
  private static boolean isSocketTimeout(SQLException e) {
    Throwable cause = e.getCause();
    for (int depth = 0; cause != null && depth < 10; depth++) {
      if (cause instanceof SocketTimeoutException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }

  public static boolean isUnavailable(SQLException e, Dialect dialect) {
    String state = state(e);
    return state.startsWith("08")
        || (dialect == Dialect.POSTGRESQL
            && (state.startsWith("57P")
                // idle-in-transaction time-out, it hangs up; too many connections
                || state.equals("25P03")
                || state.equals("53300")))
        // too many connections, shutdown in progress, connection was killed
        || is(e, dialect, 1040, 1053, 1927)
        || (dialect == Dialect.H2 && isH2Closed(e.getErrorCode()))
        || (dialect == Dialect.OTHER
            && (e instanceof SQLNonTransientConnectionException
                || e instanceof SQLTransientConnectionException
                || e instanceof SQLRecoverableException
                || state.startsWith("57P")));
  }

  public static boolean isH2Closed(int code) {
    return H2_CLOSED.contains(code);
  }

  /** A server that was the primary and is none now, or a load balancer that chose a standby. */
  private static boolean isDemoted(SQLException e, Doing doing) {
    if (doing.readOnly) {
      return false;
    }
    if (doing.dialect == Dialect.POSTGRESQL) {
      return state(e).equals("25006");
    }
    if (is(e, doing.dialect, 1290)) {
      // the code of every option that prevents a statement
      String text = String.valueOf(e.getMessage());
      return text.contains("read-only") || text.contains("read_only");
    }
    return is(e, doing.dialect, 1836);
  }

  /** Whether nothing more can be asked: of a batch that failed for no row of its own. */
  public static boolean isLost(BatchUpdateException thrown) {
    SQLException e = telling(thrown);
    return isUnavailable(e, Dialect.MARIADB)
        || isTimeout(e, Dialect.MARIADB)
        || isConflict(e, Dialect.MARIADB);
  }

  /** Whether the connection must not be used for another session. */
  public static boolean endsConnection(SQLException thrown, Doing doing) {
    SQLException e =
        telling(
            thrown instanceof LocatedSqlException
                ? ((LocatedSqlException) thrown).original()
                : thrown);
    return isUnavailable(e, doing.dialect)
        || isSocketTimeout(e)
        || isDemoted(e, doing)
        || state(e).equals("40003")
        || (doing.dialect == Dialect.POSTGRESQL && state(e).equals("25P04"));
  }

  /**
   * Whether the server answered with a "no", so that a failed commit surely did not take place. A
   * broken connection, a time-out of the driver and an error without a code leave that open.
   */
  public static boolean isRefusal(SQLException e, Dialect dialect) {
    String state = state(e);
    return !state.isEmpty()
        && !state.equals("40003")
        && !isTimeout(e, dialect)
        && !isSocketTimeout(e)
        && !isUnavailable(e, dialect);
  }

  /** A commit failed with neither a yes nor a no. */
  public static DbException unknownOutcome(Exception e, Dialect dialect) {
    return new DbUnknownOutcomeException(
        "the connection broke during commit; whether it took place is unknown",
        e instanceof SQLException
            ? WithheldSqlException.copyOf((SQLException) e, dialect, List.of())
            : e);
  }

  /** The login was refused: unlike an outage this does not heal by itself. */
  public static boolean isLogin(SQLException e, Dialect dialect) {
    return state(e).startsWith("28") || is(e, dialect, 1045);
  }

  /** No connection could be had; whatever the driver calls it, callers see an outage. */
  public static DbException unavailable(String what, SQLException e, Dialect dialect) {
    SQLException telling =
        e.getSQLState() == null && e.getCause() instanceof SQLException
            ? (SQLException) e.getCause()
            : e;
    String state = telling.getSQLState();
    return new DbUnavailableException(
        what
            + (isLogin(telling, dialect) ? ": the database refused the login" : "")
            + (state == null
                ? ""
                : " (SQLState " + state + ", code " + telling.getErrorCode() + ")"),
        WithheldSqlException.copyOf(telling));
  }

  /** Whether a driver's exception, or the one inside it, is of these packages. */
  public static boolean isFrom(SQLException e, String packages) {
    return e.getClass().getName().startsWith(packages)
        || (e.getCause() != null && e.getCause().getClass().getName().startsWith(packages));
  }

  private static boolean isSqliteConstraint(SQLException e) {
    return e.getErrorCode() == 19 && isFrom(e, "org.sqlite.");
  }
}
