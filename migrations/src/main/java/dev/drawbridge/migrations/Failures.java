package dev.drawbridge.migrations;

import java.sql.SQLException;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.internal.sqlscript.FlywaySqlScriptException;
import org.jspecify.annotations.Nullable;

/** Makes one sentence of what Flyway throws: its own texts are pages long and name URLs. */
final class Failures {
  private static final int SHOWN = 300;

  /** By name: its package has moved between the Flyways that frameworks around us bring. */
  private static final String NOT_CONNECTED = "FlywaySqlUnableToConnectToDbException";

  private Failures() {}

  static MigrationException translate(FlywayException thrown) {
    FlywaySqlScriptException script = cause(thrown, FlywaySqlScriptException.class);
    if (script != null) {
      String file = script.getResource() == null ? "?" : script.getResource().getFilename();
      SQLException sql = cause(script, SQLException.class);
      return new MigrationException(
          "migration "
              + file
              + ", line "
              + script.getLineNumber()
              + " failed (SQLState "
              + script.getSqlState()
              + ", code "
              + script.getSqlErrorCode()
              + "): "
              + line(script.getStatement()),
          sql);
    }
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (e instanceof FlywayException connect
          && e.getClass().getSimpleName().equals(NOT_CONNECTED)) {
        SQLException sql = cause(connect, SQLException.class);
        return sql == null ? notConnected(connect) : notConnected(sql);
      }
    }
    return new MigrationException("migration failed: " + line(thrown.getMessage()), thrown);
  }

  /** The driver's text stays in the cause; the URL appears nowhere. */
  static MigrationException notConnected(Exception e) {
    String what = "cannot connect to the database to be migrated";
    return e instanceof SQLException sql
        ? new MigrationException(what + " (SQLState " + sql.getSQLState() + ")", sql)
        : new MigrationException(what, null);
  }

  private static <T> @Nullable T cause(Throwable thrown, Class<T> type) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (type.isInstance(e)) {
        return type.cast(e);
      }
    }
    return null;
  }

  /** One line of a statement or message. */
  static String line(@Nullable String text) {
    String line = String.valueOf(text).replaceAll("\\s+", " ").strip();
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
