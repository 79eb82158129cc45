package dev.drawbridge.db;

import dev.drawbridge.db.DatabaseConfig.StartMode;
import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.open.OpenSession;
import dev.drawbridge.db.internal.open.OpenSessions;
import dev.drawbridge.db.internal.open.Places;
import dev.drawbridge.db.internal.pool.ConnectionFactory;
import dev.drawbridge.db.internal.pool.Pool;
import dev.drawbridge.db.internal.pool.RetryPause;
import dev.drawbridge.db.internal.session.Listeners;
import dev.drawbridge.db.internal.session.SessionConnection;
import dev.drawbridge.db.internal.sql.ParsedStatements;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.threads.DaemonThreads;
import dev.drawbridge.db.internal.values.SessionZone;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import javax.management.ObjectName;
import javax.naming.InitialContext;
import javax.naming.NamingException;
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
  private static final long CLOSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long RETRY_FLOOR_MS = 10;
  private static final long RETRY_FIRST_MS = 50;
  private static final long RETRY_CEILING_MS = 2_000;

  private final DatabaseConfig config;
  private final Pool pool;
  private final Listeners listeners;
  private final int queryTimeoutSeconds;
  private final ParsedStatements parsed = new ParsedStatements();
  private final OpenSessions open;
  private final ScheduledThreadPoolExecutor watcher;
  private final HealthCheck healthCheck;
  private final LongAdder busy = new LongAdder();
  private final LongAdder unavailable = new LongAdder();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final @Nullable ObjectName jmxName;

  /** Null until asked for, when neither the data source nor its URL tells. */
  private volatile @Nullable Dialect dialect;

  private Database(DatabaseConfig config, Pool pool) {
    this.config = config;
    this.pool = pool;
    this.open = new OpenSessions(pool.size());
    this.listeners = new Listeners(config.listeners());
    this.queryTimeoutSeconds = Timeouts.seconds(config.queryTimeout());
    Dialect named = pool.isOwn() ? Dialects.ofUrl(config.url()) : Dialect.OTHER;
    // a URL of a driver that wraps another one tells nothing
    this.dialect = named == Dialect.OTHER ? null : named;
    this.watcher =
        new ScheduledThreadPoolExecutor(1, DaemonThreads.named(config.name() + "-watch"));
    this.healthCheck =
        new HealthCheck(
            () -> HealthCheck.probe(pool, open),
            () -> pool.failure(new SQLException("no answer"), open.oldest()),
            watcher);
    this.jmxName = config.jmx() ? DatabaseJmx.register(this, config.name()) : null;
    Duration leakAfter = config.leakAfter();
    if (!leakAfter.isZero()) {
      long period = Math.max(50, Math.min(5_000, leakAfter.toMillis() / 4));
      var unused =
          watcher.scheduleWithFixedDelay(
              () -> open.reportOlderThan(leakAfter), period, period, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Opens a pool or, when the configuration names one, uses the container's data source.
   *
   * @throws DbUnavailableException when the database did not answer within {@link
   *     DatabaseConfig#startWait} and the start mode is {@code REQUIRE}
   * @throws DbConfigException when there is no driver for the URL, or no such data source
   */
  public static Database open(DatabaseConfig config) {
    String jndi = config.jndi();
    if (jndi == null && !config.hasUrl()) {
      log.warn("no database URL is set: using one in memory, which is not persistent");
    }
    Pool pool = jndi == null ? Pool.own(config) : Pool.foreign(lookup(jndi), config);
    Database database = new Database(config, pool);
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
   * Uses a data source of the caller's; it is never pooled again and never closed here. Of the
   * configuration only what concerns sessions is used.
   */
  public static Database of(DataSource dataSource, DatabaseConfig config) {
    return new Database(config, Pool.foreign(dataSource, config));
  }

  @SuppressWarnings("BanJNDI") // the name is the operator's, and only a DataSource is taken
  private static DataSource lookup(String name) {
    try {
      Object found = new InitialContext().lookup(name);
      if (found instanceof DataSource) {
        return (DataSource) found;
      }
      throw new DbConfigException("jndi must name a DataSource: " + name, null);
    } catch (NamingException e) {
      throw new DbConfigException("jndi must name a DataSource: " + name, e);
    }
  }

  private void awaitStart() {
    long deadline = System.nanoTime() + config.startWait().toNanos();
    RetryPause pause = new RetryPause();
    while (true) {
      try {
        openSession().close();
        return;
      } catch (DbUnavailableException | DbBusyException e) {
        // a container's pool fails at once where ours waits
        long left = deadline - System.nanoTime();
        if (left <= 0 || !slept(Math.min(left, pause.nextNanos(isLogin(e))))) {
          String where = config.jndi() == null ? Urls.masked(config.url()) : config.jndi();
          throw new DbUnavailableException(
              "the database must answer within " + config.startWait() + ": " + where, e);
        }
      }
    }
  }

  private boolean isLogin(DbException e) {
    return e.getCause() instanceof SQLException
        && SqlErrors.isLogin((SQLException) e.getCause(), knownDialect());
  }

  /** False when interrupted, with the thread's mark restored. */
  private static boolean slept(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
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
    Object place = label == null && open.wantsPlace() ? Places.caller() : label;
    return openSession(options, place);
  }

  private DbSession openSession(SessionOptions options, @Nullable Object place) {
    int weight = open.weight();
    long start = weight == 0 ? 0 : System.nanoTime();
    SessionConnection connection = new SessionConnection(pool, acquire());
    long opened = System.nanoTime();
    OpenSession registration = open.add(place, opened, weight == 0 ? 0 : weight * (opened - start));
    try {
      Dialect known = dialect;
      if (known == null) {
        // with this connection: a second one could be one too many for a small pool
        known = Dialects.ofProduct(connection.jdbc().getMetaData().getDatabaseProductName());
        dialect = known;
      }
      connection.open(options.readOnly(), known);
      return new DbSession(this, connection, options, registration);
    } catch (SQLException e) {
      drop(connection, registration);
      throw failed(SqlErrors.translate(e, SqlErrors.Doing.of(knownDialect(), "opening a session")));
    } catch (RuntimeException | Error e) {
      drop(connection, registration);
      throw e;
    }
  }

  private void drop(SessionConnection connection, OpenSession registration) {
    connection.markBroken();
    connection.release();
    open.remove(registration);
  }

  private Connection acquire() {
    if (closed.get()) {
      throw new DbStateException("the database is closed", null);
    }
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      if (closed.get()) {
        throw new DbStateException("the database is closed", null);
      }
      throw failed(pool.failure(e, open.oldest()));
    }
  }

  /**
   * Runs work in a read-only session. When the connection turns out to be dead the work runs a
   * second time on a new one, so it must not have effects of its own; not when it may have written
   * past the session, by {@link DbSession#connection} or by a function that the database does not
   * hold back.
   */
  public <T extends @Nullable Object, E extends Exception> T read(SessionWork<T, E> work) throws E {
    SessionOptions options = SessionOptions.READ_ONLY;
    // opened outside the try: a failure to connect has waited long enough already
    DbSession first = openSession(options, place(work));
    try (first) {
      return work.run(first);
    } catch (DbUnavailableException e) {
      if (first.mayHaveWritten() || e.timedOut()) {
        throw e;
      }
      log.debug("a pooled connection was dead; reading once more on a new one", e);
    }
    pool.evictIdle();
    try (DbSession session = openSession(options, place(work))) {
      return work.run(session);
    }
  }

  /** Begins a transaction, runs the work and commits; whatever it throws rolls back. No retry. */
  public <T extends @Nullable Object, E extends Exception> T transact(SessionWork<T, E> work)
      throws E {
    return transact(Isolation.READ_COMMITTED, work);
  }

  /** Like {@link #transact(SessionWork)}, with an isolation of its own. */
  public <T extends @Nullable Object, E extends Exception> T transact(
      Isolation isolation, SessionWork<T, E> work) throws E {
    try (DbSession session = openSession(SessionOptions.defaults(), place(work))) {
      session.begin(isolation);
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

  /** Like {@link #transactRetrying(int, Isolation, SessionWork)} with {@code READ_COMMITTED}. */
  public <T extends @Nullable Object, E extends Exception> T transactRetrying(
      int maxAttempts, SessionWork<T, E> work) throws E {
    return transactRetrying(maxAttempts, Isolation.READ_COMMITTED, work);
  }

  /**
   * Like {@link #transact(Isolation, SessionWork)}, but runs the work again, after a random pause
   * of up to 50 ms that doubles with each attempt up to 2 s, when the transaction lost against
   * another one. Anything else is not retried.
   *
   * @param maxAttempts how often at most, at least 1
   */
  public <T extends @Nullable Object, E extends Exception> T transactRetrying(
      int maxAttempts, Isolation isolation, SessionWork<T, E> work) throws E {
    if (maxAttempts < 1) {
      throw new DbStateException("maxAttempts must be at least 1: " + maxAttempts, null);
    }
    for (int attempt = 1; ; attempt++) {
      try {
        return transact(isolation, work);
      } catch (DbConflictException e) {
        if (attempt >= maxAttempts) {
          throw e;
        }
        pause(attempt, e);
      }
    }
  }

  /** Longer from attempt to attempt, and random, so that those who met once do not meet again. */
  static long pauseMillis(int attempt) {
    long longest = Math.min(RETRY_CEILING_MS, RETRY_FIRST_MS << Math.min(attempt - 1, 10));
    return ThreadLocalRandom.current().nextLong(RETRY_FLOOR_MS, longest + 1);
  }

  private static void pause(int attempt, DbConflictException conflict) {
    if (!slept(TimeUnit.MILLISECONDS.toNanos(pauseMillis(attempt)))) {
      throw conflict;
    }
  }

  /** Sessions of a lambda cannot leak, so its class is place enough and costs nothing. */
  private static String place(SessionWork<?, ?> work) {
    return work.getClass().getName();
  }

  /** How the database is; asks it at most once a second, and waits for at most a second. */
  public DbHealth health() {
    return closed.get() ? healthCheck.whenClosed() : healthCheck.health();
  }

  /** The numbers now. */
  public DbMetrics metrics() {
    DbMetrics.Counters counters =
        new DbMetrics.Counters(open.opened(), open.waitedNanos(), busy.sum(), unavailable.sum());
    return new DbMetrics(pool.numbers(), open.size(), counters, open.leaks());
  }

  /**
   * Opens a plain connection that no session stands on: for LISTEN, or for work that must not wait
   * behind that of others. The caller's to close, each statement by itself until it says otherwise.
   * One try, beside a pool of ours; a data source of somebody else's lends one of its own, which is
   * to be given back soon.
   *
   * @throws SQLException as the driver or the data source throws it
   */
  public Connection connect() throws SQLException {
    if (closed.get()) {
      throw new SQLException("the database is closed", "08003");
    }
    return pool.isOwn() ? connect(config) : pool.getConnection();
  }

  /**
   * The same by a configuration with a URL, without a pool and what belongs to it.
   *
   * @throws SQLException as the driver throws it
   * @throws DbConfigException when there is no driver for the URL
   */
  public static Connection connect(DatabaseConfig config) throws SQLException {
    return new ConnectionFactory(config, new SessionZone(config.timeZone())).connect();
  }

  /** Whether connections come from a pool of ours, not from a data source of somebody else's. */
  public boolean hasOwnPool() {
    return pool.isOwn();
  }

  /** Which database this is; known from the first session on when the data source is not ours. */
  public Dialect dialect() {
    Dialect known = dialect;
    if (known == null) {
      openSession().close();
      known = dialect;
    }
    return known == null ? Dialect.OTHER : known;
  }

  /** The configuration this was opened with. */
  public DatabaseConfig config() {
    return config;
  }

  /**
   * Refuses new sessions, waits up to 5 s for open ones, and closes our own pool with whatever is
   * left. Idempotent.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    long deadline = System.nanoTime() + CLOSE_WAIT_NANOS;
    while (open.size() > 0
        && System.nanoTime() - deadline < 0
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
    if (open.size() > 0) {
      log.warn("closing the database with {} sessions open ({})", open.size(), open.oldest());
    }
    watcher.shutdownNow();
    if (jmxName != null) {
      DatabaseJmx.unregister(jmxName);
    }
    pool.close();
  }

  Listeners listeners() {
    return listeners;
  }

  /** Which database this is, as far as it is known. */
  Dialect knownDialect() {
    Dialect known = dialect;
    return known == null ? Dialect.OTHER : known;
  }

  /** How long the driver waits on the socket of a connection; null when it is not known. */
  @Nullable Duration socketTimeout(Connection connection) {
    if (pool.isOwn()) {
      return config.socketTimeout();
    }
    try {
      int millis = connection.getNetworkTimeout();
      return millis <= 0 ? null : Duration.ofMillis(millis);
    } catch (SQLException | RuntimeException | LinkageError e) {
      // LinkageError: drivers from before Java 7
      return null;
    }
  }

  ScheduledThreadPoolExecutor watcher() {
    return watcher;
  }

  int queryTimeoutSeconds() {
    return queryTimeoutSeconds;
  }

  SqlText parsed(String sql) {
    return parsed.get(sql, knownDialect());
  }

  /** Counts a failure on its way to the caller. */
  <X extends DbException> X failed(X e) {
    if (e instanceof DbBusyException) {
      busy.increment();
      healthCheck.busy();
    } else if (e instanceof DbUnavailableException || e instanceof DbUnknownOutcomeException) {
      unavailable.increment();
    }
    return e;
  }

  void closed(OpenSession registration) {
    open.remove(registration);
  }
}
