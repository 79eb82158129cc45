package dev.drawbridge.db.internal.values;

import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.internal.errors.LocatedSqlException;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.sql.Untyped;
import java.io.InputStream;
import java.io.Reader;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
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
public final class Parameters {
  /**
   * In the place of a parameter that comes back and must not be set: drivers tell the two apart.
   */
  private static final Object OUT_ONLY = new Object();

  private final SqlText sql;

  /** Empty when the statement is named; changed by nobody. */
  private final List<@Nullable Object> positional;

  /** Null when the statement is positional. */
  private final @Nullable Map<String, @Nullable Object> named;

  private boolean emptyAllowed;

  public Parameters(SqlText sql, @Nullable Object @Nullable [] given) {
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

  public void bind(String name, @Nullable Object value) {
    if (named == null || !sql.names().contains(name)) {
      throw new DbStateException(
          "no parameter :" + name + " in: " + SqlText.shortened(sql.source()), null);
    }
    named.put(name, value);
  }

  /** The values in the order of the statement's parameters. */
  public List<@Nullable Object> ordered() {
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
              + SqlText.shortened(sql.source()),
          null);
    }
    if (!emptyAllowed) {
      return ordered;
    }
    List<@Nullable Object> marked = new ArrayList<>(ordered);
    marked.replaceAll(
        value ->
            value instanceof Collection<?> && ((Collection<?>) value).isEmpty()
                ? new EmptyList()
                : value);
    return marked;
  }

  public void allowEmptyLists() {
    emptyAllowed = true;
  }

  /** For what comes back only; what is bound stays. */
  public void bindIfMissing(String name) {
    if (named != null) {
      named.putIfAbsent(name, OUT_ONLY);
    }
  }

  /** Empty on purpose. */
  private static final class EmptyList extends AbstractList<Object> {
    @Override
    public Object get(int index) {
      throw new IndexOutOfBoundsException(index);
    }

    @Override
    public int size() {
      return 0;
    }
  }

  /** The statement with as many placeholders as its lists have elements. */
  public static String text(SqlText sql, List<@Nullable Object> ordered) {
    int[] sizes = null;
    for (int i = 0; i < ordered.size(); i++) {
      Object value = ordered.get(i);
      if (isList(value)) {
        int size = ((Collection<?>) value).size();
        if (size == 0 && !(value instanceof EmptyList)) {
          throw new DbStateException(
              "a list parameter must not be empty (see allowEmptyLists): "
                  + SqlText.shortened(sql.source()),
              null);
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

  /** A text is none, which is told without a walk through its interfaces. */
  private static boolean isList(@Nullable Object value) {
    return !(value instanceof String) && value instanceof Collection<?>;
  }

  public static void set(
      PreparedStatement statement, SqlText sql, List<@Nullable Object> ordered, Moments moments)
      throws SQLException {
    int index = 1;
    for (int i = 0; i < ordered.size(); i++) {
      Object value = ordered.get(i);
      try {
        if (isList(value)) {
          for (Object element : (Collection<?>) value) {
            set(statement, index++, element, moments);
          }
        } else {
          set(statement, index++, value, moments);
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

  /** Types that every driver takes for the portable column types. */
  private static void set(
      PreparedStatement statement, int index, @Nullable Object value, Moments moments)
      throws SQLException {
    if (value == OUT_ONLY) {
      return;
    }
    if (value instanceof String) {
      statement.setString(index, (String) value);
    } else if (value instanceof Untyped) {
      statement.setObject(index, ((Untyped) value).text, Types.OTHER);
    } else if (value instanceof Optional<?>) {
      set(statement, index, ((Optional<?>) value).orElse(null), moments);
    } else if (value instanceof Instant) {
      moments.instants().bind(statement, index, (Instant) value);
    } else if (value instanceof OffsetDateTime) {
      moments.instants().bind(statement, index, (OffsetDateTime) value);
    } else if (value instanceof ZonedDateTime) {
      moments.instants().bind(statement, index, ((ZonedDateTime) value).toOffsetDateTime());
    } else if (value instanceof Date && isMoment((Date) value)) {
      moments.instants().bind(statement, index, ((Date) value).toInstant());
    } else if (value instanceof Calendar) {
      moments.instants().bind(statement, index, ((Calendar) value).toInstant());
    } else if (value instanceof Enum<?>) {
      statement.setString(index, ((Enum<?>) value).name());
    } else if (value instanceof Character) {
      statement.setString(index, value.toString());
    } else if (value instanceof InputStream) {
      statement.setBinaryStream(index, (InputStream) value);
    } else if (value instanceof Reader) {
      statement.setCharacterStream(index, (Reader) value);
    } else {
      statement.setObject(index, value);
    }
  }

  /** {@code java.sql.Date} and {@code Time} are a day and a time of day, which drivers know. */
  private static boolean isMoment(Date value) {
    return !(value instanceof java.sql.Date) && !(value instanceof java.sql.Time);
  }
}
