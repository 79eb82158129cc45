package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.pool.Pool;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.sql.StatementKind;
import dev.drawbridge.db.internal.values.Instants;
import dev.drawbridge.db.internal.values.Moments;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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
public final class SessionConnection implements Moments {
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

  /** Whether something may be left in it that no setter takes back. */
  private boolean usedUp;

  private boolean wantedReadOnly;

  /** Takes the session's time zone back; null while it is as it came. */
  private @Nullable String zoneBack;

  private boolean zoneBorrowed;

  /** Takes PostgreSQL's default for new transactions back; null while it is as it came. */
  private @Nullable String accessBack;

  private Dialect dialect = Dialect.OTHER;

  /** Null until a statement has values or rows. */
  private @Nullable Instants instants;

  /** Null while nothing was set on the lent connection. */
  private @Nullable LentState lent;

  public SessionConnection(Pool pool, Connection jdbc) {
    this.pool = pool;
    this.jdbc = jdbc;
    this.isolation = pool.isReadCommitted() ? Connection.TRANSACTION_READ_COMMITTED : null;
  }

  public Connection jdbc() {
    return jdbc;
  }

  public boolean isBroken() {
    return broken;
  }

  public void markBroken() {
    broken = true;
  }

  public Dialect dialect() {
    return dialect;
  }

  @Override
  public Instants instants() {
    Instants known = instants;
    if (known == null) {
      known = new Instants(dialect, pool.zone(), jdbc);
      instants = known;
    }
    return known;
  }

  /** Keeps it from being used by another session: nobody knows what was left in it. */
  public void markUsedUp() {
    usedUp = true;
  }

  /** Whether a "read-only" error is what the pool's own settings ask for. */
  public boolean isReadOnly(SQLException error) {
    try {
      return "25006".equals(error.getSQLState()) && pool.comesReadOnly(jdbc);
    } catch (SQLException | RuntimeException e) {
      return false;
    }
  }

