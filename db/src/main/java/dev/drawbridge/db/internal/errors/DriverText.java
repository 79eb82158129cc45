package dev.drawbridge.db.internal.errors;

import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.internal.sql.Untyped;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides which texts of drivers may be shown. Drivers quote values: PostgreSQL in "Key (email)=...
 * already exists", H2 and MariaDB likewise; and a function of the database may choose the SQLState
 * and the text of its errors, so the state alone proves nothing.
 */
public final class DriverText {
  private static final String NAME = "[`'\"\\p{L}\\p{N}_$.@%*-]+";

  /** MariaDB does not tell who made an error: only texts that look like the server's own. */
  private static final Map<Integer, Pattern> MYSQL_TEXTS =
      Map.ofEntries(
          text(1040, "Too many connections"),
          text(1044, "Access denied for user " + NAME + " to database " + NAME),
          text(1045, "Access denied for user " + NAME + " \\(using password: (?:YES|NO)\\)"),
          text(1049, "Unknown database " + NAME),
          text(1053, "Server shutdown in progress"),
          text(1054, "Unknown column " + NAME + " in [' \\w]+"),
          text(1064, "You have an error in your SQL syntax; [\\w ,]+"),
          text(1136, "Column count doesn't match value count at row \\d+"),
          text(1142, "[\\w, ]+ command denied to user " + NAME + " for table " + NAME),
          text(1146, "Table " + NAME + " doesn't exist"),
          text(1205, "Lock wait timeout exceeded; try restarting transaction"),
          text(1213, "Deadlock found when trying to get lock; try restarting transaction"),
          text(
              1290,
              "The \\w+ server is running with the [\\w =/-]+ option[\\w ()]* so it cannot"
                  + " execute this statement"),
          text(1305, "\\w+ " + NAME + " does not exist"),
          text(1317, "Query execution was interrupted"),
          text(1792, "Cannot execute statement in a READ ONLY transaction"),
          text(1927, "Connection was killed"),
          text(1969, "Query execution was interrupted[\\w ()]*"));

  private static final Pattern H2_OWN =
      Pattern.compile(
          "Parameter \"#\\d+\" is not set.*"
              + "|Invalid value \"\\d+\" for parameter \"parameterIndex\".*"
              + "|Method is (?:only|not) allowed for a query.*",
          Pattern.DOTALL);

  private DriverText() {}

  private static Map.Entry<Integer, Pattern> text(int code, String pattern) {
    return Map.entry(code, Pattern.compile(pattern));
  }

  /**
   * The text of an exception where it is free of data.
   *
   * @param values that were bound to the statement
   * @return one line, or null when it is withheld
   */
  public static @Nullable String shown(
      SQLException e, Dialect dialect, List<? extends @Nullable Object> values) {
    String message = e.getMessage();
    if (message == null || e instanceof SQLDataException) {
      return null;
    }
    // what follows the first line is the statement, or the server's report of a deadlock
    String text = message.lines().findFirst().orElse("").replaceFirst("^\\(conn[=:]\\d+\\) ", "");
    boolean byDriver = isByDriver(e, dialect);
    boolean free = byDriver ? isFreeByDriver(e, dialect, text) : isFree(e, dialect, text, values);
    int near = e.getErrorCode() == 1064 ? text.indexOf(" near ") : -1;
    if (near >= 0) {
      // the rest of the statement with its values
      text = text.substring(0, near);
    }
    return free && !holdsAny(text, values, byDriver) ? text : null;
  }

  /** No function of the database had a say in it. */
  public static boolean isByDriver(SQLException e, Dialect dialect) {
    switch (dialect) {
      case POSTGRESQL:
        return e.getClass().getName().startsWith("org.postgresql.") && ServerReport.of(e) == null;
      case MARIADB:
      case MYSQL:
        return e.getErrorCode() <= 0;
      case H2:
        return e.getMessage() != null
            && e.getClass().getName().startsWith("org.h2.")
            && (H2_OWN.matcher(e.getMessage()).matches() || SqlErrors.isH2Closed(e.getErrorCode()));
      default:
        return false;
    }
  }

  private static boolean isFreeByDriver(SQLException e, Dialect dialect, String text) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (dialect == Dialect.POSTGRESQL) {
      switch (state) {
        case "0100E":
        case "02000":
        case "22023":
        case "55000":
          return true;
        case "42846":
        case "42804":
        case "42821":
          return false;
        default:
          return state.startsWith("07") || isFreeOfData(state);
      }
    }
    // "Could not convert [...]" and "value '...' cannot be decoded" quote what they could not
    return dialect == Dialect.H2 || !(text.contains("[") || text.startsWith("value "));
  }

  private static boolean isFree(
      SQLException e, Dialect dialect, String text, List<? extends @Nullable Object> values) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    switch (dialect) {
      case POSTGRESQL:
        ServerReport report = ServerReport.of(e);
        if (report == null || report.isInsideFunction()) {
          return false;
        }
        if (state.startsWith("42") && !state.equals("42501") && !state.equals("42P05")) {
          // functions of the server's own say "syntax error in tsquery" and quote it
          return report.isAboutStatement() || values.isEmpty();
        }
        return isFreeOfData(state) || state.equals("26000");
      case MARIADB:
      case MYSQL:
        Pattern known = MYSQL_TEXTS.get(e.getErrorCode());
        int near = text.indexOf(" near ");
        return known != null && known.matcher(near < 0 ? text : text.substring(0, near)).matches();
      case H2:
        // others are thrown by functions, or by what is between us and the driver
        return isFreeOfData(state)
            && (e.getClass().getName().startsWith("org.h2.") || state.startsWith("08"));
      default:
        return isFreeOfData(state);
    }
  }

  public static boolean isFreeOfData(String state) {
    switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "08":
      case "0A":
      case "25":
      case "28":
      case "3D":
      case "40":
      case "42":
      case "57":
        return true;
      default:
        return false;
    }
  }

  /** Whether a text repeats a value, in whatever letters. */
  public static boolean holdsAny(
      String text, List<? extends @Nullable Object> values, boolean byDriver) {
    String lower = text.toLowerCase(Locale.ROOT);
    return values.stream()
        .flatMap(DriverText::texts)
        .anyMatch(
            value ->
                // a driver's "parameter 2" is no value
                !(byDriver && value.matches("\\d{1,3}"))
                    && (value.length() < 3 ? hasWord(lower, value) : lower.contains(value)));
  }

  private static boolean hasWord(String text, String word) {
    return !word.isBlank()
        && Pattern.compile("(?<![\\p{L}\\p{N}_])" + Pattern.quote(word) + "(?![\\p{L}\\p{N}_])")
            .matcher(text)
            .find();
  }

  private static Stream<String> texts(@Nullable Object value) {
    if (value instanceof Optional<?>) {
      return texts(((Optional<?>) value).orElse(null));
    }
    if (value instanceof Collection<?>) {
      return ((Collection<?>) value).stream().flatMap(DriverText::texts);
    }
    if (value instanceof Object[]) {
      return Arrays.stream((Object[]) value).flatMap(DriverText::texts);
    }
    if (value instanceof Untyped) {
      return texts(((Untyped) value).text);
    }
    String text = value == null ? "" : value.toString().toLowerCase(Locale.ROOT);
    return text.isEmpty() ? Stream.empty() : Stream.of(text);
  }
}
