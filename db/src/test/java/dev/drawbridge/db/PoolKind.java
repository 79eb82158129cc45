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

/** Where a database's connections may come from. */
enum PoolKind {
  OWN,
  /** Ours, behind a URL of a driver that wraps the real one. */
  WRAPPED,
  TOMCAT,
  DBCP;

  private static final int SIZE = 4;

  /** A database and what has to be closed after it. */
  static final class Opened implements AutoCloseable {
    final Database database;
    private final Runnable pool;

    Opened(Database database, Runnable pool) {
      this.database = database;
      this.pool = pool;
    }

    @Override
    public void close() {
      database.close();
      pool.run();
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

  Opened open(TestDatabase target) {
    return open(target, config -> config);
  }

  Opened open(TestDatabase target, UnaryOperator<DatabaseConfig.Builder> change) {
    return switch (this) {
      case OWN -> own(change.apply(TestDatabases.config(target)));
      case WRAPPED ->
          own(change.apply(TestDatabases.config(target).url(WrappingDriver.url(target.url()))));
      case TOMCAT -> {
        org.apache.tomcat.jdbc.pool.DataSource tomcat =
            new org.apache.tomcat.jdbc.pool.DataSource();
        tomcat.setUrl(target.url());
        tomcat.setUsername(target.user());
        tomcat.setPassword(target.password());
        tomcat.setMaxActive(SIZE);
        tomcat.setMaxWait(2_000);
        yield foreign(tomcat, change, () -> tomcat.close(true));
      }
      case DBCP -> {
        BasicDataSource dbcp = new BasicDataSource();
        dbcp.setUrl(target.url());
        dbcp.setUsername(target.user());
        dbcp.setPassword(target.password());
        dbcp.setMaxTotal(SIZE);
        dbcp.setMaxWait(Duration.ofSeconds(2));
        yield foreign(dbcp, change, () -> close(dbcp));
      }
    };
  }

  private static Opened own(DatabaseConfig.Builder config) {
    return new Opened(Database.open(config.build()), () -> {});
  }

  private static Opened foreign(
      DataSource pool, UnaryOperator<DatabaseConfig.Builder> change, Runnable close) {
    return new Opened(Database.of(pool, change.apply(DatabaseConfig.builder()).build()), close);
  }

  private static void close(BasicDataSource dbcp) {
    try {
      dbcp.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
