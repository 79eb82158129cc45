package dev.drawbridge.db;

import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns one row into one value. Stateless mappers may be shared between threads.
 *
 * @param <T> what a row becomes
 */
@FunctionalInterface
public interface RowMapper<T extends @Nullable Object> {
  /**
   * Maps the current row.
   *
   * @param row valid during this call only
   */
  T map(Row row) throws SQLException;

  /**
   * Maps to a record: a column for each component, {@code display_name} or {@code displayname} for
   * {@code displayName}. Instants are read as UTC, enums by name, a {@code UUID} from a column of
   * its own type or of text; NULL becomes null, or empty for an {@code Optional}. Types not known
   * here are left to the driver.
   *
   * @throws DbMappingException when the type is no record, and from the mapper when a column is
   *     missing or a primitive component would be NULL
   */
  static <R> RowMapper<R> record(Class<R> type) {
    return ConstructorMapper.ofRecord(type);
  }

  /**
   * Maps to a bean by its public setters: a column {@code display_name} or {@code displayname} for
   * {@code setDisplayName}, values as for {@link #record}. Columns without a setter and properties
   * without a column are left alone, and so is a primitive property for NULL.
   *
   * @throws DbMappingException when the type has no constructor without parameters or no setter,
   *     and from the mapper when no column has one
   */
  static <B> RowMapper<B> bean(Class<B> type) {
    return new BeanMapper<>(type);
  }

  /**
   * Maps to a map in the order of the columns: labels in lower case, dates and times as {@code
   * java.time}, an array as a list, a CLOB as text, a BLOB as bytes, NULL as null, anything else as
   * the driver gives it.
   */
  static RowMapper<Map<String, @Nullable Object>> map() {
    return MapMapper.INSTANCE;
  }

  /**
   * Maps to a class by its only constructor with as many parameters as there are columns; see
   * {@link #record} for the values.
   *
   * @param columns one per parameter, in its order
   */
  static <B> RowMapper<B> constructor(Class<B> type, String... columns) {
    return ConstructorMapper.of(type, columns);
  }
}
