package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What one session does reaches neither the data that it must not write nor the next session. */
@ParameterizedClass
@MethodSource("pools")
class SessionGuardTest {
  @Parameter(0)
  TestServer server;

  @Parameter(1)
  PoolKind kind;

  private TestDatabase target;
  private PoolKind.Opened opened;
  private Database database;

  static List<Arguments> pools() {
    return InstantContractTest.pools();
  }

  @BeforeEach
  void open() {
    target = server.newDatabase();
    opened = kind.open(target);
    database = opened.database();
    try (DbSession session = database.openSession()) {
      session.update("CREATE TABLE item (id INT NOT NULL PRIMARY KEY, name VARCHAR(40))").run();
      session.update("INSERT INTO item VALUES (1, 'one')").run();
    }
  }

  @AfterEach
  void close() throws SQLException {
    opened.close();
  }

  private List<Integer> ids() {
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement();
        var results = statement.executeQuery("SELECT id FROM item ORDER BY id")) {
      List<Integer> ids = new ArrayList<>();
      while (results.next()) {
        ids.add(results.getInt(1));
      }
      return ids;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> writingQueries() {
    List<String> queries =
        new ArrayList<>(
            List.of(
                "DELETE FROM item",
                "INSERT INTO item VALUES (2, 'two')",
                "UPDATE item SET id = 3",
                "  /* a comment */ DELETE FROM item",
                "CREATE TABLE other (id INT)",
                "DROP TABLE item"));
    queries.addAll(
        switch (server) {
          case H2 ->
              List.of(
                  "SELECT id FROM FINAL TABLE (DELETE FROM item)",
                  "SELECT id FROM OLD TABLE (UPDATE item SET id = 4)",
                  "SELECT x FROM (SELECT id AS x FROM NEW TABLE (INSERT INTO item VALUES (5,'')))",
                  "SELECT wipe()",
                  "CALL wipe()");
          case POSTGRESQL ->
              List.of(
                  "DELETE FROM item RETURNING id",
                  "INSERT INTO item VALUES (2, 'two') RETURNING id",
                  "WITH gone AS (DELETE FROM item RETURNING id) SELECT id FROM gone",
                  "SELECT wipe()",
                  "SELECT id INTO other FROM item",
                  "SET TRANSACTION READ WRITE");
          case MARIADB ->
              List.of(
                  "DELETE FROM item RETURNING id",
                  "INSERT INTO item VALUES (2, 'two') RETURNING id",
                  "SELECT wipe()",
                  "SET SESSION TRANSACTION READ WRITE");
        });
    return queries;
  }

  /** Called by H2 as a function of SQL. */
  public static int wipe(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate("DELETE FROM item");
    }
  }

