package dev.drawbridge.db.user;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbMappingException;
import dev.drawbridge.db.Row;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Users by an SQL statement; one row per role, or one row. */
final class SqlUserSource implements UserSource {
  private final Database database;
  private final String sql;

  SqlUserSource(Database database, String sql) {
    this.database = database;
    this.sql = sql;
  }

  int poolSize() {
    return database.config().poolSize();
  }

  @Override
  public Optional<User> load(String subject) {
    List<UserRow> rows =
        database.read(
            session -> session.query(sql).bind("subject", subject).list(SqlUserSource::row));
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    UserRow first = rows.get(0);
    Set<String> roles = new HashSet<>();
    for (UserRow row : rows) {
      if (!row.user.equals(first.user)) {
        throw new DbMappingException("the user query must return rows of one user only", null);
      }
      roles.addAll(row.roles);
    }
    User user = first.user;
    return Optional.of(
        User.builder(user.subject())
            .displayName(user.displayName())
            .status(user.status())
            .tokensValidFrom(user.tokensValidFrom())
            .roles(roles)
            .build());
  }

  private static UserRow row(Row row) throws SQLException {
    Set<String> columns = columns(row.resultSet().getMetaData());
    String subject = row.string("subject");
    String displayName = columns.contains("display_name") ? row.stringOrNull("display_name") : null;
    User.Builder user = User.builder(subject);
    if (displayName != null) {
      user.displayName(displayName);
    }
    if (columns.contains("status")) {
      user.status(status(row.string("status")));
    }
    if (columns.contains("tokens_valid_from")) {
      user.tokensValidFrom(row.instantOrNull("tokens_valid_from"));
    }
    Set<String> roles = new HashSet<>();
    if (columns.contains("role")) {
      addRole(roles, row.stringOrNull("role"));
    }
    if (columns.contains("roles")) {
      String list = row.stringOrNull("roles");
      for (String role : list == null ? new String[0] : list.split(",", -1)) {
        addRole(roles, role);
      }
    }
    return new UserRow(user.build(), roles);
  }

  private static void addRole(Set<String> roles, @Nullable String role) {
    if (role != null && !role.isBlank()) {
      roles.add(role.strip());
    }
  }

  private static User.Status status(String text) {
    for (User.Status status : User.Status.values()) {
      if (status.name().equals(text.strip().toUpperCase(Locale.ROOT))) {
        return status;
      }
    }
    throw new DbMappingException("column 'status' must be ACTIVE, SUSPENDED or DELETED", null);
  }

  private static Set<String> columns(ResultSetMetaData metaData) throws SQLException {
    Set<String> columns = new HashSet<>();
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      columns.add(metaData.getColumnLabel(i).toLowerCase(Locale.ROOT));
    }
    return columns;
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
