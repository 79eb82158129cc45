package dev.drawbridge.db;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.drawbridge.db.DatabaseConfig.StartMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the pool and opens sessions; one per application. Thread-safe.
 *
 * <pre>{@code
 * try (DbSession session = database.openSession()) {
 *   session.begin();
 *   session.update("UPDATE account SET balance = balance - ? WHERE id = ?", 10, from).run();
 *   session.update("UPDATE account SET balance = balance + ? WHERE id = ?", 10, to).run();
 *   session.commit();
 * }
 * }</pre>
 */
public final class Database implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Database.class);
  private static final int PARSED_STATEMENTS = 1_000;

  private final DatabaseConfig config;
  private final DataSource dataSource;

  /** Our own pool, or null when the data source belongs to the caller. */
  private final @Nullable HikariDataSource pool;

  private final int queryTimeoutSeconds;
  private final Cache<String, SqlText> parsed =
      Caffeine.newBuilder().maximumSize(PARSED_STATEMENTS).build();
  private final Set<OpenSession> open = ConcurrentHashMap.newKeySet();
  private final LongAdder busy = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final LongAdder leaks = new LongAdder();
  private volatile @Nullable Dialect dialect;
  private volatile boolean closed;

  private Database(DatabaseConfig config, DataSource dataSource, @Nullable HikariDataSource pool) {
    this.config = config;
    this.dataSource = dataSource;
    this.pool = pool;
    this.queryTimeoutSeconds = Timeouts.seconds(config.queryTimeout());
    this.dialect = pool == null ? null : Dialect.ofUrl(config.url());
  }

  /**
   * Opens a pool.
   *
   * @throws DbUnavailableException when the database did not answer within {@link
   *     DatabaseConfig#startWait} and the start mode is {@code REQUIRE}
   * @throws DbConfigException when there is no driver for the URL
   */
  public static Database open(DatabaseConfig config) {
    if (!config.hasUrl()) {
      log.warn("no database URL is set: using one in memory, which is not persistent");
    }
    Database database;
    try {
      HikariDataSource pool = new HikariDataSource(hikari(config));
      database = new Database(config, pool, pool);
    } catch (RuntimeException e) {
      // the original names the whole URL
      throw new DbConfigException(
          "no JDBC driver on the class path accepts " + Urls.masked(config.url()), null);
    }
    if (config.startMode() == StartMode.REQUIRE) {
      try {
        database.awaitStart();
      } catch (RuntimeException e) {
        database.close();
        throw e;
      }
    }
    return database;
  }

  /**
   * Uses a data source of the caller's, for instance a container's; it is never pooled again and
   * never closed here.
   */
  public static Database of(DataSource dataSource, DatabaseConfig config) {
    return new Database(config, dataSource, null);
  }

  private static HikariConfig hikari(DatabaseConfig config) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("drawbridge-db");
    hikari.setJdbcUrl(config.url());
    if (config.user() != null) {
      hikari.setUsername(config.user());
    }
    if (config.password() != null) {
      hikari.setPassword(config.password());
    }
    hikari.setMaximumPoolSize(config.poolSize());
    hikari.setConnectionTimeout(config.acquireTimeout().toMillis());
    hikari.setValidationTimeout(
        Math.max(250, Math.min(1000, config.acquireTimeout().toMillis() - 1)));
    hikari.setMaxLifetime(config.maxLifetime().toMillis());
    hikari.setKeepaliveTime(config.keepalive().toMillis());
    // the bounded wait at start is ours, and says more
    hikari.setInitializationFailTimeout(-1);
    hikari.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    return hikari;
  }

  private void awaitStart() {
    long deadline = System.nanoTime() + config.startWait().toNanos();
    while (true) {
      try {
        openSession().close();
        return;
      } catch (DbUnavailableException | DbBusyException e) {
        if (System.nanoTime() - deadline >= 0) {
          throw new DbUnavailableException(
              "the database must answer within "
                  + config.startWait()
                  + ": "
                  + Urls.masked(config.url()),
              e);
        }
      }
    }
  }

  /** Borrows a connection now: read-write, each statement by itself until {@code begin}. */
  public DbSession openSession() {
    return openSession(SessionOptions.defaults());
  }

  /**
   * Borrows a connection now.
   *
   * @throws DbBusyException when none became free within the acquire time-out
   * @throws DbUnavailableException when the database cannot be reached
   */
  public DbSession openSession(SessionOptions options) {
    String label = options.label();
    return openSession(options, label == null ? Places.caller() : label);
  }

  private DbSession openSession(SessionOptions options, String place) {
    if (closed) {
      throw new DbStateException("the database is closed", null);
    }
    Connection connection = acquire();
    OpenSession registration = new OpenSession(place, System.nanoTime());
    open.add(registration);
    try {
      if (options.readOnly()) {
        connection.setReadOnly(true);
      }
      return new DbSession(this, connection, options, registration);
    } catch (SQLException e) {
      DbException failed = failed(SqlErrors.translate(e, "opening a session", null));
      release(connection, registration, e);
      throw failed;
    }
  }

  private Connection acquire() {
    try {
      return dataSource.getConnection();
    } catch (SQLException e) {
      throw failed(acquireFailed(e));
    }
  }

  /** Exhausted, down and black-holed look alike in the exception; the pool's numbers tell. */
  private DbException acquireFailed(SQLException e) {
    DbMetrics now = metrics();
    if (pool != null && now.active() >= now.max()) {
      return new DbBusyException(
          "no connection within "
              + config.acquireTimeout().toMillis()
              + " ms ("
              + now
              + ", "
              + oldestSession()
              + ")",
          WithheldSqlException.copyOf(e));
    }
    SQLException cause =
        e.getSQLState() == null && e.getCause() instanceof SQLException
            ? (SQLException) e.getCause()
            : e;
    DbException translated = SqlErrors.translate(cause, "connecting", null);
    if (translated.getClass() != DbException.class) {
      return translated;
    }
    return new DbUnavailableException(
        "no connection to the database within " + config.acquireTimeout().toMillis() + " ms",
        translated.getCause());
  }

  private String oldestSession() {
    Optional<OpenSession> oldest =
        open.stream().min(Comparator.comparingLong(OpenSession::openedNanos));
    return oldest
        .map(s -> "oldest session open for " + s.age(System.nanoTime()).toMillis() + " ms, " + s)
        .orElse("no session open");
  }

  /**
   * Runs work in a read-only session. When the connection turns out to be dead the work runs a
   * second time on a new one, so it must not have effects of its own.
   */
  public <T extends @Nullable Object, E extends Exception> T read(SessionWork<T, E> work) throws E {
    SessionOptions options = SessionOptions.defaults().withReadOnly();
    try (DbSession session = openSession(options, work.getClass().getName())) {
      return work.run(session);
    } catch (DbUnavailableException e) {
      log.debug("a pooled connection was dead; reading once more on a new one", e);
    }
    evictIdle();
    try (DbSession session = openSession(options, work.getClass().getName())) {
      return work.run(session);
    }
  }

  /** Begins a transaction, runs the work and commits; whatever it throws rolls back. No retry. */
  public <T extends @Nullable Object, E extends Exception> T transact(SessionWork<T, E> work)
      throws E {
    SessionOptions options = SessionOptions.defaults();
    try (DbSession session = openSession(options, work.getClass().getName())) {
      session.begin();
      try {
        T result = work.run(session);
        session.commit();
        return result;
      } catch (Throwable e) {
        session.rollbackQuietly(e);
        throw e;
      }
    }
  }

  /** How the database is; asks it at most once a second. */
  public DbHealth health() {
    try {
      read(session -> session.query("SELECT 1").one(row -> 1));
      return new DbHealth(DbHealth.Status.UP, null, Instant.now());
    } catch (DbException e) {
      return new DbHealth(DbHealth.Status.DOWN, e.getMessage(), Instant.now());
    }
  }

  /** The pool's numbers now. */
  public DbMetrics metrics() {
    int active = -1;
    int idle = -1;
    int waiting = -1;
    if (pool != null && pool.getHikariPoolMXBean() != null) {
      active = pool.getHikariPoolMXBean().getActiveConnections();
      idle = pool.getHikariPoolMXBean().getIdleConnections();
      waiting = pool.getHikariPoolMXBean().getThreadsAwaitingConnection();
    }
    return new DbMetrics(
        active,
        idle,
        waiting,
        pool == null ? -1 : config.poolSize(),
        open.size(),
        busy.sum(),
        unavailable.sum(),
        leaks.sum());
  }

  /** Which database this is; asks it once when the data source is not ours. */
  public Dialect dialect() {
    Dialect known = dialect;
    if (known == null) {
      try (Connection connection = acquire()) {
        known = Dialect.ofProduct(connection.getMetaData().getDatabaseProductName());
        dialect = known;
      } catch (SQLException e) {
        throw failed(SqlErrors.translate(e, "asking for the product", null));
      }
    }
    return known;
  }

  /** The configuration this was opened with. */
  public DatabaseConfig config() {
    return config;
  }

  /** Refuses new sessions and closes our own pool. Idempotent. */
  @Override
  public void close() {
    closed = true;
    if (pool != null) {
      pool.close();
    }
  }

  int queryTimeoutSeconds() {
    return queryTimeoutSeconds;
  }

  SqlText parsed(String sql) {
    return parsed.get(sql, SqlText::parse);
  }

  /** Counts a failure on its way to the caller. */
  <X extends DbException> X failed(X e) {
    if (e instanceof DbBusyException) {
      busy.increment();
    } else if (e instanceof DbUnavailableException || e instanceof DbUnknownOutcomeException) {
      unavailable.increment();
    }
    return e;
  }

  /** After one dead connection the others are suspect: let the pool replace them. */
  private void evictIdle() {
    if (pool != null && pool.getHikariPoolMXBean() != null) {
      pool.getHikariPoolMXBean().softEvictConnections();
    }
  }

  void release(Connection connection, OpenSession registration, @Nullable SQLException broken) {
    open.remove(registration);
    try {
      if (broken != null && pool != null) {
        pool.evictConnection(connection);
      }
    } finally {
      try {
        connection.close();
      } catch (SQLException e) {
        log.debug("a connection could not be returned", SqlErrors.translate(e, "close", null));
      }
    }
  }

  Duration age(OpenSession session) {
    return session.age(System.nanoTime());
  }
}
