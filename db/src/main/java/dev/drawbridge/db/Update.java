package dev.drawbridge.db;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One statement that changes rows. Made by {@link DbSession#update}; owned by the same thread. */
public final class Update {
  private final DbSession session;
  private final BoundStatement statement;

  Update(BoundStatement statement) {
    this.session = statement.session();
    this.statement = statement;
  }

  /**
   * Binds a named parameter; values as in {@link Query#bind}.
   *
   * @throws DbStateException when the statement has no such parameter
   */
  public Update bind(String name, @Nullable Object value) {
    statement.bind(name, value);
    return this;
  }

  /**
   * Sets the time-out of this statement.
   *
   * @param limit more than zero; rounded up to whole seconds
   */
  public Update timeout(Duration limit) {
    statement.limit(limit);
    return this;
  }

  /** Lets a list be empty; see {@link Query#allowEmptyLists}. */
  public Update allowEmptyLists() {
    statement.allowEmptyLists();
    return this;
  }

  /** Runs the statement and returns the number of rows it changed. */
  public long run() {
    return statement.run(null, prepared -> (long) prepared.executeUpdate());
  }

  /**
   * Runs the statement and returns the key that the database generated for its only row. Outside of
   * a transaction this runs in one of its own, so that nothing is kept when the key cannot be had.
   *
   * @param column the name of the generated column, in whatever letter case
   * @param type as a column of a query may be read, so {@code Long} also from an INT
   * @throws DbMappingException when no key came back, or there is no such column
   */
  public <K> K runReturningKey(String column, Class<K> type) {
    GeneratedKeys keys = new GeneratedKeys(column);
    return returning(keys, (row, indexes) -> row.valueAt(indexes[0], type));
  }

  /**
   * Runs the statement and returns the generated columns of its only row, as of a key that has
   * several; otherwise like {@link #runReturningKey}. MariaDB and MySQL return one column only.
   *
   * @param mapper gets the row with the columns that were asked for
   */
  public <T> T runReturning(RowMapper<T> mapper, String... columns) {
    return returning(new GeneratedKeys(columns), (row, indexes) -> mapper.map(row));
  }

  private <K> K returning(GeneratedKeys keys, GeneratedKeys.Reader<K> reader) {
    return session.inOwnTransactionIfNone(
        () ->
            statement.run(
                keys.of(session.dialect()),
                prepared -> {
                  prepared.executeUpdate();
                  List<K> read = keys.read(prepared, session, reader);
                  if (read.isEmpty()) {
                    throw keys.missing();
                  }
                  if (read.size() > 1) {
                    throw new DbMappingException(
                        "the statement must make one row; it made " + read.size(), null);
                  }
                  return read.get(0);
                }));
  }
}
