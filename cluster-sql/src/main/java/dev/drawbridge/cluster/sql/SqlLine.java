package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection, which connects when it is needed and is thrown away when a call breaks it. Calls
 * wait for each other; {@link #close} may come from any thread and ends a call that waits.
 */
final class SqlLine implements AutoCloseable {
  private final SqlServer server;
  private final long limitNanos;
  private final boolean retries;

  /** Guards the connection's use; not its end. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Null while there is none. Written under the lock, and by {@link #close}. */
  private volatile @Nullable Connection connection;

  /** Of the connection; null before the first. Under the lock. */
  private @Nullable Server kind;

  /** How the connection was when it was borrowed; null for one of our own. Under the lock. */
  private @Nullable Lent lent;

  private volatile boolean closed;

  /** What is done with a connection. */
  @FunctionalInterface
  interface Work<T> {
    T run(Call call) throws SQLException, EngineException;
  }

  /**
   * A line that has not connected yet.
   *
   * @param limitMillis longest that one call may take, connecting included as far as the driver can
   * @param retries whether a call on a connection that has ended while it stood idle is made again
   */
  SqlLine(SqlServer server, long limitMillis, boolean retries) {
    this.server = server;
    this.retries = retries;
    this.limitNanos = TimeUnit.MILLISECONDS.toNanos(limitMillis);
  }

  /** One call: what its statements run on, and how long they may. For the thread of the call. */
  static final class Call {
    private final Connection connection;
    private final Server kind;
    private final long deadlineNanos;

    /** Of the server that executes this call, null before {@link SqlLine} has asked. */
    private @Nullable Facts facts;

    private Call(Connection connection, Server kind, long deadlineNanos) {
      this.connection = connection;
      this.kind = kind;
      this.deadlineNanos = deadlineNanos;
    }

    Server kind() {
      return kind;
    }

    /** Of the process that executes this transaction. */
    Facts facts() {
      Facts known = facts;
      if (known == null) {
        throw new IllegalStateException("a read has no facts");
      }
      return known;
    }

    Connection connection() {
      return connection;
    }

    /** A statement with these values, which must be closed; it runs within what is left of time. */
    PreparedStatement statement(String sql, @Nullable Object... values) throws SQLException {
      long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
      connection.setNetworkTimeout(Runnable::run, (int) Math.max(50, left));
      PreparedStatement statement = connection.prepareStatement(sql);
      for (int i = 0; i < values.length; i++) {
        Object value = values[i];
        if (value instanceof Long number) {
          statement.setLong(i + 1, number);
        } else if (value instanceof Integer number) {
          statement.setInt(i + 1, number);
        } else {
          statement.setString(i + 1, (String) value);
        }
      }
      return statement;
    }

    /** The first words of a transaction, and what they answer of the process. */
    private void begin() throws SQLException {
      String facts = kind.factsOfTransaction();
      try (PreparedStatement statement =
          statement(kind.isPostgresql() ? kind.isolation() + "; " + facts : facts)) {
        boolean rows = statement.execute();
        while (!rows && statement.getUpdateCount() != -1) {
          rows = statement.getMoreResults();
        }
        try (ResultSet row = statement.getResultSet()) {
          row.next();
          this.facts = Facts.of(row);
        }
      }
    }

    /** Changes rows; how many. */
    int update(String sql, @Nullable Object... values) throws SQLException {
      try (PreparedStatement statement = statement(sql, values)) {
        return statement.executeUpdate();
      }
    }

    /** Hands each row to the taker. */
    void query(Rows rows, String sql, @Nullable Object... values) throws SQLException {
      try (PreparedStatement statement = statement(sql, values);
          ResultSet all = statement.executeQuery()) {
        while (all.next()) {
          rows.take(all);
        }
      }
    }
  }

  /** Takes one row of an answer. */
  @FunctionalInterface
  interface Rows {
    void take(ResultSet row) throws SQLException;
  }

  /**
   * What a server says of itself.
   *
   * @param identity of the process that answers
   * @param millis its clock, in epoch milliseconds
   * @param readOnly whether it takes no writes
   */
  record Facts(String identity, long millis, boolean readOnly) {
    static Facts of(ResultSet row) throws SQLException {
      return new Facts(row.getString(1), row.getLong(2), row.getBoolean(3));
    }
  }

  /** Runs statements, each by itself. */
  <T> T read(Work<T> work) throws EngineException {
    return locked(() -> attempt(work, false, limitNanos));
  }

  /**
   * Runs a transaction. A failure before its commit has certainly had no effect, and will have
   * none: what the server has begun it undoes.
   */
  <T> T transact(Work<T> work) throws EngineException {
    return locked(() -> attempt(work, true, limitNanos));
  }

  /** The same for one that may take longer, because it has much to do. */
  <T> T transact(Work<T> work, long moreMillis) throws EngineException {
    long limit = limitNanos + TimeUnit.MILLISECONDS.toNanos(moreMillis);
    return locked(() -> attempt(work, true, limit));
  }

  @FunctionalInterface
  private interface Locked<T> {
    T run() throws EngineException;
  }

  private <T> T locked(Locked<T> call) throws EngineException {
    try {
      if (!lock.tryLock(limitNanos, TimeUnit.NANOSECONDS)) {
        throw new EngineException(Outcome.NOT_SENT, "the calls before this one have not ended");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(Outcome.NOT_SENT, "interrupted");
    }
    try {
      return call.run();
    } finally {
      lock.unlock();
    }
  }

  /** A connection that stood idle may have ended unnoticed: then once more on a new one. */
  private <T> T attempt(Work<T> work, boolean transaction, long limit) throws EngineException {
    long deadline = System.nanoTime() + limit;
    boolean stoodIdle = retries && connection != null;
    try {
      return once(work, transaction, deadline);
    } catch (Broken e) {
      if (!stoodIdle || closed || System.nanoTime() - deadline > -limitNanos / 2) {
        throw e;
      }
      return once(work, transaction, deadline);
    }
  }

  /** The connection has ended before a commit. */
  private static final class Broken extends EngineException {
    private static final long serialVersionUID = 1L;

    Broken(String message, SQLException cause) {
      super(Outcome.NOT_SENT, message, cause);
    }
  }

  private <T> T once(Work<T> work, boolean transaction, long deadline) throws EngineException {
    Connection present = connected(deadline);
    boolean committing = false;
    try {
      Server known = kind;
      if (known == null) {
        throw new IllegalStateException("connected, and to nothing");
      }
      Call call = new Call(present, known, deadline);
      Lent borrowed = lent;
      if (transaction && borrowed != null) {
        borrowed.limit(present, known);
      }
      if (present.getAutoCommit() == transaction) {
        present.setAutoCommit(!transaction);
      }
      if (transaction) {
        call.begin();
        if (call.facts().readOnly()) {
          throw new EngineException(Outcome.NOT_SENT, SqlFailures.READ_ONLY);
        }
      }
      T result = work.run(call);
      if (transaction) {
        committing = true;
        present.commit();
        committing = false;
      }
      giveBack();
      return result;
    } catch (SQLException e) {
      throw failed(e, transaction, committing);
    } catch (EngineException | RuntimeException | Error e) {
      undo(transaction);
      throw e;
    }
  }

  private EngineException failed(SQLException e, boolean transaction, boolean committing) {
    String reason = SqlFailures.reason(e);
    if (committing && !SqlFailures.isUndone(e)) {
      drop();
      return new EngineException(Outcome.UNKNOWN, reason, e);
    }
    if (SqlFailures.endsConnection(e)) {
      drop();
      return closed
          ? new EngineException(Outcome.NOT_SENT, "the engine is closed")
          : new Broken(reason, e);
    }
    undo(transaction);
    return new EngineException(Outcome.NOT_SENT, reason, e);
  }

  private void undo(boolean transaction) {
    Connection present = connection;
    if (present == null) {
      return;
    }
    try {
      if (transaction) {
        present.rollback();
      }
      giveBack();
    } catch (SQLException e) {
      drop();
    }
  }

  private Connection connected(long deadline) throws EngineException {
    Connection present = connection;
    if (present != null) {
      return present;
    }
    if (closed) {
      throw new EngineException(Outcome.NOT_SENT, "the engine is closed");
    }
    try {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      present = server.connect(Math.max(50, left));
      connection = present;
      lent = server.keepsConnections() ? null : Lent.of(present);
      kind = server.prepare(present);
    } catch (SQLException e) {
      drop();
      throw new EngineException(Outcome.NOT_SENT, SqlFailures.reason(e), e);
    } catch (RuntimeException e) {
      drop();
      throw new EngineException(Outcome.NOT_SENT, SqlFailures.reason(e), e);
    }
    if (closed) {
      drop();
      throw new EngineException(Outcome.NOT_SENT, "the engine is closed");
    }
    return present;
  }

  /** What is lent by somebody's pool goes back after each call. */
  private void giveBack() {
    Connection present = connection;
    Lent borrowed = lent;
    if (server.keepsConnections() || present == null || borrowed == null) {
      return;
    }
    try {
      borrowed.restore(present);
      lent = null;
      connection = null;
      present.close();
    } catch (SQLException e) {
      // What was done is done, but nobody shall find it like that.
      drop();
    }
  }

  /** Throws the connection away; nothing that it waits for is waited for. */
  void drop() {
    Connection present = connection;
    connection = null;
    if (present != null) {
      try {
        present.abort(Runnable::run);
      } catch (SQLException | RuntimeException e) {
        // It is gone, which is what was wanted.
      }
      closeQuietly(present);
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException | RuntimeException e) {
      // As above.
    }
  }

  @Override
  public void close() {
    closed = true;
    drop();
  }
}
