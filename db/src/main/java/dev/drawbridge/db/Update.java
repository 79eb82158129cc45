package dev.drawbridge.db;

import java.sql.ResultSet;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One statement that changes rows. Made by {@link DbSession#update}; owned by the same thread. */
public final class Update {
  private final DbSession session;
  private final SqlText sql;
  private final Parameters parameters;
  private @Nullable Duration timeout;

  Update(DbSession session, SqlText sql, Parameters parameters) {
    this.session = session;
    this.sql = sql;
    this.parameters = parameters;
  }

  /**
   * Binds a named parameter; values as in {@link Query#bind}.
   *
   * @throws DbStateException when the statement has no such parameter
   */
  public Update bind(String name, @Nullable Object value) {
    parameters.bind(name, value);
    return this;
  }

  /**
   * Sets the time-out of this statement.
   *
   * @param limit more than zero; rounded up to whole seconds
   */
  public Update timeout(Duration limit) {
    timeout = Timeouts.checked(limit);
    return this;
  }

  /** Runs the statement and returns the number of rows it changed. */
  public long run() {
    return session.run(
        sql, parameters.ordered(), timeout, null, statement -> (long) statement.executeUpdate());
  }

  /**
   * Runs the statement and returns the key that the database generated for its only row.
   *
   * @param column the name of the generated column
   * @throws DbMappingException when no key came back
   */
  public <K> K runReturningKey(String column, Class<K> type) {
    return session.run(
        sql,
        parameters.ordered(),
        timeout,
        column,
        statement -> {
          statement.executeUpdate();
          try (ResultSet keys = statement.getGeneratedKeys()) {
            // by index: the drivers disagree about the label
            K key = keys.next() ? keys.getObject(1, type) : null;
            if (key == null) {
              throw new DbMappingException("no key was generated in column '" + column + "'", null);
            }
            return key;
          }
        });
  }
}
