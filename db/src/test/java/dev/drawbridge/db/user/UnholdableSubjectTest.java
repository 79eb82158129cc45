package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.TestDatabases;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A subject that the database cannot hold is nobody, and is remembered as that. */
class UnholdableSubjectTest {
  private static final String KNOWN_ID = "7f6d1f5e-0c55-4a86-9d1d-0f1a2b3c4d5e";

  private static final List<String> HOSTILE =
      List.of(
          "alice\0",
          "\0",
          "\uD83D\uDE00",
          "\uD83D",
          "\uDE00x",
          "not-a-uuid",
          "99999999999999999999999999",
          "x".repeat(5_000),
          "1; DROP TABLE person",
          " ");

  static Stream<Arguments> columns() {
    return TestServer.available().stream()
        .flatMap(
            server ->
                Stream.of("UUID", "BIGINT", "VARCHAR(20)", "CHAR(36)")
                    .map(
                        type ->
                            server == TestServer.MARIADB && type.contains("CHAR")
                                ? type + " CHARACTER SET utf8mb3"
                                : type)
                    .map(type -> Arguments.of(server, type)));
  }

  @ParameterizedTest
  @MethodSource("columns")
  void itIsAbsentAndAskedForOnce(TestServer server, String type) throws Exception {
    TestDatabase target = server.newDatabase();
    String known = type.equals("UUID") || type.startsWith("CHAR(36)") ? KNOWN_ID : "42";
    try (var connection = target.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE person (id " + type + " PRIMARY KEY)");
      statement.execute("INSERT INTO person VALUES ('" + known + "')");
    }
    try (CapturedLog log = CapturedLog.beside("dev.drawbridge");
        Database database = TestDatabases.open(target);
        UserDirectory users =
            UserDirectory.of(
                UserSource.query(database, "SELECT id AS subject FROM person WHERE id = :subject"),
                UserDirectoryConfig.defaults())) {
      for (String subject : HOSTILE) {
        assertThat(users.find(subject).user()).as(subject).isEmpty();
        long acquired = database.metrics().acquired();
        assertThat(users.find(subject).user()).as(subject).isEmpty();
        assertThat(database.metrics().acquired()).as(subject).isEqualTo(acquired);
      }
      assertThat(users.find(known).user()).isPresent();
      assertThat(users.stats().unavailable()).isZero();
      // No trace.
      assertThat(log.lines()).noneMatch(line -> line.text().contains("\n\tat "));
    }
  }

  @ParameterizedTest
  @MethodSource("columns")
  void itDoesNotTakeTheOthersOfItsBatchAlong(TestServer server, String type) throws Exception {
    TestDatabase target = server.newDatabase();
    String known = type.equals("UUID") || type.startsWith("CHAR(36)") ? KNOWN_ID : "42";
    try (var connection = target.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE person (id " + type + " PRIMARY KEY)");
      statement.execute("INSERT INTO person VALUES ('" + known + "')");
    }
    try (Database database = TestDatabases.open(target);
        UserDirectory users =
            UserDirectory.of(
                UserSource.query(database, "SELECT id AS subject FROM person WHERE id = :subject"),
                UserDirectoryConfig.builder().loaderThreads(1).build())) {
      List<String> all = Stream.concat(HOSTILE.stream(), Stream.of(known)).toList();

      var answers = users.findAllAsync(all, java.time.Duration.ZERO);

      assertThat(answers.get(known).toCompletableFuture().get().user()).isPresent();
      for (String subject : HOSTILE) {
        assertThat(answers.get(subject).toCompletableFuture().get().user()).isEmpty();
      }
    }
  }
}
