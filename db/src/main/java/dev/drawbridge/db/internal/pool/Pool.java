package dev.drawbridge.db.internal.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.SQLExceptionOverride;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.errors.DriverText;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.errors.WithheldSqlException;
import dev.drawbridge.db.internal.values.SessionZone;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.NoSuchElementException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where connections come from: a HikariCP pool of ours, or the caller's data source as it is. */
public final class Pool {
  private static final Logger log = LoggerFactory.getLogger(Pool.class);

  private final DatabaseConfig config;
  private final DataSource dataSource;

  /** Ours, or the caller's when it happens to be one; null when there is none to ask. */
  private final @Nullable HikariDataSource hikari;

  /** Null when the data source is the caller's. */
  private final @Nullable ConnectionFactory factory;

  private final SessionZone zone;

  /** As far as the URL tells; connections fail in ways of all databases when it does not. */
  private final Dialect dialect;

  /** What a container's pool says of its size; -1 when it does not. */
  private final int foreignMax;

  private Pool(
      DatabaseConfig config,
      DataSource dataSource,
      @Nullable HikariDataSource hikari,
      @Nullable ConnectionFactory factory,
      SessionZone zone) {
    this.config = config;
    this.zone = zone;
    this.dataSource = dataSource;
    this.hikari = hikari;
    this.factory = factory;
    this.dialect = factory == null ? Dialect.OTHER : Dialects.ofUrl(config.url());
    this.foreignMax = hikari == null ? sizeOf(dataSource) : -1;
  }

  /** By the names that DBCP, Tomcat's pool, HikariCP and others have for it. */
  private static int sizeOf(DataSource pool) {
    for (String name :
        new String[] {"getMaxTotal", "getMaxActive", "getMaximumPoolSize", "getMaxPoolSize"}) {
      try {
        Object size = pool.getClass().getMethod(name).invoke(pool);
        if (size instanceof Integer && (Integer) size > 0) {
          return (Integer) size;
        }
      } catch (ReflectiveOperationException | RuntimeException e) {
        log.trace("a data source without {}", name, e);
      }
    }
    return -1;
  }

  public static Pool own(DatabaseConfig config) {
    SessionZone zone = new SessionZone(config.timeZone());
    ConnectionFactory factory = new ConnectionFactory(config, zone);
    HikariConfig settings = new HikariConfig();
    settings.setPoolName(config.name());
    settings.setDataSource(factory);
    settings.setMaximumPoolSize(config.poolSize());
    settings.setConnectionTimeout(config.acquireTimeout().toMillis());
    settings.setValidationTimeout(
        Math.max(250, Math.min(1000, config.acquireTimeout().toMillis() - 1)));
    settings.setMaxLifetime(config.maxLifetime().toMillis());
    settings.setKeepaliveTime(config.keepalive().toMillis());
    // the bounded wait at start is ours, and says more
    settings.setInitializationFailTimeout(-1);
    Dialect dialect = Dialects.ofUrl(config.url());
    if (dialect != Dialect.OTHER) {
      // explicit, or a failed detection may break the pool for good; some others know no such level
      settings.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    }
    if (Dialects.ofWrappingUrl(config.url()) == Dialect.MYSQL) {
      // HikariCP looks for the word: that driver sets a time-out of the socket on whatever thread
      // it is given, and the short one of a check must not come after the one that it is set back
      // to
      settings.setJdbcUrl("jdbc:mysql:");
    }
    settings.setExceptionOverride(new EndOfConnection(dialect));
    HikariDataSource hikari = new HikariDataSource(settings);
    return new Pool(config, hikari, hikari, factory, zone);
  }

  /**
   * Which exceptions end a connection is the session's to decide: the pool would drop one in the
   * middle of a transaction for "feature not supported", and would log the text of whatever a
   * function of the database raised. What the driver itself says of a broken socket is left to it.
   */
  private static final class EndOfConnection implements SQLExceptionOverride {
    private final Dialect dialect;

    EndOfConnection(Dialect dialect) {
      this.dialect = dialect;
    }

    @java.lang.Override
    public SQLExceptionOverride.Override adjudicate(SQLException e) {
      return SqlErrors.isUnavailable(e, dialect) && DriverText.isByDriver(e, dialect)
          ? SQLExceptionOverride.Override.CONTINUE_EVICT
          : SQLExceptionOverride.Override.DO_NOT_EVICT;
    }
  }

  public static Pool foreign(DataSource dataSource, DatabaseConfig config) {
    HikariDataSource measured =
        dataSource instanceof HikariDataSource ? (HikariDataSource) dataSource : null;
    return new Pool(config, dataSource, measured, null, new SessionZone(config.timeZone()));
  }

