package dev.drawbridge.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One statement for many rows of values, all or none. Made by {@link DbSession#batch}; owned by the
 * same thread.
 */
public final class Batch {
  /** Rows sent to the database at a time unless told otherwise: {@value}. */
  public static final int DEFAULT_CHUNK = 500;

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
            "a batch must not have list parameters: " + SqlErrors.shortened(sql.source()), null);
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
    return session.inOwnTransactionIfNone(
        () ->
            session.run(
                sql, rows.get(0), timeout, null, statement -> send(statement, rows, chunk)));
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
                rows.get(0),
                timeout,
                keys.of(session.dialect()),
                statement -> {
                  List<K> all = new ArrayList<>(rows.size());
                  for (int from = 0; from < rows.size(); from += DEFAULT_CHUNK) {
                    int to = Math.min(rows.size(), from + DEFAULT_CHUNK);
                    send(statement, rows.subList(from, to), DEFAULT_CHUNK);
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

  private long[] send(PreparedStatement statement, List<List<@Nullable Object>> rows, int chunk)
      throws SQLException {
    long[] counts = new long[rows.size()];
    Arrays.fill(counts, Statement.SUCCESS_NO_INFO);
    for (int from = 0; from < rows.size(); from += chunk) {
      int to = from + Math.min(rows.size() - from, chunk);
      for (List<@Nullable Object> row : rows.subList(from, to)) {
        Parameters.set(statement, row, session.instants());
        statement.addBatch();
      }
      int[] changed = statement.executeBatch();
      for (int i = 0; i < changed.length; i++) {
        counts[from + i] = changed[i];
      }
    }
    return counts;
  }
}
