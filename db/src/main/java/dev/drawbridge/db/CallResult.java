package dev.drawbridge.db;

import dev.drawbridge.db.internal.values.Instants;
import dev.drawbridge.db.internal.values.SqlArrays;
import java.math.BigDecimal;
import java.sql.CallableStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came back of a {@link Call}. Immutable. */
public final class CallResult {
  private static final Map<Class<?>, Integer> TYPES =
      Map.ofEntries(
          Map.entry(String.class, Types.VARCHAR),
          Map.entry(Integer.class, Types.INTEGER),
          Map.entry(Long.class, Types.BIGINT),
          Map.entry(Short.class, Types.SMALLINT),
          Map.entry(Double.class, Types.DOUBLE),
          Map.entry(Float.class, Types.REAL),
          Map.entry(BigDecimal.class, Types.NUMERIC),
          Map.entry(Boolean.class, Types.BOOLEAN),
          Map.entry(LocalDate.class, Types.DATE),
          Map.entry(LocalTime.class, Types.TIME),
          Map.entry(LocalDateTime.class, Types.TIMESTAMP),
          Map.entry(Instant.class, Types.TIMESTAMP),
          Map.entry(byte[].class, Types.VARBINARY),
          Map.entry(Object.class, Types.OTHER));

  private final Map<String, @Nullable Object> values;

  /** Of wall clocks. */
  private final ZoneId zone;

  private CallResult(Map<String, @Nullable Object> values, ZoneId zone) {
    this.values = values;
    this.zone = zone;
  }

  static int jdbcType(Class<?> type) {
    Integer found = TYPES.get(type);
    if (found == null) {
      throw new DbMappingException("no type of JDBC is known for " + type.getName(), null);
    }
    return found;
  }

  static CallResult of(
      CallableStatement statement, Map<String, Integer> positions, Instants instants)
      throws SQLException {
    Map<String, @Nullable Object> values = new HashMap<>();
    for (Map.Entry<String, Integer> out : positions.entrySet()) {
      Object value = statement.getObject(out.getValue());
      // a wall clock: its parts are what the database said, whatever the JVM's zone made of them
      values.put(
          out.getKey(), value instanceof Timestamp ? ((Timestamp) value).toLocalDateTime() : value);
    }
    return new CallResult(values, instants.zone());
  }

  /** A parameter that must not be NULL. */
  public <T> T value(String name, Class<T> type) {
    T value = valueOrNull(name, type);
    if (value == null) {
      throw new DbMappingException("parameter '" + name + "' must not be NULL", null);
    }
    return value;
  }

  /**
   * A parameter, or null for NULL.
   *
   * @throws DbMappingException when it is not of the type, nor a number that fits into it
   */
  public <T> @Nullable T valueOrNull(String name, Class<T> type) {
    if (!values.containsKey(name)) {
      throw new DbStateException("no parameter :" + name + " came back", null);
    }
    Object value = values.get(name);
    if (type == Instant.class && value instanceof LocalDateTime) {
      value = ((LocalDateTime) value).atZone(zone).toInstant();
    } else if (type == LocalDate.class && value instanceof java.sql.Date) {
      value = ((java.sql.Date) value).toLocalDate();
    } else if (type == LocalTime.class && value instanceof java.sql.Time) {
      value = ((java.sql.Time) value).toLocalTime();
    }
    return SqlArrays.element(value, type);
  }
}
