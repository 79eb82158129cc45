package dev.drawbridge.db.internal.session;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time-out of a stream: counts the waiting for the database, and not what the callback takes.
 *
 * <p>For MySQL's family, whose own time-out counts until the last row was fetched. Used by the
 * session's thread; the watcher's thread cancels.
 */
public final class StreamLimit implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StreamLimit.class);

  private final Statement statement;
  private final long limitNanos;
  private final Future<?> watch;

  /** Waited for so far; written by the session's thread. */
  private volatile long waitedNanos;

  /** When the wait under way began; 0 while the callback runs. */
  private volatile long waitingSince;

  private volatile boolean passed;

  public StreamLimit(Statement statement, int seconds, ScheduledExecutorService watcher) {
    this.statement = statement;
    this.limitNanos = TimeUnit.SECONDS.toNanos(seconds);
    long period = Math.max(20, Math.min(250, seconds * 50L));
    this.watch = watcher.scheduleWithFixedDelay(this::look, period, period, TimeUnit.MILLISECONDS);
  }

  /** The session's thread asks the database. */
  public void waits() {
    waitingSince = System.nanoTime() | 1;
  }

  /** The database answered. */
  public void arrived() {
    // the only writer
    long before = waitedNanos;
    waitedNanos = before + System.nanoTime() - waitingSince;
    waitingSince = 0;
  }

  private void look() {
    long since = waitingSince;
    if (since != 0 && !passed && waitedNanos + System.nanoTime() - since > limitNanos) {
      passed = true;
      try {
        statement.cancel();
      } catch (SQLException | RuntimeException e) {
        // the socket's time-out is still there
        log.debug("a stream could not be cancelled: {}", e.getClass().getName());
      }
    }
  }

  @Override
  public void close() {
    watch.cancel(false);
  }
}
