package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries of read-only sessions on PostgreSQL: refused by the server, and as quick as others. */
class OneTripReadTest {
  private static final int TIMES = 20;

  private TestDatabase target;

  @BeforeEach
  void fill() {
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.POSTGRESQL));
    target = TestServer.POSTGRESQL.newDatabase();
    execute(
        "CREATE TABLE item (id INT PRIMARY KEY, name TEXT)",
        "INSERT INTO item VALUES (1, 'one'), (2, 'two'), (3, 'a;b')",
        "CREATE FUNCTION wipe() RETURNS INT LANGUAGE SQL AS 'DELETE FROM item; SELECT 1'",
        "CREATE VIEW wiping AS SELECT wipe() AS gone");
  }

  private void execute(String... statements) {
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private DatabaseConfig.Builder config(String parameters) {
    String url = target.url() + (target.url().contains("?") ? "&" : "?") + parameters;
    return TestDatabases.config(target).url(url).poolSize(1);
  }

  private static List<Integer> ids(DbSession session) {
    return session
        .query("SELECT id FROM item WHERE id IN (:ids) ORDER BY id -- at the end")
        .bind("ids", List.of(1, 2, 7))
        .list(row -> row.intValue("id"));
  }

  /** With types that AssertJ can tell apart. */
  private static String name(Database database, int id) {
    return database.read(session -> name(session, id));
  }

  private static <T> List<T> list(Database database, SessionWork<List<T>, RuntimeException> work) {
    return database.read(work);
  }

  private static String name(DbSession session, int id) {
    return session
        .query("SELECT name FROM item WHERE id = ?", id)
        .one(row -> row.string("name"))
        .orElseThrow();
  }

  @Test
  void aReadOnlyQueryCostsOneRoundTrip() throws Exception {
    try (TcpProxy proxy = new TcpProxy(port());
        Database database =
            Database.open(
                TestDatabases.config(target)
                    .url(target.url().replace(":" + port() + "/", ":" + proxy.port() + "/"))
                    .poolSize(1)
                    .build())) {
      long before = proxy.requests();
      for (int i = 0; i < TIMES; i++) {
        assertThat(name(database, 1)).isEqualTo("one");
      }

      assertThat(proxy.requests() - before).isEqualTo(TIMES);
    }
  }

  private int port() {
    return Integer.parseInt(target.url().replaceAll("^[^0-9]*:([0-9]+)/.*", "$1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ApplicationName=plain",
        "defaultRowFetchSize=1",
        "preferQueryMode=simple",
        "preferQueryMode=extendedForPrepared",
        "preferQueryMode=extendedCacheEverything",
        "autosave=always",
        "prepareThreshold=1",
        "prepareThreshold=0",
        "readOnlyMode=always"
      })
  void itReadsAndRefusesWhateverTheUrlSays(String parameters) {
    try (Database database = Database.open(config(parameters).build())) {
      for (int i = 0; i < TIMES; i++) {
        assertThat(list(database, OneTripReadTest::ids)).containsExactly(1, 2);
      }
      for (String sql : List.of("SELECT wipe()", "SELECT * FROM wiping", "SELECT 1 INTO other")) {
        assertThatThrownBy(() -> database.read(session -> session.query(sql).list(row -> 1)))
            .as(sql)
            .isInstanceOf(DbException.class);
      }

      assertThat(name(database, 3)).isEqualTo("a;b");
      database.transact(session -> session.update("DELETE FROM item WHERE id = 3").run());
      try (DbSession session = database.openSession()) {
        session.update("INSERT INTO item VALUES (4, 'four')").run();
      }
      assertThat(list(database, session -> session.query("TABLE item").list(row -> 1))).hasSize(3);
    }
  }

  @Test
  void aSessionGoesOnAfterAFailedQueryAndInsideAMapper() {
    try (Database database = Database.open(config("ApplicationName=plain").build());
        DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
      assertThatThrownBy(() -> session.query("SELECT 1/0 AS x").list(row -> 1))
          .isInstanceOf(DbException.class);
      assertThatThrownBy(() -> session.query("SELECT id FROM item").one(row -> 1))
          .isInstanceOf(DbMappingException.class);
      assertThatThrownBy(() -> session.query("SELECT 1; SELECT 2").list(row -> 1))
          .isInstanceOf(DbException.class);

      assertThat(
              session
                  .query("SELECT id FROM item ORDER BY id")
                  .list(row -> name(session, row.intValue("id"))))
          .containsExactly("one", "two", "a;b");
      session.begin();
      assertThat(ids(session)).containsExactly(1, 2);
      session.commit();
      assertThat(ids(session)).containsExactly(1, 2);
    }
  }

  @Test
  void aTableThatChangedUnderAPreparedStatementDoesNotFailARead() {
    try (Database database = Database.open(config("prepareThreshold=1").build())) {
      String all = "SELECT * FROM item";
      for (int i = 0; i < TIMES; i++) {
        database.read(session -> session.query(all).list(row -> 1));
      }

      execute("ALTER TABLE item ADD COLUMN color TEXT DEFAULT 'red'");

      assertThat(list(database, session -> session.query(all).list(row -> row.string("color"))))
          .containsExactly("red", "red", "red");
    }
  }
}
