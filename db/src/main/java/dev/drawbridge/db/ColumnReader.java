package dev.drawbridge.db;

import dev.drawbridge.db.internal.values.SqlArrays;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads one column as the type of a component or constructor parameter. */
@FunctionalInterface
interface ColumnReader {
  /** The value, or null for NULL. */
  @Nullable Object read(Row row, int index) throws SQLException;

  /** The reader for a type as it was declared, so that an {@code Optional} knows of what. */
  static ColumnReader of(Type declared, Class<?> type) {
    if (type == Optional.class && declared instanceof ParameterizedType) {
      Type content = ((ParameterizedType) declared).getActualTypeArguments()[0];
      if (content instanceof Class<?>) {
        ColumnReader reader = of((Class<?>) content);
        return (row, index) -> Optional.ofNullable(reader.read(row, index));
      }
    }
    if ((type == List.class || type == Collection.class) && declared instanceof ParameterizedType) {
      Type content = ((ParameterizedType) declared).getActualTypeArguments()[0];
      if (content instanceof Class<?>) {
        return (row, index) -> SqlArrays.read(row.raw(), index, (Class<?>) content);
      }
    }
    return of(type);
  }

  /** The reader for a type; types that it does not know are left to the driver. */
  static ColumnReader of(Class<?> type) {
    ColumnReader known = Known.READERS.get(type);
    if (known != null) {
      return known;
    }
    if (type == List.class) {
      return (row, index) -> SqlArrays.read(row.raw(), index, Object.class);
    }
    if (type.isEnum()) {
      return (row, index) -> constant(type, row.raw().getString(index));
    }
    return (row, index) -> row.raw().getObject(index, type);
  }

  /** Not by the driver: PostgreSQL's reads none from text, where portable schemas keep them. */
  private static @Nullable Object uuid(Row row, int index) throws SQLException {
    Object value = row.raw().getObject(index);
    if (value == null || value instanceof UUID) {
      return value;
    }
    try {
      return UUID.fromString(value.toString().strip());
    } catch (IllegalArgumentException e) {
      // not the text: it is data
      throw new DbMappingException("a column holds no UUID", null);
    }
  }

  private static @Nullable Object bigInteger(Row row, int index) throws SQLException {
    BigDecimal value = row.raw().getBigDecimal(index);
    try {
      return value == null ? null : value.toBigIntegerExact();
    } catch (ArithmeticException e) {
      // not the number: it is data
      throw new DbMappingException("a column holds no whole number", null);
    }
  }

  private static @Nullable Object zoned(Row row, int index) throws SQLException {
    Instant instant = row.instants().read(row.raw(), index);
    return instant == null ? null : instant.atZone(row.instants().zone());
  }

  private static @Nullable Object date(@Nullable Instant instant) {
    return instant == null ? null : Date.from(instant);
  }

  private static @Nullable Object timestamp(@Nullable Instant instant) {
    return instant == null ? null : Timestamp.from(instant);
  }

  private static @Nullable Object constant(Class<?> type, @Nullable String name) {
    if (name == null) {
      return null;
    }
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name.strip())) {
        return constant;
      }
    }
    // not the text: it is data
    throw new DbMappingException("a column holds no constant of " + type.getSimpleName(), null);
  }

  /** Types for which the plain getters are faster or the drivers differ. */
  final class Known {
    static final Map<Class<?>, ColumnReader> READERS = readers();

    private Known() {}

    private interface Getter {
      Object get(ResultSet results, int index) throws SQLException;
    }

    private static Map<Class<?>, ColumnReader> readers() {
      Map<Class<?>, ColumnReader> readers = new HashMap<>();
      readers.put(String.class, (row, index) -> row.raw().getString(index));
      readers.put(BigDecimal.class, (row, index) -> row.raw().getBigDecimal(index));
      readers.put(BigInteger.class, ColumnReader::bigInteger);
      readers.put(byte[].class, (row, index) -> row.raw().getBytes(index));
      readers.put(Object.class, (row, index) -> row.raw().getObject(index));
      readers.put(Instant.class, (row, index) -> row.instants().read(row.raw(), index));
      readers.put(Date.class, (row, index) -> date(row.instants().read(row.raw(), index)));
      readers.put(
          Timestamp.class, (row, index) -> timestamp(row.instants().read(row.raw(), index)));
      readers.put(
          OffsetDateTime.class, (row, index) -> row.instants().readOffset(row.raw(), index));
      readers.put(ZonedDateTime.class, ColumnReader::zoned);
      readers.put(LocalDateTime.class, (row, index) -> row.instants().readLocal(row.raw(), index));
      readers.put(LocalDate.class, (row, index) -> row.instants().readDay(row.raw(), index));
      readers.put(UUID.class, ColumnReader::uuid);
      both(readers, int.class, Integer.class, ResultSet::getInt);
      both(readers, long.class, Long.class, ResultSet::getLong);
      both(readers, short.class, Short.class, ResultSet::getShort);
      both(readers, byte.class, Byte.class, ResultSet::getByte);
      both(readers, double.class, Double.class, ResultSet::getDouble);
      both(readers, float.class, Float.class, ResultSet::getFloat);
      both(readers, boolean.class, Boolean.class, ResultSet::getBoolean);
      return readers;
    }

    private static void both(
        Map<Class<?>, ColumnReader> readers, Class<?> primitive, Class<?> boxed, Getter getter) {
      ColumnReader reader =
          (row, index) -> {
            Object value = getter.get(row.raw(), index);
            return row.raw().wasNull() ? null : value;
          };
      readers.put(primitive, reader);
      readers.put(boxed, reader);
    }
  }
}
