package dev.drawbridge.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A borrowed connection that goes back as it came, or not at all. Used by one thread at a time.
 *
 * <p>A connection whose rollback or commit failed must never reach {@code setAutoCommit(true)} or a
 * pool again: JDBC would commit what is left of its transaction.
 */
final class SessionConnection {
  private static final Logger log = LoggerFactory.getLogger(SessionConnection.class);

  private final Pool pool;
  private final Connection jdbc;

  /** Null while it is not known: asking costs a round trip on PostgreSQL. */
  private @Nullable Integer isolation;

  /** What to go back to; null while nothing was changed. */
  private @Nullable Integer originalIsolation;

  private boolean readOnly;
  private boolean autoCommitOff;

  /** A container may hand out connections that wait for a commit. */
  private boolean cameWithoutAutoCommit;

  private boolean broken;

  /** Usable until the session ends, but for no other one. */
  private boolean leaving;

  SessionConnection(Pool pool, Connection jdbc) {
    this.pool = pool;
    this.jdbc = jdbc;
    this.isolation = pool.isReadCommitted() ? Connection.TRANSACTION_READ_COMMITTED : null;
  }

  Connection jdbc() {
    return jdbc;
  }

  boolean isBroken() {
    return broken;
  }

  void markBroken() {
    broken = true;
  }

  /** The connection is closed instead of going back to the pool. */
  void leavePool() {
    leaving = true;
  }

  /** Whether a "read-only" error is what the pool's own settings ask for. */
  boolean isReadOnly(SQLException error) {
    try {
      return "25006".equals(error.getSQLState()) && pool.comesReadOnly(jdbc);
    } catch (SQLException | RuntimeException e) {
      return false;
    }
  }

  /** Makes every statement commit by itself and, if wanted, the connection read-only. */
  void open(boolean wantReadOnly, Dialect dialect) throws SQLException {
    if (pool.comesWithoutAutoCommit(jdbc)) {
      // before the call, here and below: a driver may fail after it took effect
      cameWithoutAutoCommit = true;
      jdbc.setAutoCommit(true);
    }
    if (wantReadOnly && !pool.comesReadOnly(jdbc)) {
      readOnly = true;
      try {
        jdbc.setReadOnly(true);
      } catch (SQLException e) {
        if (dialect != Dialect.OTHER
            || SqlErrors.endsConnection(e, SqlErrors.Doing.of(dialect, "set read-only"))) {
          throw e;
        }
        // a hint that some drivers, like SQLite's, refuse after the connection was opened
        readOnly = false;
      }
    }
  }

  void begin(Isolation wanted, Dialect dialect) throws SQLException {
    if (dialect == Dialect.POSTGRESQL && pool.isBehindPooler()) {
      beginBehindPooler(wanted);
      return;
    }
    Integer current = isolation;
    if (current == null) {
      current = jdbc.getTransactionIsolation();
      isolation = current;
    }
    int level = dialect == Dialect.OTHER ? supported(wanted, current) : wanted.level();
    if (current != level) {
      if (originalIsolation == null) {
        originalIsolation = current;
      }
      isolation = null;
      jdbc.setTransactionIsolation(level);
      isolation = level;
    }
    withoutAutoCommit();
  }

  private void withoutAutoCommit() throws SQLException {
    autoCommitOff = true;
    try {
      jdbc.setAutoCommit(false);
    } catch (SQLException | RuntimeException e) {
      // nobody knows the mode now
      broken = true;
      throw e;
    }
  }

  /** The isolation of the session would be that of whoever comes next on the server connection. */
  private void beginBehindPooler(Isolation wanted) throws SQLException {
    withoutAutoCommit();
    try (Statement statement = jdbc.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL " + wanted.name().replace('_', ' '));
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  /** The level itself, or the next stronger one that the database has; SQLite has but one. */
  private int supported(Isolation wanted, int current) throws SQLException {
    if (current == wanted.level()) {
      return current;
    }
    for (int level = wanted.level(); level <= Connection.TRANSACTION_SERIALIZABLE; level <<= 1) {
      if (jdbc.getMetaData().supportsTransactionIsolationLevel(level)) {
        return level;
      }
    }
    return wanted.level();
  }

  void commit() throws SQLException {
    jdbc.commit();
  }

  /** A connection that cannot roll back is never used again. */
  void rollback() throws SQLException {
    try {
      jdbc.rollback();
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  /** Back to "each statement by itself", after a commit or rollback that worked. */
  void autoCommit() throws SQLException {
    try {
      jdbc.setAutoCommit(true);
      autoCommitOff = false;
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  Savepoint savepoint() throws SQLException {
    return jdbc.setSavepoint();
  }

  PreparedStatement prepare(String sql, @Nullable String keyColumn) throws SQLException {
    return keyColumn == null
        ? jdbc.prepareStatement(sql)
        : jdbc.prepareStatement(sql, new String[] {keyColumn});
  }

  /** Gives the connection back; never throws. */
  void release() {
    try {
      if (!broken && !leaving) {
        restore();
      }
    } catch (SQLException | RuntimeException | LinkageError e) {
      log.debug("a connection could not be restored and is dropped: {}", e.getClass().getName());
      broken = true;
    }
    try {
      if (broken || leaving) {
        drop();
      }
    } catch (SQLException | RuntimeException | LinkageError e) {
      // LinkageError: drivers from before Java 7 know no abort
      log.debug("a broken connection could not be dropped: {}", e.getClass().getName());
    }
    try {
      jdbc.close();
    } catch (SQLException | RuntimeException | LinkageError e) {
      log.debug("a connection could not be returned: {}", e.getClass().getName());
    }
  }

  private void restore() throws SQLException {
    if (autoCommitOff) {
      autoCommit();
    }
    if (originalIsolation != null) {
      jdbc.setTransactionIsolation(originalIsolation);
    }
    if (readOnly) {
      jdbc.setReadOnly(false);
    }
    if (cameWithoutAutoCommit) {
      jdbc.setAutoCommit(false);
    }
  }

  private void drop() throws SQLException {
    if (!pool.evict(jdbc)) {
      jdbc.abort(Runnable::run);
    }
  }
}
