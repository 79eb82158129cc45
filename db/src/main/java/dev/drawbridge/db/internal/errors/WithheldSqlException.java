package dev.drawbridge.db.internal.errors;

import dev.drawbridge.db.Dialect;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A driver's exception without what may be data in its text; see {@link DriverText}. */
public final class WithheldSqlException extends SQLException {
  private static final long serialVersionUID = 1L;

  private WithheldSqlException(
      SQLException original, @Nullable String text, @Nullable Throwable cause) {
    super(
        original.getClass().getName()
            + ": "
            + (text == null ? "(text withheld, it may hold data)" : text),
        original.getSQLState(),
        original.getErrorCode(),
        cause);
    setStackTrace(original.getStackTrace());
  }

  /**
   * Copies a failure of a statement or a transaction.
   *
   * @param values that were bound to the statement
   */
  public static SQLException copyOf(
      SQLException original, Dialect dialect, List<? extends @Nullable Object> values) {
    return original instanceof WithheldSqlException
        ? original
        : copy(original, DriverText.shown(original, dialect, values));
  }

  /** Copies a failure to connect: no statement of the application's has run yet. */
  public static SQLException copyOf(SQLException original) {
    if (original instanceof WithheldSqlException) {
      return original;
    }
    String state = original.getSQLState();
    boolean free = state != null && DriverText.isFreeOfData(state);
    return copy(original, free ? original.getMessage() : null);
  }

  private static SQLException copy(SQLException original, @Nullable String text) {
    Throwable cause = original.getCause();
    String state = original.getSQLState();
    // of sockets and TLS; any other cause repeats what is withheld
    boolean network =
        state != null && state.startsWith("08") && text != null && !(cause instanceof SQLException);
    return new WithheldSqlException(original, text, network ? cause : null);
  }
}