  /** Makes every statement commit by itself and, if wanted, the connection read-only. */
  public void open(boolean wantReadOnly, Dialect known) throws SQLException {
    dialect = known;
    wantedReadOnly = wantReadOnly;
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

  /**
   * Starts a transaction.
   *
   * @param wanted the isolation as JDBC counts them
   * @param name the same as SQL calls it, with underscores
   */
  public void begin(int wanted, String name, Dialect dialect) throws SQLException {
    if (dialect == Dialect.POSTGRESQL && pool.isBehindPooler()) {
      beginBehindPooler(name);
      return;
    }
    Integer current = isolation;
    if (current == null) {
      current = jdbc.getTransactionIsolation();
      isolation = current;
    }
    int level = dialect == Dialect.OTHER ? supported(wanted, current) : wanted;
    if (current != level) {
      if (originalIsolation == null) {
        originalIsolation = current;
      }
      isolation = null;
      jdbc.setTransactionIsolation(level);
      isolation = level;
    }
    autoCommitOff();
  }

  private void autoCommitOff() throws SQLException {
    autoCommitOff = true;
    try {
      jdbc.setAutoCommit(false);
    } catch (SQLException | RuntimeException e) {
      // nobody knows the mode now
      broken = true;
      throw e;
    }
  }

  /** Whether the database itself refuses what a read-only session must not do. */
  public boolean refusesWrites() {
    return dialect == Dialect.POSTGRESQL || dialect == Dialect.MARIADB || dialect == Dialect.MYSQL;
  }

  /** A way to prepare a statement that is not the plain one. */
  public interface Preparation {
    PreparedStatement prepare(Connection jdbc, String sql) throws SQLException;
  }

  /** One statement, or all that is done with it. */
  public interface Work<T extends @Nullable Object> {
    T run() throws SQLException;
  }

  /**
   * Runs a statement of a session that may be read-only.
   *
   * @param inTransaction whether the session has one open
   */
  public <T extends @Nullable Object> T run(StatementKind kind, boolean inTransaction, Work<T> work)
      throws SQLException {
    borrowZone();
    if (!wantedReadOnly) {
      return work.run();
    }
    boolean suspect = dialect == Dialect.H2 && kind.callsUnknown();
    // PostgreSQL refuses inside a transaction only; what H2 lets through can be taken back there
    if (inTransaction || !(suspect || dialect == Dialect.POSTGRESQL)) {
      T result = work.run();
      if (suspect) {
        refuseIfWritten();
      }
      return result;
    }
    if (autoCommitOff) {
      return insideMapper(suspect, work);
    }
    try {
      return inOwnTransaction(suspect, work);
    } catch (SQLException e) {
      if (broken || !SqlErrors.isStalePlan(e, dialect)) {
        throw e;
      }
      // outside of transactions the driver would do this by itself
      return inOwnTransaction(suspect, work);
    }
  }

  /** A mapper asks more: in the transaction of the statement whose rows it reads. */
  private <T extends @Nullable Object> T insideMapper(boolean suspect, Work<T> work)
      throws SQLException {
    try {
      T result = work.run();
      if (suspect) {
        refuseIfWritten();
      }
      return result;
    } catch (SQLException e) {
      // the mapper may go on all the same
      rollback();
      throw e;
    }
  }

  private <T extends @Nullable Object> T inOwnTransaction(boolean suspect, Work<T> work)
      throws SQLException {
    autoCommitOff();
    T result;
    try {
      result = work.run();
      if (suspect) {
        refuseIfWritten();
      }
      jdbc.commit();
    } catch (Throwable e) {
      try {
        rollback();
        autoCommit();
      } catch (SQLException | RuntimeException late) {
        e.addSuppressed(late);
      }
      throw e;
    }
    autoCommit();
    return result;
  }

  /** Whether a query outside a transaction may be sent with the end of the one it runs in. */
  public boolean readsInOneTrip(SqlText sql) throws SQLException {
    return wantedReadOnly && dialect == Dialect.POSTGRESQL && OneTripRead.isPossible(sql, jdbc);
  }

  /** H2 knows no read-only sessions, but tells what waits for a commit. */
  private void refuseIfWritten() throws SQLException {
    try (Statement statement = jdbc.createStatement();
        ResultSet results =
            statement.executeQuery(
                "SELECT CONTAINS_UNCOMMITTED FROM INFORMATION_SCHEMA.SESSIONS"
                    + " WHERE SESSION_ID = SESSION_ID()")) {
      if (results.next() && results.getBoolean(1)) {
        throw new DbStateException("a read-only session must not change anything", null);
      }
    }
  }

  /** Late, so that a session without a statement costs no round trip. */
  private void borrowZone() throws SQLException {
    if (!pool.isOwn() && !zoneBorrowed) {
      zoneBack = pool.zone().borrow(jdbc, dialect);
      zoneBorrowed = true;
    }
  }

  /** Before a statement that does not come through {@link #run}. */
  public void beforeLentStatement(boolean inTransaction) throws SQLException {
    borrowZone();
    if (wantedReadOnly && !inTransaction && accessBack == null && dialect == Dialect.POSTGRESQL) {
      try (Statement statement = jdbc.createStatement()) {
        try (ResultSet results = statement.executeQuery("SHOW default_transaction_read_only")) {
          results.next();
          accessBack = "SET default_transaction_read_only = " + results.getString(1);
        }
        statement.execute("SET default_transaction_read_only = on");
      }
    }
  }

  public void remember(String setter, Object[] arguments) throws SQLException {
    if (lent == null) {
      lent = new LentState();
    }
    lent.remember(jdbc, dialect, setter, arguments);
  }

  /** Fails when the transaction was aborted by a statement that the session did not see. */
  public void probe() throws SQLException {
    if (dialect == Dialect.POSTGRESQL) {
      try (Statement statement = jdbc.createStatement()) {
        statement.execute("SELECT 1");
      }
    }
  }

  /** Whether a statement that defines something ends the transaction that it runs in. */
  public boolean commitsDefinitions() throws SQLException {
    switch (dialect) {
      case POSTGRESQL:
        return false;
      case H2:
      case MARIADB:
      case MYSQL:
        return true;
      default:
        return jdbc.getMetaData().dataDefinitionCausesTransactionCommit();
    }
  }

  /** The isolation of the session would be that of whoever comes next on the server connection. */
  private void beginBehindPooler(String name) throws SQLException {
    autoCommitOff();
    try (Statement statement = jdbc.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL " + name.replace('_', ' '));
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  /** The level itself, or the next stronger one that the database has; SQLite has but one. */
  private int supported(int wanted, int current) throws SQLException {
    if (current == wanted) {
      return current;
    }
    for (int level = wanted; level <= Connection.TRANSACTION_SERIALIZABLE; level <<= 1) {
      if (jdbc.getMetaData().supportsTransactionIsolationLevel(level)) {
        return level;
      }
    }
    return wanted;
  }

  public void commit() throws SQLException {
    jdbc.commit();
  }

  /** A connection that cannot roll back is never used again. */
  public void rollback() throws SQLException {
    try {
      jdbc.rollback();
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  /** Back to "each statement by itself", after a commit or rollback that worked. */
  public void autoCommit() throws SQLException {
    try {
      jdbc.setAutoCommit(true);
      autoCommitOff = false;
    } catch (SQLException | RuntimeException e) {
      broken = true;
      throw e;
    }
  }

  public Savepoint savepoint() throws SQLException {
    return jdbc.setSavepoint();
  }

  public PreparedStatement prepare(String sql, @Nullable Preparation way) throws SQLException {
    return way == null ? jdbc.prepareStatement(sql) : way.prepare(jdbc, sql);
  }

  /** Gives the connection back; never throws. */
  public void release() {
    try {
      if (!broken && !usedUp) {
        restore();
      }
    } catch (SQLException | RuntimeException | LinkageError e) {
      log.debug("a connection could not be restored and is dropped: {}", e.getClass().getName());
      broken = true;
    }
    try {
      if (broken || usedUp) {
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
    if (lent != null) {
      lent.restore(jdbc);
    }
    takeBack(accessBack);
    takeBack(zoneBack);
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

  private void takeBack(@Nullable String sql) throws SQLException {
    if (sql != null) {
      try (Statement statement = jdbc.createStatement()) {
        statement.execute(sql);
      }
    }
  }

  private void drop() throws SQLException {
    if (!pool.evict(jdbc)) {
      jdbc.abort(Runnable::run);
    }
  }
}
