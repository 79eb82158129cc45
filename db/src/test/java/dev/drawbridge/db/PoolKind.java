package dev.drawbridge.db;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.junit.jupiter.params.provider.Arguments;

/** The ways in which connections come to an application. */
enum PoolKind {
  OWN {
    @Override
    Opened open(
        TestDatabase target,
        int size,
        String initSql,
        UnaryOperator<DatabaseConfig.Builder> change) {
      return own(target, target.url(), size, initSql, change);
    }
  },
  /** Ours, behind a URL of a driver that wraps the real one. */
  WRAPPED {
    @Override
    Opened open(
        TestDatabase target,
        int size,
        String initSql,
        UnaryOperator<DatabaseConfig.Builder> change) {
      return own(target, target.url().replaceFirst("jdbc:", "jdbc:p6spy:"), size, initSql, change);
    }
  },
  TOMCAT {
    @Override
    Opened open(
        TestDatabase target,
        int size,
        String initSql,
        UnaryOperator<DatabaseConfig.Builder> change) {
      org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource();
      pool.setUrl(target.url());
      pool.setUsername(target.user());
      pool.setPassword(target.password());
      pool.setInitSQL(initSql);
      pool.setMaxActive(size);
      pool.setMaxWait(10_000);
      pool.setInitialSize(1);
      return foreign(pool, change, () -> pool.close(true));
    }
  },
  DBCP {
    @Override
    Opened open(
        TestDatabase target,
        int size,
        String initSql,
        UnaryOperator<DatabaseConfig.Builder> change) {
      BasicDataSource pool = new BasicDataSource();
      pool.setUrl(target.url());
      pool.setUsername(target.user());
      pool.setPassword(target.password());
      pool.setConnectionInitSqls(initSql == null ? List.of() : List.of(initSql));
      pool.setMaxTotal(size);
      pool.setMaxWait(WAIT);
      return foreign(pool, change, () -> close(pool));
    }
  };

  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final int SEVERAL = 4;

  /** A database over a pool; {@code pool} is null when it is its own. */
  record Opened(Database database, DataSource pool, Runnable closing) implements AutoCloseable {
    @Override
    public void close() {
      database.close();
      closing.run();
    }
  }

  /** Every server with every pool. */
  static Stream<Arguments> everywhere() {
    List<Arguments> all = new ArrayList<>();
    for (TestServer server : TestServer.available()) {
      for (PoolKind pool : values()) {
        all.add(Arguments.of(server, pool));
      }
    }
    return all.stream();
  }

  /**
   * Opens a pool.
   *
   * @param initSql for every new connection, or null
   */
  abstract Opened open(
      TestDatabase target, int size, String initSql, UnaryOperator<DatabaseConfig.Builder> change);

  /** Of one connection, so that a session sees what the one before it has left. */
  Opened open(TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change) {
    return open(target, 1, initSql, change);
  }

  Opened open(TestDatabase target) {
    return open(target, null, config -> config);
  }

  /** Of several connections. */
  Opened openSeveral(TestDatabase target, UnaryOperator<DatabaseConfig.Builder> change) {
    return open(target, SEVERAL, null, change);
  }

  Opened openSeveral(TestDatabase target) {
    return openSeveral(target, config -> config);
  }

  private static Opened own(
      TestDatabase target,
      String url,
      int size,
      String initSql,
      UnaryOperator<DatabaseConfig.Builder> change) {
    DatabaseConfig.Builder config =
        TestDatabases.config(target).url(url).poolSize(size).initSql(initSql);
    return new Opened(Database.open(change.apply(config).build()), null, () -> {});
  }

  private static Opened foreign(
      DataSource pool, UnaryOperator<DatabaseConfig.Builder> change, Runnable close) {
    DatabaseConfig config = change.apply(DatabaseConfig.builder()).build();
    return new Opened(Database.of(pool, config), pool, close);
  }

  private static void close(BasicDataSource pool) {
    try {
      pool.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
