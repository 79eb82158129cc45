package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.DbConstraintException;
import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.SessionWork;
import dev.drawbridge.db.TestDatabases;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Our tables, written by the store and read through the directory, on every database. */
@ParameterizedClass
@MethodSource("servers")
class UserStoreContractTest {
  private static final User ALICE = User.of("alice", "Alice", Set.of("admin", "user"));

  @Parameter TestServer server;
  private Database database;
  private UserDirectory users;
  private UserStore store;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  /** Migrated once for each server: that takes longer than any test here. */
  private static final Map<TestServer, TestDatabase> MIGRATED = new EnumMap<>(TestServer.class);

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

  @BeforeEach
  void open() {
    database = Database.open(TestDatabases.config(migrated(server)).build());
    users = UserDirectory.of(UserSource.table(database), UserDirectoryConfig.defaults());
    store = UserStore.of(users);
    change(session -> session.update("DELETE FROM app_user").run() >= 0);
    change(
        session -> {
          store.create(session, ALICE);
          return true;
        });
  }

  @AfterEach
  void close() {
    users.close();
    database.close();
  }

  private boolean change(SessionWork<Boolean, RuntimeException> work) {
    return database.transact(work);
  }

  @Test
  void aUserComesBackAsItWasCreated() {
    assertThat(users.find("alice").user()).contains(ALICE);
    assertThat(users.find("bob").user()).isEmpty();
  }

  @Test
  void subjectsOfOtherCaseOrWithBlanksAreStrangers() {
    assertThat(users.find("Alice").user()).isEmpty();
    assertThat(users.find("alice ").user()).isEmpty();
    change(
        session -> {
          store.create(session, User.builder("Alice").build());
          return true;
        });
    assertThat(users.find("Alice").user()).isPresent();
    assertThat(users.find("alice").user()).contains(ALICE);
  }

  @Test
  void everyCommittedChangeIsSeenAtOnce() {
    assertThat(users.find("alice").user().orElseThrow().isActive()).isTrue();
    Instant from = Instant.parse("2026-11-23T10:00:00.123456Z");

    assertThat(change(s -> store.setStatus(s, "alice", User.Status.SUSPENDED))).isTrue();
    assertThat(users.find("alice").user().orElseThrow().isActive()).isFalse();
    assertThat(change(s -> store.setRoles(s, "alice", Set.of("guest")))).isTrue();
    assertThat(users.find("alice").user().orElseThrow().roles()).containsExactly("guest");
    assertThat(change(s -> store.revokeTokens(s, "alice", from))).isTrue();
    assertThat(users.find("alice").user().orElseThrow().tokensValidFrom()).isEqualTo(from);
    assertThat(change(s -> store.update(s, ALICE))).isTrue();
    assertThat(users.find("alice").user()).contains(ALICE);
  }

  @Test
  void aRevocationIsNeverTakenBackByAnEarlierOne() {
    Instant from = Instant.parse("2026-11-23T10:00:00Z");
    change(s -> store.revokeTokens(s, "alice", from));
    change(s -> store.revokeTokens(s, "alice", from.minusSeconds(60)));

    assertThat(users.find("alice").user().orElseThrow().tokensValidFrom()).isEqualTo(from);
  }

  @Test
  void aRolledBackChangeIsNotSeenAndInvalidatesNothing() {
    users.find("alice");
    long before = users.stats().invalidations();

    assertThatThrownBy(
            () ->
                change(
                    session -> {
                      store.setStatus(session, "alice", User.Status.DELETED);
                      assertThat(store.load(session, "alice").orElseThrow().isActive()).isFalse();
                      throw new IllegalStateException("no");
                    }))
        .isInstanceOf(IllegalStateException.class);

    assertThat(users.find("alice").user()).contains(ALICE);
    assertThat(users.stats().invalidations()).isEqualTo(before);
  }

  @Test
  void strangersCannotBeChangedAndSubjectsAreUnique() {
    assertThat(change(s -> store.setStatus(s, "bob", User.Status.DELETED))).isFalse();
    assertThat(change(s -> store.setRoles(s, "bob", Set.of("admin")))).isFalse();
    assertThat(change(s -> store.revokeTokens(s, "bob", Instant.EPOCH))).isFalse();
    assertThat(change(s -> store.update(s, User.builder("bob").build()))).isFalse();
    assertThatThrownBy(
            () ->
                change(
                    session -> {
                      store.create(session, ALICE);
                      return true;
                    }))
        .isInstanceOf(DbConstraintException.class);
  }

  @Test
  void changesNeedATransaction() {
    try (var session = database.openSession()) {
      assertThatThrownBy(() -> store.setStatus(session, "alice", User.Status.DELETED))
          .isInstanceOf(DbStateException.class);
    }
  }

  @Test
  void anApplicationsOwnTableIsReadByItsOwnStatement() {
    try (var session = database.openSession()) {
      session
          .update(
              "CREATE TABLE customer (login VARCHAR(40) PRIMARY KEY, full_name VARCHAR(40),"
                  + " locked INT, groups_csv VARCHAR(80))")
          .run();
      session.update("INSERT INTO customer VALUES ('carol', 'Carol C', 1, 'staff, ,night')").run();
    }
    UserSource source =
        UserSource.query(
            database,
            "SELECT login AS subject, full_name AS display_name, groups_csv AS roles,"
                + " CASE WHEN locked = 1 THEN 'suspended' ELSE 'active' END AS status"
                + " FROM customer WHERE login = :subject");

    assertThat(source.load("carol"))
        .contains(
            User.builder("carol")
                .displayName("Carol C")
                .roles(Set.of("staff", "night"))
                .status(User.Status.SUSPENDED)
                .build());
    assertThat(source.load("nobody")).isEmpty();
    assertThatThrownBy(() -> UserSource.query(database, "SELECT 1"))
        .isInstanceOf(DbConfigException.class);
  }
}
