package dev.drawbridge.db.internal.users;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbMappingException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.Query;
import dev.drawbridge.db.Row;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Users by an SQL statement: one row for each role, or one row. Thread-safe. */
public final class SqlUserSource implements UserSource {
  private static final Logger log = LoggerFactory.getLogger(SqlUserSource.class);

  private static final String TABLE_SQL =
      "SELECT u.subject, u.display_name, u.status, u.tokens_valid_from, r.role"
          + " FROM app_user u LEFT JOIN app_user_role r ON r.user_id = u.id"
          + " WHERE u.subject = :subject";

  private static final int BATCH = 200;
  private static final int ROWS_PER_USER = 1_000;
  private static final long REPORT_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final Pattern EQUALS = Pattern.compile("\\s*(?<![<>!:])=\\s*:subject\\b");

  /** What gives another answer, or none, when it is asked for many subjects. */
  private static final Pattern NOT_PLAIN =
      Pattern.compile(
          "[(;]|--|/\\*|\\b(?:limit|fetch|top|group|having|distinct|union|except|intersect|or|not|"
              + "with|rownum|count|max|min)\\b",
          Pattern.CASE_INSENSITIVE);

  /**
   * Of what a database says when a text is none of its column's type, or has no such characters.
   */
  private static final Set<String> UNHOLDABLE =
      Set.of(
          "22001", "22003", "22007", "22008", "22018", "22021", "22026", "22P02", "22P03", "22P05");

  private final Database database;
  private final String sql;

  /** With a list instead of one subject; null when the statement is for one only. */
  private final @Nullable String batchSql;

  private final AtomicLong reportedAt = new AtomicLong(System.nanoTime() - REPORT_NANOS);

  private SqlUserSource(Database database, String sql) {
    this.database = database;
    this.sql = sql;
    this.batchSql = batchSql(sql);
  }

  public static SqlUserSource table(Database database) {
    return new SqlUserSource(database, TABLE_SQL);
  }

  public static SqlUserSource query(Database database, String sql) {
    if (!sql.contains(":subject")) {
      throw new DbConfigException("the user query must have the parameter :subject: " + sql, null);
    }
    return new SqlUserSource(database, sql);
  }

  /** The statement for many subjects, or null where it would not surely give the same users. */
  public static @Nullable String batchSql(String sql) {
    boolean once = sql.indexOf(":subject") == sql.lastIndexOf(":subject");
    boolean plain = once && EQUALS.matcher(sql).find() && !NOT_PLAIN.matcher(sql).find();
    return plain ? EQUALS.matcher(sql).replaceFirst(" IN (:subject)") : null;
  }

  /** Our table, inside somebody's transaction. */
  public static Optional<User> loadFromTable(DbSession session, String subject) {
    return Optional.ofNullable(load(session, TABLE_SQL, subject).get(subject));
  }

  /** The number of connections; -1 when the pool does not tell. */
  public int poolSize() {
    return database.metrics().max();
  }

  @Override
  public int batchSize() {
    return batchSql == null ? 1 : BATCH;
  }

  @Override
  public Optional<User> load(String subject) {
    if (!isWellFormed(subject)) {
      // no database has half a character
      return Optional.empty();
    }
    try {
      Map<String, User> users = database.read(session -> load(session, sql, subject));
      if (users.size() > 1) {
        throw new DbMappingException("the user query must return rows of one user only", null);
      }
      // another subject than the one asked for is the directory's business
      return users.values().stream().findFirst();
    } catch (DbException e) {
      if (isUnholdable(e, subject)) {
        report(e);
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public Map<String, User> loadAll(Collection<String> subjects) {
    String statement = batchSql;
    List<String> wellFormed =
        subjects.stream().filter(SqlUserSource::isWellFormed).collect(Collectors.toList());
    if (wellFormed.isEmpty()) {
      return Map.of();
    }
    return statement == null
        ? UserSource.super.loadAll(wellFormed)
        : database.read(session -> load(session, statement, wellFormed));
  }

  private static boolean isWellFormed(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /**
   * Whether the database refused the subject itself: not of the column's type, too long, a NUL, or
   * characters that the column's character set lacks.
   */
  private static boolean isUnholdable(DbException e, String subject) {
    String state = e.sqlState();
    boolean beyondBmp = subject.codePoints().anyMatch(point -> point > 0xFFFF);
    boolean nul = subject.indexOf('\0') >= 0;
    // 1267 and 3988 are MariaDB's and MySQL's "illegal mix of collations", 1366 "incorrect string"
    int code = e.vendorCode();
    return (state != null && (UNHOLDABLE.contains(state) || (nul && state.equals("22023"))))
        || (beyondBmp && (code == 1267 || code == 1366 || code == 3988));
  }

  /** Without a trace, at most once a minute: anybody may invent subjects. */
  private void report(DbException e) {
    long now = System.nanoTime();
    long last = reportedAt.get();
    if (now - last >= REPORT_NANOS && reportedAt.compareAndSet(last, now)) {
      log.warn(
          "the database cannot hold a subject that was looked up, taken as absent (SQLState {},"
              + " code {}); said once a minute",
          e.sqlState(),
          e.vendorCode());
    }
  }

  /** The users that the statement returns, by the subject of their rows. */
  private static Map<String, User> load(DbSession session, String sql, Object subjects) {
    Columns columns = new Columns();
    int users = subjects instanceof Collection<?> ? ((Collection<?>) subjects).size() : 1;
    List<UserRow> rows =
        session
            .query(sql)
            .bindUntyped("subject", subjects)
            .maxRows(Math.max(Query.DEFAULT_MAX_ROWS, users * ROWS_PER_USER))
            .list(row -> columns.userRow(row));
    Map<String, User> first = new LinkedHashMap<>();
    Map<String, Set<String>> roles = new HashMap<>();
    for (UserRow row : rows) {
      String subject = row.user.subject();
      User before = first.putIfAbsent(subject, row.user);
      if (before != null && !before.equals(row.user)) {
        throw new DbMappingException(
            "the user query must return rows of one user only for a subject", null);
      }
      roles.computeIfAbsent(subject, key -> new HashSet<>()).addAll(row.roles);
    }
    first.replaceAll((subject, user) -> withRoles(user, roles.getOrDefault(subject, Set.of())));
    return first;
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
