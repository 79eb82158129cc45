package dev.drawbridge.db.internal.pool;

import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.Dialect;
import dev.drawbridge.db.Urls;
import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.dialect.Dialects;
import dev.drawbridge.db.internal.errors.SqlErrors;
import dev.drawbridge.db.internal.values.SessionZone;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Properties;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Opens physical connections for the pool, and keeps trying while the server is away.
 *
 * <p>The pool's own pause between attempts grows to five seconds; waiting here instead brings the
 * service back within half a second of the server. Thread-safe.
 */
public final class ConnectionFactory implements DataSource {
  private static final org.slf4j.Logger log = LoggerFactory.getLogger(ConnectionFactory.class);
  private final DatabaseConfig config;
  private final Driver driver;
  private final SessionZone zone;
  private final Poolers poolers;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Why the last attempt failed; null after one that did not. Any thread of the pool. */
  private volatile @Nullable SQLException lastFailure;

  public ConnectionFactory(DatabaseConfig config, SessionZone zone) {
    this.config = config;
    this.zone = zone;
    this.driver = driver(config.url());
    this.poolers = new Poolers(config.pooler());
  }

  /** Also finds drivers that the container's DriverManager never saw, in WEB-INF/lib. */
  private static Driver driver(String url) {
    try {
      Driver found = driver(url, ServiceLoader.load(Driver.class));
      if (found == null) {
        ClassLoader own = ConnectionFactory.class.getClassLoader();
        found = driver(url, ServiceLoader.load(Driver.class, own));
      }
      return found == null ? DriverManager.getDriver(url) : found;
    } catch (SQLException e) {
      // not the cause: it may repeat the URL
      throw new DbConfigException(
          "no JDBC driver on the class path accepts " + Urls.masked(url), null);
    }
  }

  private static @Nullable Driver driver(String url, ServiceLoader<Driver> drivers)
      throws SQLException {
    try {
      for (Driver candidate : drivers) {
        if (candidate.acceptsURL(url)) {
          return candidate;
        }
      }
    } catch (ServiceConfigurationError e) {
      log.debug("a JDBC driver on the class path cannot be loaded", e);
    }
    return null;
  }

  public @Nullable SQLException lastFailure() {
    return lastFailure;
  }

  public Poolers poolers() {
    return poolers;
  }

  /** Ends all waiting; later attempts fail at once. */
  public void close() {
    closed.countDown();
  }

  @Override
  public Connection getConnection() throws SQLException {
    RetryPause pause = new RetryPause();
    while (true) {
      SQLException failure;
      try {
        return connect();
      } catch (SQLException e) {
        failure = e;
        lastFailure = e;
      }
      boolean login = SqlErrors.isLogin(failure, Dialects.ofUrl(config.url()));
      if (isClosedWithin(pause.nextNanos(login), failure)) {
        throw failure;
      }
    }
  }

  private boolean isClosedWithin(long nanos, SQLException failure) throws SQLException {
    try {
      return closed.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }

  /**
   * One try.
   *
   * @throws SQLException as the driver throws it
   */
  public Connection connect() throws SQLException {
    Properties properties = properties();
    Connection connection = driver.connect(config.url(), properties);
    if (connection == null) {
      throw new SQLException("the driver does not accept the URL", "08001");
    }
    try {
      prepare(connection);
    } catch (SQLException e) {
      try {
        connection.close();
      } catch (SQLException late) {
        e.addSuppressed(late);
      }
      throw e;
    }
    lastFailure = null;
    return connection;
  }

  /** The zone comes last, since it must hold whatever the statement of the operator's did. */
  private void prepare(Connection connection) throws SQLException {
    if (Dialects.ofWrappingUrl(config.url()) == Dialect.POSTGRESQL) {
      poolers.look(connection);
      if (poolers.isBetween()) {
        poolers.keepNothingPrepared(connection);
      }
    }
    String initSql = config.initSql();
    if (initSql != null && !initSql.isEmpty()) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(initSql);
      }
    }
    Dialect dialect = Dialects.ofUrl(config.url());
    if (dialect == Dialect.OTHER) {
      dialect = Dialects.ofProduct(connection.getMetaData().getDatabaseProductName());
    }
    if (initSql == null || dialect != Dialect.POSTGRESQL) {
      zone.set(connection, dialect);
    }
  }

  /** Read anew for every connection, so that a changed password file needs no restart. */
  private Properties properties() throws SQLException {
    Properties properties = new Properties();
    if (config.user() != null) {
      properties.setProperty("user", config.user());
    }
    String password = password();
    if (password != null) {
      properties.setProperty("password", password);
    }
    config.driverProperties().forEach(properties::setProperty);
    long connectMs = config.connectTimeout().toMillis();
    long socketMs = config.socketTimeout().toMillis();
    switch (Dialects.ofWrappingUrl(config.url())) {
      case POSTGRESQL:
        unlessInUrl(properties, "connectTimeout", Timeouts.seconds(config.connectTimeout()));
        unlessInUrl(properties, "socketTimeout", Timeouts.seconds(config.socketTimeout()));
        // a time-out waits for its cancel request, which a black hole would keep for 10 s
        unlessInUrl(properties, "cancelSignalTimeout", Timeouts.seconds(config.connectTimeout()));
        unlessInUrl(properties, "tcpKeepAlive", true);
        if (poolers.isBetween()) {
          // the statement would be prepared on one server connection and run on another
          unlessInUrl(properties, "prepareThreshold", 0);
        }
        break;
      case MARIADB:
      case MYSQL:
        unlessInUrl(properties, "connectTimeout", connectMs);
        unlessInUrl(properties, "socketTimeout", socketMs);
        unlessInUrl(properties, "tcpKeepAlive", true);
        break;
      default:
        break;
    }
    return properties;
  }

  private @Nullable String password() throws SQLException {
    Path file = config.passwordFile();
    if (file == null) {
      return config.password();
    }
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new SQLException("the password file cannot be read", "28000", e);
    }
  }

  private void unlessInUrl(Properties properties, String name, Object value) {
    String url = config.url().toLowerCase(Locale.ROOT);
    if (!url.contains(name.toLowerCase(Locale.ROOT) + "=") && !properties.containsKey(name)) {
      properties.setProperty(name, value.toString());
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the login is configured");
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // part of the interface; the drivers' own logging is not ours to configure
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // the configuration's connect time-out rules
  }

  @Override
  public int getLoginTimeout() {
    return Timeouts.seconds(config.connectTimeout());
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("no java.util.logging here");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
