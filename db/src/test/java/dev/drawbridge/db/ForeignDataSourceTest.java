package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** Pools and drivers of other people, with habits of their own. */
class ForeignDataSourceTest {
  private final String url = TestServer.H2.newDatabase().url();
  private final ScriptedDataSource scripted = new ScriptedDataSource(url);

  private static final DatabaseConfig CONFIG =
      DatabaseConfig.builder().leakAfter(Duration.ZERO).build();

  private Database database() {
    return Database.of(scripted.dataSource(), CONFIG);
  }

  private static int one(DbSession session) {
    return session.query("SELECT 1 AS one").one(row -> row.intValue("one")).orElseThrow();
  }

  @Test
  void aConnectionThatComesWithoutAutoCommitGoesBackSoAndLosesNothing() throws Exception {
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(url);
    pool.setAutoCommit(false);
    try (pool;
        Database database = Database.of(pool, CONFIG)) {
      try (DbSession session = database.openSession()) {
        session.update("CREATE TABLE kept (id INT)").run();
        session.update("INSERT INTO kept VALUES (1)").run();
        session.begin();
        session.update("INSERT INTO kept VALUES (2)").run();
        session.commit();
        session.update("INSERT INTO kept VALUES (3)").run();
      }
      assertThat(
              database.<Integer, RuntimeException>read(
                  session ->
                      session
                          .query("SELECT count(*) AS n FROM kept")
                          .one(row -> row.intValue("n"))
                          .orElseThrow()))
          .isEqualTo(3);
      try (Connection connection = pool.getConnection()) {
        assertThat(connection.getAutoCommit()).isFalse();
      }
    }
  }

  @Test
  void aConnectionThatComesReadOnlyIsLeftSo() {
    scripted
        .on("isReadOnly", real -> true)
        .on(
            "setReadOnly",
            real -> {
              throw new SQLException("left alone", "25000");
            });
    try (Database database = database()) {
      assertThat(
              database.<Integer, RuntimeException>read(
                  session ->
                      session.query("SELECT 1 AS n").one(row -> row.intValue("n")).orElseThrow()))
          .isEqualTo(1);
      assertThat(scripted.handedOut).hasSize(1);
    }
  }

  @Test
  void aHikariPoolOfTheCallersTellsItsNumbersAndWhenItIsExhausted() {
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(url);
    pool.setMaximumPoolSize(1);
    pool.setConnectionTimeout(250);
    try (pool;
        Database database = Database.of(pool, CONFIG);
        DbSession only = database.openSession()) {
      assertThatThrownBy(database::openSession)
          .isInstanceOf(DbBusyException.class)
          .hasMessageContaining("active 1, idle 0, waiting 0, max 1")
          .hasMessageContaining("ForeignDataSourceTest.java");
      assertThat(database.metrics().active()).isEqualTo(1);
      assertThat(one(only)).isEqualTo(1);
    }
    assertThat(pool.isClosed()).isTrue();
  }

  @Test
  void closingTheDatabaseLeavesTheCallersPoolOpen() throws Exception {
    try (HikariDataSource pool = new HikariDataSource()) {
      pool.setJdbcUrl(url);
      Database.of(pool, CONFIG).close();

      assertThat(pool.getConnection().isValid(1)).isTrue();
    }
  }

  @Test
  void exhaustionIsToldFromAnOutage() {
    scripted.on(
        "getConnection",
        real -> {
          throw new SQLException("pool error", null, new NoSuchElementException("timeout"));
        });
    try (Database database = database()) {
      assertThatThrownBy(database::openSession)
          .isInstanceOf(DbBusyException.class)
          .hasMessageContaining("no session open");
      scripted.on(
          "getConnection",
          real -> {
            throw new SQLTransientConnectionException("timed out");
          });
      assertThatThrownBy(database::openSession).isInstanceOf(DbBusyException.class);
      scripted.on(
          "getConnection",
          real -> {
            throw new SQLException("refused", "08001");
          });
      assertThatThrownBy(database::openSession)
          .isInstanceOf(DbUnavailableException.class)
          .hasMessageContaining("08001");
      assertThat(database.metrics().busy()).isEqualTo(2);
    }
  }

  @Test
  void aDataSourceThatThrowsWhateverItLikesIsUnavailable() {
    scripted.on(
        "getConnection",
        real -> {
          throw new IllegalStateException("no such resource");
        });
    try (Database database = database()) {
      assertThatThrownBy(database::openSession).isInstanceOf(DbUnavailableException.class);
      assertThat(database.health().status()).isEqualTo(DbHealth.Status.DOWN);
      scripted.on("getConnection", real -> null);
      assertThatThrownBy(database::openSession).isInstanceOf(DbUnavailableException.class);
    }
  }

