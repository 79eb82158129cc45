package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.values.Parameters;
import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call of a procedure or function with parameters that come back, result sets, or both. Made by
 * {@link DbSession#call}; owned by the same thread.
 *
 * <pre>{@code
 * CallResult result =
 *     session.call("{call split(:total, :half)}").bind("total", 10).out("half", Integer.class).run();
 * int half = result.value("half", Integer.class);
 * }</pre>
 */
public final class Call {
  private final DbSession session;
  private final SqlText sql;
  private final Parameters parameters;
  private final Map<String, Integer> outTypes = new LinkedHashMap<>();
  private final List<ResultSetReader> readers = new ArrayList<>();
  private @Nullable Duration timeout;

  /** What is done with one result set. */
  private interface ResultSetReader {
    void read(ResultSet results) throws SQLException;
  }

  Call(DbSession session, SqlText sql) {
    if (sql.parameterCount() > 0 && !sql.isNamed()) {
      throw new DbStateException("the parameters of a call must have names", null);
    }
    this.session = session;
    this.sql = sql;
    this.parameters = new Parameters(sql, new Object[0]);
  }

  /** Binds a parameter that goes in; values as in {@link Query#bind}, but no lists. */
  public Call bind(String name, @Nullable Object value) {
    parameters.bind(name, value);
    return this;
  }

  /**
   * Says that a parameter comes back; bind it too if it also goes in.
   *
   * @param type what it is to be read as; numbers, text, dates and times, byte arrays
   * @throws DbMappingException when no type of JDBC is known for it; see {@link #out(String, int)}
   */
  public Call out(String name, Class<?> type) {
    return out(name, CallResult.jdbcType(type));
  }

  /**
   * Says that a parameter comes back.
   *
   * @param jdbcType of {@link java.sql.Types}
   */
  public Call out(String name, int jdbcType) {
    if (!sql.names().contains(name)) {
      throw new DbStateException(
          "no parameter :" + name + " in: " + SqlText.shortened(sql.source()), null);
    }
    outTypes.put(name, jdbcType);
    return this;
  }

  /**
   * Passes the rows of the next result set to an action; call it once for each result set. When it
   * is not called at all, result sets are skipped.
   */
  public <T extends @Nullable Object> Call rows(RowMapper<T> mapper, Consumer<T> action) {
    readers.add(
        results -> {
          Row row = new Row(results, session);
          while (results.next()) {
            action.accept(mapper.map(row));
          }
        });
    return this;
  }

  /** Sets the time-out of the call; more than zero, rounded up to whole seconds. */
  public Call timeout(Duration limit) {
    timeout = Timeouts.checked(limit);
    return this;
  }

  /**
   * Runs the call, in the open transaction or in one of its own.
   *
   * @throws DbMappingException when there are more or fewer result sets than {@link #rows} were
   *     asked for
   */
  public CallResult run() {
    for (String name : outTypes.keySet()) {
      parameters.bindIfMissing(name);
    }
    List<@Nullable Object> values = parameters.ordered();
    return session.inOwnTransactionIfNone(
        () ->
            session.run(
                sql,
                values,
                timeout,
                (jdbc, text) -> jdbc.prepareCall(text),
                statement -> execute((CallableStatement) statement)));
  }

  private CallResult execute(CallableStatement statement) throws SQLException {
    Map<String, Integer> positions = new LinkedHashMap<>();
    for (int i = 0; i < sql.names().size(); i++) {
      String name = sql.names().get(i);
      Integer type = outTypes.get(name);
      if (type != null) {
        statement.registerOutParameter(i + 1, type);
        positions.put(name, i + 1);
      }
    }
    boolean isResultSet = statement.execute();
    // H2 reads what comes back from the result set, which must stay open for it
    if (!readers.isEmpty() || session.dialect() != Dialect.H2) {
      readResults(statement, isResultSet);
    }
    return CallResult.of(statement, positions, session.instants());
  }

  private void readResults(PreparedStatement statement, boolean first) throws SQLException {
    boolean isResultSet = first;
    int read = 0;
    while (isResultSet || statement.getUpdateCount() != -1) {
      if (isResultSet) {
        if (readers.isEmpty()) {
          isResultSet = statement.getMoreResults(Statement.CLOSE_CURRENT_RESULT);
          continue;
        }
        if (read == readers.size()) {
          throw new DbMappingException("the call returns more than " + read + " result sets", null);
        }
        try (ResultSet results = statement.getResultSet()) {
          readers.get(read++).read(results);
        }
      }
      isResultSet = statement.getMoreResults(Statement.CLOSE_CURRENT_RESULT);
    }
    if (read < readers.size()) {
      throw new DbMappingException(
          "the call must return " + readers.size() + " result sets; it returned " + read, null);
    }
  }
}
