package dev.drawbridge.db.internal.values;

import dev.drawbridge.db.DbMappingException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a column of type ARRAY as a list, and single values that JDBC gave as it liked. */
public final class SqlArrays {
  private SqlArrays() {}

  /**
   * The elements, NULL ones as null; null for a column that is NULL.
   *
   * @throws DbMappingException when an element is not of the type and no number or text of it
   */
  public static <E> @Nullable List<@Nullable E> read(ResultSet results, int index, Class<E> type)
      throws SQLException {
    java.sql.Array array = results.getArray(index);
    if (array == null) {
      return null;
    }
    try {
      Object elements = array.getArray();
      int length = Array.getLength(elements);
      List<@Nullable E> list = new ArrayList<>(length);
      for (int i = 0; i < length; i++) {
        list.add(element(Array.get(elements, i), type));
      }
      return Collections.unmodifiableList(list);
    } finally {
      array.free();
    }
  }

  public static <E> @Nullable E element(@Nullable Object value, Class<E> type) {
    if (value == null) {
      return null;
    }
    if (type.isInstance(value)) {
      return type.cast(value);
    }
    Object converted = value;
    if (type == Boolean.class && value instanceof Number) {
      converted = ((Number) value).intValue() != 0;
    } else if (type == String.class) {
      converted = value.toString();
    } else if (value instanceof Number) {
      converted = number((Number) value, type);
    } else if (type == UUID.class || type.isEnum()) {
      converted = named(value.toString(), type);
    }
    if (type.isInstance(converted)) {
      return type.cast(converted);
    }
    throw new DbMappingException(
        "a " + value.getClass().getSimpleName() + " cannot be read as " + type.getSimpleName(),
        null);
  }

  private static Object number(Number value, Class<?> type) {
    BigDecimal exact = new BigDecimal(value.toString());
    try {
      if (type == Long.class) {
        return exact.longValueExact();
      }
      if (type == Integer.class) {
        return exact.intValueExact();
      }
      if (type == Short.class) {
        return exact.shortValueExact();
      }
    } catch (ArithmeticException e) {
      // not the number: it is data
      throw new DbMappingException("a number does not fit into " + type.getSimpleName(), null);
    }
    if (type == Double.class) {
      return value.doubleValue();
    }
    if (type == Float.class) {
      return value.floatValue();
    }
    return type == BigDecimal.class ? exact : value;
  }

  private static Object named(String text, Class<?> type) {
    if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(text)) {
          return constant;
        }
      }
      return text;
    }
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
