package dev.drawbridge.filters.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A start that could let nobody in says so, on every database. */
@ParameterizedClass
@MethodSource("servers")
class UserQueryCheckTest {
  @Parameter TestServer server;

  private TestDatabase target;
  private Database database;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    target = server.newDatabase();
    database =
        Database.open(
            DatabaseConfig.builder()
                .url(target.url())
                .user(target.user())
                .password(target.password())
                .poolSize(2)
                .build());
    run("CREATE TABLE member (id BIGINT PRIMARY KEY, login VARCHAR(100), name VARCHAR(100))");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void run(String sql) {
    database.transact(session -> session.update(sql).run());
  }

  @Test
  void goodQueryHasNoProblem() {
    assertThat(
            UserQueryCheck.problem(
                database,
                "SELECT login AS subject, name AS display_name FROM member WHERE login = :subject"))
        .isNull();
    // A number as key: subjects that are none are absent users.
    assertThat(
            UserQueryCheck.problem(
                database, "SELECT id AS subject FROM member WHERE id = :subject"))
        .isNull();
  }

  @Test
  void brokenQueryIsNamedWithTheReason() {
    assertThat(
            UserQueryCheck.problem(
                database, "SELECT login AS subject FROM members WHERE login = :subject"))
        .startsWith("DRAWBRIDGE_USER_QUERY cannot be prepared (SQLState ")
        .containsIgnoringCase("members");
    assertThat(
            UserQueryCheck.problem(
                database, "SELECT login AS subject FROM member WHERE mail = :subject"))
        .startsWith("DRAWBRIDGE_USER_QUERY cannot be prepared (SQLState ")
        .containsIgnoringCase("mail");
    assertThat(UserQueryCheck.problem(database, "SELEKT login FROM member WHERE x = :subject"))
        .startsWith("DRAWBRIDGE_USER_QUERY cannot be prepared (SQLState ");
  }

  @Test
  void queryWithoutTheColumnIsToldWhatItReturns() {
    assertThat(UserQueryCheck.problem(database, "SELECT login, id FROM member WHERE id = :subject"))
        .isEqualTo(
            "DRAWBRIDGE_USER_QUERY must return a column subject, such as SELECT login AS subject;"
                + " it returns [id, login]");
  }

  @Test
  void missingTableIsNamedUntilTheMigrationsHaveRun() {
    assertThat(UserQueryCheck.problem(database, null)).contains("app_user", "migrations");

    run("DROP TABLE member");
    Migrations.builder()
        .url(target.url())
        .user(target.user())
        .password(target.password())
        .mode(Mode.MIGRATE)
        .build()
        .run();

    assertThat(UserQueryCheck.problem(database, null)).isNull();
  }
}
