package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Time-outs mean the same on every database and every pool. The tests wait most of their time, so
 * those of one database and pool run at once.
 */
@ParameterizedClass
@MethodSource("everywhere")
class TimeoutContractTest extends PooledFixture {
  private String slow() {
    return switch (server) {
      case H2 -> "SELECT count(*) FROM system_range(1, 1000000), system_range(1, 1000000)";
      case POSTGRESQL -> "SELECT pg_sleep(30)";
      case MARIADB -> "SELECT sleep(30)";
    };
  }

  /** Far more than what sockets hold. */
  private String manyRows() {
    return switch (server) {
      case H2 -> "SELECT x, repeat('x', 500) FROM system_range(1, 20000)";
      case POSTGRESQL -> "SELECT x, repeat('x', 500) FROM generate_series(1, 20000) AS x";
      case MARIADB -> "SELECT seq AS x, repeat('x', 500) FROM seq_1_to_200000";
    };
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aTimeoutAboveTheSocketsIsRefusedAtOnceWithBothNames() {
    Assumptions.assumeTrue(pool == PoolKind.OWN || pool == PoolKind.WRAPPED);
    Duration tooLong = Duration.ofSeconds(15);
    try (DbSession session = database.openSession()) {
      session.begin();

      assertThatThrownBy(() -> session.query(slow()).timeout(tooLong).one(row -> 1))
          .isInstanceOf(DbStateException.class)
          .hasMessage("the timeout of a statement (PT15S) must be < socketTimeout (PT15S)");
      assertThatThrownBy(() -> session.update("DELETE FROM x").timeout(tooLong).run())
          .hasMessageContaining("socketTimeout");
      assertThatThrownBy(() -> session.batch("DELETE FROM x").timeout(tooLong).add().run())
          .hasMessageContaining("socketTimeout");

      // nothing was sent, so nothing is lost
      session.commit();
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void whatTimedOutIsNotTransientAndNotRunAgain() {
    AtomicInteger runs = new AtomicInteger();

    Throwable thrown =
        catchThrowable(
            () ->
                database.read(
                    session -> {
                      runs.incrementAndGet();
                      return session.query(slow()).timeout(Duration.ofSeconds(1)).one(row -> 1);
                    }));

    assertThat(thrown).isInstanceOf(DbTimeoutException.class);
    assertThat(((DbException) thrown).isTransient()).isFalse();
    assertThat(runs).hasValue(1);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void whatASilentSocketWasAskedIsNotRunAgain() throws Exception {
    Assumptions.assumeTrue(server != TestServer.H2 && pool == PoolKind.OWN);
    AtomicInteger runs = new AtomicInteger();
    int port = Integer.parseInt(target.url().replaceAll("^[^0-9]*:([0-9]+)/.*", "$1"));
    try (TcpProxy proxy = new TcpProxy(port);
        Database behind =
            Database.open(
                TestDatabases.config(target)
                    .url(target.url().replace(":" + port + "/", ":" + proxy.port() + "/"))
                    .queryTimeout(Duration.ofMillis(900))
                    .socketTimeout(Duration.ofSeconds(2))
                    .build())) {
      Throwable thrown =
          catchThrowable(
              () ->
                  behind.read(
                      session -> {
                        runs.incrementAndGet();
                        proxy.swallow(true);
                        return session.query("SELECT 1 AS one").one(row -> 1);
                      }));

      assertThat(thrown).isInstanceOf(DbUnavailableException.class);
      assertThat(((DbException) thrown).isTransient()).isFalse();
      assertThat(runs).hasValue(1);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void theCallbackOfAStreamDoesNotCount() {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger slowOnes = new AtomicInteger();
    try (DbSession session = database.openSession()) {
      long rows =
          session
              .query(manyRows())
              .timeout(Duration.ofSeconds(1))
              .forEachWhile(
                  row -> row.longValue("x"),
                  x -> {
                    if (slowOnes.incrementAndGet() <= 3) {
                      pause(never);
                    }
                    return x < 19_000;
                  });

      assertThat(rows).isEqualTo(19_000);
    }
  }

  private static void pause(CountDownLatch never) {
    try {
      assertThat(never.await(700, TimeUnit.MILLISECONDS)).isFalse();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aStreamThatTheDatabaseIsSlowAboutTimesOut() {
    String slowRows =
        switch (server) {
          case H2 -> slow();
          case POSTGRESQL -> "SELECT x, pg_sleep(0.2) FROM generate_series(1, 100) AS x";
          case MARIADB -> "SELECT seq AS x, sleep(0.2) FROM seq_1_to_100";
        };
    try (DbSession session = database.openSession()) {
      Throwable thrown =
          catchThrowable(
              () ->
                  session
                      .query(slowRows)
                      .timeout(Duration.ofSeconds(1))
                      .forEach(row -> 1, one -> {}));

      assertThat(thrown).isInstanceOf(DbTimeoutException.class);
    }
    try (DbSession session = database.openSession()) {
      assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void stoppingEarlyDoesNotReadTheRest() {
    String endless =
        switch (server) {
          case H2 -> "SELECT x FROM system_range(1, 1000)";
          case POSTGRESQL -> "SELECT x FROM generate_series(1, 1000) AS x";
          // hours of rows
          case MARIADB -> "SELECT repeat('x', 1000) AS x FROM seq_1_to_1000000000";
        };
    try (DbSession session = database.openSession()) {
      session.begin();
      long start = System.nanoTime();

      long rows = session.query(endless).forEachWhile(row -> 1, one -> false);

      assertThat(rows).isEqualTo(1);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
      // the transaction and the connection are as good as before
      for (int i = 0; i < 3; i++) {
        assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
      }
      session.commit();
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aCallbackThatThrowsDoesNotReadTheRest() {
    Assumptions.assumeTrue(server == TestServer.MARIADB);
    long start = System.nanoTime();
    try (DbSession session = database.openSession()) {
      assertThatThrownBy(
              () ->
                  session
                      .query("SELECT repeat('x', 1000) AS x FROM seq_1_to_1000000000")
                      .forEach(
                          row -> 1,
                          one -> {
                            throw new IllegalStateException("enough");
                          }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("enough");
      assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
  }
}
