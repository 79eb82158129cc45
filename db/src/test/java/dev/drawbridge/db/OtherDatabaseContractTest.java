package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.db.DbConstraintException.Kind;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The session layer on databases of which it knows nothing but JDBC. */
@ParameterizedClass
@MethodSource("everywhere")
class OtherDatabaseContractTest {
  enum Other {
    HSQLDB,
    DERBY,
    SQLITE;

    String url() throws Exception {
      String name = "other" + UUID.randomUUID().toString().replace("-", "");
      return switch (this) {
        case HSQLDB -> "jdbc:hsqldb:mem:" + name + ";hsqldb.tx=mvcc";
        case DERBY -> "jdbc:derby:memory:" + name + ";create=true";
        case SQLITE ->
            "jdbc:sqlite:"
                + Files.createDirectories(Path.of("target", "sqlite")).resolve(name + ".db");
      };
    }
  }

  @Parameter(0)
  Other other;

  @Parameter(1)
  PoolKind pool;

  private PoolKind.Opened opened;
  private Database database;

  static List<Arguments> everywhere() {
    List<Arguments> all = new ArrayList<>();
    for (Other other : Other.values()) {
      for (PoolKind pool : List.of(PoolKind.OWN, PoolKind.DBCP)) {
        all.add(Arguments.of(other, pool));
      }
    }
    return all;
  }

  @BeforeEach
  void open() throws Exception {
    System.setProperty("derby.stream.error.file", "target/derby.log");
    System.setProperty("derby.locks.waitTimeout", "2");
    String user = other == Other.HSQLDB ? "SA" : "app";
    opened = pool.openSeveral(new TestDatabase(TestServer.H2, other.url(), user, ""));
    database = opened.database();
    run("CREATE TABLE parent (id INT NOT NULL PRIMARY KEY, label VARCHAR(40) NOT NULL UNIQUE)");
    run("INSERT INTO parent (id, label) VALUES (1, 'one')");
    run("INSERT INTO parent (id, label) VALUES (2, 'two')");
  }

  @AfterEach
  void close() {
    assertThat(database.metrics().openSessions()).isZero();
    opened.close();
  }

  private void run(String sql, Object... values) {
    try (DbSession session = database.openSession()) {
      session.update(sql, values).run();
    }
  }

  private List<String> labels() {
    return database.read(
        session ->
            session.query("SELECT label FROM parent ORDER BY id").list(row -> row.string("label")));
  }

  @Test
  void itIsAnotherDatabase() {
    assertThat(database.dialect()).isEqualTo(Dialect.OTHER);
    assertThat(database.health().status()).isEqualTo(DbHealth.Status.UP);
  }

  @Test
  void transactionsCommitAndRollBack() {
    database.transact(session -> session.update("DELETE FROM parent WHERE id = ?", 1).run());
    Throwable thrown =
        catchThrowable(
            () ->
                database.transact(
                    session -> {
                      session.update("DELETE FROM parent WHERE id = ?", 2).run();
                      throw new IllegalStateException("no");
                    }));

    assertThat(thrown).hasMessage("no");
    assertThat(labels()).containsExactly("two");
  }

