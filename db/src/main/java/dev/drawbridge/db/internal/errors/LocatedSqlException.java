package dev.drawbridge.db.internal.errors;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A driver's exception with the parameter or component it is about. */
public final class LocatedSqlException extends SQLException {
  private static final long serialVersionUID = 1L;

  private final String place;
  private final SQLException original;

  /** Of a batch; -1 when it is none, or not known. */
  private final int row;

  /** Bound where it failed; null for those of the statement. */
  private final transient @Nullable List<? extends @Nullable Object> values;

  /**
   * Locates a failure.
   *
   * @param place like {@code parameter 2 of type java.util.Currency}; free of data
   */
  public LocatedSqlException(String place, SQLException original) {
    this(place, original, -1, null);
  }

  private LocatedSqlException(
      String place,
      SQLException original,
      int row,
      @Nullable List<? extends @Nullable Object> values) {
    super(original.getMessage(), original.getSQLState(), original.getErrorCode(), original);
    this.place = place;
    this.original = original;
    this.row = row;
    this.values = values;
  }

  /**
   * Locates a failure in a batch.
   *
   * @param row its index from 0, or -1 when it is not known
   * @param values of the row, or of all rows it may be
   */
  public static LocatedSqlException inBatch(
      int row, SQLException thrown, List<? extends @Nullable Object> values) {
    String where = row < 0 ? "a row of the batch" : "row " + row + " of the batch";
    if (thrown instanceof LocatedSqlException) {
      LocatedSqlException inner = (LocatedSqlException) thrown;
      return new LocatedSqlException(where + ", " + inner.place, inner.original, row, values);
    }
    return new LocatedSqlException(where, thrown, row, values);
  }

  public int row() {
    return row;
  }

  public @Nullable List<? extends @Nullable Object> values() {
    return values;
  }

  public String place() {
    return place;
  }

  public SQLException original() {
    return original;
  }
}
