package dev.drawbridge.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection for one unit of work: begin, query, update, commit, rollback, close.
 *
 * <p>An ordinary object, never bound to a thread, but owned by one: every call from another thread
 * throws {@link DbStateException} until {@link #transferTo} hands the session over. Without {@link
 * #begin} every statement commits by itself.
 *
 * <p>A failed statement makes the transaction rollback-only on every database, as PostgreSQL does;
 * only {@link #rollback} or {@link #rollbackTo} heals it.
 */
public final class DbSession implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DbSession.class);

  /** What is done with a prepared statement. */
  interface StatementWork<T extends @Nullable Object> {
    T run(PreparedStatement statement) throws SQLException;
  }

  private final Database database;
  private final Connection connection;
  private final SessionOptions options;
  private final OpenSession registration;

  /** Written by {@link #transferTo} on the owning thread, hence volatile. */
  private volatile Thread owner;

  private boolean closed;
  private boolean inTransaction;
  private long transactions;

  /** Why the transaction can only be rolled back; null while it can be committed. */
  private @Nullable Throwable failure;

  private final List<Consumer<TransactionOutcome>> completions = new ArrayList<>(0);

  DbSession(
      Database database, Connection connection, SessionOptions options, OpenSession registration) {
    this.database = database;
    this.connection = connection;
    this.options = options;
    this.registration = registration;
    this.owner = Thread.currentThread();
  }

  /**
   * Starts a transaction.
   *
   * @throws DbStateException when one is open already; transactions do not nest, see {@link
   *     #savepoint}
   */
  public void begin() {
    Isolation isolation = options.isolation();
    begin(isolation == null ? Isolation.READ_COMMITTED : isolation);
  }

  /** Like {@link #begin()}, with an isolation of its own. */
  public void begin(Isolation isolation) {
    checkUsable();
    if (inTransaction) {
      throw new DbStateException("a transaction must not begin inside another one", null);
    }
    try {
      if (connection.getTransactionIsolation() != isolation.level()) {
        connection.setTransactionIsolation(isolation.level());
      }
      connection.setAutoCommit(false);
    } catch (SQLException e) {
      throw database.failed(SqlErrors.translate(e, "begin", null));
    }
    inTransaction = true;
    transactions++;
    failure = null;
  }

  /**
   * Commits the open transaction.
   *
   * @throws DbStateException when there is none, or when it can only be rolled back; the cause is
   *     then the first failure, and the transaction stays open
   * @throws DbUnknownOutcomeException when the connection broke meanwhile; never retried here
   */
  public void commit() {
    checkInTransaction();
    if (failure != null) {
      throw new DbStateException("the transaction can only be rolled back", failure);
    }
    try {
      connection.commit();
    } catch (SQLException e) {
      throw commitFailed(e);
    }
    end(TransactionOutcome.COMMITTED, null);
  }

  private DbException commitFailed(SQLException thrown) {
    DbException failed = SqlErrors.translate(thrown, "commit", null);
    if (failed instanceof DbUnavailableException || failed instanceof DbTimeoutException) {
      failed =
          new DbUnknownOutcomeException(
              "the connection broke during commit; whether it took place is unknown",
              failed.getCause());
      database.failed(failed);
      end(TransactionOutcome.UNKNOWN, failed);
    } else {
      failure = failed;
    }
    return failed;
  }

  /**
   * Rolls the open transaction back.
   *
   * @throws DbStateException when there is none
   */
  public void rollback() {
    checkInTransaction();
    SQLException thrown = null;
    try {
      connection.rollback();
    } catch (SQLException e) {
      thrown = e;
    }
    DbException failed =
        thrown == null ? null : database.failed(SqlErrors.translate(thrown, "rollback", null));
    end(TransactionOutcome.ROLLED_BACK, failed);
    if (failed != null) {
      throw failed;
    }
  }

  /** Whether a transaction is open. */
  public boolean inTransaction() {
    checkUsable();
    return inTransaction;
  }

  /** Marks the open transaction as one that can only be rolled back. */
  public void setRollbackOnly() {
    checkInTransaction();
    if (failure == null) {
      failure = new DbStateException("setRollbackOnly was called", null);
    }
  }

  /** Marks a point inside the open transaction. */
  public DbSavepoint savepoint() {
    checkInTransaction();
    try {
      return new DbSavepoint(connection.setSavepoint(), transactions);
    } catch (SQLException e) {
      throw fail(SqlErrors.translate(e, "savepoint", null));
    }
  }

  /** Undoes everything since the savepoint, failed statements included. */
  public void rollbackTo(DbSavepoint savepoint) {
    checkOwn(savepoint);
    try {
      connection.rollback(savepoint.savepoint());
    } catch (SQLException e) {
      throw fail(SqlErrors.translate(e, "rollback to savepoint", null));
    }
    failure = null;
  }

  /** Forgets a savepoint; what was done since stays part of the transaction. */
  public void release(DbSavepoint savepoint) {
    checkOwn(savepoint);
    try {
      connection.releaseSavepoint(savepoint.savepoint());
    } catch (SQLException e) {
      throw fail(SqlErrors.translate(e, "release of a savepoint", null));
    }
  }

  private void checkOwn(DbSavepoint savepoint) {
    checkInTransaction();
    if (savepoint.transaction() != transactions) {
      throw new DbStateException("the savepoint must belong to the open transaction", null);
    }
  }

  /**
   * Prepares a statement that returns rows.
   *
   * @param sql with {@code ?} or {@code :name} parameters, not both
   * @param values of the {@code ?} parameters in order; see {@link Query#bind} for their types
   */
  public Query query(String sql, @Nullable Object... values) {
    checkUsable();
    SqlText text = database.parsed(sql);
    return new Query(this, text, new Parameters(text, values));
  }

  /**
   * Prepares a statement that changes rows; parameters as in {@link #query}.
   *
   * @throws DbStateException when the session is read-only
   */
  public Update update(String sql, @Nullable Object... values) {
    checkWritable();
    SqlText text = database.parsed(sql);
    return new Update(this, text, new Parameters(text, values));
  }

  /**
   * Runs an action after the open transaction was committed, in order of registration; dropped when
   * it is not. What the action throws is logged.
   */
  public void afterCommit(Runnable action) {
    afterCompletion(
        outcome -> {
          if (outcome == TransactionOutcome.COMMITTED) {
            action.run();
          }
        });
  }

  /** Runs an action after the open transaction ended in whatever way; what it throws is logged. */
  public void afterCompletion(Consumer<TransactionOutcome> action) {
    checkInTransaction();
    completions.add(action);
  }

  /** Hands the session to another thread; call it on the owning one. */
  public void transferTo(Thread thread) {
    checkUsable();
    owner = thread;
  }

  /**
   * Returns the connection to the pool; an open transaction is rolled back and reported. Never
   * throws and may be called again. The owner or, to clean up after it, any thread may close.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    SQLException thrown = null;
    try {
      if (inTransaction) {
        log.warn("a session was closed with its transaction open; rolled back ({})", registration);
        connection.rollback();
      }
    } catch (SQLException e) {
      thrown = e;
    } finally {
      inTransaction = false;
      database.release(connection, registration, thrown);
    }
  }

  boolean isClosed() {
    return closed;
  }

  /** Prepares, binds and runs a statement; whatever it throws poisons the transaction. */
  <T extends @Nullable Object> T run(
      SqlText sql, Parameters parameters, @Nullable Duration timeout, StatementWork<T> work) {
    return run(sql, parameters, timeout, connection::prepareStatement, work);
  }

  <T extends @Nullable Object> T runReturningKeys(
      SqlText sql,
      Parameters parameters,
      @Nullable Duration timeout,
      String column,
      StatementWork<T> work) {
    return run(
        sql,
        parameters,
        timeout,
        text -> connection.prepareStatement(text, new String[] {column}),
        work);
  }

  private interface Preparation {
    PreparedStatement prepare(String sql) throws SQLException;
  }

  private <T extends @Nullable Object> T run(
      SqlText sql,
      Parameters parameters,
      @Nullable Duration timeout,
      Preparation preparation,
      StatementWork<T> work) {
    checkUsable();
    if (failure != null) {
      throw new DbStateException("the transaction can only be rolled back", failure);
    }
    List<@Nullable Object> values = parameters.ordered();
    String text = Parameters.text(sql, values);
    try (PreparedStatement statement = preparation.prepare(text)) {
      applyTimeout(statement, timeout);
      Parameters.set(statement, values);
      return work.run(statement);
    } catch (SQLException e) {
      throw fail(SqlErrors.translate(e, "statement", sql.source()));
    } catch (RuntimeException | Error e) {
      // a mapper or callback failed: the statement may be half read
      poison(e);
      throw e;
    }
  }

  private void applyTimeout(PreparedStatement statement, @Nullable Duration timeout)
      throws SQLException {
    Duration effective = timeout;
    if (effective == null) {
      effective = options.queryTimeout();
    }
    int seconds = effective == null ? database.queryTimeoutSeconds() : Timeouts.seconds(effective);
    // H2 keeps the time-out in the connection and each change costs it a statement
    if (statement.getQueryTimeout() != seconds) {
      statement.setQueryTimeout(seconds);
    }
  }

  /** Runs work in the open transaction or, when there is none, in a short one of its own. */
  <T extends @Nullable Object> T inOwnTransactionIfNone(Supplier<T> work) {
    checkUsable();
    if (inTransaction) {
      return work.get();
    }
    begin();
    try {
      T result = work.get();
      commit();
      return result;
    } catch (Throwable e) {
      rollbackQuietly(e);
      throw e;
    }
  }

  /** Rolls back if a transaction is open; a failure of that never hides the first one. */
  void rollbackQuietly(Throwable first) {
    if (inTransaction && !closed) {
      try {
        rollback();
      } catch (RuntimeException e) {
        first.addSuppressed(e);
      }
    }
  }

  private DbException fail(DbException e) {
    poison(e);
    return database.failed(e);
  }

  private void poison(Throwable e) {
    if (inTransaction && failure == null) {
      failure = e;
    }
  }

  /** Back to "each statement by itself", then tells those who wait for the outcome. */
  private void end(TransactionOutcome outcome, @Nullable DbException failed) {
    inTransaction = false;
    failure = null;
    List<Consumer<TransactionOutcome>> waiting = List.copyOf(completions);
    completions.clear();
    try {
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      DbException late = database.failed(SqlErrors.translate(e, "end of transaction", null));
      if (failed == null) {
        // the outcome stands; the next statement will report the broken connection
        log.warn("the connection broke after a transaction was {}", outcome, late);
      } else {
        failed.addSuppressed(late);
      }
    }
    for (Consumer<TransactionOutcome> action : waiting) {
      try {
        action.accept(outcome);
      } catch (RuntimeException e) {
        log.error("an action after the end of a transaction failed", e);
      }
    }
  }

  private void checkWritable() {
    checkUsable();
    if (options.readOnly()) {
      throw new DbStateException("a read-only session must not change anything", null);
    }
  }

  private void checkInTransaction() {
    checkUsable();
    if (!inTransaction) {
      throw new DbStateException("no transaction is open", null);
    }
  }

  private void checkUsable() {
    Thread current = Thread.currentThread();
    if (current != owner) {
      throw new DbStateException(
          "the session belongs to thread '"
              + owner.getName()
              + "' and was used by '"
              + current.getName()
              + "'",
          null);
    }
    if (closed) {
      throw new DbStateException("the session is closed", null);
    }
  }

  /** Where the session was opened; nothing of its statements or values. */
  @Override
  public String toString() {
    return "DbSession[" + registration + "]";
  }
}
