package dev.drawbridge.db.internal.config;

import dev.drawbridge.db.DbStateException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One rule for time-outs: more than zero, and never shortened by rounding. */
public final class Timeouts {
  private Timeouts() {}

  public static Duration checked(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new DbStateException("a time-out must be more than zero: " + timeout, null);
    }
    return timeout;
  }

  /**
   * A driver that gives up on the socket breaks the connection, and leaves the statement running.
   *
   * @param socket how long the driver waits on the socket; null when for ever
   */
  public static void checkBelow(@Nullable Duration socket, Duration timeout) {
    if (socket != null && timeout.compareTo(socket) >= 0) {
      throw new DbStateException(
          "the timeout of a statement (" + timeout + ") must be < socketTimeout (" + socket + ")",
          null);
    }
  }

  /** JDBC knows whole seconds only; 0 would mean "no limit". */
  public static int seconds(Duration timeout) {
    long seconds = timeout.getSeconds() + (timeout.getNano() > 0 ? 1 : 0);
    return (int) Math.min(Integer.MAX_VALUE, seconds);
  }

  /** H2 keeps the time-out in the connection, and each change costs it a statement. */
  public static void apply(PreparedStatement statement, int seconds) throws SQLException {
    if (statement.getQueryTimeout() != seconds) {
      statement.setQueryTimeout(seconds);
    }
  }
}
