package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testservers.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Which errors end a connection, and which only a statement. */
@ParameterizedClass
@MethodSource("everywhere")
class ConnectionFateContractTest extends PooledFixture {
  @Test
  void anUnsupportedFeatureLeavesTheTransactionItsConnection() {
    execute("CREATE TABLE item (id INT PRIMARY KEY)");
    String unsupported =
        switch (server) {
          case H2 -> "SELECT 1 FROM item GROUP BY GROUPING SETS ((id))";
          case POSTGRESQL -> "DO $$ BEGIN RAISE 'no' USING ERRCODE = '0A000'; END $$";
          case MARIADB -> "SIGNAL SQLSTATE '0A000'";
        };
    try (DbSession session = database.openSession()) {
      session.begin();
      session.update("INSERT INTO item (id) VALUES (1)").run();
      DbSavepoint savepoint = session.savepoint();

      assertThatThrownBy(() -> session.update(unsupported).run()).isInstanceOf(DbException.class);

      session.rollbackTo(savepoint);
      session.update("INSERT INTO item (id) VALUES (2)").run();
      session.commit();
      assertThat(session.query("SELECT id FROM item").list(row -> row.intValue("id")))
          .containsExactlyInAnyOrder(1, 2);
    }
  }

  @Test
  void aTableThatChangedUnderAPreparedStatementIsAConflictThatARetryHeals() {
    execute("CREATE TABLE item (id INT PRIMARY KEY)", "INSERT INTO item (id) VALUES (1)");
    prepareOnEveryConnection();
    int[] runs = new int[1];

    Integer columns =
        database.transactRetrying(
            3,
            session -> {
              runs[0]++;
              connectionId(session);
              if (runs[0] == 1) {
                execute("ALTER TABLE item ADD COLUMN name VARCHAR(10)");
              }
              return columns(session);
            });

    assertThat(columns).isEqualTo(2);
    assertThat(runs[0]).isEqualTo(server == TestServer.POSTGRESQL ? 2 : 1);
  }

  /** Often enough for the driver to keep the statement on the server. */
  private void prepareOnEveryConnection() {
    List<DbSession> sessions = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      DbSession session = database.openSession();
      sessions.add(session);
      for (int n = 0; n < 8; n++) {
        columns(session);
      }
    }
    sessions.forEach(DbSession::close);
  }

  private static int columns(DbSession session) {
    return session
        .query("SELECT * FROM item")
        .one(row -> row.resultSet().getMetaData().getColumnCount())
        .orElseThrow();
  }

  @Test
  void aServerThatTakesNoMoreChangesIsAnOutageAndItsConnectionLeavesThePool() {
    Assumptions.assumeTrue(server == TestServer.POSTGRESQL);
    execute("CREATE TABLE item (id INT PRIMARY KEY)");
    long id;
    try (DbSession session = database.openSession()) {
      id = connectionId(session);
      session.query("SELECT set_config('default_transaction_read_only', 'on', false)").one(r -> 1);

      Throwable thrown =
          catchThrowable(() -> session.update("INSERT INTO item (id) VALUES (1)").run());

      assertThat(thrown)
          .isInstanceOf(DbUnavailableException.class)
          .hasMessageContaining("takes no changes");
    }
    for (int i = 0; i < 8; i++) {
      try (DbSession session = database.openSession()) {
        assertThat(connectionId(session)).isNotEqualTo(id);
        session.update("INSERT INTO item (id) VALUES (?)", i).run();
      }
    }
  }

  @Test
  void aPrimaryThatWasDemotedIsAnOutageAndItsConnectionLeavesThePool() {
    Assumptions.assumeTrue(server == TestServer.MARIADB);
    // the server of the tests lets everybody write, so it is made to say what others say
    String refused =
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'The MariaDB server is"
            + " running with the --read-only option so it cannot execute this statement'";
    long id;
    try (DbSession session = database.openSession()) {
      id = connectionId(session);

      assertThatThrownBy(() -> session.update(refused).run())
          .isInstanceOf(DbUnavailableException.class)
          .hasMessageContaining("takes no changes");
    }
    for (int i = 0; i < 8; i++) {
      try (DbSession session = database.openSession()) {
        assertThat(connectionId(session)).isNotEqualTo(id);
      }
    }
  }

  @Test
  void anotherOptionThatPreventsAStatementIsNoOutage() {
    Assumptions.assumeTrue(server == TestServer.MARIADB);
    try (DbSession session = database.openSession()) {
      Throwable thrown = catchThrowable(() -> session.update("CREATE USER joe@localhost").run());

      assertThat(thrown).isExactlyInstanceOf(DbException.class);
      assertThat(((DbException) thrown).vendorCode()).isEqualTo(1290);
    }
  }

  @Test
  void aReadOnlySessionThatWritesIsAMistakeAndNoOutage() {
    Assumptions.assumeTrue(server == TestServer.POSTGRESQL);
    execute("CREATE TABLE item (id INT PRIMARY KEY)");
    try (DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
      session.begin();

      assertThatThrownBy(
              () -> session.query("INSERT INTO item (id) VALUES (1) RETURNING id").one(row -> 1))
          .isInstanceOf(DbStateException.class);
    }
  }

  @Test
  void aConnectionThatTheServerEndedIsNotLentAgain() {
    Assumptions.assumeTrue(server != TestServer.H2);
    long id;
    try (DbSession session = database.openSession()) {
      id = connectionId(session);
      execute(
          server == TestServer.POSTGRESQL
              ? "SELECT pg_terminate_backend(" + id + ")"
              : "KILL " + id);
      assertThatThrownBy(() -> connectionId(session)).isInstanceOf(DbUnavailableException.class);
    }

    for (int i = 0; i < 8; i++) {
      try (DbSession session = database.openSession()) {
        assertThat(connectionId(session)).isNotEqualTo(id);
      }
    }
  }
}
