package dev.drawbridge.db;

import dev.drawbridge.db.internal.values.Instants;
import dev.drawbridge.db.internal.values.SqlArrays;
import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The current row of a result. Not thread-safe, valid only while its {@link RowMapper} runs.
 *
 * <p>Columns are named by their label, upper and lower case alike. The plain getters refuse NULL
 * with a {@link DbMappingException}; the {@code OrNull} ones return it.
 */
public final class Row {
  /** How a mapper finds its columns in this result. */
  interface Planner {
    int[] plan(ResultSet results) throws SQLException;
  }

  private static final int[] NO_PLAN = {};

  private final ResultSet results;
  private final DbSession session;

  /** Whose plan it is; null until a mapper asked. */
  private @Nullable Object planOwner;

  private int[] plan = NO_PLAN;

  Row(ResultSet results, DbSession session) {
    this.results = results;
    this.session = session;
  }

  /** The text of a column that is never NULL. */
  public String string(String column) throws SQLException {
    return required(column, results.getString(column));
  }

  /** The text of a column, or null for NULL. */
  public @Nullable String stringOrNull(String column) throws SQLException {
    return results.getString(column);
  }

  /** The number in a column that is never NULL. */
  public int intValue(String column) throws SQLException {
    int value = results.getInt(column);
    if (value == 0) {
      refuseNull(column);
    }
    return value;
  }

  /** The number in a column that is never NULL. */
  public long longValue(String column) throws SQLException {
    long value = results.getLong(column);
    if (value == 0) {
      refuseNull(column);
    }
    return value;
  }

  /** The number in a column that is never NULL. */
  public short shortValue(String column) throws SQLException {
    return value(column, Short.class);
  }

  /** The number in a column that is never NULL. */
  public byte byteValue(String column) throws SQLException {
    return value(column, Byte.class);
  }

  /** The number in a column that is never NULL. */
  public double doubleValue(String column) throws SQLException {
    return value(column, Double.class);
  }

  /** The number in a column that is never NULL. */
  public float floatValue(String column) throws SQLException {
    return value(column, Float.class);
  }

  /** The exact number in a column that is never NULL. */
  public BigDecimal decimal(String column) throws SQLException {
    return value(column, BigDecimal.class);
  }

  /** The bytes in a column that is never NULL. */
  public byte[] bytes(String column) throws SQLException {
    return value(column, byte[].class);
  }

  /** The UUID in a column of its own type or of text that is never NULL. */
  public UUID uuid(String column) throws SQLException {
    return value(column, UUID.class);
  }

  /** The day in a column that is never NULL; of a time with a zone, that in the columns' zone. */
  public LocalDate localDate(String column) throws SQLException {
    return value(column, LocalDate.class);
  }

  /** The time of day in a column that is never NULL. */
  public LocalTime localTime(String column) throws SQLException {
    return value(column, LocalTime.class);
  }

  /** The wall clock in a column that is never NULL, without a thought for zones. */
  public LocalDateTime localDateTime(String column) throws SQLException {
    return value(column, LocalDateTime.class);
  }

  /** A point in time that is never NULL, with its offset where the database keeps one. */
  public OffsetDateTime offsetDateTime(String column) throws SQLException {
    return value(column, OffsetDateTime.class);
  }

  /** The elements of an array that is never NULL; its own NULLs are null. */
  public <E> List<@Nullable E> list(String column, Class<E> type) throws SQLException {
    return required(column, listOrNull(column, type));
  }

  /** The elements of an array, or null for NULL. */
  public <E> @Nullable List<@Nullable E> listOrNull(String column, Class<E> type)
      throws SQLException {
    return SqlArrays.read(results, results.findColumn(column), type);
  }

  /**
   * The bytes of a BLOB or binary column as a stream, or null for NULL; read it before the mapper
   * returns, and before another column.
   */
  public @Nullable InputStream binaryOrNull(String column) throws SQLException {
    return results.getBinaryStream(column);
  }

  /** The text of a CLOB or text column as a stream, or null for NULL; read it likewise. */
  public @Nullable Reader textOrNull(String column) throws SQLException {
    return results.getCharacterStream(column);
  }

  /** The truth value in a column that is never NULL. */
  public boolean booleanValue(String column) throws SQLException {
    boolean value = results.getBoolean(column);
    if (!value) {
      refuseNull(column);
    }
    return value;
  }

  /** A point in time, as {@link Query#bind} writes it; never NULL. */
  public Instant instant(String column) throws SQLException {
    return required(column, instantOrNull(column));
  }

  /**
   * A point in time, or null for NULL. A column without a time zone holds the wall clock of {@link
   * DatabaseConfig#timeZone}, a date the start of its day there.
   */
  public @Nullable Instant instantOrNull(String column) throws SQLException {
    return instants().read(results, results.findColumn(column));
  }

  /** A column that is never NULL, as a type that {@link RowMapper#record} knows. */
  public <T> T value(String column, Class<T> type) throws SQLException {
    return required(column, valueOrNull(column, type));
  }

  /** A column as a type that {@link RowMapper#record} knows, or null for NULL. */
  public <T> @Nullable T valueOrNull(String column, Class<T> type) throws SQLException {
    return valueAt(results.findColumn(column), type);
  }

  @SuppressWarnings("unchecked") // the reader is the type's; cast() would refuse int for int.class
  <T> @Nullable T valueAt(int index, Class<T> type) throws SQLException {
    return (T) ColumnReader.of(type).read(this, index);
  }

  /**
   * The result set, for what has no getter here. Do not move or close it; its connection is guarded
   * like {@link DbSession#connection}.
   */
  public ResultSet resultSet() {
    return session.guarded(results);
  }

  ResultSet raw() {
    return results;
  }

  Instants instants() {
    return session.instants();
  }

  /** Made for the first row and kept for all others of the result. */
  int[] plan(Object owner, Planner planner) throws SQLException {
    if (planOwner != owner) {
      plan = planner.plan(results);
      planOwner = owner;
    }
    return plan;
  }

  private void refuseNull(String column) throws SQLException {
    if (results.wasNull()) {
      required(column, null);
    }
  }

  private static <T> T required(String column, @Nullable T value) {
    if (value == null) {
      throw new DbMappingException("column '" + column + "' must not be NULL", null);
    }
    return value;
  }
}
