package dev.drawbridge.db.internal.values;

import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.Dialect;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads points in time, so that neither the time zone of the JVM nor that of the session
 * decides which one a column holds. Used by one thread at a time.
 *
 * <p>A column without a zone holds the wall clock of {@link DatabaseConfig#timeZone()}, a date its
 * day. Microseconds are kept, what is finer is cut, since the databases disagree whether they round
 * or cut.
 */
public final class Instants {
  /** Vendors' codes for "timestamp with time zone": Oracle's two, SQL Server's. */
  private static final int ORACLE_ZONED = -101;

  private static final int ORACLE_LOCAL = -102;
  private static final int SQL_SERVER_OFFSET = -155;

  private final Dialect dialect;
  private final SessionZone zone;
  private final Connection jdbc;

  /** Null until asked for. */
  private @Nullable Status status;

  public Instants(Dialect dialect, SessionZone zone, Connection jdbc) {
    this.dialect = dialect;
    this.zone = zone;
    this.jdbc = jdbc;
  }

  /** The zone of columns that have none. */
  public ZoneId zone() {
    return zone.ofColumns();
  }

  public void bind(PreparedStatement statement, int index, Instant instant) throws SQLException {
    Instant micros = instant.truncatedTo(ChronoUnit.MICROS);
    switch (dialect) {
      case POSTGRESQL:
        bindPostgres(statement, index, micros);
        break;
      case H2:
        if (zone() instanceof ZoneOffset) {
          statement.setObject(index, LocalDateTime.ofInstant(micros, zone()));
        } else {
          // the offset tells the two halves of the hour that the clock shows twice
          statement.setObject(index, OffsetDateTime.ofInstant(micros, zone()));
        }
        break;
      case MARIADB:
      case MYSQL:
        statement.setObject(index, LocalDateTime.ofInstant(micros, zone()));
        break;
      default:
        bindOther(statement, index, micros);
        break;
    }
  }

  /** H2 keeps an offset; elsewhere only the instant counts. */
  public void bind(PreparedStatement statement, int index, OffsetDateTime time)
      throws SQLException {
    if (dialect == Dialect.H2) {
      statement.setObject(index, time.truncatedTo(ChronoUnit.MICROS));
    } else {
      bind(statement, index, time.toInstant());
    }
  }

  /**
   * Without a type of its own the text becomes what the column is: one with a zone heeds the
   * offset, one without drops it. In a session in UTC both are the same, and a typed parameter also
   * serves where no column says what it is, as in {@code ? - interval '1 day'}.
   */
  private void bindPostgres(PreparedStatement statement, int index, Instant micros)
      throws SQLException {
    if (zone().equals(ZoneOffset.UTC) && isFinite(micros) && isSessionInUtc()) {
      statement.setObject(index, LocalDateTime.ofInstant(micros, ZoneOffset.UTC));
    } else {
      statement.setObject(index, postgresText(micros), Types.OTHER);
    }
  }

  private static boolean isFinite(Instant instant) {
    return instant.isAfter(LocalDateTime.MIN.toInstant(ZoneOffset.UTC))
        && instant.isBefore(LocalDateTime.MAX.toInstant(ZoneOffset.UTC));
  }

  private String postgresText(Instant micros) {
    if (!isFinite(micros)) {
      return micros.isAfter(Instant.EPOCH) ? "infinity" : "-infinity";
    }
    OffsetDateTime time = OffsetDateTime.ofInstant(micros, zone());
    int year = time.getYear();
    String offset = time.getOffset().equals(ZoneOffset.UTC) ? "+00" : time.getOffset().getId();
    return String.format(
        "%04d-%02d-%02d %02d:%02d:%02d.%06d%s%s",
        year > 0 ? year : 1 - year,
        time.getMonthValue(),
        time.getDayOfMonth(),
        time.getHour(),
        time.getMinute(),
        time.getSecond(),
        time.getNano() / 1000,
        offset,
        year > 0 ? "" : " BC");
  }

  /** The server reports every change of it, so asking the driver costs no round trip. */
  private boolean isSessionInUtc() throws SQLException {
    Status known = status;
    if (known == null) {
      known = Status.of(jdbc);
      status = known;
    }
    return SessionZone.isUtcName(known.timeZone());
  }

  private void bindOther(PreparedStatement statement, int index, Instant micros)
      throws SQLException {
    try {
      statement.setObject(index, LocalDateTime.ofInstant(micros, zone()));
    } catch (SQLException e) {
      // drivers that know no java.time
      statement.setTimestamp(index, Timestamp.from(micros), calendar());
    }
  }

  private Calendar calendar() {
    return new GregorianCalendar(TimeZone.getTimeZone(zone()));
  }

  /** The instant in a column of whatever kind; null for NULL. */
  public @Nullable Instant read(ResultSet results, int index) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    if (isZoned(metaData, index)) {
      OffsetDateTime time = results.getObject(index, OffsetDateTime.class);
      return time == null ? null : instant(time);
    }
    if (metaData.getColumnType(index) == Types.DATE) {
      LocalDate day = day(results, index);
      return day == null ? null : day.atStartOfDay(zone()).toInstant();
    }
    LocalDateTime time;
    try {
      time = results.getObject(index, LocalDateTime.class);
    } catch (SQLException e) {
      if (dialect != Dialect.OTHER) {
        throw e;
      }
      Timestamp old = results.getTimestamp(index, calendar());
      return old == null ? null : old.toInstant();
    }
    if (time == null) {
      return null;
    }
    if (time.equals(LocalDateTime.MAX)) {
      return Instant.MAX;
    }
    if (time.equals(LocalDateTime.MIN)) {
      return Instant.MIN;
    }
    return time.atZone(zoneOf(metaData, index)).toInstant();
  }

  private static Instant instant(OffsetDateTime time) {
    if (time.equals(OffsetDateTime.MAX)) {
      return Instant.MAX;
    }
    return time.equals(OffsetDateTime.MIN) ? Instant.MIN : time.toInstant();
  }

  private @Nullable LocalDate day(ResultSet results, int index) throws SQLException {
    try {
      return results.getObject(index, LocalDate.class);
    } catch (SQLException e) {
      if (dialect != Dialect.OTHER) {
        throw e;
      }
      java.sql.Date old = results.getDate(index);
      return old == null ? null : old.toLocalDate();
    }
  }

  /** MariaDB's TIMESTAMP is kept in UTC, and shown in the zone of the session. */
  private ZoneId zoneOf(ResultSetMetaData metaData, int index) throws SQLException {
    boolean shownInSession =
        (dialect == Dialect.MARIADB || dialect == Dialect.MYSQL)
            && "TIMESTAMP".equalsIgnoreCase(metaData.getColumnTypeName(index));
    return shownInSession ? zone.ofSession() : zone();
  }

  /** With a zone of its own; an {@link OffsetDateTime} keeps the offset where the database does. */
  public @Nullable OffsetDateTime readOffset(ResultSet results, int index) throws SQLException {
    if (isZoned(results.getMetaData(), index)) {
      return results.getObject(index, OffsetDateTime.class);
    }
    Instant instant = read(results, index);
    return instant == null ? null : OffsetDateTime.ofInstant(instant, zone());
  }

  /** The wall clock: as it stands in a column without a zone. */
  public @Nullable LocalDateTime readLocal(ResultSet results, int index) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    boolean plain =
        !isZoned(metaData, index)
            && metaData.getColumnType(index) != Types.DATE
            && dialect != Dialect.OTHER;
    if (plain) {
      return results.getObject(index, LocalDateTime.class);
    }
    Instant instant = read(results, index);
    return instant == null ? null : LocalDateTime.ofInstant(instant, zone());
  }

  /** The day; of a column with a zone, that of {@link #zone()}. */
  public @Nullable LocalDate readDay(ResultSet results, int index) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    if (metaData.getColumnType(index) == Types.DATE) {
      return day(results, index);
    }
    LocalDateTime time = readLocal(results, index);
    return time == null ? null : time.toLocalDate();
  }

  public boolean isZonedColumn(ResultSet results, int index) throws SQLException {
    return isZoned(results.getMetaData(), index);
  }

  private static boolean isZoned(ResultSetMetaData metaData, int index) throws SQLException {
    switch (metaData.getColumnType(index)) {
      case Types.TIMESTAMP_WITH_TIMEZONE:
      case ORACLE_ZONED:
      case ORACLE_LOCAL:
      case SQL_SERVER_OFFSET:
        return true;
      default:
        // PostgreSQL reports both kinds as TIMESTAMP, but for their names
        return "timestamptz".equals(metaData.getColumnTypeName(index));
    }
  }

  /**
   * What PostgreSQL's server told its driver; by reflection, since the driver may be in a class
   * loader of the container's or missing.
   */
  private static final class Status {
    private static final Status UNKNOWN = new Status(null, null);
    private final @Nullable Object connection;
    private final @Nullable Method method;

    private Status(@Nullable Object connection, @Nullable Method method) {
      this.connection = connection;
      this.method = method;
    }

    static Status of(Connection jdbc) {
      for (ClassLoader loader :
          new ClassLoader[] {
            Thread.currentThread().getContextClassLoader(), Instants.class.getClassLoader()
          }) {
        try {
          Class<?> type = Class.forName("org.postgresql.PGConnection", false, loader);
          if (jdbc.isWrapperFor(type)) {
            return new Status(
                jdbc.unwrap(type), type.getMethod("getParameterStatus", String.class));
          }
        } catch (ReflectiveOperationException | LinkageError | SQLException e) {
          // then the text without a type serves
        }
      }
      return UNKNOWN;
    }

    @Nullable String timeZone() {
      if (method == null) {
        return null;
      }
      try {
        return (String) method.invoke(connection, "TimeZone");
      } catch (ReflectiveOperationException e) {
        return null;
      }
    }
  }
}
