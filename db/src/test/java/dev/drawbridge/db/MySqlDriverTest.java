package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MySQL's own driver, against MariaDB's server. */
class MySqlDriverTest {
  private static Database open(String parameters) {
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.MARIADB));
    TestDatabase target = TestServer.MARIADB.newDatabase();
    String url = target.url().replace("jdbc:mariadb:", "jdbc:mysql:") + "?sslMode=DISABLED";
    return Database.open(TestDatabases.config(target).url(url + parameters).build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "&useCursorFetch=true"})
  void anEarlyEndLeavesAGoodConnection(String parameters) {
    try (Database database = open(parameters);
        DbSession session = database.openSession()) {
      long rows =
          session
              .query("SELECT repeat('x', 1000) AS x FROM seq_1_to_20000")
              .forEachWhile(row -> 1, one -> false);

      assertThat(rows).isEqualTo(1);
      assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    }
  }

  @Test
  void rowsAreNotKeptInMemory() {
    try (Database database = open("");
        DbSession session = database.openSession()) {
      AtomicLong first = new AtomicLong();
      long start = System.nanoTime();

      // the server sleeps before the last row: who waits for it is not streaming
      session
          .query("SELECT IF(seq = 3000, sleep(3), repeat('x', 1000)) AS x FROM seq_1_to_3000")
          .forEach(row -> 1, one -> first.compareAndSet(0, System.nanoTime() - start));

      assertThat(System.nanoTime() - start).isGreaterThan(2_900_000_000L);
      assertThat(first.get()).isLessThan(2_500_000_000L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "&useCursorFetch=true"})
  void everyRowArrives(String parameters) {
    try (Database database = open(parameters);
        DbSession session = database.openSession()) {
      long[] sum = new long[1];

      long rows =
          session
              .query("SELECT seq AS x FROM seq_1_to_5000")
              .forEach(row -> row.longValue("x"), x -> sum[0] += x);

      assertThat(List.of(rows, sum[0])).isEqualTo(List.of(5_000L, 12_502_500L));
    }
  }

  @Test
  void aTimeoutIsATimeout() {
    try (Database database = open("");
        DbSession session = database.openSession()) {
      Throwable thrown =
          catchThrowable(
              () ->
                  session
                      .query("SELECT sleep(30)")
                      .timeout(Duration.ofSeconds(1))
                      .forEach(row -> 1, one -> {}));

      assertThat(thrown).isInstanceOf(DbTimeoutException.class);
    }
  }
}
