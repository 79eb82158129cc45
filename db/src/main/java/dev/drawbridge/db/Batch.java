package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.errors.LocatedSqlException;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.values.Parameters;
import java.io.InputStream;
import java.io.Reader;
import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One statement for many rows of values, all or none. Made by {@link DbSession#batch}; owned by the
 * same thread.
 */
public final class Batch {
  /** Rows sent to the database at a time unless told otherwise: {@value}. */
  public static final int DEFAULT_CHUNK = 500;

  /** For the statement as a whole: a stream could not be set a second time with its row. */
  private static final List<@Nullable Object> SET_BY_ROW = List.of();

  private static final Pattern POSTGRESQL_ENTRY = Pattern.compile("Batch entry ([0-9]{1,9}) ");

  private final DbSession session;
  private final SqlText sql;
  private final List<List<@Nullable Object>> rows = new ArrayList<>();
  private @Nullable Duration timeout;

  Batch(DbSession session, SqlText sql) {
    this.session = session;
    this.sql = sql;
  }

  /** Adds a row for a statement with {@code ?} parameters; lists are not expanded here. */
  public Batch add(@Nullable Object... values) {
    rows.add(checked(new Parameters(sql, values)));
    return this;
  }

  /** Adds a row for a statement with {@code :name} parameters; lists are not expanded here. */
  public Batch addNamed(Map<String, ? extends @Nullable Object> values) {
    Parameters parameters = new Parameters(sql, new Object[0]);
    values.forEach(parameters::bind);
    rows.add(checked(parameters));
    return this;
  }

  private List<@Nullable Object> checked(Parameters parameters) {
    List<@Nullable Object> ordered = parameters.ordered();
    for (Object value : ordered) {
      if (value instanceof Collection<?>) {
        throw new DbStateException(
            "a batch must not have list parameters: " + SqlText.shortened(sql.source()), null);
      }
    }
    return ordered;
  }

  /**
   * Sets the time-out of each chunk.
   *
   * @param limit more than zero; rounded up to whole seconds
   */
  public Batch timeout(Duration limit) {
    timeout = Timeouts.checked(limit);
    return this;
  }

  /** Like {@link #run(int)} with chunks of {@value #DEFAULT_CHUNK}. */
  public long[] run() {
    return run(DEFAULT_CHUNK);
  }

  /**
   * Runs the statement for every row, in the open transaction or in one of its own. The rows are
   * gone afterwards, so that the batch can be filled again.
   *
   * @param chunk how many rows are sent at a time, at least 1
   * @return for each row how many it changed; -2 where the driver does not tell
   */
  public long[] run(int chunk) {
    if (chunk < 1) {
      throw new DbStateException("a chunk must have at least 1 row: " + chunk, null);
    }
    if (this.rows.isEmpty()) {
      return new long[0];
    }
    List<List<@Nullable Object>> rows = List.copyOf(this.rows);
    this.rows.clear();
    return session.inOwnTransactionIfNone(() -> run(rows, 0, chunk));
  }

  /**
   * Runs the statement for every row like {@link #run()}, and returns the key that the database
   * generated for each, in the order of the rows.
   *
   * @param column the name of the generated column, in whatever letter case
   * @throws DbMappingException when there is not one key for each row; then nothing is kept
   */
  public <K> List<K> runReturningKeys(String column, Class<K> type) {
    List<List<@Nullable Object>> rows = List.copyOf(this.rows);
    this.rows.clear();
    if (rows.isEmpty()) {
      return List.of();
    }
    GeneratedKeys keys = new GeneratedKeys(column);
    return session.inOwnTransactionIfNone(
        () ->
            session.run(
                sql,
                SET_BY_ROW,
                timeout,
                keys.of(session.dialect()),
                statement -> {
                  List<K> all = new ArrayList<>(rows.size());
                  for (int from = 0; from < rows.size(); from += DEFAULT_CHUNK) {
                    int to = Math.min(rows.size(), from + DEFAULT_CHUNK);
                    send(statement, rows.subList(from, to), from, DEFAULT_CHUNK);
                    all.addAll(
                        keys.read(
                            statement, session, (row, indexes) -> row.valueAt(indexes[0], type)));
                  }
                  if (all.size() != rows.size()) {
                    throw new DbMappingException(
                        "one key for each of "
                            + rows.size()
                            + " rows must come back; there were "
                            + all.size(),
                        null);
                  }
                  return all;
                }));
  }

  private long[] run(List<List<@Nullable Object>> rows, int first, int chunk) {
    return session.run(
        sql, SET_BY_ROW, timeout, null, statement -> send(statement, rows, first, chunk));
  }

  /**
   * Runs the statement for every row, and does without the rows that the database refuses: each
   * chunk behind a savepoint, and row by row where one of its rows failed. The others stay, in the
   * open transaction or in one of its own. The rows are gone afterwards.
   *
   * @return why rows were refused, by their index from 0; empty when all went well
   * @throws DbStateException when a value is a stream, which cannot be sent a second time
   * @throws DbException when the fault is not a row's: an outage, a time-out, a lost transaction
   */
  public SortedMap<Integer, DbException> runKeepingGood() {
    List<List<@Nullable Object>> rows = List.copyOf(this.rows);
    this.rows.clear();
    for (List<@Nullable Object> row : rows) {
      if (row.stream().anyMatch(v -> v instanceof InputStream || v instanceof Reader)) {
        throw new DbStateException(
            "a batch that keeps good rows must not have streams, which cannot be sent twice: "
                + SqlText.shortened(sql.source()),
            null);
      }
    }
    SortedMap<Integer, DbException> refused = new TreeMap<>();
    return rows.isEmpty()
        ? refused
        : session.inOwnTransactionIfNone(
            () -> {
              keepGood(rows, 0, DEFAULT_CHUNK, refused);
              return refused;
            });
  }

  private void keepGood(
      List<List<@Nullable Object>> rows,
      int first,
      int chunk,
      SortedMap<Integer, DbException> refused) {
    for (int from = 0; from < rows.size(); from += chunk) {
      List<List<@Nullable Object>> part = rows.subList(from, Math.min(rows.size(), from + chunk));
      DbSavepoint savepoint = session.savepoint();
      try {
        run(part, first + from, chunk);
        session.release(savepoint);
      } catch (DbUnavailableException
          | DbTimeoutException
          | DbConflictException
          | DbStateException e) {
        throw e;
      } catch (DbException e) {
        session.rollbackTo(savepoint);
        if (part.size() == 1) {
          refused.put(first + from, e);
        } else {
          keepGood(part, first + from, 1, refused);
        }
      }
    }
  }

  private long[] send(
      PreparedStatement statement, List<List<@Nullable Object>> rows, int first, int chunk)
      throws SQLException {
    long[] counts = new long[rows.size()];
    Arrays.fill(counts, Statement.SUCCESS_NO_INFO);
    for (int from = 0; from < rows.size(); from += chunk) {
      List<List<@Nullable Object>> part =
          rows.subList(from, from + Math.min(rows.size() - from, chunk));
      add(statement, part, first + from);
      try {
        int[] changed = statement.executeBatch();
        for (int i = 0; i < changed.length; i++) {
          counts[from + i] = changed[i];
        }
      } catch (BatchUpdateException e) {
        throw located(statement, part, first + from, e);
      } catch (SQLException e) {
        throw LocatedSqlException.inBatch(-1, e, part);
      }
    }
    return counts;
  }

  private void add(PreparedStatement statement, List<List<@Nullable Object>> part, int first)
      throws SQLException {
    int row = first;
    for (List<@Nullable Object> values : part) {
      try {
        Parameters.set(statement, sql, values, session.moments());
        statement.addBatch();
      } catch (SQLException e) {
        throw LocatedSqlException.inBatch(row, e, values);
      }
      row++;
    }
  }

  private SQLException located(
      PreparedStatement statement,
      List<List<@Nullable Object>> part,
      int first,
      BatchUpdateException e) {
    int failed = part.size() == 1 ? 0 : failedRow(e, part.size());
    if (failed >= 0 && failed < part.size()) {
      return LocatedSqlException.inBatch(first + failed, e, part.get(failed));
    }
    if (Dialects.isMySqlFamily(session.database().knownDialect()) && !SqlErrors.isLost(e)) {
      // sent as one statement; what is done twice here is rolled back in any case
      for (int i = 0; i < part.size(); i++) {
        try {
          Parameters.set(statement, sql, part.get(i), session.moments());
          statement.executeUpdate();
        } catch (SQLException again) {
          return LocatedSqlException.inBatch(first + i, again, part.get(i));
        }
      }
    }
    return LocatedSqlException.inBatch(-1, e, part);
  }

  /** Some drivers stop at the first failure, some go on; PostgreSQL's says it in its text only. */
  private static int failedRow(BatchUpdateException e, int size) {
    int[] counts = e.getUpdateCounts();
    if (counts.length < size) {
      return counts.length;
    }
    int failures = 0;
    int failed = -1;
    for (int i = size - 1; i >= 0; i--) {
      if (counts[i] == Statement.EXECUTE_FAILED) {
        failures++;
        failed = i;
      }
    }
    if (failures == size) {
      Matcher entry = POSTGRESQL_ENTRY.matcher(String.valueOf(e.getMessage()));
      return e.getNextException() != null && entry.lookingAt()
          ? Integer.parseInt(entry.group(1))
          : -1;
    }
    return failed;
  }
}
