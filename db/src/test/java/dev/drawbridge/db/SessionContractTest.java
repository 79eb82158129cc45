package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a session, alike on every database: who may use it, and how it goes back. */
@ParameterizedClass
@MethodSource("servers")
class SessionContractTest extends ItemTableFixture {
  @Test
  void withoutBeginEachStatementCommitsByItself() {
    try (DbSession session = database.openSession()) {
      insert(session, 1);
    }

    assertThat(count()).isEqualTo(1);
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
  void aClosedSessionCannotBeUsed() {
    DbSession session = database.openSession();
    session.close();

    assertThatThrownBy(session::begin).isInstanceOf(DbStateException.class);
    assertThatThrownBy(() -> session.query("SELECT 1"))
        .isInstanceOf(DbStateException.class)
        .hasMessage("the session is closed");
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
  void aStrangerIsRefusedWhateverItCalls() throws Exception {
    try (DbSession session = database.openSession()) {
      session.begin();
      DbSavepoint savepoint = session.savepoint();
      Query query = session.query("SELECT id FROM item");
      Update update = session.update("DELETE FROM item");
      Batch batch = session.batch("INSERT INTO item (id) VALUES (?)").add(7);
      Connection connection = session.connection();
      List<Runnable> calls =
          List.of(
              session::begin,
              session::commit,
              session::rollback,
              session::inTransaction,
              session::setRollbackOnly,
              session::savepoint,
              () -> session.rollbackTo(savepoint),
              () -> session.release(savepoint),
              () -> session.query("SELECT 1"),
              () -> session.update("DELETE FROM item"),
              () -> session.batch("DELETE FROM item"),
              () -> session.afterCommit(() -> {}),
              session::connection,
              () -> session.transferTo(Thread.currentThread()),
              () -> query.list(row -> 1),
              () -> query.forEach(row -> 1, ignored -> {}),
              update::run,
              batch::run,
              () -> createStatement(connection));

      List<Throwable> thrown =
          CompletableFuture.supplyAsync(
                  () -> calls.stream().map(call -> catchThrowable(call::run)).toList())
              .get(20, TimeUnit.SECONDS);

      assertThat(thrown).hasSameSizeAs(calls);
      assertThat(thrown)
          .allSatisfy(
              e ->
                  assertThat(e)
                      .isInstanceOf(DbStateException.class)
                      .hasMessageContaining(Thread.currentThread().getName()));
      insert(session, 1);
      session.commit();
    }
    assertThat(count()).isEqualTo(1);
  }

  private static void createStatement(Connection connection) {
    try {
      connection.createStatement();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aSessionMayBeClosedByWhoeverCleansUp() throws Exception {
    DbSession session = database.openSession();
    session.begin();
    insert(session, 1);

    CompletableFuture.runAsync(session::close).get(20, TimeUnit.SECONDS);

    assertThatThrownBy(session::commit)
        .isInstanceOf(DbStateException.class)
        .hasMessage("the session is closed");
    assertThat(count()).isZero();
  }

  @Test
  void theRawConnectionTellsNothingAndKeepsItsIsolation() {
    try (DbSession session = database.openSession()) {
      Connection connection = session.connection();

      assertThat(connection.toString()).isEqualTo("the connection of a DbSession");
      assertThat(Set.of(connection)).contains(connection).doesNotContain(session.connection());
      assertThatThrownBy(() -> connection.setTransactionIsolation(8))
          .isInstanceOf(DbStateException.class);
      assertThatThrownBy(() -> connection.setReadOnly(true)).isInstanceOf(DbStateException.class);
    }
  }
}