  private void createWipe() {
    String sql =
        switch (server) {
          case H2 -> "CREATE ALIAS wipe FOR '" + SessionGuardTest.class.getName() + ".wipe'";
          case POSTGRESQL ->
              "CREATE FUNCTION wipe() RETURNS INT LANGUAGE SQL AS 'DELETE FROM item; SELECT 1'";
          case MARIADB ->
              "CREATE FUNCTION wipe() RETURNS INT MODIFIES SQL DATA BEGIN DELETE FROM item; RETURN"
                  + " 1; END";
        };
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aReadOnlySessionCannotWriteByAQuery() {
    createWipe();
    for (String sql : writingQueries()) {
      for (boolean transaction : new boolean[] {false, true}) {
        Throwable thrown;
        try (DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
          if (transaction) {
            session.begin();
          }
          thrown = catchThrowable(() -> session.query(sql).list(row -> 1));
          if (session.inTransaction()) {
            session.rollback();
          }
          assertThat(session.query("SELECT id FROM item").list(row -> row.intValue("id")))
              .as(sql)
              .containsExactly(1);
        }
        assertThat(thrown).as(sql).isInstanceOf(DbException.class);
        assertThat(ids()).as(sql).containsExactly(1);
      }
    }
    // and the next session may write
    database.transact(session -> session.update("INSERT INTO item VALUES (7, '')").run());
    try (DbSession session = database.openSession()) {
      session.update("INSERT INTO item VALUES (8, '')").run();
    }
    assertThat(ids()).containsExactly(1, 7, 8);
  }

  @Test
  void aReadOnlySessionCannotWriteByItsConnection() {
    try (DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
      for (String sql : List.of("DELETE FROM item", "INSERT INTO item VALUES (2, 'two')")) {
        assertThatThrownBy(
                () -> {
                  try (Statement statement = session.connection().createStatement()) {
                    statement.executeUpdate(sql);
                  }
                })
            .as(sql)
            .isInstanceOf(Exception.class);
        assertThatThrownBy(
                () -> {
                  try (var statement = session.connection().prepareStatement(sql)) {
                    statement.execute();
                  }
                })
            .as(sql)
            .isInstanceOf(Exception.class);
      }
    }
    assertThat(ids()).containsExactly(1);
    try (DbSession session = database.openSession()) {
      session.update("INSERT INTO item VALUES (8, '')").run();
    }
    assertThat(ids()).containsExactly(1, 8);
  }

  private int runsOf(SessionWork<Integer, RuntimeException> work) {
    AtomicInteger runs = new AtomicInteger();
    assertThatThrownBy(
            () ->
                database.read(
                    session -> {
                      runs.incrementAndGet();
                      work.run(session);
                      throw new DbUnavailableException("gone", null);
                    }))
        .isInstanceOf(DbUnavailableException.class);
    return runs.get();
  }

  @Test
  void workThatMayHaveWrittenIsNotReadTwice() {
    createWipe();

    assertThat(runsOf(session -> session.query("SELECT id FROM item").list(row -> 1).size()))
        .isEqualTo(2);
    assertThat(
            runsOf(
                session -> {
                  assertThat(session.connection()).isNotNull();
                  return 1;
                }))
        .isEqualTo(1);
    if (server == TestServer.H2) {
      // the database would let a function write, so nobody knows whether this one did
      assertThat(runsOf(session -> session.query("SELECT rand() AS x").list(row -> 1).size()))
          .isEqualTo(1);
    }
  }

  @Test
  void locksAndFunctionsThatOnlyReadAreAllowedToReadOnlySessions() {
    try (DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
      assertThat(
              session
                  .query("SELECT replace(name, 'o', 'O') AS x, 'DELETE' AS y FROM item")
                  .list(row -> row.string("x")))
          .containsExactly("One");
      session.begin();
      assertThat(session.query("SELECT id FROM item").forEach(row -> 1, row -> {})).isEqualTo(1);
      session.commit();
      assertThat(session.query("SELECT id FROM item").forEach(row -> 1, row -> {})).isEqualTo(1);
    }
  }

  @Test
  void aFailureThatWasSwallowedIsNotCommitted() {
    List<TransactionOutcome> outcomes = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCompletion(outcomes::add);
      session.update("INSERT INTO item VALUES (2, 'two')").run();
      assertThatThrownBy(
              () -> {
                try (Statement statement = session.connection().createStatement()) {
                  statement.executeUpdate("INSERT INTO item VALUES (1, 'again')");
                }
              })
          .isInstanceOf(SQLException.class);

      Throwable thrown = catchThrowable(session::commit);

      if (server == TestServer.POSTGRESQL) {
        assertThat(thrown).isInstanceOf(DbStateException.class);
        assertThat(outcomes).isEmpty();
        session.rollback();
        assertThat(outcomes).containsExactly(TransactionOutcome.ROLLED_BACK);
        assertThat(ids()).containsExactly(1);
      } else {
        assertThat(thrown).isNull();
        assertThat(outcomes).containsExactly(TransactionOutcome.COMMITTED);
        assertThat(ids()).containsExactly(1, 2);
      }
    }
  }

  @Test
  void aDeadlockThatWasSwallowedIsNotCommitted() {
    if (server != TestServer.MARIADB) {
      return; // the only one where a statement can say that it lost
    }
    try (DbSession session = database.openSession()) {
      session.begin();
      assertThatThrownBy(
              () -> session.connection().createStatement().execute("SIGNAL SQLSTATE '40001'"))
          .isInstanceOf(SQLException.class);

      assertThatThrownBy(session::commit).isInstanceOf(DbStateException.class);
      session.rollback();
    }
  }

  @Test
  void aFailureThatASavepointHealedIsCommitted() throws SQLException {
    try (DbSession session = database.openSession()) {
      session.begin();
      try (Statement statement = session.connection().createStatement()) {
        statement.execute("SAVEPOINT here");
        assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO item VALUES (1, 'again')"))
            .isInstanceOf(SQLException.class);
        statement.execute("ROLLBACK TO SAVEPOINT here");
        statement.executeUpdate("INSERT INTO item VALUES (2, 'two')");
      }
      session.commit();
    }
    assertThat(ids()).containsExactly(1, 2);
  }

