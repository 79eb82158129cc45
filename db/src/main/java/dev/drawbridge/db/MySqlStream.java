package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.session.StreamLimit;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams rows of MySQL's family: the server sends all of them at once, its time-out runs until the
 * last was fetched, and whoever stops early has to read the rest or end the statement. MySQL's own
 * driver streams row by row, or by a cursor where the URL asks for one ({@code
 * useCursorFetch=true}); with any other fetch size it would keep all rows in memory.
 */
final class MySqlStream {
  private static final Logger log = LoggerFactory.getLogger(MySqlStream.class);

  private MySqlStream() {}

  static <T extends @Nullable Object> Long read(
      DbSession session,
      PreparedStatement statement,
      Query query,
      RowMapper<T> mapper,
      Predicate<T> more)
      throws SQLException {
    DatabaseMetaData driver = statement.getConnection().getMetaData();
    if (String.valueOf(driver.getDriverName()).startsWith("MySQL")) {
      // its own time-out ends with the first row, and only its own cursor ends early
      String url = String.valueOf(driver.getURL()).toLowerCase(Locale.ROOT);
      boolean cursor = url.contains("usecursorfetch=true");
      statement.setFetchSize(cursor ? query.fetchSize() : Integer.MIN_VALUE);
    } else {
      Timeouts.apply(statement, 0);
      statement.setFetchSize(query.fetchSize());
    }
    Database database = session.database();
    try (StreamLimit limit =
        new StreamLimit(statement, session.seconds(query.timeout()), database.watcher())) {
      limit.waits();
      ResultSet results = statement.executeQuery();
      long rows = 0;
      boolean stopped = false;
      try {
        Row row = new Row(results, session);
        while (!stopped && results.next()) {
          limit.arrived();
          rows++;
          stopped = !more.test(mapper.map(row));
          limit.waits();
        }
      } catch (Throwable e) {
        limit.arrived();
        end(statement, results);
        throw e;
      }
      limit.arrived();
      if (stopped) {
        end(statement, results);
      } else {
        results.close();
      }
      return rows;
    }
  }

  /** Closing reads all that is left, so the server is told to stop sending first. */
  private static void end(PreparedStatement statement, ResultSet results) {
    try {
      statement.cancel();
    } catch (SQLException | RuntimeException e) {
      log.debug("a stream could not be cancelled: {}", e.getClass().getName());
    }
    try {
      results.close();
    } catch (SQLException | RuntimeException e) {
      // the server confirms the end with an error
      log.debug("a stream was ended: {}", e.getClass().getName());
    }
  }
}