  @Test
  void savepointsBatchesAndStreamsWork() {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.batch("INSERT INTO parent (id, label) VALUES (?, ?)").add(3, "c").add(4, "d").run();
      DbSavepoint savepoint = session.savepoint();
      assertThatThrownBy(() -> session.update("INSERT INTO nowhere VALUES (1)").run())
          .isInstanceOf(DbException.class);
      session.rollbackTo(savepoint);
      List<String> seen = new ArrayList<>();
      session
          .query("SELECT label FROM parent WHERE id IN (:ids) ORDER BY id")
          .bind("ids", List.of(1, 3, 4))
          .forEach(row -> row.string("label"), seen::add);
      session.commit();

      assertThat(seen).containsExactly("one", "c", "d");
    }
    assertThat(labels()).hasSize(4);
  }

  @Test
  void constraintsAreToldApart() {
    assertThat(kindOf("INSERT INTO parent (id, label) VALUES (?, ?)", 1, "x"))
        .isEqualTo(Kind.UNIQUE);
    assertThat(kindOf("INSERT INTO parent (id, label) VALUES (?, ?)", 9, "one"))
        .isEqualTo(Kind.UNIQUE);
    assertThat(kindOf("INSERT INTO parent (id, label) VALUES (?, ?)", 9, null))
        .isEqualTo(Kind.NOT_NULL);
  }

  private Kind kindOf(String sql, Object... values) {
    Throwable thrown = catchThrowable(() -> run(sql, values));
    assertThat(thrown).isInstanceOf(DbConstraintException.class);
    return ((DbConstraintException) thrown).kind();
  }

  @Test
  void aReadOnlySessionRefusesChanges() {
    assertThatThrownBy(() -> database.read(session -> session.update("DELETE FROM parent").run()))
        .isInstanceOf(DbStateException.class);
    // and leaves a connection that may write again
    run("DELETE FROM parent");
    assertThat(labels()).isEmpty();
  }

  @Test
  void aSerializableTransactionRuns() {
    String label =
        database.transact(
            Isolation.SERIALIZABLE,
            session ->
                session
                    .query("SELECT label FROM parent WHERE id = 1")
                    .one(row -> row.string("label"))
                    .orElseThrow());

    assertThat(label).isEqualTo("one");
    run("UPDATE parent SET label = 'uno' WHERE id = 1");
  }

  @Test
  void aLostTransactionIsAConflictAndARetryWins() throws Exception {
    // SQLite has one writer at a time, see below
    Assumptions.assumeTrue(other != Other.SQLITE);
    CyclicBarrier both = new CyclicBarrier(2);
    CompletableFuture<Void> first = CompletableFuture.runAsync(() -> lock(both, 1, 2));
    CompletableFuture<Void> second = CompletableFuture.runAsync(() -> lock(both, 2, 1));

    first.get(60, TimeUnit.SECONDS);
    second.get(60, TimeUnit.SECONDS);

    assertThat(labels()).allSatisfy(label -> assertThat(label).contains("++"));
  }

  @Test
  void aSecondWriterIsAConflict() {
    Assumptions.assumeTrue(other == Other.SQLITE);
    try (DbSession first = database.openSession();
        DbSession second = database.openSession()) {
      first.begin();
      first.update("UPDATE parent SET label = 'uno' WHERE id = 1").run();

      Throwable thrown =
          catchThrowable(
              () ->
                  second
                      .update("UPDATE parent SET label = 'dos' WHERE id = 2")
                      .timeout(Duration.ofSeconds(1))
                      .run());

      assertThat(thrown).isInstanceOf(DbConflictException.class);
      first.commit();
      second.update("UPDATE parent SET label = 'dos' WHERE id = 2").run();
    }
    assertThat(labels()).containsExactly("uno", "dos");
  }

  private void lock(CyclicBarrier both, int one, int two) {
    boolean[] met = new boolean[1];
    String sql = "UPDATE parent SET label = label || '+' WHERE id = ?";
    database.transactRetrying(
        20,
        Isolation.SERIALIZABLE,
        session -> {
          session.query("SELECT label FROM parent WHERE id = ?", two).one(row -> 1);
          if (!met[0]) {
            met[0] = true;
            await(both);
          }
          session.update(sql, one).run();
          return session.update(sql, two).run();
        });
  }

  private static void await(CyclicBarrier both) {
    try {
      both.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSlowStatementTimesOut() {
    // SQLite's driver takes the time-out for how long to wait for a lock
    Assumptions.assumeTrue(other != Other.SQLITE);
    database.transact(
        session -> {
          Batch batch = session.batch("INSERT INTO parent (id, label) VALUES (?, ?)");
          for (int i = 10; i < 1_000; i++) {
            batch.add(i, "label " + i);
          }
          return batch.run();
        });
    try (DbSession session = database.openSession()) {
      Throwable thrown =
          catchThrowable(
              () ->
                  session
                      .query(
                          "SELECT count(*) AS n FROM parent a, parent b, parent c, parent d"
                              + " WHERE a.label <> b.label AND b.label <> c.label"
                              + " AND c.label <> d.label")
                      .timeout(Duration.ofSeconds(1))
                      .one(row -> 1));

      assertThat(thrown).isInstanceOf(DbTimeoutException.class);
      assertThat(((DbException) thrown).isTransient()).isFalse();
    }
  }

  @Test
  void noExceptionRepeatsABoundValue() {
    for (String sql :
        List.of(
            "INSERT INTO parent (id, label) VALUES (1, ?)",
            "INSERT INTO parent (id, label) VALUES (?, 'x')",
            "UPDATE parent SET labl = ?",
            "SELECT ? FROM nowhere")) {
      Throwable thrown = catchThrowable(() -> run(sql, "s3cret"));
      if (thrown != null) {
        assertThat(TestDatabases.stackTrace(thrown)).doesNotContain("s3cret");
      }
    }
  }
}
