package dev.drawbridge.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Where connections come from: a HikariCP pool of ours, or the caller's data source as it is. */
final class Pool {
  private final DatabaseConfig config;
  private final DataSource dataSource;

  /** Null when the data source is the caller's. */
  private final @Nullable HikariDataSource hikari;

  /** Null when the data source is the caller's. */
  private final @Nullable ConnectionFactory factory;

  private Pool(
      DatabaseConfig config,
      DataSource dataSource,
      @Nullable HikariDataSource hikari,
      @Nullable ConnectionFactory factory) {
    this.config = config;
    this.dataSource = dataSource;
    this.hikari = hikari;
    this.factory = factory;
  }

  static Pool own(DatabaseConfig config) {
    ConnectionFactory factory = new ConnectionFactory(config);
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
    // explicit, or a failed detection may break the pool for good
    settings.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    HikariDataSource hikari = new HikariDataSource(settings);
    return new Pool(config, hikari, hikari, factory);
  }

  static Pool foreign(DataSource dataSource, DatabaseConfig config) {
    return new Pool(config, dataSource, null, null);
  }

  boolean isOwn() {
    return hikari != null;
  }

  Connection getConnection() throws SQLException {
    return dataSource.getConnection();
  }

  /** Exhausted, down and black-holed look alike in the exception; the pool's numbers tell. */
  DbException failure(SQLException thrown, String oldestSession) {
    if (thrown.getCause() instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return new DbException("interrupted while waiting for a connection", null);
    }
    String within = "no connection within " + config.acquireTimeout().toMillis() + " ms";
    if (hikari != null && factory != null) {
      SQLException connecting = factory.lastFailure();
      Numbers now = numbers();
      boolean allInUse = now.active >= config.poolSize();
      if (!allInUse && connecting != null) {
        return SqlErrors.unavailable(within, connecting);
      }
      if (allInUse || (now.active > 0 && now.idle == 0)) {
        return new DbBusyException(
            within + " (" + now + ", " + oldestSession + ")", WithheldSqlException.copyOf(thrown));
      }
    }
    return SqlErrors.unavailable(within, thrown);
  }

  Numbers numbers() {
    HikariPoolMXBean bean = hikari == null ? null : hikari.getHikariPoolMXBean();
    return bean == null
        ? new Numbers(-1, -1, -1, -1)
        : new Numbers(
            bean.getActiveConnections(),
            bean.getIdleConnections(),
            bean.getThreadsAwaitingConnection(),
            config.poolSize());
  }

  /** Closes a connection that must not be used again. */
  void evict(Connection connection) {
    if (hikari != null) {
      hikari.evictConnection(connection);
    }
  }

  /** After one dead connection the others are suspect: let the pool replace them. */
  void evictIdle() {
    HikariPoolMXBean bean = hikari == null ? null : hikari.getHikariPoolMXBean();
    if (bean != null) {
      bean.softEvictConnections();
    }
  }

  void close() {
    if (factory != null) {
      factory.close();
    }
    if (hikari != null) {
      hikari.close();
    }
  }

  /** The pool's numbers at one moment; -1 where they are not known. */
  static final class Numbers {
    final int active;
    final int idle;
    final int waiting;
    final int max;

    Numbers(int active, int idle, int waiting, int max) {
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
