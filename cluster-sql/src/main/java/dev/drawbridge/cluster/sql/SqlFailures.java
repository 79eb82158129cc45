package dev.drawbridge.cluster.sql;

import dev.drawbridge.db.DbException;
import dev.drawbridge.endpoint.cluster.EngineException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What failures of a database mean here, in words that lead on and hold no secret. Stateless. */
final class SqlFailures {
  static final String READ_ONLY =
      "the database takes no writes (a standby, or set read-only): connect to the primary, which"
          + " DRAWBRIDGE_CLUSTER_URL may name, or let it write again";

  private static final String TABLES =
      "the tables of the engine are missing or are of another release: apply the migrations of"
          + " drawbridge-migrations (V010 to V017) in the schema that the connection uses";

  private static final String RIGHTS =
      "the database user may not do what is needed: grant SELECT, INSERT, UPDATE and DELETE on"
          + " drawbridge_log_head, drawbridge_log, drawbridge_log_key, drawbridge_node,"
          + " drawbridge_member and drawbridge_lock";

  private static final int MAX_CHARACTERS = 200;

  /** Read-only server, and read-only transaction, of MariaDB. */
  private static final Set<Integer> READ_ONLY_CODES = Set.of(1290, 1792, 1836);

  private static final Set<Integer> RIGHTS_CODES = Set.of(1044, 1142, 1143, 1227);

  /** Of MariaDB. */
  private static final int LOCK_WAIT = 1205;

  private static final int DEADLOCK = 1213;
  private static final int INCORRECT_STRING = 1366;

  private SqlFailures() {}

  /** True where nothing of a transaction whose commit has failed is there. */
  static boolean isUndone(SQLException e) {
    String state = state(e);
    return state.startsWith("40") || state.startsWith("23") || state.startsWith("25");
  }

  /**
   * True where the connection is of no more use: it has ended, it was not answered, its server goes
   * away, or it has become one of another role.
   */
  static boolean endsConnection(SQLException e) {
    String state = state(e);
    return state.isEmpty()
        || state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("25")
        || state.startsWith("28")
        || state.startsWith("XX")
        || state.equals("70100")
        || isReadOnly(e);
  }

  private static boolean isReadOnly(SQLException e) {
    return state(e).equals("25006") || READ_ONLY_CODES.contains(e.getErrorCode());
  }

  private static String state(SQLException e) {
    return e.getSQLState() == null ? "" : e.getSQLState();
  }

  /** True where the database was not reached, so that a read that answers disproves it. */
  static boolean isAway(EngineException e) {
    return e.getCause() instanceof SQLException sql
        && !isReadOnly(sql)
        && (state(sql).isEmpty() || state(sql).startsWith("08") || state(sql).startsWith("57P"));
  }

  /** True where the database can never take a value. */
  static boolean isData(EngineException e) {
    return e.outcome() == EngineException.Outcome.NOT_SENT
        && e.getCause() instanceof SQLException sql
        && (state(sql).startsWith("22") || sql.getErrorCode() == INCORRECT_STRING);
  }

  /**
   * True where others were in the way, so that the same call may do now: a deadlock, or a lock that
   * was not given in time.
   */
  static boolean isContended(EngineException e) {
    return e.outcome() == EngineException.Outcome.NOT_SENT
        && e.getCause() instanceof SQLException sql
        && (state(sql).equals("40001")
            || state(sql).equals("40P01")
            || state(sql).equals("55P03")
            || sql.getErrorCode() == DEADLOCK
            || sql.getErrorCode() == LOCK_WAIT);
  }

  /** In a sentence. */
  static String reason(Exception e) {
    if (e instanceof Server.Unsuitable) {
      return String.valueOf(e.getMessage());
    }
    SQLException sql = sql(e);
    if (sql == null) {
      return e.getClass().getSimpleName();
    }
    String state = state(sql);
    if (isReadOnly(sql)) {
      return READ_ONLY;
    }
    return switch (state) {
      case "42P01", "42S02", "42703", "42S22", "3F000" -> TABLES;
      case "42501" -> RIGHTS;
      case "28000", "28P01" -> "the database refuses user and password";
      case "3D000" -> "the database of the URL does not exist";
      case "53300" -> "the database has no connection left (SQLState 53300)";
      case "55P03" -> "the head of the log is locked by another transaction (SQLState 55P03)";
      default -> RIGHTS_CODES.contains(sql.getErrorCode()) ? RIGHTS : words(sql, state);
    };
  }

  private static @Nullable SQLException sql(Exception e) {
    if (e instanceof SQLException sql) {
      return sql;
    }
    return e instanceof DbException && e.getCause() instanceof SQLException sql ? sql : null;
  }

  /** Only of what a driver says of a connection is the text shown: others may hold values. */
  private static String words(SQLException e, String state) {
    if (e.getErrorCode() == LOCK_WAIT) {
      return "the head of the log is locked by another transaction (error 1205)";
    }
    if (!state.startsWith("08") && !state.startsWith("57P")) {
      return "the database has failed (SQLState " + state + ", error " + e.getErrorCode() + ")";
    }
    String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return "the database is out of reach: "
        + (line.length() > MAX_CHARACTERS ? line.substring(0, MAX_CHARACTERS) : line);
  }
}
