package dev.drawbridge.cluster.sql;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Inserts many rows in few statements, of a few texts each, so that drivers keep them prepared. */
final class Inserts {
  /** Rows of one statement; what is left goes into smaller ones. */
  private static final int[] SIZES = {64, 16, 4, 1};

  private final String begin;
  private final String end;
  private final int columns;

  /**
   * Of one table.
   *
   * @param end what stands behind the values, such as what to do with a row that is there
   */
  Inserts(String table, String end, String... columns) {
    this.begin = "INSERT INTO " + table + " (" + String.join(", ", columns) + ") VALUES ";
    this.end = end;
    this.columns = columns.length;
  }

  /** Inserts rows, each with its values in the order of the columns. */
  void insert(SqlLine.Call call, List<@Nullable Object[]> rows) throws SQLException {
    int done = 0;
    for (int size : SIZES) {
      while (rows.size() - done >= size) {
        @Nullable Object[] values = new @Nullable Object[size * columns];
        for (int i = 0; i < size; i++) {
          System.arraycopy(rows.get(done + i), 0, values, i * columns, columns);
        }
        call.update(text(size), values);
        done += size;
      }
    }
  }

  private String text(int rows) {
    return begin
        + String.join(", ", Collections.nCopies(rows, "(" + placeholders(columns) + ")"))
        + end;
  }

  /** So many parameters, with commas between. */
  static String placeholders(int count) {
    String[] all = new String[count];
    Arrays.fill(all, "?");
    return String.join(", ", all);
  }
}
