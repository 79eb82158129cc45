package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the engine does when a database or the way to it does not do what it should. */
class FaultsTest {
  private static SqlDatabase database(TestServer server) {
    return SqlDatabase.empty(server, FaultsTest.class);
  }

  /** The server has committed, and its answer never arrives. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void anAppendWhoseAnswerIsLostIsInTheLogOnce(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TcpProxy link = new TcpProxy(database.port());
        TestPeer a = TestPeer.up("a", database.urlBy(link.port()), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user())) {
      Entry first = a.draft("1");
      link.swallowAnswerTo(server == TestServer.POSTGRESQL ? "COMMIT\0" : "COMMIT");

      assertThatThrownBy(() -> a.append(first))
          .isInstanceOfSatisfying(
              EngineException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN));
      b.awaitTexts("1");
      a.append(first, a.draft("2"));

      b.awaitTexts("1", "2");
      a.awaitTexts("1", "2");
      assertThat(b.resets).hasSize(1);
    }
  }

  /** Another transaction holds the head while the line is cut: nothing can be there afterwards. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void anAppendThatIsCutBeforeItsCommitHasCertainlyNoEffect(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TcpProxy link = new TcpProxy(database.port());
        TestPeer a = TestPeer.up("a", database.urlBy(link.port()), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user());
        Connection other = database.connect()) {
      lockHead(other);
      Entry first = a.draft("1");
      CompletableFuture<Outcome> outcome = CompletableFuture.supplyAsync(() -> outcome(a, first));
      long before = link.requests();
      eventually("the append waits for the lock", () -> link.requests() > before + 1);

      link.refuse(true);
      assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Outcome.NOT_SENT);
      other.rollback();
      link.refuse(false);
      eventually("the database is reached again", a::isUp);
      b.append(b.draft("of b"));
      a.append(a.draft("1 again", 1));

      b.awaitTexts("of b", "1 again");
    }
  }

  private static void lockHead(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT * FROM drawbridge_log_head FOR UPDATE");
    }
  }

  /** Null when it has gone well. */
  private static Outcome outcome(TestPeer peer, Entry draft) {
    try {
      peer.append(draft);
      return null;
    } catch (EngineException e) {
      return e.outcome();
    }
  }

  /** A transaction takes the next number and commits late: nobody is given a higher one before. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aLateCommitWithAnEarlyNumberIsNotPassedOver(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user());
        Connection late = database.connect()) {
      lockHead(late);
      try (Statement statement = late.createStatement()) {
        statement.execute(
            "INSERT INTO drawbridge_log (cluster, epoch, seq, node, n, written_at, version, kind,"
                + " channel, type, repeat_of, body) SELECT cluster, epoch, 1, 'late', 0, 1, 1,"
                + " 'message', 'room:1', 'chat.message', 0, '"
                + TestPeer.text("late")
                + "' FROM drawbridge_log_head");
        statement.execute("UPDATE drawbridge_log_head SET top = 1");
      }
      Entry second = a.draft("2");
      CompletableFuture<Outcome> append = CompletableFuture.supplyAsync(() -> outcome(a, second));

      assertThat(append).isNotDone();
      assertThat(b.texts).isEmpty();
      late.commit();
      append.get(10, TimeUnit.SECONDS);

      b.awaitTexts("late", "2");
      a.awaitTexts("late", "2");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void anotherTablesLockConcernsNobody(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user());
        Connection application = database.connect()) {
      lockTable(server, application, "app_user");

      a.append(a.draft("1"));

      b.awaitTexts("1");
      assertThat(a.isUp()).isTrue();
    }
  }

  /** For as long as somebody holds the tables of the log it is away, and then goes on. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aLockOfTheLogsOwnTablesIsAnOutageWithoutLoss(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user());
        Connection application = database.connect()) {
      a.append(a.draft("1"));
      b.awaitTexts("1");
      lockTable(server, application, "drawbridge_log");
      Entry second = a.draft("2");

      eventually("both say so", () -> a.isDown() && b.isDown());
      assertThat(outcome(a, second)).isEqualTo(Outcome.NOT_SENT);
      unlock(server, application);
      eventually("both are up", () -> a.isUp() && b.isUp());
      a.append(second);

      b.awaitTexts("1", "2");
      assertThat(a.resets).hasSize(1);
      assertThat(b.resets).hasSize(1);
    }
  }

  private static void lockTable(TestServer server, Connection connection, String table)
      throws Exception {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          server == TestServer.POSTGRESQL
              ? "LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE"
              : "LOCK TABLES " + table + " WRITE");
    }
  }

  private static void unlock(TestServer server, Connection connection) throws Exception {
    if (server == TestServer.MARIADB) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("UNLOCK TABLES");
      }
    }
    connection.rollback();
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aDatabaseThatTakesNoWritesIsSaidSoUntilItDoes(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    String initSql =
        server == TestServer.POSTGRESQL
            ? "SET default_transaction_read_only = on"
            : "SET SESSION TRANSACTION READ ONLY";
    Database readOnly =
        Database.open(
            SqlDatabase.handleConfig(database.url(), database.user()).initSql(initSql).build());

    try (TestPeer a = TestPeer.start("a", readOnly, Duration.ofMinutes(5), 1_000)) {
      eventually("it says why", () -> a.reason().contains("takes no writes"));
      assertThat(a.isDown()).isTrue();
      assertThat(a.reason()).contains("connect to the primary");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void missingTablesAndOtherColumnsAreSaidWithTheWayOut(TestServer server) throws Exception {
    var bare = server.newDatabase();
    SqlDatabase other = SqlDatabase.migrated(server.newDatabase().url(), bare.user());
    other.execute("ALTER TABLE drawbridge_log_head DROP COLUMN trimmed");

    for (String url : List.of(bare.url(), other.url())) {
      try (TestPeer a = TestPeer.start("a", url, bare.user())) {
        eventually("it says what to do", () -> a.reason().contains("apply the migrations"));
        assertThat(a.isDown()).isTrue();
      }
    }
  }

  /** MariaDB of the tests runs without grants. */
  @Test
  void anOrdinaryRoleNeedsTheTablesAndNothingElse() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    database.execute(
        "CREATE ROLE ordinary LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO ordinary");
    String url = database.url().replaceAll("\\?.*", "");

