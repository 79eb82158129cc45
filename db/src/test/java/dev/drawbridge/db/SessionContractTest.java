package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a session and of its transaction, alike on every database. */
@ParameterizedClass
@MethodSource("servers")
class SessionContractTest {
  @Parameter TestServer server;
  private Database database;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database = TestDatabases.open(server);
    try (DbSession session = database.openSession()) {
      session.update("CREATE TABLE item (id INT NOT NULL PRIMARY KEY, name VARCHAR(40))").run();
    }
  }

  @AfterEach
  void close() {
    assertThat(database.metrics().openSessions()).isZero();
    database.close();
  }

  private static void insert(DbSession session, int id) {
    session.update("INSERT INTO item (id, name) VALUES (?, ?)", id, "item " + id).run();
  }

  private long count() {
    return database.read(
        session ->
            session.query("SELECT count(*) AS n FROM item").one(row -> row.longValue("n")).get());
  }

  @Test
  void withoutBeginEachStatementCommitsByItself() {
    try (DbSession session = database.openSession()) {
      insert(session, 1);
    }

    assertThat(count()).isEqualTo(1);
  }

  @Test
  void commitKeepsAndRollbackDrops() {
    try (DbSession session = database.openSession()) {
      session.begin();
      insert(session, 1);
      session.commit();
      session.begin();
      insert(session, 2);
      session.rollback();
    }

    assertThat(count()).isEqualTo(1);
  }

  @Test
  void afterATransactionEachStatementCommitsByItselfAgain() {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.commit();
      insert(session, 1);

      assertThat(session.inTransaction()).isFalse();
      assertThat(count()).isEqualTo(1);
    }
  }

  @Test
  void closeRollsBackAnOpenTransactionAndMayBeCalledTwice() {
    DbSession session = database.openSession();
    session.begin();
    insert(session, 1);

    session.close();
    session.close();

    assertThat(count()).isZero();
  }

  @Test
  void transactionsDoNotNest() {
    try (DbSession session = database.openSession()) {
      session.begin();

      assertThatThrownBy(session::begin).isInstanceOf(DbStateException.class);

      insert(session, 1);
      session.commit();
    }
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void whatNeedsATransactionSaysSo() {
    try (DbSession session = database.openSession()) {
      for (Runnable action :
          List.<Runnable>of(
              session::commit,
              session::rollback,
              session::savepoint,
              session::setRollbackOnly,
              () -> session.afterCommit(() -> {}))) {
        assertThatThrownBy(action::run)
            .isInstanceOf(DbStateException.class)
            .hasMessage("no transaction is open");
      }
    }
  }

  @Test
  void aClosedSessionCannotBeUsed() {
    DbSession session = database.openSession();
    session.close();

    assertThatThrownBy(session::begin).isInstanceOf(DbStateException.class);
    assertThatThrownBy(() -> session.query("SELECT 1"))
        .isInstanceOf(DbStateException.class)
        .hasMessage("the session is closed");
  }

  @Test
  void aFailedStatementLeavesOnlyRollback() {
    try (DbSession session = database.openSession()) {
      session.begin();
      insert(session, 1);
      assertThatThrownBy(() -> insert(session, 1)).isInstanceOf(DbConstraintException.class);

      assertThatThrownBy(() -> insert(session, 2))
          .isInstanceOf(DbStateException.class)
          .hasCauseInstanceOf(DbConstraintException.class);
      assertThatThrownBy(session::commit)
          .isInstanceOf(DbStateException.class)
          .hasCauseInstanceOf(DbConstraintException.class);

      session.rollback();
      session.begin();
      insert(session, 3);
      session.commit();
    }
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void aFailedMapperLeavesOnlyRollback() {
    try (DbSession session = database.openSession()) {
      session.begin();
      insert(session, 1);
      assertThatThrownBy(
              () ->
                  session
                      .query("SELECT id FROM item")
                      .list(
                          row -> {
                            throw new IllegalArgumentException("mapper");
                          }))
          .isInstanceOf(IllegalArgumentException.class);

      assertThatThrownBy(session::commit)
          .isInstanceOf(DbStateException.class)
          .hasCauseInstanceOf(IllegalArgumentException.class);
    }
    assertThat(count()).isZero();
  }

  @Test
  void rollbackToASavepointHeals() {
    try (DbSession session = database.openSession()) {
      session.begin();
      insert(session, 1);
      DbSavepoint savepoint = session.savepoint();
      insert(session, 2);
      assertThatThrownBy(() -> insert(session, 1)).isInstanceOf(DbConstraintException.class);

      session.rollbackTo(savepoint);
      insert(session, 3);
      session.release(session.savepoint());
      session.commit();
    }
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void aSavepointOfAnotherTransactionIsRefused() {
    try (DbSession session = database.openSession()) {
      session.begin();
      DbSavepoint old = session.savepoint();
      session.rollback();
      session.begin();

      assertThatThrownBy(() -> session.rollbackTo(old)).isInstanceOf(DbStateException.class);
      assertThatThrownBy(() -> session.release(old)).isInstanceOf(DbStateException.class);

      session.rollback();
    }
  }

  @Test
  void setRollbackOnlyForbidsCommit() {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.setRollbackOnly();

      assertThatThrownBy(session::commit).isInstanceOf(DbStateException.class);
      session.rollback();
    }
  }

  @Test
  void actionsLearnHowTheTransactionEnded() {
    List<String> seen = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCommit(() -> seen.add("first"));
      session.afterCommit(
          () -> {
            throw new IllegalStateException("logged only");
          });
      session.afterCompletion(outcome -> seen.add(outcome.name()));
      session.commit();
      session.begin();
      session.afterCommit(() -> seen.add("never"));
      session.afterCompletion(outcome -> seen.add(outcome.name()));
      session.rollback();
      session.begin();
      session.afterCompletion(outcome -> seen.add("closed " + outcome));
    }

    assertThat(seen).containsExactly("first", "COMMITTED", "ROLLED_BACK", "closed ROLLED_BACK");
  }

  @Test
  void anotherThreadIsRefusedUntilItIsHandedTheSession() throws Exception {
    try (DbSession session = database.openSession()) {
      CompletableFuture<Void> refused = new CompletableFuture<>();
      Runnable misuse =
          () -> {
            try {
              session.begin();
              refused.complete(null);
            } catch (DbStateException e) {
              refused.completeExceptionally(e);
            }
          };
      new Thread(misuse, "a stranger").start();
      assertThatThrownBy(() -> refused.get(10, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(DbStateException.class)
          .hasMessageContaining(Thread.currentThread().getName())
          .hasMessageContaining("a stranger");

      Thread owner = Thread.currentThread();
      Thread other =
          new Thread(
              () -> {
                insert(session, 1);
                session.transferTo(owner);
              });
      session.transferTo(other);
      other.start();
      other.join(10_000);
      insert(session, 2);
    }
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void aReadOnlySessionRefusesToWriteAndTheNextOneDoesNot() {
    try (DbSession session = database.openSession(SessionOptions.defaults().withReadOnly())) {
      assertThatThrownBy(() -> insert(session, 1)).isInstanceOf(DbStateException.class);
      assertThatThrownBy(() -> session.batch("DELETE FROM item"))
          .isInstanceOf(DbStateException.class);
      if (server != TestServer.H2) {
        session.begin();
        // past the session's own check
        assertThatThrownBy(() -> session.query("DELETE FROM item").forEach(row -> 1, ignored -> {}))
            .isInstanceOf(DbException.class);
        session.rollback();
      }
    }
    for (int i = 0; i < database.config().poolSize(); i++) {
      try (DbSession session = database.openSession()) {
        insert(session, i);
      }
    }
  }

  @Test
  void theConnectionGoesBackAsItCame() throws Exception {
    try (DbSession session = database.openSession()) {
      session.begin(Isolation.SERIALIZABLE);
      assertThat(session.connection().getTransactionIsolation())
          .isEqualTo(Isolation.SERIALIZABLE.level());
      session.rollback();
      session.begin();
      assertThat(session.connection().getTransactionIsolation())
          .isEqualTo(Isolation.READ_COMMITTED.level());
      session.rollback();
      session.begin(Isolation.REPEATABLE_READ);
    }
    List<DbSession> all = new ArrayList<>();
    for (int i = 0; i < database.config().poolSize(); i++) {
      all.add(database.openSession());
    }
    for (DbSession session : all) {
      assertThat(session.connection().getTransactionIsolation())
          .isEqualTo(Isolation.READ_COMMITTED.level());
      assertThat(session.connection().getAutoCommit()).isTrue();
      assertThat(session.connection().isReadOnly()).isFalse();
      session.close();
    }
  }

  @Test
  void theRawConnectionCannotEndTheTransaction() throws Exception {
    try (DbSession session = database.openSession()) {
      session.begin();
      insert(session, 1);

      assertThatThrownBy(() -> session.connection().commit()).isInstanceOf(DbStateException.class);
      assertThatThrownBy(() -> session.connection().close()).isInstanceOf(DbStateException.class);
      assertThatThrownBy(() -> session.connection().setAutoCommit(true))
          .isInstanceOf(DbStateException.class);
      assertThat(session.connection().getMetaData().getDatabaseProductName())
          .isEqualToIgnoringCase(server.name());

      session.rollback();
    }
    assertThat(count()).isZero();
  }

  @Test
  void transactCommitsOrRollsBackAndTheFirstExceptionSurvives() {
    database.transact(
        session -> {
          insert(session, 1);
          return null;
        });
    IllegalStateException first = new IllegalStateException("first");

    assertThatThrownBy(
            () ->
                database.transact(
                    session -> {
                      insert(session, 2);
                      throw first;
                    }))
        .isSameAs(first);

    assertThat(count()).isEqualTo(1);
  }

  @Test
  void transactRetryingRetriesConflictsOnly() {
    List<Integer> attempts = new ArrayList<>();
    int result =
        database.transactRetrying(
            3,
            session -> {
              attempts.add(attempts.size());
              if (attempts.size() < 3) {
                throw new DbConflictException("lost", null);
              }
              return 42;
            });
    assertThat(result).isEqualTo(42);
    assertThat(attempts).hasSize(3);

    attempts.clear();
    assertThatThrownBy(
            () ->
                database.transactRetrying(
                    2,
                    session -> {
                      attempts.add(1);
                      throw new DbConflictException("lost", null);
                    }))
        .isInstanceOf(DbConflictException.class);
    assertThat(attempts).hasSize(2);

    attempts.clear();
    assertThatThrownBy(
            () ->
                database.transactRetrying(
                    3,
                    session -> {
                      attempts.add(1);
                      throw new DbTimeoutException("slow", null);
                    }))
        .isInstanceOf(DbTimeoutException.class);
    assertThat(attempts).hasSize(1);
  }
}
