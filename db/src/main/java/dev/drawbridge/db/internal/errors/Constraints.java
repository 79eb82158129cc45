package dev.drawbridge.db.internal.errors;

import dev.drawbridge.db.DbConstraintException;
import dev.drawbridge.db.DbConstraintException.Kind;
import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.internal.dialect.Dialects;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tells which constraint refused the data, from what drivers say of it apart from the data. */
public final class Constraints {
  private static final String SCHEMA = "(?:[`\"]?[\\p{L}\\p{N}_$]+[`\"]?\\.)?";

  /** Groups c, t and k: constraint, table and column. Names come before data, or at the end. */
  private static final List<Pattern> H2 =
      List.of(
          pattern(
              "Unique index or primary key violation: \""
                  + SCHEMA
                  + name("c")
                  + "(?: INDEX [^ ]+)? ON "
                  + SCHEMA
                  + name("t")
                  + "\\(.*"),
          pattern(
              "Referential integrity constraint violation: \""
                  + name("c")
                  + ": "
                  + SCHEMA
                  + name("t")
                  + " FOREIGN KEY\\(.*"),
          pattern("Check constraint violation: \"" + name("c") + ": .*"),
          pattern("NULL not allowed for column " + name("k") + "[;\\s].*"));

  private static final List<Pattern> MYSQL =
      List.of(
          pattern("Duplicate entry '.*' for key '" + SCHEMA + name("c") + "'"),
          pattern(
              "Cannot (?:add or update a child|delete or update a parent) row: a foreign key"
                  + " constraint fails \\("
                  + SCHEMA
                  + name("t")
                  + ", CONSTRAINT "
                  + name("c")
                  + " FOREIGN KEY .*"),
          pattern("CONSTRAINT " + name("c") + " failed for " + SCHEMA + name("t")),
          pattern("Column '" + name("k") + "' cannot be null"),
          pattern("Field '" + name("k") + "' doesn't have a default value"));

  private Constraints() {}

  private static Pattern pattern(String text) {
    return Pattern.compile(text, Pattern.DOTALL);
  }

  private static String name(String group) {
    return "[`\"]?(?<" + group + ">[\\p{L}\\p{N}_$]+)[`\"]?";
  }

  public static DbConstraintException exception(
      SQLException e, SqlErrors.Doing doing, String where, SQLException cause) {
    Kind kind = kind(e, doing.dialect);
    @Nullable String[] names = names(e, doing);
    String named =
        (names[0] == null ? "" : " '" + names[0] + "'")
            + (names[1] == null ? "" : " of table '" + names[1] + "'")
            + (names[2] == null ? "" : " (column '" + names[2] + "')");
    return new DbConstraintException(
        kind, "a " + kind + " constraint" + named + " refused the data: " + where, cause, names);
  }

  private static Kind kind(SQLException e, Dialect dialect) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    switch (state) {
      case "23505":
        return Kind.UNIQUE;
      case "23503":
      case "23506":
      case "23504":
        return Kind.FOREIGN_KEY;
      case "23513":
      case "23514":
        return Kind.CHECK;
      case "23502":
        return Kind.NOT_NULL;
      default:
        return Dialects.isMySqlFamily(dialect) ? ofMySql(e.getErrorCode()) : ofOther(e);
    }
  }

  private static Kind ofMySql(int code) {
    switch (code) {
      case 1062:
      case 1586:
      case 1169:
        return Kind.UNIQUE;
      case 1451:
      case 1452:
      case 1216:
      case 1217:
        return Kind.FOREIGN_KEY;
      case 4025:
      case 3819:
        return Kind.CHECK;
      case 1048:
      case 1364:
        return Kind.NOT_NULL;
      default:
        return Kind.OTHER;
    }
  }

  /** Each code belongs to the driver of one database. */
  private static Kind ofOther(SQLException e) {
    int code = e.getErrorCode();
    if (SqlErrors.isFrom(e, "oracle.jdbc.")) {
      return code == 1
          ? Kind.UNIQUE
          : code == 1400 || code == 1407
              ? Kind.NOT_NULL
              : code == 2291 || code == 2292
                  ? Kind.FOREIGN_KEY
                  : code == 2290 ? Kind.CHECK : Kind.OTHER;
    }
    if (SqlErrors.isFrom(e, "com.microsoft.sqlserver.")) {
      return code == 2627 || code == 2601 ? Kind.UNIQUE : code == 515 ? Kind.NOT_NULL : Kind.OTHER;
    }
    if (SqlErrors.isFrom(e, "org.sqlite.")) {
      String text = String.valueOf(e.getMessage());
      return text.startsWith("[SQLITE_CONSTRAINT_UNIQUE]")
              || text.startsWith("[SQLITE_CONSTRAINT_PRIMARYKEY]")
          ? Kind.UNIQUE
          : text.startsWith("[SQLITE_CONSTRAINT_NOTNULL]")
              ? Kind.NOT_NULL
              : text.startsWith("[SQLITE_CONSTRAINT_FOREIGNKEY]")
                  ? Kind.FOREIGN_KEY
                  : text.startsWith("[SQLITE_CONSTRAINT_CHECK]") ? Kind.CHECK : Kind.OTHER;
    }
    return Kind.OTHER;
  }

  /** Constraint, table and column; null for what is not known. */
  private static @Nullable String[] names(SQLException e, SqlErrors.Doing doing) {
    @Nullable String[] names = new String[3];
    switch (doing.dialect) {
      case POSTGRESQL:
        ServerReport report = ServerReport.of(e);
        if (report != null && !report.isInsideFunction()) {
          names[0] = report.constraint();
          names[1] = report.table();
          names[2] = report.column();
        }
        break;
      case H2:
        if (e.getClass().getName().startsWith("org.h2.")) {
          match(e, H2, names);
        }
        break;
      case MARIADB:
      case MYSQL:
        match(e, MYSQL, names);
        break;
      default:
        break;
    }
    for (int i = 0; i < names.length; i++) {
      String name = names[i];
      // a function may have made the error, and put a value where a name is expected
      if (name != null && DriverText.holdsAny(name, doing.values, false)) {
        names[i] = null;
      }
    }
    return names;
  }

  private static void match(SQLException e, List<Pattern> patterns, @Nullable String[] names) {
    String text = String.valueOf(e.getMessage()).replaceFirst("^\\(conn[=:]\\d+\\) ", "");
    for (Pattern pattern : patterns) {
      Matcher matcher = pattern.matcher(text);
      if (matcher.matches()) {
        names[0] = group(matcher, "c");
        names[1] = group(matcher, "t");
        names[2] = group(matcher, "k");
        return;
      }
    }
  }

  private static @Nullable String group(Matcher matcher, String name) {
    return matcher.pattern().pattern().contains("?<" + name + ">") ? matcher.group(name) : null;
  }
}
