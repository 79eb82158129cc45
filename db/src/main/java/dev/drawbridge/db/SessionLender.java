package dev.drawbridge.db;

import dev.drawbridge.db.internal.session.GuardedConnection;
import dev.drawbridge.db.internal.session.SessionConnection;
import dev.drawbridge.db.internal.sql.SqlText;
import java.sql.SQLException;

/** What a session allows on the connection that it lends, and what it learns of it. */
final class SessionLender implements GuardedConnection.Lender {
  private final DbSession session;
  private final SessionConnection connection;

  SessionLender(DbSession session, SessionConnection connection) {
    this.session = session;
    this.connection = connection;
  }

  @Override
  public void check() {
    session.checkUsable();
  }

  @Override
  public void check(String sql) {
    session.checkAllowed(SqlText.kindOf(sql, connection.dialect()), sql);
  }

  @Override
  public void running() throws SQLException {
    session.checkUsable();
    session.lent();
    connection.beforeLentStatement(session.inTransaction());
  }

  @Override
  public void changing(String setter, Object[] arguments) throws SQLException {
    connection.remember(setter, arguments);
  }

  /**
   * Only what ended the transaction on the server: of anything else the caller may know more than
   * the session. PostgreSQL is asked before the commit, since a savepoint may have healed it.
   */
  @Override
  public void failed(SQLException thrown) {
    String state = thrown.getSQLState() == null ? "" : thrown.getSQLState();
    boolean ended =
        state.startsWith("40") || state.startsWith("08") || thrown.getErrorCode() == 1205;
    if (ended && connection.dialect() != Dialect.POSTGRESQL) {
      session.poison(thrown);
    }
  }

  @Override
  public void unwrapped() {
    session.lent();
    connection.markUsedUp();
  }
}
