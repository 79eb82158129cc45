package dev.drawbridge.db;

import dev.drawbridge.db.internal.session.SessionConnection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The columns that a statement is to return of the rows that it makes. Immutable.
 *
 * <p>The letter case of a name does not matter. MariaDB and MySQL return one number whatever is
 * asked, PostgreSQL's driver would quote the name as it is written, so it is asked for the row.
 */
final class GeneratedKeys {
  private final List<String> columns;

  GeneratedKeys(String... columns) {
    if (columns.length == 0) {
      throw new DbStateException("at least one column must be named", null);
    }
    this.columns = List.of(columns);
  }

  SessionConnection.Preparation of(Dialect dialect) {
    return (jdbc, sql) -> prepare(jdbc, dialect, sql);
  }

  private PreparedStatement prepare(Connection jdbc, Dialect dialect, String sql)
      throws SQLException {
    switch (dialect) {
      case MARIADB:
      case MYSQL:
        if (columns.size() > 1) {
          throw new DbStateException(
              dialect + " returns one generated column; asked for " + columns, null);
        }
        return jdbc.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS);
      case POSTGRESQL:
        return jdbc.prepareStatement(sql, Statement.RETURN_GENERATED_KEYS);
      default:
        return jdbc.prepareStatement(sql, columns.toArray(new String[0]));
    }
  }

  /** The generated columns of every row, read like the columns of a query. */
  <K> List<K> read(PreparedStatement statement, DbSession session, Reader<K> reader)
      throws SQLException {
    List<K> keys = new ArrayList<>();
    try (ResultSet results = statement.getGeneratedKeys()) {
      Row row = null;
      int[] indexes = {};
      while (results.next()) {
        if (row == null) {
          row = new Row(results, session);
          indexes = indexes(results, session.dialect());
        }
        K key = reader.read(row, indexes);
        if (key == null) {
          throw missing();
        }
        keys.add(key);
      }
    }
    return keys;
  }

  DbMappingException missing() {
    return new DbMappingException("no key was generated in " + columns, null);
  }

  private int[] indexes(ResultSet results, Dialect dialect) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    int[] indexes = new int[columns.size()];
    for (int i = 0; i < indexes.length; i++) {
      indexes[i] = index(metaData, columns.get(i));
      // the label is the driver's own there, and the only column is the one that was asked for
      if (indexes[i] == 0 && columns.size() == 1 && dialect != Dialect.POSTGRESQL) {
        indexes[i] = 1;
      }
      if (indexes[i] == 0) {
        throw new DbMappingException("the statement returns no column " + columns.get(i), null);
      }
    }
    return indexes;
  }

  /** The exact name wins: two columns may differ by letter case alone. */
  private static int index(ResultSetMetaData metaData, String column) throws SQLException {
    int found = 0;
    for (int i = metaData.getColumnCount(); i > 0; i--) {
      String label = metaData.getColumnLabel(i);
      if (label.equals(column)) {
        return i;
      }
      if (label.equalsIgnoreCase(column)) {
        found = i;
      }
    }
    return found;
  }

  /** Makes a key of the columns of a row; null when there is none. */
  interface Reader<K> {
    @Nullable K read(Row row, int[] indexes) throws SQLException;
  }
}
