package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Parameters, mapping, batches, keys and streaming, alike on every database. */
@ParameterizedClass
@MethodSource("servers")
class StatementContractTest {
  @Parameter TestServer server;
  private Database database;
  private DbSession session;

  enum Colour {
    RED,
    GREEN
  }

  record Thing(int id, String displayName, Colour colour, Instant madeAt, Long weight) {}

  record Missing(int id, String nowhere) {}

  record Primitive(long weight) {}

  static final class Bean {
    final int id;
    final String name;

    Bean(int id, String name) {
      this.id = id;
      this.name = name;
    }
  }

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database = TestDatabases.open(server);
    session = database.openSession();
    String time = server == TestServer.MARIADB ? "DATETIME(6)" : "TIMESTAMP(6)";
    session
        .update(
            "CREATE TABLE thing (id INT NOT NULL PRIMARY KEY, display_name VARCHAR(40),"
                + " colour VARCHAR(10), made_at "
                + time
                + ", weight BIGINT)")
        .run();
  }

  @AfterEach
  void close() {
    session.close();
    database.close();
  }

  private void insert(int id, String name, Colour colour, Instant madeAt, Long weight) {
    session
        .update("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", id, name, colour, madeAt, weight)
        .run();
  }

  @Test
  void recordsAreMappedByTheNamesOfTheirComponents() {
    Instant time = Instant.parse("2026-03-29T01:30:00.123456Z");
    insert(1, "one", Colour.RED, time, 7L);
    insert(2, null, null, null, null);

    List<Thing> things =
        session.query("SELECT * FROM thing ORDER BY id").list(RowMapper.record(Thing.class));

    assertThat(things)
        .containsExactly(
            new Thing(1, "one", Colour.RED, time, 7L), new Thing(2, null, null, null, null));
  }

  @Test
  void aColumnThatIsMissingOrNullIsNamed() {
    insert(1, "one", null, null, null);

    assertThatThrownBy(
            () -> session.query("SELECT * FROM thing").one(RowMapper.record(Missing.class)))
        .isInstanceOf(DbMappingException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(
            () -> session.query("SELECT * FROM thing").one(RowMapper.record(Primitive.class)))
        .isInstanceOf(DbMappingException.class)
        .hasMessageContaining("weight");
    assertThatThrownBy(
            () -> session.query("SELECT * FROM thing").one(row -> row.longValue("weight")))
        .isInstanceOf(DbMappingException.class)
        .hasMessageContaining("weight");
    assertThat(session.query("SELECT * FROM thing").one(row -> row.string("display_name")))
        .contains("one");
  }

  @Test
  void classesAreMappedByTheirConstructor() {
    insert(5, "five", null, null, null);

    Bean bean =
        session
            .query("SELECT * FROM thing")
            .one(RowMapper.constructor(Bean.class, "id", "display_name"))
            .orElseThrow();

    assertThat(bean.id).isEqualTo(5);
    assertThat(bean.name).isEqualTo("five");
  }

  @Test
  void instantsDoNotDependOnTheTimeZoneOfTheJvm() {
    TimeZone before = TimeZone.getDefault();
    Instant time = Instant.parse("2026-10-25T00:30:00.5Z");
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
      insert(1, "one", null, time, null);
      TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));

      assertThat(session.query("SELECT made_at FROM thing").one(row -> row.instant("made_at")))
          .contains(time);
    } finally {
      TimeZone.setDefault(before);
    }
  }

  @Test
  void aColumnWithATimeZoneIsReadAsTheInstantItIs() {
    String type =
        switch (server) {
          case H2 -> "TIMESTAMP(6) WITH TIME ZONE";
          case POSTGRESQL -> "TIMESTAMPTZ";
          case MARIADB -> "TIMESTAMP(6)";
        };
    String literal =
        server == TestServer.MARIADB ? "'2026-05-01 10:00:00'" : "'2026-05-01 12:00:00+02:00'";
    session.update("CREATE TABLE zoned (at " + type + ")").run();
    session.update("INSERT INTO zoned VALUES (" + literal + ")").run();

    assertThat(session.query("SELECT at FROM zoned").one(row -> row.instant("at")))
        .contains(Instant.parse("2026-05-01T10:00:00Z"));
  }

  @Test
  void namedParametersMayRepeatAndListsAreExpanded() {
    for (int id = 1; id <= 5; id++) {
      insert(id, "n" + id % 2, null, null, (long) id);
    }

    List<Integer> named =
        session
            .query(
                "SELECT id FROM thing WHERE id IN (:ids) AND (weight > :least OR :least = 0)"
                    + " AND display_name <> ':least' ORDER BY id -- :comment")
            .bind("ids", List.of(1, 2, 3))
            .bind("least", 1)
            .list(row -> row.intValue("id"));
    List<Integer> positional =
        session
            .query("SELECT id FROM thing WHERE id IN (?) AND weight < ?", List.of(2, 3, 4), 4)
            .list(row -> row.intValue("id"));

    assertThat(named).containsExactly(2, 3);
    assertThat(positional).containsExactlyInAnyOrder(2, 3);
  }

  @Test
  void wrongParametersAreRefusedBeforeTheDatabaseSeesThem() {
    for (Runnable wrong :
        List.<Runnable>of(
            () -> session.query("SELECT ?, :name").one(row -> 1),
            () -> session.query("SELECT ?").one(row -> 1),
            () -> session.query("SELECT ?", 1, 2).one(row -> 1),
            () -> session.query("SELECT :a", 1).one(row -> 1),
            () -> session.query("SELECT :a").one(row -> 1),
            () -> session.query("SELECT :a").bind("b", 1),
            () -> session.query("SELECT :a").bind("a", List.of()).one(row -> 1),
            () -> session.query("SELECT 1").timeout(Duration.ZERO),
            () -> session.query("SELECT 1").maxRows(0),
            () -> session.query("SELECT 1").fetchSize(0),
            () -> session.batch("DELETE FROM thing WHERE id = ?").add(List.of(1)),
            () -> session.batch("DELETE FROM thing WHERE id = ?").run(0))) {
      assertThatThrownBy(wrong::run).isInstanceOf(DbStateException.class);
    }
  }

  @Test
  void oneRefusesTwoRowsAndListRefusesTooMany() {
    insert(1, "a", null, null, null);
    insert(2, "b", null, null, null);
    insert(3, "c", null, null, null);

    assertThat(session.query("SELECT id FROM thing WHERE id = 9").one(row -> 1)).isEmpty();
    assertThatThrownBy(() -> session.query("SELECT id FROM thing").one(row -> 1))
        .isInstanceOf(DbMappingException.class);
    assertThat(session.query("SELECT id FROM thing WHERE id = 1").maxRows(1).list(row -> 1))
        .hasSize(1);
    assertThat(session.query("SELECT id FROM thing").fetchSize(1).forEach(row -> 1, one -> {}))
        .isEqualTo(3);
    assertThat(session.query("SELECT id FROM thing").maxRows(3).list(row -> 1)).hasSize(3);
    assertThatThrownBy(() -> session.query("SELECT id FROM thing").maxRows(2).list(row -> 1))
        .isInstanceOf(DbMappingException.class)
        .hasMessageContaining("at most 2");
  }

  @Test
  void generatedKeysComeBackByTheColumnNamed() {
    String key =
        server == TestServer.MARIADB
            ? "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY"
            : "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY";
    session.update("CREATE TABLE numbered (seq " + key + ", label VARCHAR(10))").run();
    Update insert = session.update("INSERT INTO numbered (label) VALUES (:label)");
    assertThat(session.update("DELETE FROM numbered").run()).isZero();

    long first = insert.bind("label", "a").runReturningKey("seq", Long.class);
    long second = insert.bind("label", "b").runReturningKey("seq", Long.class);

    assertThat(second).isEqualTo(first + 1);
    assertThat(session.update("DELETE FROM numbered").run()).isEqualTo(2);
  }

  @Test
  void batchesAreAllOrNothing() {
    Batch batch = session.batch("INSERT INTO thing (id, display_name) VALUES (:id, :name)");
    IntStream.range(0, 25).forEach(i -> batch.addNamed(Map.of("id", i, "name", "n" + i)));

    long[] counts = batch.run(10);

    assertThat(counts).hasSize(25);
    assertThat(Arrays.stream(counts).allMatch(n -> n == 1 || n == -2)).isTrue();
    Batch broken = session.batch("INSERT INTO thing (id) VALUES (?)");
    IntStream.range(100, 115).forEach(broken::add);
    broken.add(3);
    assertThatThrownBy(() -> broken.run(10)).isInstanceOf(DbConstraintException.class);
    assertThat(session.query("SELECT id FROM thing").list(row -> 1)).hasSize(25);
    assertThat(session.batch("DELETE FROM thing WHERE id = ?").run()).isEmpty();
  }

  @Test
  void rowsAreStreamedAndMayEndEarly() {
    Batch batch = session.batch("INSERT INTO thing (id, display_name) VALUES (?, ?)");
    IntStream.range(0, 2_000).forEach(i -> batch.add(i, "n" + i));
    batch.run();
    List<Integer> seen = new ArrayList<>();

    long all =
        session
            .query("SELECT id FROM thing ORDER BY id")
            .fetchSize(100)
            .forEach(row -> row.intValue("id"), seen::add);
    long some =
        session
            .query("SELECT id FROM thing ORDER BY id")
            .fetchSize(10)
            .forEachWhile(row -> row.intValue("id"), id -> id < 41);

    assertThat(all).isEqualTo(2_000);
    assertThat(seen).hasSize(2_000).startsWith(0, 1, 2).endsWith(1_999);
    assertThat(some).isEqualTo(42);
    assertThat(session.inTransaction()).isFalse();
    assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
  }

  @Test
  void aCallbackThatFailsEndsItsOwnTransaction() {
    insert(1, "one", null, null, null);
    IllegalStateException first = new IllegalStateException("callback");

    assertThatThrownBy(
            () ->
                session
                    .query("SELECT id FROM thing")
                    .forEach(
                        row -> 1,
                        ignored -> {
                          throw first;
                        }))
        .isSameAs(first);

    assertThat(session.inTransaction()).isFalse();
    insert(2, "two", null, null, null);
  }
}
