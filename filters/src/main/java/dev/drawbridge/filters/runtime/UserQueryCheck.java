package dev.drawbridge.filters.runtime;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.DbTimeoutException;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the start whether users can be found at all, before somebody wants to come in: the
 * statement is prepared and its columns are looked at, and no user of anybody is read. Stateless.
 */
final class UserQueryCheck {
  private static final Logger log = LoggerFactory.getLogger(UserQueryCheck.class);
  private static final String SUBJECT = "subject";
  private static final int SHOWN_CHARS = 200;

  private UserQueryCheck() {}

  /**
   * What is wrong, a sentence with the setting's name, or null. A database that is away is nobody's
   * mistake: whether the start waits for it has its own setting.
   *
   * @param sql of the setting; null for our own table
   */
  static @Nullable String problem(Database database, @Nullable String sql) {
    try {
      if (sql == null) {
        // Whether there is such a user does not matter.
        log.debug("users: {}", UserSource.table(database).load("drawbridge").isPresent());
        return null;
      }
      return database.read(session -> Optional.ofNullable(prepared(session, sql))).orElse(null);
    } catch (DbUnavailableException | DbBusyException | DbTimeoutException e) {
      log.debug("the user query was not checked: {}", e.getMessage());
      return null;
    } catch (DbException e) {
      String state = "SQLState " + e.sqlState();
      return sql == null
          ? "the table app_user or app_user_role cannot be read ("
              + state
              + "); apply the migrations of drawbridge-migrations before the filters start, or set"
              + " DRAWBRIDGE_USER_QUERY to a statement that finds your own users"
          : Setting.USER_QUERY.variable() + " cannot be prepared (" + state + ")";
    }
  }

  private static @Nullable String prepared(DbSession session, String sql) {
    String jdbc = sql.replaceAll(":subject\\b", "?");
    try (PreparedStatement statement = session.connection().prepareStatement(jdbc)) {
      ResultSetMetaData columns = statement.getMetaData();
      // Some drivers do not tell before the statement runs.
      return columns == null ? null : problem(columns);
    } catch (SQLException e) {
      if (isAway(e)) {
        return null;
      }
      return Setting.USER_QUERY.variable()
          + " cannot be prepared (SQLState "
          + e.getSQLState()
          + "): "
          + shown(String.valueOf(e.getMessage()))
          + "; correct the statement, or let the database user read its tables";
    }
  }

  /** Class 08 of SQLState, and 57 of PostgreSQL: nothing is wrong with the statement. */
  private static boolean isAway(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.startsWith("08") || state.startsWith("57P"));
  }

  private static @Nullable String problem(ResultSetMetaData columns) throws SQLException {
    Set<String> names = new TreeSet<>();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      names.add(columns.getColumnLabel(i).toLowerCase(Locale.ROOT));
    }
    return names.contains(SUBJECT)
        ? null
        : Setting.USER_QUERY.variable()
            + " must return a column subject, such as SELECT login AS subject; it returns "
            + shown(names.toString());
  }

  /** No value was bound, so what the driver says holds none. */
  private static String shown(String text) {
    String line = text.lines().findFirst().orElse("");
    return Settings.quoted(line.length() > SHOWN_CHARS ? line.substring(0, SHOWN_CHARS) : line);
  }
}
