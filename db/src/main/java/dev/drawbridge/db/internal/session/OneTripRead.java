package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.internal.sql.SqlText;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Sends a query of a read-only session together with the end of its transaction. PostgreSQL refuses
 * to write inside a read-only transaction only; its own driver sends the begin with the first
 * statement, and several statements of one text at once, so that the refusal costs no round trip.
 */
public final class OneTripRead {
  /** On a line of its own: the query may end with a comment. */
  private static final String END = "\n;COMMIT";

  private OneTripRead() {}

  /**
   * Whether a query outside a transaction can be sent like that. Not several statements in one
   * text, nor what is no query by its form: its one result would be hard to tell from others.
   */
  public static boolean isPossible(SqlText sql, Connection jdbc) throws SQLException {
    return sql.kind().reads()
        && sql.jdbc().indexOf(';') < 0
        && "PostgreSQL JDBC Driver".equals(jdbc.getMetaData().getDriverName());
  }

  public static PreparedStatement prepare(Connection jdbc, String sql) throws SQLException {
    PreparedStatement statement = jdbc.prepareStatement(sql + END);
    // no cursor, whatever the URL says: it would end with the transaction
    statement.setFetchSize(0);
    return statement;
  }

  /** Runs a statement of {@link #prepare}; all rows are in memory afterwards. */
  public static ResultSet rows(PreparedStatement statement) throws SQLException {
    if (!statement.execute()) {
      throw new SQLException("No results were returned by the query.", "02000");
    }
    return statement.getResultSet();
  }
}
