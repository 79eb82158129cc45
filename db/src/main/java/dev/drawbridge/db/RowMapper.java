package dev.drawbridge.db;

import java.sql.SQLException;
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
}
