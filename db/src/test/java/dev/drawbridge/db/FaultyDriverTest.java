package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A driver that fails at its n-th call, for every n that there is; as drivers should, and as they
 * should not.
 */
@ParameterizedClass
@ValueSource(booleans = {false, true})
class FaultyDriverTest {
  private static final String URL = "jdbc:h2:mem:faulty;DB_CLOSE_DELAY=-1";

  @Parameter boolean unchecked;
  private FaultyDataSource faulty;
  private Database database;

  private interface Scenario {
    void run() throws Exception;
  }

  @BeforeEach
  void open() throws SQLException {
    faulty = new FaultyDataSource(URL, unchecked);
    execute("DROP ALL OBJECTS");
    execute("CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)");
    execute("INSERT INTO account VALUES (1, 100), (2, 0)");
    database =
        Database.of(faulty.dataSource(), DatabaseConfig.builder().leakAfter(Duration.ZERO).build());
    faulty.failAt(0);
    // learns the dialect, so that every later run makes the same calls
    database.dialect();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(URL, "sa", "");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<Integer> balances() throws SQLException {
    List<Integer> balances = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(URL, "sa", "");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT balance FROM account ORDER BY id")) {
      while (rows.next()) {
        balances.add(rows.getInt(1));
      }
    }
    return balances;
  }

  /** Runs a scenario once without a fault and then with a fault at each of its calls. */
  private int everyCall(Scenario scenario) throws Exception {
    faulty.failAt(0);
    scenario.run();
    int calls = faulty.callCount();
    for (int n = 1; n <= calls; n++) {
      execute("UPDATE account SET balance = CASE WHEN id = 1 THEN 100 ELSE 0 END");
      faulty.failAt(n);
      Throwable thrown = null;
      try {
        scenario.run();
      } catch (Throwable e) {
        thrown = e;
      }
      String where = "call " + n + ", " + faulty.lastCall();
      assertThat((Throwable) faulty.thrown()).as(where).isNotNull();
      assertThat(faulty.openConnections()).as(where).isZero();
      assertThat(database.metrics().openSessions()).as(where).isZero();
      checkMoney(where, thrown);
    }
    return calls;
  }

  /** All or nothing; and a caller who saw no exception, or an unknown outcome, knows which. */
  private void checkMoney(String where, Throwable thrown) throws SQLException {
    List<Integer> balances = balances();
    if (thrown == null) {
      assertThat(balances).as(where).isEqualTo(List.of(90, 10));
    } else {
      // the fault comes before the call takes effect, so even a failed commit did not take place
      assertThat(balances).as(where).isEqualTo(List.of(100, 0));
      if (!unchecked) {
        assertThat(thrown).as(where).isInstanceOf(DbException.class);
      }
      assertThat(root(thrown)).as(where).hasMessageContaining("injected at");
    }
  }

  private static Throwable root(Throwable thrown) {
    return thrown.getCause() == null ? thrown : root(thrown.getCause());
  }

  private static void move(DbSession session) {
    session.update("UPDATE account SET balance = balance - 10 WHERE id = ?", 1).run();
    session.update("UPDATE account SET balance = balance + 10 WHERE id = ?", 2).run();
  }

  @Test
  void transactLeaksNothingAndKeepsTheFirstException() throws Exception {
    int calls =
        everyCall(
            () ->
                database.transact(
                    session -> {
                      move(session);
                      return null;
                    }));

    assertThat(calls).isGreaterThan(15);
  }

  @Test
  void sessionsByHandLeakNothing() throws Exception {
    everyCall(
        () -> {
          try (DbSession session = database.openSession()) {
            session.begin(Isolation.SERIALIZABLE);
            DbSavepoint savepoint = session.savepoint();
            session.release(savepoint);
            move(session);
            session.commit();
          }
        });
  }

  @Test
  void batchesAndStreamsLeakNothing() throws Exception {
    everyCall(
        () -> {
          try (DbSession session = database.openSession()) {
            session.begin();
            session
                .batch("UPDATE account SET balance = balance + ? WHERE id = ?")
                .add(-10, 1)
                .add(10, 2)
                .run();
            session
                .query("SELECT id FROM account")
                .forEach(row -> row.intValue("id"), ignored -> {});
            session.commit();
          }
        });
  }

  @Test
  void readsLeakNothing() throws Exception {
    faulty.failAt(0);
    Scenario scenario =
        () ->
            database.read(
                session -> session.query("SELECT id FROM account").list(row -> row.intValue("id")));
    scenario.run();
    int calls = faulty.callCount();

    for (int n = 1; n <= calls; n++) {
      faulty.failAt(n);
      // the second try succeeds, except where connecting itself failed
      try {
        scenario.run();
      } catch (DbUnavailableException e) {
        assertThat(faulty.lastCall())
            .isIn(
                "getConnection",
                "Connection.getAutoCommit",
                "Connection.isReadOnly",
                "Connection.setReadOnly");
      } catch (IllegalStateException e) {
        assertThat(unchecked).as("call " + n).isTrue();
      }
      assertThat(faulty.openConnections()).as("call " + n).isZero();
    }
  }

  @Test
  void aSecondFailureDuringRollbackIsSuppressedNotThrown() {
    IllegalStateException first = new IllegalStateException("first");
    Throwable thrown = null;
    try {
      database.transact(
          session -> {
            move(session);
            // the next call is the rollback
            faulty.failAt(1);
            throw first;
          });
    } catch (Throwable e) {
      thrown = e;
    }

    assertThat(thrown).isSameAs(first);
    assertThat(first.getSuppressed()).hasSize(1);
    assertThat(first.getSuppressed()[0])
        .isInstanceOf(unchecked ? IllegalStateException.class : DbUnavailableException.class);
  }

  @Test
  void actionsLearnOfARollbackThatFailed() {
    List<TransactionOutcome> outcomes = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCompletion(outcomes::add);
      faulty.failAt(1);

      Throwable thrown = catchThrowable(session::rollback);

      assertThat(thrown)
          .isInstanceOf(unchecked ? IllegalStateException.class : DbUnavailableException.class);
    }
    assertThat(outcomes).containsExactly(TransactionOutcome.ROLLED_BACK);
  }

  @Test
  void aBrokenCommitIsAnUnknownOutcomeAndTheSessionIsOfNoMoreUse() {
    List<TransactionOutcome> outcomes = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCompletion(outcomes::add);
      move(session);
      faulty.failAt(1);

      Throwable thrown = catchThrowable(session::commit);

      assertThat(thrown).isInstanceOf(DbUnknownOutcomeException.class);
      assertThat(outcomes).containsExactly(TransactionOutcome.UNKNOWN);
      assertThat(catchThrowable(session::begin))
          .isInstanceOf(DbStateException.class)
          .hasMessageContaining("close the session");
    }
  }
}
