package dev.drawbridge.filters.jwt.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbException;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testing.TestClock;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of revocations on every database, with a clock and a stopwatch that the test moves. */
@ParameterizedClass
@MethodSource("servers")
class StoredRevocationsTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00.700Z");
  private static final Instant SECOND = Instant.parse("2026-11-23T12:00:00Z");
  private static final Duration LIFETIME = Duration.ofHours(24);
  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final Duration STALE = Duration.ofMinutes(5);

  /** Migrated once for each server. */
  private static final Map<TestServer, TestDatabase> MIGRATED = new EnumMap<>(TestServer.class);

  @Parameter TestServer server;

  private final TestClock clock = TestClock.at(NOW);
  private final AtomicLong nanos = new AtomicLong();
  private Database database;
  private StoredRevocations here;
  private StoredRevocations there;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  private static TestDatabase migrated(TestServer server) {
    return MIGRATED.computeIfAbsent(
        server,
        fresh -> {
          TestDatabase target = fresh.newDatabase();
          Migrations.builder()
              .url(target.url())
              .user(target.user())
              .password(target.password())
              .mode(Mode.MIGRATE)
              .build()
              .run();
          return target;
        });
  }

  private StoredRevocations revocations() {
    return new StoredRevocations(database, LIFETIME, FRESH, STALE, clock, nanos::get);
  }

  @BeforeEach
  void open() {
    TestDatabase target = migrated(server);
    database =
        Database.open(
            DatabaseConfig.builder()
                .url(target.url())
                .user(target.user())
                .password(target.password())
                .poolSize(4)
                .build());
    run("DELETE FROM revocation");
    here = revocations();
    there = revocations();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private long run(String sql) {
    return database.transact(session -> session.update(sql).run());
  }

  private long rows() {
    return database.read(
        session ->
            session
                .query("SELECT COUNT(*) AS n FROM revocation")
                .one(row -> row.longValue("n"))
                .orElseThrow());
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void revokedTokenAloneIsRevokedAndOtherServersKnowWhenTheirAnswerIsOld() {
    assertThat(there.isRevoked("alice", "a", SECOND)).isFalse();

    here.revoke("a", NOW.plusSeconds(60));
    here.revoke("a", NOW.plusSeconds(60));

    assertThat(here.isRevoked("alice", "a", SECOND)).isTrue();
    assertThat(here.isRevoked("alice", "b", SECOND)).isFalse();
    assertThat(here.isRevoked("alice", null, SECOND)).isFalse();
    assertThat(here.isRevoked("a", null, SECOND)).as("a user called like the token").isFalse();
    pass(FRESH.minusNanos(1));
    assertThat(there.isRevoked("alice", "a", SECOND)).isFalse();
    pass(Duration.ofNanos(1));
    assertThat(there.isRevoked("alice", "a", SECOND)).isTrue();
    assertThat(revocations().isRevoked("alice", "a", SECOND)).isTrue();
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void momentIsComparedInWholeSecondsAndOnlyMovesForward() {
    here.revokeBefore("alice", NOW);
    there.revokeBefore("alice", NOW.minusSeconds(60));

    for (Revocations each : List.of(here, there, revocations())) {
      assertThat(each.isRevoked("alice", "x", SECOND)).isFalse();
      assertThat(each.isRevoked("bob", "x", SECOND.minusSeconds(1))).isFalse();
    }
    for (Revocations each : List.of(here, revocations())) {
      assertThat(each.isRevoked("alice", "x", SECOND.minusSeconds(1))).isTrue();
      assertThat(each.isRevoked("alice", null, SECOND.minusSeconds(1))).isTrue();
      assertThat(each.isRevoked("alice", "x", null)).isTrue();
    }

    there.revokeBefore("alice", NOW.plusSeconds(1));

    assertThat(revocations().isRevoked("alice", "x", SECOND)).isTrue();
    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void questionsOneAfterAnotherAreNeverTooMany() {
    for (int i = 0; i < 3 * StoredRevocations.MAX_READING; i++) {
      assertThat(here.isRevoked("u" + i, "t" + i, SECOND)).isFalse();
    }
  }

  @Test
  void rowsGoWhenNoTokenCanNeedThemAnyMore() {
    here.revoke("short", NOW.plusSeconds(60));
    here.revokeBefore("alice", NOW.minusSeconds(10));
    here.revokeBefore("carol", NOW.plusSeconds(3600));

    // Five minutes for the leeway and for clocks that differ, and the second that is compared.
    clock.set(NOW.plusSeconds(60).plus(Duration.ofMinutes(5)));
    here.revoke("x", clock.instant());
    assertThat(rows()).isEqualTo(4);
    clock.set(clock.instant().plusSeconds(1));
    here.revoke("x", clock.instant());
    assertThat(rows()).isEqualTo(3);
    assertThat(revocations().isRevoked("alice", "short", SECOND)).isFalse();

    clock.set(NOW.plus(LIFETIME).plus(Duration.ofMinutes(5)));
    here.revoke("y", clock.instant());
    assertThat(revocations().isRevoked("alice", null, SECOND.minusSeconds(11))).isTrue();
    clock.set(clock.instant().plusSeconds(1));
    here.revoke("z", clock.instant());
    assertThat(revocations().isRevoked("alice", null, SECOND.minusSeconds(11))).isFalse();
    assertThat(revocations().isRevoked("carol", null, SECOND)).isTrue();
  }

  @Test
  void twoServersMayRevokeTheSameAtOnce() throws Exception {
    CyclicBarrier together = new CyclicBarrier(2);
    for (int round = 0; round < 10; round++) {
      String name = "n" + round;
      List<CompletableFuture<Void>> both =
          List.of(here, there).stream()
              .map(
                  each ->
                      CompletableFuture.runAsync(
                          () -> {
                            await(together);
                            each.revoke(name, NOW.plusSeconds(60));
                            each.revokeBefore(name, NOW);
                          }))
              .toList();
      for (CompletableFuture<Void> one : both) {
        one.get(20, TimeUnit.SECONDS);
      }
    }

    assertThat(rows()).isEqualTo(20);
    assertThat(revocations().isRevoked("n9", null, SECOND.minusSeconds(1))).isTrue();
    assertThat(revocations().isRevoked("x", "n0", SECOND)).isTrue();
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatWasReadHoldsOnForAWhileWithoutADatabase() {
    here.revoke("gone", NOW.plusSeconds(60));
    assertThat(here.isRevoked("alice", "good", SECOND)).isFalse();
    assertThat(here.isRevoked("alice", "gone", SECOND)).isTrue();
    run("ALTER TABLE revocation RENAME TO revocation_away");
    try {
      pass(FRESH);

      assertThat(here.isRevoked("alice", "good", SECOND)).isFalse();
      assertThat(here.isRevoked("alice", "gone", SECOND)).isTrue();
      // Nobody asks the database in the second after it failed.
      assertThatThrownBy(() -> here.isRevoked("bob", "new", SECOND))
          .isInstanceOf(DbException.class)
          .hasMessageContaining("less than a second ago");
      pass(Duration.ofSeconds(1).minusNanos(1));
      assertThatThrownBy(() -> here.isRevoked("bob", "new", SECOND))
          .hasMessageContaining("less than a second ago");
      pass(Duration.ofNanos(1));
      assertThatThrownBy(() -> here.isRevoked("bob", "new", SECOND))
          .isInstanceOf(DbException.class)
          .hasMessageNotContaining("less than a second ago");

      pass(STALE.minus(FRESH).minusSeconds(1).minusNanos(1));
      assertThat(here.isRevoked("alice", "good", SECOND)).isFalse();
      pass(Duration.ofNanos(1));
      assertThatThrownBy(() -> here.isRevoked("alice", "good", SECOND))
          .isInstanceOf(DbException.class);
    } finally {
      run("ALTER TABLE revocation_away RENAME TO revocation");
    }
    pass(Duration.ofSeconds(1));
    assertThat(here.isRevoked("bob", "new", SECOND)).isFalse();
    assertThat(here.isRevoked("alice", "gone", SECOND)).isTrue();
  }

  @Test
  void whatAnotherServerTellsCountsAtOnceAndIsNotWrittenAgain() {
    assertThat(there.isRevoked("alice", "one", NOW)).isFalse();
    assertThat(there.isRevoked("bob", "two", NOW)).isFalse();
    List<Predicate<Revocations.Token>> told = new ArrayList<>();
    there.onRevoke(told::add);

    there.heard(Revocations.Revocation.ofToken("one", NOW.plusSeconds(60)));
    there.heard(Revocations.Revocation.before("bob", NOW.plusSeconds(1)));
    there.heard(Revocations.Revocation.ofToken("unseen", NOW.plusSeconds(60)));

    assertThat(there.isRevoked("alice", "one", NOW)).isTrue();
    assertThat(there.isRevoked("alice", "other", NOW)).isFalse();
    assertThat(there.isRevoked("bob", "two", NOW)).isTrue();
    assertThat(there.isRevoked("bob", "two", NOW.plusSeconds(2))).isFalse();
    assertThat(there.isRevoked("alice", "unseen", NOW)).isTrue();
    assertThat(told).hasSize(3);
    assertThat(rows()).isZero();
  }
}
