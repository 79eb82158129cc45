package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a transaction, alike on every database. */
@ParameterizedClass
@MethodSource("servers")
class TransactionContractTest extends ItemTableFixture {
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
      assertThat(session.inTransaction()).isTrue();
      session.commit();
      insert(session, 1);

      assertThat(session.inTransaction()).isFalse();
      assertThat(count()).isEqualTo(1);
    }
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

  @Test
  void afterAFailureSavepointsCanOnlyBeGoneBackTo() {
    try (DbSession session = database.openSession()) {
      session.begin();
      DbSavepoint savepoint = session.savepoint();
      insert(session, 1);
      assertThatThrownBy(() -> insert(session, 1)).isInstanceOf(DbConstraintException.class);

      assertThatThrownBy(session::savepoint)
          .isInstanceOf(DbStateException.class)
          .hasCauseInstanceOf(DbConstraintException.class);
      assertThatThrownBy(() -> session.release(savepoint))
          .isInstanceOf(DbStateException.class)
          .hasCauseInstanceOf(DbConstraintException.class);

      session.rollbackTo(savepoint);
      session.commit();
    }
    assertThat(count()).isZero();
  }

  @Test
  void aReleasedSavepointIsGone() {
    try (DbSession session = database.openSession()) {
      session.begin();
      DbSavepoint savepoint = session.savepoint();
      insert(session, 1);
      session.release(savepoint);

      assertThatThrownBy(() -> session.rollbackTo(savepoint)).isInstanceOf(DbException.class);
      assertThatThrownBy(session::commit).isInstanceOf(DbStateException.class);

      session.rollback();
    }
    assertThat(count()).isZero();
  }

  @Test
  void anActionThatFailsBadlyDoesNotKeepTheNextFromBeingTold() {
    List<String> seen = new ArrayList<>();
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCommit(
          () -> {
            throw new StackOverflowError("logged only");
          });
      session.afterCommit(() -> seen.add("told"));
      session.commit();
    }

    assertThat(seen).containsExactly("told");
  }

  @Test
  void anActionMayUseTheSessionForATransactionOfItsOwn() {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.afterCommit(
          () -> {
            session.begin();
            insert(session, 2);
            session.commit();
          });
      insert(session, 1);
      session.commit();
    }

    assertThat(count()).isEqualTo(2);
  }
}
