package dev.drawbridge.db.user;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.DbMappingException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.Row;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Users by an SQL statement: one row for each role, or one row. Thread-safe. */
final class SqlUserSource implements UserSource {
  private static final String TABLE_SQL =
      "SELECT u.subject, u.display_name, u.status, u.tokens_valid_from, r.role"
          + " FROM app_user u LEFT JOIN app_user_role r ON r.user_id = u.id"
          + " WHERE u.subject = :subject";

  private final Database database;
  private final String sql;

  private SqlUserSource(Database database, String sql) {
    this.database = database;
    this.sql = sql;
  }

  static SqlUserSource table(Database database) {
    return new SqlUserSource(database, TABLE_SQL);
  }

  static SqlUserSource query(Database database, String sql) {
    if (!sql.contains(":subject")) {
      throw new DbConfigException("the user query must have the parameter :subject: " + sql, null);
    }
    return new SqlUserSource(database, sql);
  }

  /** Our table, inside somebody's transaction. */
  static Optional<User> loadFromTable(DbSession session, String subject) {
    return load(session, TABLE_SQL, subject);
  }

  int poolSize() {
    return database.config().poolSize();
  }

  @Override
  public Optional<User> load(String subject) {
    return database.read(session -> load(session, sql, subject));
  }

  private static Optional<User> load(DbSession session, String sql, String subject) {
    Columns columns = new Columns();
    List<UserRow> rows =
        session.query(sql).bind("subject", subject).list(row -> columns.userRow(row));
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    User first = rows.get(0).user;
    if (rows.size() == 1) {
      return Optional.of(withRoles(first, rows.get(0).roles));
    }
    Set<String> roles = new HashSet<>();
    for (UserRow row : rows) {
      if (!row.user.equals(first)) {
        throw new DbMappingException("the user query must return rows of one user only", null);
      }
      roles.addAll(row.roles);
    }
    return Optional.of(withRoles(first, roles));
  }

  private static User withRoles(User user, Set<String> roles) {
    return User.builder(user.subject())
        .displayName(user.displayName())
        .status(user.status())
        .tokensValidFrom(user.tokensValidFrom())
        .roles(roles)
        .build();
  }

  /** Which of the columns that we know a result has; filled at the first row. */
  private static final class Columns {
    private @Nullable Set<String> names;

    UserRow userRow(Row row) throws SQLException {
      User.Builder user = User.builder(row.string("subject"));
      String displayName = has(row, "display_name") ? row.stringOrNull("display_name") : null;
      if (displayName != null) {
        user.displayName(displayName);
      }
      if (has(row, "status")) {
        user.status(status(row.string("status")));
      }
      if (has(row, "tokens_valid_from")) {
        user.tokensValidFrom(row.instantOrNull("tokens_valid_from"));
      }
      Set<String> roles = new HashSet<>();
      if (has(row, "role")) {
        addRole(roles, row.stringOrNull("role"));
      }
      if (has(row, "roles")) {
        String list = row.stringOrNull("roles");
        for (String role : list == null ? new String[0] : list.split(",", -1)) {
          addRole(roles, role);
        }
      }
      return new UserRow(user.build(), roles);
    }

    private boolean has(Row row, String column) throws SQLException {
      Set<String> known = names;
      if (known == null) {
        known = new HashSet<>();
        ResultSetMetaData metaData = row.resultSet().getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
          known.add(metaData.getColumnLabel(i).toLowerCase(Locale.ROOT));
        }
        names = known;
      }
      return known.contains(column);
    }

    private static void addRole(Set<String> roles, @Nullable String role) {
      if (role != null && !role.isBlank()) {
        roles.add(role.strip());
      }
    }

    private static User.Status status(String text) {
      String name = text.strip().toUpperCase(Locale.ROOT);
      for (User.Status status : User.Status.values()) {
        if (status.name().equals(name)) {
          return status;
        }
      }
      throw new DbMappingException("column 'status' must be ACTIVE, SUSPENDED or DELETED", null);
    }
  }

  /** A row before the roles of all rows are put together. */
  private static final class UserRow {
    final User user;
    final Set<String> roles;

    UserRow(User user, Set<String> roles) {
      this.user = user;
      this.roles = roles;
    }
  }
}
