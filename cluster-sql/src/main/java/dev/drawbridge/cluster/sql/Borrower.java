package dev.drawbridge.cluster.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Borrows from somebody's pool, which may wait for as long as it likes, with a limit of our own: on
 * one thread, one after the other. Thread-safe.
 */
final class Borrower implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  private final Source source;
  private final ThreadPoolExecutor thread;

  /** Lends. */
  @FunctionalInterface
  interface Source {
    Connection connect() throws SQLException;
  }

  /** What came, and whether somebody still waits for it. Guarded by itself. */
  private static final class Handover {
    private @Nullable Connection lent;
    private boolean givenUp;

    /** Gives it back when nobody waits. */
    synchronized Connection take(Connection came) throws SQLException {
      if (givenUp) {
        came.close();
        throw new SQLException("nobody waits for the connection any longer", "08001");
      }
      lent = came;
      return came;
    }

    /** What has come in this moment, null for nothing: then it goes back by itself. */
    synchronized @Nullable Connection giveUp() {
      givenUp = true;
      return lent;
    }
  }

  Borrower(Source source) {
    this.source = source;
    // A lookup by name and a driver may need the application's classes.
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread made = new Thread(work, "drawbridge-sql-borrow");
              made.setDaemon(true);
              made.setContextClassLoader(loader);
              return made;
            });
    thread.allowCoreThreadTimeOut(true);
  }

  /**
   * Borrows one.
   *
   * @throws SQLException with 08001 when none came in time
   */
  Connection borrow(long millis) throws SQLException {
    Handover handover = new Handover();
    Future<Connection> coming;
    try {
      coming = thread.submit(() -> handover.take(source.connect()));
    } catch (RejectedExecutionException e) {
      throw new SQLException("the engine is closed", "08003", e);
    }
    try {
      return coming.get(millis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (CancellationException e) {
      throw new SQLException("the engine is closed", "08003", e);
    } catch (TimeoutException e) {
      return late(coming, handover, "the data source lent no connection within " + millis + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return late(coming, handover, "interrupted");
    }
  }

  private static Connection late(Future<Connection> coming, Handover handover, String why)
      throws SQLException {
    Connection came = handover.giveUp();
    if (came == null) {
      coming.cancel(true);
      throw new SQLException(why, "08001");
    }
    return came;
  }

  private static SQLException failure(@Nullable Throwable cause) {
    if (cause instanceof SQLException e) {
      return e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
    return new SQLException("the data source has failed", "08001", cause);
  }

  /** Wakes who waits for the pool; what comes later goes back. */
  @Override
  public void close() {
    for (Runnable waiting : thread.shutdownNow()) {
      if (waiting instanceof Future<?> future) {
        future.cancel(false);
      }
    }
  }
}