  @Test
  void aStatementMustNotEndTheTransaction() {
    List<String> statements =
        List.of(
            "COMMIT",
            "ROLLBACK",
            " -- now\n commit",
            "BEGIN",
            "START TRANSACTION",
            "SET autocommit = 1",
            "END");
    for (String sql : statements) {
      try (DbSession session = database.openSession()) {
        session.begin();
        session.update("INSERT INTO item VALUES (2, 'two')").run();
        assertThatThrownBy(() -> session.update(sql).run())
            .as(sql)
            .isInstanceOf(DbStateException.class);
        assertThatThrownBy(() -> session.connection().createStatement().execute(sql))
            .as(sql)
            .isInstanceOf(DbStateException.class);
        assertThatThrownBy(() -> session.connection().prepareStatement(sql))
            .as(sql)
            .isInstanceOf(DbStateException.class);
      }
      assertThat(ids()).as(sql).containsExactly(1);
    }
  }

  @Test
  void aRollbackAfterAStatementThatCommittedByItselfSaysSo() {
    List<TransactionOutcome> outcomes = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCompletion(outcomes::add);
      session.update("INSERT INTO item VALUES (2, 'two')").run();
      session.update("CREATE TABLE other (id INT)").run();

      Throwable thrown = catchThrowable(session::rollback);

      if (server == TestServer.POSTGRESQL) {
        assertThat(thrown).isNull();
        assertThat(outcomes).containsExactly(TransactionOutcome.ROLLED_BACK);
        assertThat(ids()).containsExactly(1);
      } else {
        assertThat(thrown).isInstanceOf(DbUnknownOutcomeException.class);
        assertThat(outcomes).containsExactly(TransactionOutcome.UNKNOWN);
        assertThat(ids()).containsExactly(1, 2);
      }
      session.begin();
      session.rollback();
    }
  }

  /** JDBC, which throws. */
  interface Setting {
    void apply(Connection connection) throws Exception;
  }

  @Test
  void whatWasSetOnTheConnectionDoesNotReachTheNextSession() throws Exception {
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          server == TestServer.MARIADB
              ? "CREATE OR REPLACE DATABASE elsewhere"
              : "CREATE SCHEMA elsewhere");
    }
    List<Setting> settings =
        new ArrayList<>(
            List.of(
                connection -> connection.setNetworkTimeout(Runnable::run, 4321),
                connection -> connection.setHoldability(connection.getHoldability() == 1 ? 2 : 1)));
    if (server == TestServer.MARIADB) {
      settings.add(connection -> connection.setCatalog("elsewhere"));
      settings.add(connection -> connection.createStatement().execute("USE elsewhere"));
      settings.add(connection -> connection.createStatement().execute("SET @mine = 5"));
      settings.add(
          connection -> connection.createStatement().execute("SET sql_mode = 'ANSI_QUOTES'"));
    } else {
      String name = server == TestServer.H2 ? "ELSEWHERE" : "elsewhere";
      settings.add(connection -> connection.setSchema(name));
      settings.add(connection -> connection.setTypeMap(new java.util.HashMap<>()));
    }
    if (server == TestServer.POSTGRESQL) {
      settings.add(connection -> connection.setClientInfo("ApplicationName", "mine"));
      settings.add(connection -> connection.setSchema("ELSEWHERE"));
      settings.add(
          connection -> {
            java.util.Properties info = new java.util.Properties();
            info.setProperty("ApplicationName", "mine");
            connection.setClientInfo(info);
          });
      settings.add(connection -> connection.createStatement().execute("SET ROLE pg_monitor"));
      settings.add(
          connection -> connection.createStatement().execute("SET search_path = elsewhere"));
      settings.add(
          connection ->
              connection.prepareStatement("SELECT set_config('work_mem', '1MB', false)").execute());
      settings.add(connection -> connection.createStatement().execute("LISTEN news"));
      settings.add(
          connection -> connection.createStatement().execute("CREATE TEMP TABLE mine (id INT)"));
    }
    if (server == TestServer.H2) {
      settings.add(connection -> connection.createStatement().execute("SET SCHEMA elsewhere"));
      settings.add(connection -> connection.createStatement().execute("SET @mine = 5"));
    }
    for (int i = 0; i < settings.size(); i++) {
      String before = state();
      try (DbSession session = database.openSession()) {
        try {
          settings.get(i).apply(session.connection());
        } catch (java.sql.SQLFeatureNotSupportedException e) {
          continue;
        }
      }
      assertThat(state()).as("setting " + i).isEqualTo(before);
      // in a transaction that is rolled back, too
      try (DbSession session = database.openSession()) {
        session.begin();
        settings.get(i).apply(session.connection());
      }
      assertThat(state()).as("setting " + i + " in a transaction").isEqualTo(before);
    }
  }

  private String state() throws SQLException {
    try (DbSession session = database.openSession()) {
      Connection connection = session.connection();
      String asked =
          switch (server) {
            case H2 -> "SELECT COALESCE(@mine, 0) || SCHEMA() AS x";
            case POSTGRESQL ->
                "SELECT current_user || current_setting('search_path')"
                    + " || current_setting('work_mem') || current_setting('application_name')"
                    + " || (SELECT count(*) FROM pg_listening_channels())"
                    // Of this session: that of a connection that is thrown away goes a little
                    // later.
                    + " || (to_regclass('pg_temp.mine') IS NOT NULL) AS x";
            case MARIADB -> "SELECT CONCAT(DATABASE(), COALESCE(@mine, 0), @@sql_mode) AS x";
          };
      return connection.getCatalog()
          + " "
          + connection.getSchema()
          + " "
          + connection.getNetworkTimeout()
          + " "
          + connection.getHoldability()
          + " "
          + session.query(asked).one(row -> row.string("x")).orElseThrow();
    }
  }

  @Test
  void noObjectOfJdbcLeadsRoundTheGuard() throws SQLException {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.update("INSERT INTO item VALUES (2, 'two')").run();
      Connection guard = session.connection();
      List<Connection> found = new ArrayList<>();
      found.add(guard.getMetaData().getConnection());
      found.add(guard.unwrap(Connection.class));
      try (Statement statement = guard.createStatement();
          var prepared = guard.prepareStatement("SELECT id FROM item");
          var results = statement.executeQuery("SELECT id FROM item");
          var prepareds = prepared.executeQuery();
          var tables = guard.getMetaData().getTables(null, null, "%", null)) {
        found.add(statement.getConnection());
        found.add(prepared.getConnection());
        found.add(results.getStatement().getConnection());
        found.add(prepareds.getStatement().getConnection());
        assertThat(results.getStatement()).isSameAs(statement);
        if (tables.getStatement() != null) {
          found.add(tables.getStatement().getConnection());
        }
      }
      session
          .query("SELECT id FROM item")
          .list(row -> found.add(row.resultSet().getStatement().getConnection()));

      List<Consumer<Connection>> endings =
          List.of(
              connection -> sneaky(connection::commit),
              connection -> sneaky(connection::rollback),
              connection -> sneaky(connection::close),
              connection -> sneaky(() -> connection.setAutoCommit(true)),
              connection -> sneaky(() -> connection.setReadOnly(true)));
      for (Connection connection : found) {
        for (Consumer<Connection> ending : endings) {
          assertThatThrownBy(() -> ending.accept(connection)).isInstanceOf(DbStateException.class);
        }
      }
      session.rollback();
    }
    assertThat(ids()).containsExactly(1);
  }

  /** A call of JDBC. */
  interface JdbcCall {
    void run() throws SQLException;
  }

  private static void sneaky(JdbcCall call) {
    try {
      call.run();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsAWrapperCanBeUnwrapped() throws Exception {
    Class<?> type =
        switch (server) {
          case H2 -> org.h2.jdbc.JdbcConnection.class;
          case POSTGRESQL -> org.postgresql.PGConnection.class;
          case MARIADB -> org.mariadb.jdbc.Connection.class;
        };
    for (int i = 0; i < 3; i++) {
      try (DbSession session = database.openSession()) {
        Connection guard = session.connection();
        assertThat(guard.isWrapperFor(Connection.class)).isTrue();
        assertThat(guard.isWrapperFor(String.class)).isFalse();
        assertThat(guard.isWrapperFor(type)).isTrue();
        assertThat(type.isInstance(guard.unwrap(type))).isTrue();
        if (server == TestServer.POSTGRESQL) {
          var copy = guard.unwrap(org.postgresql.PGConnection.class).getCopyAPI();
          long copied =
              copy.copyIn(
                  "COPY item FROM STDIN", new java.io.StringReader((10 + i) + "\tcopied\n"));
          assertThat(copied).isEqualTo(1);
        }
      }
    }
    if (server == TestServer.POSTGRESQL) {
      assertThat(ids()).containsExactly(1, 10, 11, 12);
    }
  }
}
