package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.errors.LocatedSqlException;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.errors.WithheldSqlException;
import dev.drawbridge.db.internal.open.OpenSession;
import dev.drawbridge.db.internal.session.Completions;
import dev.drawbridge.db.internal.session.GuardedConnection;
import dev.drawbridge.db.internal.session.SessionConnection;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.sql.StatementKind;
import dev.drawbridge.db.internal.values.Instants;
import dev.drawbridge.db.internal.values.Moments;
import dev.drawbridge.db.internal.values.Parameters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection for one unit of work: begin, query, update, commit, rollback, close.
 *
 * <p>An ordinary object, never bound to a thread, but owned by one: every call but {@link #close}
 * from another thread throws {@link DbStateException} until {@link #transferTo} hands the session
 * over. Without {@link #begin} every statement commits by itself.
 *
 * <p>A failed statement leaves only {@link #rollback} and {@link #rollbackTo}, on every database.
 */
public final class DbSession implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DbSession.class);

  private static final AtomicIntegerFieldUpdater<DbSession> CLOSED =
      AtomicIntegerFieldUpdater.newUpdater(DbSession.class, "closed");

  private final Database database;
  private final SessionConnection connection;
  private final SessionOptions options;
  private final OpenSession registration;

  /** 1 when closed; written through {@link #CLOSED} only, so that of several threads one closes. */
  private volatile int closed;

  private final Thread opener;

  /** Written by {@link #transferTo} on the owning thread, read by any other; null before that. */
  private volatile @Nullable Thread heir;

  private boolean inTransaction;

  private long transactions;

  /** Why the transaction can only be rolled back; null while it can be committed. */
  private @Nullable Throwable failure;

  /** Whether a statement of the transaction committed what came before it. */
  private boolean committedInPart;

  /** Whether statements of the transaction went past {@link #run}. */
  private boolean lent;

  private boolean mayHaveWritten;

  /** Null until an action waits for the end of a transaction. */
  private @Nullable Completions completions;

  /** Null while the connection was not lent. */
  private @Nullable SessionLender lender;

  DbSession(
      Database database,
      SessionConnection connection,
      SessionOptions options,
      OpenSession registration) {
    this.database = database;
    this.connection = connection;
    this.options = options;
    this.registration = registration;
    this.opener = Thread.currentThread();
  }

  /**
   * Starts a transaction with the isolation of the session, {@link Isolation#READ_COMMITTED} unless
   * given.
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
      connection.begin(isolation.level(), isolation.name(), database.knownDialect());
    } catch (SQLException e) {
      throw database.failed(translated(e, "begin"));
    }
    inTransaction = true;
    transactions++;
    failure = null;
    lent = false;
    committedInPart = false;
  }

  /**
   * Commits the open transaction.
   *
   * @throws DbStateException when there is none, or when it can only be rolled back; the cause is
   *     then the first failure, and the transaction stays open
   * @throws DbConflictException when it lost against another one only now; roll back
   * @throws DbConstraintException when a deferred constraint refused the data; roll back
   * @throws DbUnknownOutcomeException when nobody knows whether it was committed; never retried
   *     here
   */
  public void commit() {
    checkInTransaction();
    checkNotFailed();
    probe();
    try {
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      if (e instanceof SQLException
          && SqlErrors.isRefusal((SQLException) e, database.knownDialect())) {
        throw fail(translated((SQLException) e, "commit"));
      }
      connection.markBroken();
      DbException unknown = database.failed(SqlErrors.unknownOutcome(e, database.knownDialect()));
      end(TransactionOutcome.UNKNOWN);
      throw unknown;
    }
    end(TransactionOutcome.COMMITTED);
  }

  /** A statement that failed outside of this session's sight may have aborted the transaction. */
  private void probe() {
    if (!lent) {
      return;
    }
    try {
      connection.probe();
    } catch (SQLException e) {
      if ("25P02".equals(e.getSQLState())) {
        poison(WithheldSqlException.copyOf(e));
        checkNotFailed();
      }
      throw fail(translated(e, "commit"));
    }
  }

  /**
   * Rolls the open transaction back.
   *
   * @throws DbStateException when there is none
   * @throws DbUnknownOutcomeException when a statement of the transaction had committed what came
   *     before it, as a {@code CREATE TABLE} does on H2 and MariaDB; the rest is rolled back
   * @throws DbException when the connection broke; the database rolls back by itself then
   */
  public void rollback() {
    checkInTransaction();
    TransactionOutcome outcome = rolledBack();
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw database.failed(translated(e, "rollback"));
    } finally {
      end(outcome);
    }
    if (outcome == TransactionOutcome.UNKNOWN) {
      throw new DbUnknownOutcomeException(
          "a statement had committed a part of the transaction: only what came after it is rolled"
              + " back",
          null);
    }
  }

  private TransactionOutcome rolledBack() {
    return committedInPart ? TransactionOutcome.UNKNOWN : TransactionOutcome.ROLLED_BACK;
  }

  /** Whether a transaction is open. */
  public boolean inTransaction() {
    checkOwner();
    return inTransaction;
  }

  /** Makes the open transaction one that can only be rolled back. */
  public void setRollbackOnly() {
    checkInTransaction();
    poison(new DbStateException("setRollbackOnly was called", null));
  }

  /** Marks a point inside the open transaction. */
  public DbSavepoint savepoint() {
    checkInTransaction();
    checkNotFailed();
    try {
      return new DbSavepoint(connection.savepoint(), transactions);
    } catch (SQLException e) {
      throw fail(translated(e, "savepoint"));
    }
  }

  /** Undoes everything since the savepoint, failed statements included. */
  public void rollbackTo(DbSavepoint savepoint) {
    checkOwn(savepoint);
    try {
      connection.jdbc().rollback(savepoint.savepoint());
    } catch (SQLException e) {
      throw fail(translated(e, "rollback to savepoint"));
    }
    failure = null;
  }

  /** Forgets a savepoint; what was done since stays part of the transaction. */
  public void release(DbSavepoint savepoint) {
    checkOwn(savepoint);
    checkNotFailed();
    try {
      connection.jdbc().releaseSavepoint(savepoint.savepoint());
    } catch (SQLException e) {
      throw fail(translated(e, "release of a savepoint"));
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
    return new Query(new BoundStatement(this, database.parsed(sql), values));
  }

  /**
   * Prepares a statement that changes rows; parameters as in {@link #query}.
   *
   * @throws DbStateException when the session is read-only
   */
  public Update update(String sql, @Nullable Object... values) {
    checkWritable();
    return new Update(new BoundStatement(this, database.parsed(sql), values));
  }

  /** Prepares a statement for many rows of values; refused like {@link #update}. */
  public Batch batch(String sql) {
    checkWritable();
    return new Batch(this, database.parsed(sql));
  }

  /**
   * Prepares a call of a procedure or function; refused like {@link #query}.
   *
   * @param sql JDBC's {@code {call name(:a, :b)}} or {@code {:result = call name(:a)}}
   */
  public Call call(String sql) {
    checkUsable();
    return new Call(this, database.parsed(sql));
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
    if (completions == null) {
      completions = new Completions();
    }
    completions.add(action);
  }

  /**
   * The JDBC connection, for what has no method here. What would end its transaction, close it or
   * change its isolation throws {@link DbStateException}, as a method and as a statement. Catalog,
   * schema, client info, network time-out, type map and holdability go back as they came; a
   * connection on which a statement like {@code SET ROLE} ran, or of which a type of the driver's
   * was unwrapped, is not used again. Statements that fail here mark the transaction only where the
   * database gave it up; {@link #commit} finds that out.
   */
  public Connection connection() {
    checkUsable();
    lent();
    return GuardedConnection.of(connection.jdbc(), lender());
  }

  ResultSet guarded(ResultSet results) {
    return GuardedConnection.of(results, connection.jdbc(), lender());
  }

  private SessionLender lender() {
    SessionLender known = lender;
    if (known == null) {
      known = new SessionLender(this, connection);
      lender = known;
    }
    return known;
  }

  /** Statements that this session does not see may follow. */
  void lent() {
    lent = true;
    mayHaveWritten = true;
  }

  /** Whether its statements may have changed something though it is read-only. */
  boolean mayHaveWritten() {
    return mayHaveWritten;
  }

  Moments moments() {
    return connection;
  }

  Instants instants() {
    return connection.instants();
  }

  Dialect dialect() {
    return connection.dialect();
  }

  /** Hands the session to another thread; call it on the owning one. */
  public void transferTo(Thread thread) {
    checkUsable();
    heir = thread;
  }

  /**
   * Returns the connection to the pool; an open transaction is rolled back and reported. Never
   * throws, may be called again, and from any thread, to clean up after the owner.
   */
  @Override
  public void close() {
    if (CLOSED.getAndSet(this, 1) == 1) {
      return;
    }
    boolean abandoned = inTransaction;
    try {
      if (abandoned) {
        log.warn("a session was closed with its transaction open; rolled back ({})", registration);
        connection.rollback();
      }
    } catch (SQLException | RuntimeException e) {
      log.debug("rollback failed; the connection is dropped: {}", e.getClass().getName());
    } finally {
      inTransaction = false;
      connection.release();
      database.closed(registration);
      if (abandoned) {
        tell(rolledBack());
      }
    }
  }

  /** Whatever this throws poisons the transaction. */
  <T extends @Nullable Object> T run(
      SqlText sql,
      List<@Nullable Object> values,
      @Nullable Duration timeout,
      SessionConnection.@Nullable Preparation way,
      StatementWork<T> work) {
    checkUsable();
    checkNotFailed();
    checkAllowed(sql.kind(), sql.source());
    String text = Parameters.text(sql, values);
    int seconds = seconds(timeout);
    long start = database.listeners().start();
    Throwable thrown = null;
    try {
      return connection.run(
          sql.kind(),
          inTransaction,
          () -> {
            try (PreparedStatement statement = connection.prepare(text, way)) {
              Timeouts.apply(statement, seconds);
              Parameters.set(statement, sql, values, connection);
              return work.run(statement);
            }
          });
    } catch (SQLException e) {
      DbException failed = fail(translated(e, "statement", sql.source(), values));
      thrown = failed;
      throw failed;
    } catch (RuntimeException | Error e) {
      thrown = e;
      poison(e);
      throw e;
    } finally {
      database.listeners().ended(sql.source(), start, thrown);
    }
  }

  /** Refuses what is not the statement's to do, and notes what it will leave behind. */
  void checkAllowed(StatementKind kind, String sql) {
    if (kind.controlsTransaction()) {
      throw new DbStateException(
          "the session owns the transaction (begin, commit, rollback); not allowed: "
              + SqlText.shortened(sql),
          null);
    }
    if (options.readOnly()) {
      checkReads(kind, sql);
    }
    if (kind.changesSession()) {
      connection.markUsedUp();
    }
    if (inTransaction && kind.commitsByItself() && !options.readOnly()) {
      try {
        committedInPart |= connection.commitsDefinitions();
      } catch (SQLException e) {
        throw fail(translated(e, "statement", sql, List.of()));
      }
    }
  }

  private void checkReads(StatementKind kind, String sql) {
    if (kind.setsSomething() || !(kind.reads() || connection.refusesWrites())) {
      throw new DbStateException(
          "a read-only session must not change anything: " + SqlText.shortened(sql), null);
    }
    if (kind.callsUnknown() && !connection.refusesWrites()) {
      mayHaveWritten = true;
    }
  }

  /** Whether a query may be sent with the end of its transaction, which only the session knows. */
  boolean readsInOneTrip(SqlText sql) {
    checkUsable();
    try {
      return !inTransaction && connection.readsInOneTrip(sql);
    } catch (SQLException e) {
      throw fail(translated(e, "statement", sql.source(), List.of()));
    }
  }

  /** In whole seconds; the socket's own time-out must not be the first to pass. */
  int seconds(@Nullable Duration timeout) {
    Duration effective = timeout == null ? options.queryTimeout() : timeout;
    if (effective == null) {
      return database.queryTimeoutSeconds();
    }
    Timeouts.checkBelow(database.socketTimeout(connection.jdbc()), effective);
    return Timeouts.seconds(effective);
  }

  Database database() {
    return database;
  }

  private DbException translated(SQLException e, String what) {
    return translated(e, what, null, List.of());
  }

  /** Also decides whether the connection may be lent again. */
  private DbException translated(
      SQLException e, String what, @Nullable String sql, List<@Nullable Object> values) {
    boolean readOnly = options.readOnly() || connection.isReadOnly(e);
    SqlErrors.Doing doing =
        new SqlErrors.Doing(database.knownDialect(), what, sql, values, readOnly);
    if (SqlErrors.endsConnection(e, doing)) {
      connection.markUsedUp();
    }
    DbException translated = SqlErrors.translate(e, doing);
    return e instanceof LocatedSqlException
        ? translated.atRow(((LocatedSqlException) e).row())
        : translated;
  }

  /** Runs work in the open transaction or, when there is none, in a short one of its own. */
  <T extends @Nullable Object> T inOwnTransactionIfNone(Supplier<T> work) {
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
    if (inTransaction && closed == 0) {
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

  void poison(Throwable e) {
    if (inTransaction && failure == null) {
      failure = e;
    }
  }

  private void end(TransactionOutcome outcome) {
    inTransaction = false;
    failure = null;
    if (!connection.isBroken()) {
      try {
        connection.autoCommit();
      } catch (SQLException | RuntimeException e) {
        // the outcome stands; the next call will find the session unusable
        log.warn(
            "the connection broke after a transaction was {}: {}", outcome, e.getClass().getName());
      }
    }
    tell(outcome);
  }

  private void tell(TransactionOutcome outcome) {
    if (completions != null) {
      completions.tell(outcome);
    }
  }

  private void checkOwn(DbSavepoint savepoint) {
    checkInTransaction();
    savepoint.checkOf(transactions);
  }

  private void checkNotFailed() {
    if (failure != null) {
      throw new DbStateException("the transaction can only be rolled back", failure);
    }
  }

  private void checkWritable() {
    checkUsable();
    if (options.readOnly()) {
      throw new DbStateException("a read-only session must not change anything", null);
    }
  }

  private void checkInTransaction() {
    checkOwner();
    if (!inTransaction) {
      throw new DbStateException("no transaction is open", null);
    }
  }

  void checkUsable() {
    checkOwner();
    if (connection.isBroken()) {
      throw new DbStateException("the connection broke; close the session and open another", null);
    }
  }

  private void checkOwner() {
    Thread current = Thread.currentThread();
    Thread transferred = heir;
    Thread owner = transferred == null ? opener : transferred;
    if (current != owner) {
      throw DbStateException.strangeThread(owner, current);
    }
    if (closed == 1) {
      throw new DbStateException("the session is closed", null);
    }
  }

  @Override
  public String toString() {
    return "DbSession[" + registration + "]";
  }
}
