package dev.drawbridge.db.internal.values;

import dev.drawbridge.db.Dialect;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the sessions of H2 and MariaDB the time zone in which columns without a zone are kept: both
 * convert between columns with and without a zone by the session's, and no way of binding is right
 * for both kinds in another one. PostgreSQL takes text with an offset, so its sessions stay as they
 * are. Thread-safe.
 */
public final class SessionZone {
  private static final Logger log = LoggerFactory.getLogger(SessionZone.class);

  /** MariaDB: "unknown or incorrect time zone". */
  private static final int UNKNOWN_ZONE = 1298;

  private final ZoneId zone;

  /** Set when MariaDB has no table of time zones; then its sessions are in UTC. */
  private volatile boolean unknownToServer;

  /** Null until a session of H2 on a pool that is not ours was opened. */
  private volatile @Nullable H2Driver h2;

  public SessionZone(ZoneId zone) {
    this.zone = zone.normalized();
  }

  /** Of columns without a zone. */
  public ZoneId ofColumns() {
    return zone;
  }

  /** Of the session, in which MariaDB shows its columns of type TIMESTAMP. */
  public ZoneId ofSession() {
    return unknownToServer ? ZoneOffset.UTC : zone;
  }

  /** For a connection that is new and ours. */
  public void set(Connection connection, Dialect dialect) throws SQLException {
    switch (dialect) {
      case POSTGRESQL:
        execute(connection, "SET TIME ZONE 'UTC'");
        break;
      case H2:
      case MARIADB:
      case MYSQL:
        setTo(connection, dialect);
        break;
      default:
        break;
    }
  }

  /**
   * For a connection of a pool that is not ours.
   *
   * @return the statement that takes it back; null when nothing was changed
   */
  public @Nullable String borrow(Connection connection, Dialect dialect) throws SQLException {
    String before;
    switch (dialect) {
      case H2:
        before = zoneOfH2(connection);
        break;
      case MARIADB:
      case MYSQL:
        before = text(connection, "SELECT @@session.time_zone");
        break;
      default:
        return null;
    }
    if (before == null || before.equals(name(dialect, ofSession())) || isUtc(before)) {
      return null;
    }
    setTo(connection, dialect);
    return statement(dialect, before);
  }

  /**
   * The driver knows it; the statement, for a driver that cannot be reached, costs ten times more.
   */
  private @Nullable String zoneOfH2(Connection connection) throws SQLException {
    H2Driver known = h2;
    if (known == null) {
      known = H2Driver.of(connection);
      h2 = known;
    }
    String zone = known.timeZone(connection);
    return zone != null
        ? zone
        : text(
            connection,
            "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS"
                + " WHERE SETTING_NAME = 'TIME ZONE'");
  }

  private boolean isUtc(String name) {
    return ofSession().equals(ZoneOffset.UTC)
        && (name.equals("UTC") || name.equals("+00:00") || name.equals("GMT"));
  }

  private void setTo(Connection connection, Dialect dialect) throws SQLException {
    try {
      execute(connection, statement(dialect, name(dialect, ofSession())));
    } catch (SQLException e) {
      if (e.getErrorCode() != UNKNOWN_ZONE || unknownToServer) {
        throw e;
      }
      log.warn(
          "the server does not know the time zone {}; load its table of time zones, else TIMESTAMP"
              + " columns are written as if they held UTC (DATETIME ones are right)",
          zone);
      unknownToServer = true;
      execute(connection, statement(dialect, name(dialect, ZoneOffset.UTC)));
    }
  }

  private static String statement(Dialect dialect, String name) {
    String quoted = "'" + name.replace("'", "''") + "'";
    return (dialect == Dialect.H2 ? "SET TIME ZONE " : "SET time_zone = ") + quoted;
  }

  private static String name(Dialect dialect, ZoneId zone) {
    if (!zone.equals(ZoneOffset.UTC)) {
      return zone.getId();
    }
    return dialect == Dialect.H2 ? "UTC" : "+00:00";
  }

  /** Whether PostgreSQL calls it by one of the usual names of UTC. */
  public static boolean isUtcName(@Nullable String name) {
    switch (name == null ? "" : name.toUpperCase(Locale.ROOT)) {
      case "UTC":
      case "ETC/UTC":
      case "UCT":
      case "ETC/UCT":
      case "ZULU":
      case "GMT":
      case "ETC/GMT":
        return true;
      default:
        return false;
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static @Nullable String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet results = statement.executeQuery(sql)) {
      return results.next() ? results.getString(1) : null;
    }
  }
}
