package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.db.DbConstraintException.Kind;
import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The same fault gives the same exception on every database, and none repeats data. */
@ParameterizedClass
@MethodSource("servers")
class ErrorContractTest {
  private static final String SECRET = "s3cret-value";

  @Parameter TestServer server;
  private Database database;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database = TestDatabases.open(server);
    run("CREATE TABLE parent (id INT NOT NULL PRIMARY KEY, label VARCHAR(40) NOT NULL)");
    run(
        "CREATE TABLE child (id INT NOT NULL PRIMARY KEY, parent_id INT NOT NULL, amount INT,"
            + " note VARCHAR(8), CONSTRAINT uq_note UNIQUE (note),"
            + " CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES parent (id),"
            + " CONSTRAINT ck_amount CHECK (amount > 0))");
    run("INSERT INTO parent (id, label) VALUES (1, 'one')");
    run("INSERT INTO parent (id, label) VALUES (2, 'two')");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void run(String sql, Object... values) {
    try (DbSession session = database.openSession()) {
      session.update(sql, values).run();
    }
  }

  private Kind kindOf(String sql, Object... values) {
    Throwable thrown = catchThrowable(() -> run(sql, values));
    assertThat(thrown).isInstanceOf(DbConstraintException.class);
    return ((DbConstraintException) thrown).kind();
  }

  @Test
  void constraintsAreToldApart() {
    String insert = "INSERT INTO child (id, parent_id, amount, note) VALUES (?, ?, ?, ?)";
    run(insert, 1, 1, 5, "a");

    assertThat(kindOf(insert, 1, 1, 5, "b")).isEqualTo(Kind.UNIQUE);
    assertThat(kindOf(insert, 2, 1, 5, "a")).isEqualTo(Kind.UNIQUE);
    assertThat(kindOf(insert, 2, 99, 5, "b")).isEqualTo(Kind.FOREIGN_KEY);
    assertThat(kindOf("DELETE FROM parent WHERE id = ?", 1)).isEqualTo(Kind.FOREIGN_KEY);
    assertThat(kindOf(insert, 2, 1, -5, "b")).isEqualTo(Kind.CHECK);
    assertThat(kindOf(insert, 2, null, 5, "b")).isEqualTo(Kind.NOT_NULL);
  }

  @Test
  void noExceptionRepeatsABoundValue() {
    run("INSERT INTO parent (id, label) VALUES (?, ?)", 3, "three");
    List<Runnable> faults =
        List.of(
            () -> run("INSERT INTO child (id, parent_id, note) VALUES (?, ?, ?)", 9, 1, SECRET),
            () -> run("INSERT INTO parent (id, label) VALUES (1, ?)", SECRET),
            () -> run("INSERT INTO parent (id, label) VALUES (?, 'x')", SECRET),
            () -> run("UPDATE parent SET label = ? WHERE nonsense", SECRET),
            () -> run("UPDATE parent SETT label = ? WHERE id = 1", SECRET),
            () -> run("UPDATE parent SET label = ? WHERE", SECRET),
            () -> run("SELECT ? FROM no_such_table", SECRET));

    for (Runnable fault : faults) {
      Throwable thrown = catchThrowable(fault::run);
      assertThat(thrown).isInstanceOf(DbException.class);
      assertThat(TestDatabases.stackTrace(thrown)).doesNotContain(SECRET);
    }
  }

  @Test
  void aSyntaxErrorKeepsItsStatementAndSqlState() {
    Throwable thrown = catchThrowable(() -> run("SELEKT 1"));

    assertThat(thrown).isExactlyInstanceOf(DbException.class).hasMessageContaining("SELEKT 1");
    assertThat(((DbException) thrown).sqlState()).startsWith("42");
    assertThat(((DbException) thrown).isTransient()).isFalse();
  }

  @Test
  void aSlowStatementTimesOut() {
    String slow =
        switch (server) {
          case H2 -> "SELECT count(*) FROM system_range(1, 1000000), system_range(1, 1000000)";
          case POSTGRESQL -> "SELECT pg_sleep(30)";
          case MARIADB -> "SELECT sleep(30)";
        };
    try (DbSession session = database.openSession()) {
      long start = System.nanoTime();

      assertThatThrownBy(() -> session.query(slow).timeout(Duration.ofMillis(300)).one(row -> 1))
          .isInstanceOf(DbTimeoutException.class);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
      assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    }
  }

  @Test
  void aDeadlockIsAConflict() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    CompletableFuture<Throwable> other = CompletableFuture.supplyAsync(() -> lock(both, 2, 1));

    Throwable mine = lock(both, 1, 2);
    Throwable theirs = other.get(30, TimeUnit.SECONDS);

    assertThat(List.of(String.valueOf(mine), String.valueOf(theirs))).contains("null");
    assertThat(mine == null ? theirs : mine).isInstanceOf(DbConflictException.class);
    assertThat(((DbException) (mine == null ? theirs : mine)).isTransient()).isTrue();
  }

  /** Locks two rows one after the other; null when that worked. */
  private Throwable lock(CyclicBarrier both, int first, int second) {
    String sql = "UPDATE parent SET label = 'locked' WHERE id = ?";
    try {
      database.transact(
          session -> {
            session.update(sql, first).run();
            both.await(10, TimeUnit.SECONDS);
            session.update(sql, second).timeout(Duration.ofSeconds(10)).run();
            return null;
          });
      return null;
    } catch (Exception e) {
      return e;
    }
  }

  @Test
  void lostSerializableTransactionsAreConflictsAndARetryWins() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    List<CompletableFuture<Long>> writers =
        List.of(
            CompletableFuture.supplyAsync(() -> increment(both)),
            CompletableFuture.supplyAsync(() -> increment(both)));
    for (CompletableFuture<Long> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }

    try (DbSession session = database.openSession()) {
      assertThat(
              session
                  .query("SELECT label FROM parent WHERE id = 1")
                  .one(row -> row.string("label")))
          .contains("one++");
    }
  }

  private long increment(CyclicBarrier both) {
    boolean[] met = new boolean[1];
    return database.transactRetrying(
        10,
        Isolation.SERIALIZABLE,
        session -> {
          String label =
              session
                  .query("SELECT label FROM parent WHERE id = 1")
                  .one(row -> row.string("label"))
                  .orElseThrow();
          if (!met[0]) {
            met[0] = true;
            await(both);
          }
          return session.update("UPDATE parent SET label = ? WHERE id = 1", label + "+").run();
        });
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aWrongPasswordSaysSoAndNothingMore() {
    // the other test servers let everybody in
    Assumptions.assumeTrue(server == TestServer.H2);
    var target = server.newDatabase();
    Database.open(TestDatabases.config(target).build()).close();
    DatabaseConfig config =
        TestDatabases.config(target)
            .password(SECRET)
            .acquireTimeout(Duration.ofMillis(500))
            .startWait(Duration.ZERO)
            .build();

    Throwable thrown = catchThrowable(() -> Database.open(config).close());

    assertThat(thrown).isInstanceOf(DbUnavailableException.class);
    assertThat(TestDatabases.stackTrace(thrown))
        .contains("refused the login")
        .doesNotContain(SECRET);
    assertThat(config.toString()).doesNotContain(SECRET);
  }
}
