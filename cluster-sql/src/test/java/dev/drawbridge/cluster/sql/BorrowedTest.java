package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A data source of somebody else's lends connections, which go back as they came. */
class BorrowedTest {
  private static SqlDatabase database(TestServer server) {
    return SqlDatabase.empty(server, BorrowedTest.class);
  }

  private static OneConnectionSource source(TestServer server, SqlDatabase database)
      throws SQLException {
    Connection real = database.connect();
    real.setNetworkTimeout(Runnable::run, 12_345);
    real.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
    if (server == TestServer.MARIADB) {
      try (Statement statement = real.createStatement()) {
        statement.execute(
            "SET SESSION innodb_lock_wait_timeout = 77, SESSION idle_transaction_timeout = 99");
      }
    }
    real.setAutoCommit(false);
    return new OneConnectionSource(real, connection -> look(server, connection));
  }

  private static String look(TestServer server, Connection connection) throws SQLException {
    String state =
        connection.getAutoCommit()
            + " "
            + connection.getNetworkTimeout()
            + " "
            + connection.getTransactionIsolation();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                server == TestServer.MARIADB
                    ? "SELECT CONCAT(@@innodb_lock_wait_timeout, ' ', @@idle_transaction_timeout)"
                    : "SELECT current_setting('lock_timeout')")) {
      row.next();
      state += " " + row.getString(1);
    }
    connection.rollback();
    return state;
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aConnectionGoesBackAsItCame(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (OneConnectionSource source = source(server, database)) {
      Database handle = Database.of(source, DatabaseConfig.builder().build());
      String before = look(server, source.getConnection());
      source.free.release();

      try (TestPeer a = TestPeer.start("a", handle, Duration.ofMinutes(5), 1_000)) {
        a.awaitUp();
        a.engine.roster().begin(List.of(new Member("u:bob", "bob", "Bob", "c1", "a", 1)), 2);
        a.append(a.draft("1"));
        a.awaitTexts("1");
        a.engine.roster().beat();
        Entry refused = a.draft("2").from(new Position("zzzzzzzz", 1), "a", 9);
        assertThatThrownBy(() -> a.append(refused)).isInstanceOf(EngineException.class);
      }

      assertThat(source.returned).hasSizeGreaterThan(5);
      assertThat(Set.copyOf(source.returned)).containsExactly(before);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void itsTransactionsAreReadCommittedWhateverIsSet(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    String[] isolation = new String[1];
    try (OneConnectionSource source = source(server, database);
        SqlLine line = new SqlLine(server(source), 2_000, true)) {
      line.transact(
          call -> {
            call.query(row -> {}, "SELECT cluster FROM drawbridge_lock FOR UPDATE");
            call.query(
                row -> isolation[0] = row.getString(1),
                server == TestServer.POSTGRESQL
                    ? "SELECT current_setting('transaction_isolation')"
                    : "SELECT trx_isolation_level FROM information_schema.innodb_trx"
                        + " WHERE trx_mysql_thread_id = CONNECTION_ID()");
            return true;
          });
    }

    assertThat(isolation[0]).isEqualToIgnoringCase("read committed");
  }

  private static SqlServer server(OneConnectionSource source) {
    return new SqlServer(
        Database.of(source, DatabaseConfig.builder().build()),
        ClusterConfig.builder("sql", "contract").build());
  }

  /** The application holds all that a pool has, and the pool waits for as long as it takes. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aPoolThatLendsNothingIsAnOutageWithALimit(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (OneConnectionSource source = source(server, database)) {
      SqlServer lending = server(source);
      source.free.acquire();
      try (SqlLine line = new SqlLine(lending, 300, true)) {
        assertThatThrownBy(() -> line.read(SqlLine.Call::kind))
            .isInstanceOf(EngineException.class)
            .hasMessageContaining("lent no connection within");
        source.free.release();

        assertThat(line.read(SqlLine.Call::kind)).isNotNull();
        source.free.acquire();
        try (SqlLine other = new SqlLine(lending, 60_000, true)) {
          CompletableFuture<Throwable> waiting =
              CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      other.read(SqlLine.Call::kind);
                      return new AssertionError("it has come");
                    } catch (EngineException e) {
                      return e;
                    }
                  });
          eventually("somebody waits for it", () -> source.free.hasQueuedThreads());
          lending.close();

          assertThat(waiting.get(5, TimeUnit.SECONDS)).isInstanceOf(EngineException.class);
          eventually("nobody waits for it any longer", () -> !source.free.hasQueuedThreads());
        }
      }
    }
  }
}