    try (TestPeer a = TestPeer.start("a", url, "ordinary")) {
      eventually("it says what to grant", () -> a.reason().contains("grant SELECT, INSERT"));
      database.execute(
          "GRANT SELECT, INSERT, UPDATE, DELETE ON drawbridge_log_head, drawbridge_log,"
              + " drawbridge_log_key, drawbridge_node, drawbridge_member, drawbridge_lock"
              + " TO ordinary");
      a.awaitUp();
      a.append(a.draft("1"));

      a.awaitTexts("1");
    } finally {
      database.execute("DROP OWNED BY ordinary", "DROP ROLE ordinary");
    }
  }

  /**
   * All times are the database's, so nobody else's clock matters: here all others are an hour off.
   */
  @Test
  void aDatabaseWhoseClockIsAnHourOffCarriesAllTheSame() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    database.execute(
        "CREATE SCHEMA IF NOT EXISTS off",
        "CREATE OR REPLACE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            + " 'SELECT pg_catalog.clock_timestamp() - interval ''1 hour'''");

    try (TestPeer a = off("a", database);
        TestPeer b = off("b", database)) {
      a.awaitUp();
      b.awaitUp();
      a.engine.roster().begin(List.of(), 1);
      b.engine.roster().begin(List.of(), 1);
      a.append(a.draft("1"));

      b.awaitTexts("1");
      a.engine.roster().beat();
      assertThat(a.engine.roster().nodes()).isEqualTo(2);
      assertThat(
              a.engine
                  .roster()
                  .enter(new Member("u:bob", "bob", "Bob", "c1", "a", 1), 1, null)
                  .accepted())
          .isTrue();
      assertThat(
              b.engine
                  .roster()
                  .enter(new Member("u:bob", "bob", "Bob", "c2", "b", 1), 1, null)
                  .accepted())
          .isFalse();
      assertThat(a.engine.describe().warnings())
          .anyMatch(warning -> warning.startsWith("the clock of the database is -3"));
    }
  }

  private static TestPeer off(String id, SqlDatabase database) {
    return TestPeer.start(
        id,
        Database.open(
            SqlDatabase.handleConfig(database.url(), database.user())
                .initSql("SET search_path = off, pg_catalog, public")
                .build()),
        Duration.ofMinutes(5),
        20_000);
  }
}