  @Test
  void aDriverWhoseCleaningUpThrowsIsNeverHeardAndItsConnectionNeverKept() throws SQLException {
    scripted
        .on(
            "rollback",
            real -> {
              throw new SQLException("cannot roll back");
            })
        .on(
            "abort",
            real -> {
              // what a driver from before Java 7 does
              throw new AbstractMethodError("abort");
            })
        .on(
            "close",
            real -> {
              real.close();
              throw new IllegalStateException("cannot close");
            });
    try (Database database = database()) {
      DbSession session = database.openSession();
      session.begin();

      session.close();

      assertThat(database.metrics().openSessions()).isZero();
      assertThat(scripted.handedOut).hasSize(1);
      assertThat(scripted.handedOut.get(0).isClosed()).isTrue();
    }
  }

  @Test
  void aFailureWhileOpeningLeaksNothingWhateverItIs() throws SQLException {
    for (Throwable failure :
        new Throwable[] {
          new SQLException("none"), new IllegalStateException("none"), new AssertionError("none")
        }) {
      scripted.handedOut.clear();
      scripted.on(
          "getMetaData",
          real -> {
            throw failure;
          });
      try (Database database = database()) {
        assertThat(catchThrowable(database::openSession)).isNotNull();
        assertThat(database.metrics().openSessions()).isZero();
        assertThat(scripted.handedOut.get(0).isClosed()).isTrue();
      }
    }
  }

  @Test
  void aDatabaseWithoutANameIsOneThatWeDoNotKnow() {
    scripted.on(
        "getMetaData",
        real ->
            java.lang.reflect.Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DatabaseMetaData.class},
                (proxy, method, arguments) -> null));
    try (Database database = database();
        DbSession session = database.openSession()) {
      assertThat(database.dialect()).isEqualTo(Dialect.OTHER);
      assertThat(one(session)).isEqualTo(1);
    }
  }

  private List<String> setterCalls() {
    return scripted.calls.stream()
        .filter(call -> !call.startsWith("get") && !call.startsWith("is"))
        .toList();
  }

  @Test
  void everythingThatWasSetIsSetBackInOrder() {
    try (Database database = database()) {
      DbSession session = database.openSession(SessionOptions.defaults().withReadOnly());
      session.begin(Isolation.SERIALIZABLE);
      session.rollback();
      session.begin(Isolation.SERIALIZABLE);
      session.close();
    }

    assertThat(setterCalls())
        .containsExactly(
            "setReadOnly[true]",
            "setTransactionIsolation[8]",
            "setAutoCommit[false]",
            "rollback",
            "setAutoCommit[true]",
            "setAutoCommit[false]",
            "rollback",
            "setAutoCommit[true]",
            "setTransactionIsolation[2]",
            "setReadOnly[false]",
            "close");
  }

  @Test
  void whatWasNotSetIsNotTouched() {
    try (Database database = database();
        DbSession session = database.openSession()) {
      session.begin();
      session.commit();
    }

    assertThat(setterCalls())
        .containsExactly("setAutoCommit[false]", "commit", "setAutoCommit[true]", "close");
  }

  @Test
  void aMissingAutoCommitIsMissingAgainAfterwards() {
    scripted.on("getAutoCommit", real -> false);
    try (Database database = database()) {
      database.openSession().close();
    }

    assertThat(setterCalls())
        .containsExactly("setAutoCommit[true]", "setAutoCommit[false]", "close");
  }

  @Test
  void aConnectionThatCannotBeSetBackIsDropped() {
    scripted.on(
        "setReadOnly",
        real -> {
          if (scripted.calls.contains("setReadOnly[false]")) {
            throw new SQLException("cannot be set back");
          }
          return null;
        });
    try (Database database = database()) {
      database.openSession(SessionOptions.defaults().withReadOnly()).close();
    }

    assertThat(setterCalls()).hasSize(4).startsWith("setReadOnly[true]", "setReadOnly[false]");
    assertThat(setterCalls().get(2)).startsWith("abort");
    assertThat(setterCalls().get(3)).isEqualTo("close");
  }

  @Test
  void aConnectionThatCannotRollBackIsDroppedAndNeverSetBack() {
    scripted.on(
        "rollback",
        real -> {
          throw new SQLException("cannot roll back");
        });
    try (Database database = database()) {
      DbSession session = database.openSession();
      session.begin();
      session.close();
    }

    assertThat(setterCalls()).hasSize(4).startsWith("setAutoCommit[false]", "rollback");
    assertThat(setterCalls().get(2)).startsWith("abort");
    assertThat(setterCalls().get(3)).isEqualTo("close");
  }

  @Test
  void warningsAreNobodysBusiness() {
    scripted.on("getWarnings", real -> null).on("clearWarnings", real -> null);
    try (Database database = database();
        DbSession session = database.openSession()) {
      assertThat(one(session)).isEqualTo(1);
    }
  }
}
