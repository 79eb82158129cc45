package dev.drawbridge.cluster.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Set;

/** The databases that carry channels, and what they say in different words. Immutable. */
enum Server {
  /** 12 and newer. */
  POSTGRESQL(
      Texts.ofPostgresql("|| '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"),
      Texts.LIMITS,
      " ON CONFLICT DO NOTHING"),

  /** One that somebody hosts who does not tell of its timeline. */
  POSTGRESQL_WITHOUT_TIMELINE(Texts.ofPostgresql(""), Texts.LIMITS, " ON CONFLICT DO NOTHING"),

  /** 10.6 and newer. */
  MARIADB(
      // Both are of the second in which the statement began, so that their difference stands.
      """
      SELECT CONCAT(@@hostname, ':', @@port, '/', UNIX_TIMESTAMP() - CAST(v.variable_value AS SIGNED)),
        CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED),
        0\
      """,
      "",
      " ON DUPLICATE KEY UPDATE cluster = cluster");

  private static final class Texts {
    // What a paused server holds in a transaction ends by itself, and nobody waits for longer.
    static final String LIMITS =
        """
        ,
          set_config('idle_in_transaction_session_timeout', '3000', true),
          set_config('lock_timeout', '1800', true),
          set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)\
        """;

    static String ofPostgresql(String timeline) {
      return """
      SELECT CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE
        (SELECT c.system_identifier FROM pg_control_system() c)
        %s
        || '/' || extract(epoch FROM pg_postmaster_start_time()) END,
        CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint),
        pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'\
      """
          .formatted(timeline);
    }
  }

  private static final String UPTIME =
      " FROM information_schema.global_status v WHERE v.variable_name = 'UPTIME'";

  /** It does not have that, or does not let us. */
  private static final Set<String> NOT_TOLD = Set.of("0A000", "42501", "42883");

  private final String facts;
  private final String limits;
  private final String orNothing;

  Server(String facts, String limits, String orNothing) {
    this.facts = facts;
    this.limits = limits;
    this.orNothing = orNothing;
  }

  /**
   * Identity of the process, its clock in epoch milliseconds, whether it takes no writes; and
   * columns of a table.
   */
  String factsWith(String columns, String table, String condition) {
    return facts
        + ", "
        + columns
        + (this == MARIADB
            ? UPTIME.replace(" WHERE ", ", " + table + " WHERE ") + " AND "
            : " FROM " + table + " WHERE ")
        + condition;
  }

  boolean isPostgresql() {
    return this != MARIADB;
  }

  /**
   * How a transaction begins, whatever its connection is set to: for PostgreSQL in the round trip
   * of what comes next, so that a pooler which lends each transaction another connection is no
   * matter.
   */
  String isolation() {
    return "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
  }

  /** The first three as the first query of a transaction, which it sets limits to. */
  String factsOfTransaction() {
    return facts + limits + (this == MARIADB ? UPTIME : "");
  }

  /** Behind an insert: a row that is there stays. */
  String orNothing() {
    return orNothing;
  }

  /**
   * Which one this is.
   *
   * @throws Unsuitable if it is neither, with what to do
   */
  static Server of(Connection connection) throws SQLException {
    String product = String.valueOf(connection.getMetaData().getDatabaseProductName());
    String word = product.toLowerCase(Locale.ROOT);
    if (word.contains("postgresql")) {
      return tellsTimeline(connection) ? POSTGRESQL : POSTGRESQL_WITHOUT_TIMELINE;
    }
    if (word.contains("mariadb")) {
      return MARIADB;
    }
    if (word.contains("mysql") && version(connection).contains("MariaDB")) {
      // Reached by the driver of MySQL.
      return MARIADB;
    }
    throw new Unsuitable(product);
  }

  /** Outside of a transaction. */
  private static boolean tellsTimeline(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE"
                    + " pg_walfile_name(pg_current_wal_lsn()) END")) {
      return row.next();
    } catch (SQLException e) {
      if (!NOT_TOLD.contains(String.valueOf(e.getSQLState()))) {
        throw e;
      }
      return false;
    }
  }

  /** What the server calls itself. */
  static String version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT version()")) {
      row.next();
      return row.getString(1);
    }
  }

  /** A database that can never carry channels. */
  static final class Unsuitable extends SQLException {
    private static final long serialVersionUID = 1L;

    Unsuitable(String product) {
      super(sentence(product));
    }

    /** What somebody reads who has set it. */
    static String sentence(String product) {
      return "the channels of several servers need PostgreSQL or MariaDB, and the database is "
          + product
          + ": set DRAWBRIDGE_DB_URL to one of them, or DRAWBRIDGE_CLUSTER=redis, or none for a"
          + " single server";
    }
  }
}
