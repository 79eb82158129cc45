package dev.drawbridge.db;

import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.session.OneTripRead;
import dev.drawbridge.db.internal.sql.Untyped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One statement that returns rows. Made by {@link DbSession#query}; owned by the same thread. */
public final class Query {
  /** The most rows {@link #list} returns unless {@link #maxRows} says otherwise: {@value}. */
  public static final int DEFAULT_MAX_ROWS = 10_000;

  /** Rows fetched at a time by {@link #forEach}: {@value}. */
  public static final int DEFAULT_FETCH_SIZE = 500;

  /** Of the conflicts only PostgreSQL's "cached plan must not change result type" has it. */
  private static final String STALE_PLAN = "0A000";

  private final DbSession session;
  private final BoundStatement statement;
  private int maxRows = DEFAULT_MAX_ROWS;
  private int fetchSize = DEFAULT_FETCH_SIZE;

  Query(BoundStatement statement) {
    this.session = statement.session();
    this.statement = statement;
  }

  /**
   * Binds a named parameter.
   *
   * @param name without the colon
   * @param value a point in time ({@code Instant}, {@code OffsetDateTime}, {@code ZonedDateTime},
   *     {@code java.util.Date}, {@code Timestamp}, {@code Calendar}) is written as that instant, in
   *     a column without a time zone as the wall clock of {@link DatabaseConfig#timeZone}; an enum
   *     by name, an empty {@code Optional} as NULL; an {@code InputStream} or {@code Reader} is
   *     read to its end; a {@code Collection} becomes a list of placeholders; anything else goes to
   *     the driver as it is
   * @throws DbStateException when the statement has no such parameter
   */
  public Query bind(String name, @Nullable Object value) {
    statement.bind(name, value);
    return this;
  }

  /**
   * Binds text, or a list of texts, that the database takes for the type it is compared to, as it
   * does with a literal: for columns of type UUID, BIGINT, JSON or an enum. PostgreSQL refuses to
   * compare such a column with what is bound as text.
   *
   * @param name without the colon
   * @throws DbStateException when the statement has no such parameter
   */
  public Query bindUntyped(String name, @Nullable Object value) {
    boolean wrap = session.database().knownDialect() == Dialect.POSTGRESQL;
    statement.bind(name, wrap ? untyped(value) : value);
    return this;
  }

  private static @Nullable Object untyped(@Nullable Object value) {
    if (value instanceof Collection<?>) {
      return ((Collection<?>) value).stream().map(Query::untyped).collect(Collectors.toList());
    }
    return value == null ? null : new Untyped(value.toString());
  }

  /**
   * Sets the time-out of this statement.
   *
   * @param limit more than zero; rounded up to whole seconds
   */
  public Query timeout(Duration limit) {
    statement.limit(limit);
    return this;
  }

  /**
   * Lets a list be empty: {@code IN (:names)} is then true of no row, {@code NOT IN (:names)} of
   * every one. Without this an empty list is refused, since it is a mistake more often than not.
   */
  public Query allowEmptyLists() {
    statement.allowEmptyLists();
    return this;
  }

  /**
   * Sets how many rows {@link #list} may return.
   *
   * @param rows at least 1; one row more is an error, never a silent cut
   */
  public Query maxRows(int rows) {
    if (rows < 1) {
      throw new DbStateException("maxRows must be at least 1: " + rows, null);
    }
    maxRows = rows;
    return this;
  }

  /**
   * Sets how many rows {@link #forEach} fetches at a time.
   *
   * @param rows at least 1
   */
  public Query fetchSize(int rows) {
    if (rows < 1) {
      throw new DbStateException("fetchSize must be at least 1: " + rows, null);
    }
    fetchSize = rows;
    return this;
  }

  /**
   * The only row, or empty when there is none.
   *
   * @throws DbMappingException when there are two rows or more, or the mapper returned null, which
   *     would look like no row
   */
  public <T> Optional<T> one(RowMapper<T> mapper) {
    return read(
        2,
        results -> {
          if (!results.next()) {
            return Optional.empty();
          }
          T value = mapper.map(new Row(results, session));
          if (results.next()) {
            throw new DbMappingException("the query must return at most one row", null);
          }
          if (value == null) {
            throw new DbMappingException(
                "the mapper of one() must not return null; use list() for that", null);
          }
          return Optional.of(value);
        });
  }

  /**
   * All rows in order.
   *
   * @throws DbMappingException when there are more than {@link #maxRows}
   */
  public <T extends @Nullable Object> List<T> list(RowMapper<T> mapper) {
    return read(
        maxRows == Integer.MAX_VALUE ? 0 : maxRows + 1,
        results -> {
          List<T> list = new ArrayList<>();
          Row row = new Row(results, session);
          while (results.next()) {
            if (list.size() == maxRows) {
              throw new DbMappingException(
                  "the query must return at most " + maxRows + " rows (see maxRows)", null);
            }
            list.add(mapper.map(row));
          }
          return list;
        });
  }

  /** What is made of all rows. */
  private interface Results<T> {
    T read(ResultSet results) throws SQLException;
  }

  private <T> T read(int limit, Results<T> work) {
    boolean oneTrip = session.readsInOneTrip(statement.sql());
    return statement.run(
        oneTrip ? OneTripRead::prepare : null,
        prepared -> {
          prepared.setMaxRows(limit);
          try (ResultSet results = oneTrip ? OneTripRead.rows(prepared) : prepared.executeQuery()) {
            return work.read(results);
          }
        });
  }

  /**
   * Passes every row to a callback while reading, so that any number of rows fits into memory.
   * Outside a transaction this runs in one of its own, since some databases stream only there.
   *
   * @return how many rows there were
   */
  public <T extends @Nullable Object> long forEach(RowMapper<T> mapper, Consumer<T> action) {
    return forEachWhile(
        mapper,
        value -> {
          action.accept(value);
          return true;
        });
  }

  /**
   * Like {@link #forEach}, but ends early.
   *
   * @param more returns false when no further row is wanted
   * @return how many rows were passed
   */
  public <T extends @Nullable Object> long forEachWhile(RowMapper<T> mapper, Predicate<T> more) {
    if (session.inTransaction()) {
      return streamed(mapper, more);
    }
    boolean[] begun = {false};
    RowMapper<T> noting =
        row -> {
          begun[0] = true;
          return mapper.map(row);
        };
    try {
      return session.inOwnTransactionIfNone(() -> streamed(noting, more));
    } catch (DbConflictException e) {
      if (begun[0] || !STALE_PLAN.equals(e.sqlState())) {
        throw e;
      }
      // outside of transactions the driver would do this by itself, and no row was handed over
      return session.inOwnTransactionIfNone(() -> streamed(mapper, more));
    }
  }

  private <T extends @Nullable Object> long streamed(RowMapper<T> mapper, Predicate<T> more) {
    return statement.run(
        null,
        prepared ->
            Dialects.isMySqlFamily(session.database().knownDialect())
                ? MySqlStream.read(session, prepared, this, mapper, more)
                : stream(prepared, mapper, more));
  }

  int fetchSize() {
    return fetchSize;
  }

  @Nullable Duration timeout() {
    return statement.timeout();
  }

  private <T extends @Nullable Object> Long stream(
      PreparedStatement prepared, RowMapper<T> mapper, Predicate<T> more) throws SQLException {
    prepared.setFetchSize(fetchSize);
    try (ResultSet results = prepared.executeQuery()) {
      long rows = 0;
      Row row = new Row(results, session);
      while (results.next()) {
        rows++;
        if (!more.test(mapper.map(row))) {
          break;
        }
      }
      return rows;
    }
  }
}