  /** How many connections there are at most; where a container's pool does not tell, a guess. */
  public int size() {
    if (isOwn()) {
      return config.poolSize();
    }
    int max = hikari == null ? foreignMax : hikari.getMaximumPoolSize();
    return max > 0 ? max : config.poolSize();
  }

  public boolean isOwn() {
    return factory != null;
  }

  /** The time zone of its sessions. */
  public SessionZone zone() {
    return zone;
  }

  /** Whether what is set on a connection may be gone, or somebody else's, in a transaction. */
  public boolean isBehindPooler() {
    return factory == null
        ? config.pooler() == DatabaseConfig.Pooler.TRANSACTION
        : factory.poolers().isBetween();
  }

  /** Whether connections come with {@code READ_COMMITTED} for sure. */
  public boolean isReadCommitted() {
    return dialect != Dialect.OTHER;
  }

  /** Asked of the pool where it can tell: the connection of some drivers asks the database. */
  public boolean comesReadOnly(Connection connection) throws SQLException {
    return hikari == null ? connection.isReadOnly() : hikari.isReadOnly();
  }

  /** Likewise. */
  public boolean comesWithoutAutoCommit(Connection connection) throws SQLException {
    return hikari == null ? !connection.getAutoCommit() : !hikari.isAutoCommit();
  }

  public Connection getConnection() throws SQLException {
    Connection connection;
    try {
      connection = dataSource.getConnection();
    } catch (RuntimeException e) {
      // a container's data source may fail in ways of its own
      throw e.getCause() instanceof SQLException
          ? (SQLException) e.getCause()
          : new SQLException("the data source failed", "08001", e);
    }
    if (connection == null) {
      throw new SQLException("the data source gave no connection", "08001");
    }
    return connection;
  }

  /** Exhausted, down and black-holed look alike in the exception; the pool's numbers tell. */
  public DbException failure(SQLException thrown, String oldestSession) {
    if (thrown.getCause() instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return new DbException("interrupted while waiting for a connection", null);
    }
    String none =
        factory == null
            ? "no connection from the data source"
            : "no connection within " + config.acquireTimeout().toMillis() + " ms";
    Numbers now = numbers();
    boolean allInUse =
        hikari == null ? looksExhausted(thrown) : now.max > 0 && now.active >= now.max;
    SQLException connecting = factory == null ? null : factory.lastFailure();
    if (!allInUse && connecting != null) {
      return SqlErrors.unavailable(none, connecting, dialect);
    }
    if (allInUse || (now.active > 0 && now.idle == 0 && thrown.getSQLState() == null)) {
      String numbers = hikari == null ? "" : now + ", ";
      return new DbBusyException(
          none + " (" + numbers + oldestSession + ")", WithheldSqlException.copyOf(thrown));
    }
    return SqlErrors.unavailable(none, thrown, dialect);
  }

  /**
   * Containers' pools have no numbers for us, but the common ones say in some way that it is so.
   */
  private static boolean looksExhausted(SQLException thrown) {
    return thrown.getSQLState() == null
        && (thrown.getCause() instanceof NoSuchElementException
            || thrown.getClass().getSimpleName().contains("Exhausted")
            || (thrown instanceof SQLTransientConnectionException && thrown.getCause() == null));
  }

  public Numbers numbers() {
    HikariDataSource asked = hikari;
    HikariPoolMXBean bean = asked == null ? null : asked.getHikariPoolMXBean();
    return asked == null || bean == null
        ? new Numbers(-1, -1, -1, foreignMax)
        : new Numbers(
            bean.getActiveConnections(),
            bean.getIdleConnections(),
            bean.getThreadsAwaitingConnection(),
            asked.getMaximumPoolSize());
  }

  /** Closes a connection that must not be used again; false where the pool cannot be told. */
  public boolean evict(Connection connection) {
    if (hikari == null) {
      ForeignPools.discard(connection);
      return false;
    }
    hikari.evictConnection(connection);
    return true;
  }

  /** After one dead connection the others are suspect: let the pool replace them. */
  public void evictIdle() {
    HikariPoolMXBean bean = isOwn() && hikari != null ? hikari.getHikariPoolMXBean() : null;
    if (bean != null) {
      bean.softEvictConnections();
    }
  }

  public void close() {
    if (factory != null && hikari != null) {
      factory.close();
      hikari.close();
    }
  }

  /** The pool's numbers at one moment; -1 where they are not known. */
  public static final class Numbers {
    public final int active;
    public final int idle;
    public final int waiting;
    public final int max;

    public Numbers(int active, int idle, int waiting, int max) {
      this.active = active;
      this.idle = idle;
      this.waiting = waiting;
      this.max = max;
    }

    @Override
    public String toString() {
      return "active " + active + ", idle " + idle + ", waiting " + waiting + ", max " + max;
    }
  }
}
