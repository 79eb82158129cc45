package dev.drawbridge.db;

import java.sql.SQLException;

/** A driver's exception with the parameter or component it is about. */
final class LocatedSqlException extends SQLException {
  private static final long serialVersionUID = 1L;

  private final String place;
  private final SQLException original;

  /**
   * Locates a failure.
   *
   * @param place like {@code parameter 2 of type java.util.Currency}; free of data
   */
  LocatedSqlException(String place, SQLException original) {
    super(original.getMessage(), original.getSQLState(), original.getErrorCode(), original);
    this.place = place;
    this.original = original;
  }

  String place() {
    return place;
  }

  SQLException original() {
    return original;
  }
}
