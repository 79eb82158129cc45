package dev.drawbridge.db;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A driver's exception without what may be data in its text.
 *
 * <p>Drivers quote values: PostgreSQL in "Key (email)=(...) already exists", H2 and MariaDB
 * likewise. Texts about syntax, connections and transactions are kept; all others are withheld.
 */
final class WithheldSqlException extends SQLException {
  private static final long serialVersionUID = 1L;

  private WithheldSqlException(SQLException original, @Nullable Throwable cause) {
    super(safeText(original), original.getSQLState(), original.getErrorCode(), cause);
    setStackTrace(original.getStackTrace());
  }

  static SQLException copyOf(SQLException original) {
    if (original instanceof WithheldSqlException) {
      return original;
    }
    Throwable cause = original.getCause();
    String state = original.getSQLState();
    // of sockets and TLS; any other cause repeats what is withheld
    boolean network = state != null && state.startsWith("08") && !(cause instanceof SQLException);
    return new WithheldSqlException(original, network ? cause : null);
  }

  private static String safeText(SQLException original) {
    String type = original.getClass().getName();
    String state = original.getSQLState();
    String text = original.getMessage();
    if (state == null || text == null || !isFreeOfData(state)) {
      return type + ": (text withheld, it may hold data)";
    }
    // MariaDB repeats the rest of the statement, with its values, after "near"
    int near = original.getErrorCode() == 1064 ? text.indexOf(" near ") : -1;
    return type + ": " + (near < 0 ? text : text.substring(0, near));
  }

  private static boolean isFreeOfData(String state) {
    switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "08":
      case "0A":
      case "25":
      case "28":
      case "3D":
      case "40":
      case "42":
      case "57":
        return true;
      default:
        return false;
    }
  }
}
