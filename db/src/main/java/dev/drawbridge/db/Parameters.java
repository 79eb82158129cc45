package dev.drawbridge.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values of one statement. Not thread-safe; never printed. */
final class Parameters {
  private final SqlText sql;

  /** Empty when the statement is named; changed by nobody. */
  private final List<@Nullable Object> positional;

  /** Null when the statement is positional. */
  private final @Nullable Map<String, @Nullable Object> named;

  Parameters(SqlText sql, @Nullable Object @Nullable [] given) {
    this.sql = sql;
    // what a caller means who passes a bare null
    @Nullable Object[] values = given == null ? new Object[1] : given;
    if (sql.isNamed()) {
      if (values.length > 0) {
        throw new DbStateException(
            "values of named parameters must be bound by name: " + sql.names(), null);
      }
      this.positional = List.of();
      this.named = new HashMap<>();
    } else {
      this.positional = Arrays.asList(values.clone());
      this.named = null;
    }
  }

  void bind(String name, @Nullable Object value) {
    if (named == null || !sql.names().contains(name)) {
      throw new DbStateException(
          "no parameter :" + name + " in: " + SqlErrors.shortened(sql.source()), null);
    }
    named.put(name, value);
  }

  /** The values in the order of the statement's parameters. */
  List<@Nullable Object> ordered() {
    List<@Nullable Object> ordered;
    if (named == null) {
      ordered = positional;
    } else {
      ordered = new ArrayList<>(sql.parameterCount());
      for (String name : sql.names()) {
        if (!named.containsKey(name)) {
          Set<String> missing = new HashSet<>(sql.names());
          missing.removeAll(named.keySet());
          throw new DbStateException("parameters must all be bound, missing: " + missing, null);
        }
        ordered.add(named.get(name));
      }
    }
    if (ordered.size() != sql.parameterCount()) {
      throw new DbStateException(
          "the statement has "
              + sql.parameterCount()
              + " parameters, but "
              + ordered.size()
              + " values were given: "
              + SqlErrors.shortened(sql.source()),
          null);
    }
    return ordered;
  }

  /** The statement with as many placeholders as its lists have elements. */
  static String text(SqlText sql, List<@Nullable Object> ordered) {
    int[] sizes = null;
    for (int i = 0; i < ordered.size(); i++) {
      Object value = ordered.get(i);
      if (value instanceof Collection<?>) {
        int size = ((Collection<?>) value).size();
        if (size == 0) {
          throw new DbStateException(
              "a list parameter must not be empty: " + SqlErrors.shortened(sql.source()), null);
        }
        if (sizes == null) {
          sizes = new int[ordered.size()];
          Arrays.fill(sizes, 1);
        }
        sizes[i] = size;
      }
    }
    return sizes == null ? sql.jdbc() : sql.expanded(sizes);
  }

  static void set(PreparedStatement statement, SqlText sql, List<@Nullable Object> ordered)
      throws SQLException {
    int index = 1;
    for (int i = 0; i < ordered.size(); i++) {
      Object value = ordered.get(i);
      try {
        if (value instanceof Collection<?>) {
          for (Object element : (Collection<?>) value) {
            set(statement, index++, element);
          }
        } else {
          set(statement, index++, value);
        }
      } catch (SQLException e) {
        throw new LocatedSqlException(place(sql, i, value), e);
      }
    }
  }

  private static String place(SqlText sql, int i, @Nullable Object value) {
    return "parameter "
        + (sql.isNamed() ? ":" + sql.names().get(i) : String.valueOf(i + 1))
        + (value == null ? "" : " of type " + value.getClass().getName());
  }

  private static void set(PreparedStatement statement, int index, @Nullable Object value)
      throws SQLException {
    if (value instanceof String) {
      statement.setString(index, (String) value);
    } else if (value instanceof Untyped) {
      statement.setObject(index, ((Untyped) value).text, Types.OTHER);
    } else {
      statement.setObject(index, converted(value));
    }
  }

  /** Types that every driver takes for the portable column types. */
  private static @Nullable Object converted(@Nullable Object value) {
    if (value instanceof Optional<?>) {
      return converted(((Optional<?>) value).orElse(null));
    }
    if (value instanceof Date && value.getClass() == Date.class) {
      // not its children of java.sql, which drivers know
      return converted(((Date) value).toInstant());
    }
    if (value instanceof ZonedDateTime) {
      return ((ZonedDateTime) value).toOffsetDateTime();
    }
    if (value instanceof Instant) {
      // cut here, since the databases disagree whether they round or cut
      Instant micros = ((Instant) value).truncatedTo(ChronoUnit.MICROS);
      return LocalDateTime.ofInstant(micros, ZoneOffset.UTC);
    }
    if (value instanceof Enum<?>) {
      return ((Enum<?>) value).name();
    }
    return value instanceof Character ? value.toString() : value;
  }
}
