package dev.drawbridge.db;

import dev.drawbridge.testservers.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;

/** The ways in which connections come to an application. */
enum PoolKind {
  OWN {
    @Override
    Opened open(TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change) {
      return own(target, target.url(), initSql, change);
    }
  },
  OWN_WRAPPED {
    @Override
    Opened open(TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change) {
      return own(target, target.url().replaceFirst("jdbc:", "jdbc:p6spy:"), initSql, change);
    }
  },
  TOMCAT {
    @Override
    Opened open(TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change) {
      org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource();
      pool.setUrl(target.url());
      pool.setUsername(target.user());
      pool.setPassword(target.password());
      pool.setInitSQL(initSql);
      pool.setMaxActive(1);
      pool.setMaxWait(10_000);
      pool.setInitialSize(1);
      DatabaseConfig config = change.apply(DatabaseConfig.builder()).build();
      return new Opened(Database.of(pool, config), pool, pool::close);
    }
  },
  DBCP2 {
    @Override
    Opened open(TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change) {
      BasicDataSource pool = new BasicDataSource();
      pool.setUrl(target.url());
      pool.setUsername(target.user());
      pool.setPassword(target.password());
      pool.setConnectionInitSqls(initSql == null ? List.of() : List.of(initSql));
      pool.setMaxTotal(1);
      pool.setMaxWait(Duration.ofSeconds(10));
      DatabaseConfig config = change.apply(DatabaseConfig.builder()).build();
      return new Opened(Database.of(pool, config), pool, pool::close);
    }
  };

  /** Ends a pool. */
  interface Closing {
    void close() throws SQLException;
  }

  /** A database over a pool of one connection; {@code pool} is null when it is its own. */
  record Opened(Database database, DataSource pool, Closing closing) implements AutoCloseable {
    @Override
    public void close() throws SQLException {
      database.close();
      closing.close();
    }
  }

  /**
   * Opens a pool of one connection.
   *
   * @param initSql for every new connection, or null
   */
  abstract Opened open(
      TestDatabase target, String initSql, UnaryOperator<DatabaseConfig.Builder> change);

  Opened open(TestDatabase target) {
    return open(target, null, config -> config);
  }

  private static Opened own(
      TestDatabase target,
      String url,
      String initSql,
      UnaryOperator<DatabaseConfig.Builder> change) {
    DatabaseConfig.Builder config =
        TestDatabases.config(target).url(url).poolSize(1).initSql(initSql);
    return new Opened(Database.open(change.apply(config).build()), null, () -> {});
  }
}
