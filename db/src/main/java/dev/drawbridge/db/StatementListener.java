package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.sql.SqlText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Learns of every statement that a session ran; see {@link DatabaseConfig.Builder#listener}. Called
 * on the thread that ran it, before the caller goes on, so it should be quick; what it throws is
 * logged. Statements through {@link DbSession#connection} are not told.
 */
@FunctionalInterface
public interface StatementListener {
  /**
   * A statement ended, with all that was read of it.
   *
   * @param sql as the caller wrote it, without values
   * @param took from its preparation to its last row
   * @param failure what the caller gets, or null
   */
  void ran(String sql, Duration took, @Nullable Throwable failure);

  /**
   * Warns of statements that took long.
   *
   * @param limit longer ones are named in the log, by their SQL without values
   */
  static StatementListener slowerThan(Duration limit) {
    Timeouts.checked(limit);
    org.slf4j.Logger log = LoggerFactory.getLogger(StatementListener.class);
    return (sql, took, failure) -> {
      if (took.compareTo(limit) > 0) {
        log.warn(
            "a statement took {} ms{}: {}",
            took.toMillis(),
            failure == null ? "" : " and failed",
            SqlText.shortened(sql));
      }
    };
  }
}
