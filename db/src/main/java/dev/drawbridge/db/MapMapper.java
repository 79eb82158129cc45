package dev.drawbridge.db;

import dev.drawbridge.db.internal.values.SqlArrays;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts every column into a map, under its label in lower case. Stateless. */
final class MapMapper implements RowMapper<Map<String, @Nullable Object>> {
  static final MapMapper INSTANCE = new MapMapper();

  private MapMapper() {}

  @Override
  public Map<String, @Nullable Object> map(Row row) throws SQLException {
    ResultSetMetaData metaData = row.raw().getMetaData();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      String label = metaData.getColumnLabel(i).toLowerCase(Locale.ROOT);
      if (values.containsKey(label)) {
        throw new DbMappingException("a map must have one column '" + label + "'", null);
      }
      values.put(label, value(row, i, metaData));
    }
    return values;
  }

  /** Of the same type on every database, and of use after the row is gone. */
  private static @Nullable Object value(Row row, int index, ResultSetMetaData metaData)
      throws SQLException {
    ResultSet results = row.raw();
    switch (metaData.getColumnType(index)) {
      case Types.DATE:
        return row.valueAt(index, LocalDate.class);
      case Types.TIME:
        return results.getObject(index, LocalTime.class);
      case Types.TIMESTAMP:
      case Types.TIMESTAMP_WITH_TIMEZONE:
        return row.instants().isZonedColumn(results, index)
            ? row.valueAt(index, OffsetDateTime.class)
            : row.valueAt(index, LocalDateTime.class);
      case Types.ARRAY:
        return SqlArrays.read(results, index, Object.class);
      default:
        Object value = results.getObject(index);
        if (value instanceof Clob) {
          return results.getString(index);
        }
        return value instanceof Blob ? results.getBytes(index) : value;
    }
  }
}
