package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestServer;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The types and texts that applications bring along, alike on every database. */
@ParameterizedClass
@MethodSource("servers")
class ValueContractTest {
  private static final UUID ID = UUID.fromString("8c5f3ab0-3c35-4c5e-9b8e-2f6d3f0b7a11");
  private static final Instant TIME = Instant.parse("2026-10-25T00:30:00.123456Z");

  @Parameter TestServer server;
  private Database database;
  private DbSession session;

  enum Size {
    SMALL,
    LARGE
  }

  record Everything(
      UUID id,
      UUID textId,
      BigDecimal price,
      LocalDate aDay,
      Instant happened,
      Size size,
      Optional<String> note,
      Optional<Integer> amount,
      Object anything,
      boolean isOpen) {}

  record Keywords(int order, String select, String user) {}

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database = TestDatabases.open(server);
    session = database.openSession();
  }

  @AfterEach
  void close() {
    session.close();
    database.close();
  }

  private void createEverything() {
    String time = server == TestServer.MARIADB ? "DATETIME(6)" : "TIMESTAMP(6)";
    String bytes = server == TestServer.POSTGRESQL ? "BYTEA" : "VARBINARY(10)";
    session
        .update(
            "CREATE TABLE everything (id UUID, text_id VARCHAR(36), price DECIMAL(10, 2), a_day"
                + " DATE, happened "
                + time
                + ", size VARCHAR(10), note VARCHAR(10), amount INT, data "
                + bytes
                + ", anything VARCHAR(10), is_open BOOLEAN)")
        .run();
  }

  private static final String ALL =
      "SELECT id, text_id, price, a_day, happened, size, note, amount, data,"
          + " anything, is_open FROM everything";

  @Test
  void theUsualTypesComeBackAsTheyWere() {
    createEverything();
    session
        .update(
            "INSERT INTO everything VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ID,
            ID.toString(),
            new BigDecimal("12.50"),
            LocalDate.of(2026, 2, 28),
            TIME,
            Size.LARGE,
            Optional.of("noted"),
            Optional.empty(),
            new byte[] {1, -1},
            "any",
            true)
        .run();

    Everything all = session.query(ALL).one(RowMapper.record(Everything.class)).orElseThrow();

    assertThat(all)
        .isEqualTo(
            new Everything(
                ID,
                ID,
                new BigDecimal("12.50"),
                LocalDate.of(2026, 2, 28),
                TIME,
                Size.LARGE,
                Optional.of("noted"),
                Optional.empty(),
                "any",
                true));
    assertThat(session.query(ALL).one(row -> row.value("data", byte[].class)).orElseThrow())
        .containsExactly(1, -1);
    assertThat(session.query(ALL).one(row -> row.value("size", Size.class))).contains(Size.LARGE);
    assertThat(session.query(ALL).one(row -> row.value("HAPPENED", Instant.class))).contains(TIME);
    assertThat(session.query(ALL).one(row -> row.value("text_id", UUID.class))).contains(ID);
    assertThat(session.query(ALL).list(row -> row.valueOrNull("amount", int.class)))
        .containsOnlyNulls();
  }

  @Test
  void datesOfOldAndOfNewAreTheSameInstant() {
    createEverything();
    Instant time = Instant.parse("2026-10-25T00:30:00.120Z");
    String insert = "INSERT INTO everything (happened) VALUES (?)";

    session.update(insert, Date.from(time)).run();
    session.update(insert, time.atZone(ZoneId.of("America/New_York"))).run();
    session.update(insert, time).run();

    assertThat(session.query(ALL).list(row -> row.instant("happened")))
        .containsOnly(time)
        .hasSize(3);
  }

  @Test
  void textThatIsNoConstantOrUuidIsRefusedWithoutBeingShown() {
    createEverything();
    session.update("INSERT INTO everything (size, text_id) VALUES ('s3cret', 's3cret')").run();

    for (RowMapper<?> mapper :
        List.<RowMapper<?>>of(
            row -> row.value("size", Size.class), row -> row.value("text_id", UUID.class))) {
      assertThatThrownBy(() -> session.query(ALL).one(mapper))
          .isInstanceOf(DbMappingException.class)
          .satisfies(e -> assertThat(TestDatabases.stackTrace(e)).doesNotContain("s3cret"));
    }
  }

  @Test
  void columnsMayBeNamedLikeKeywordsAndInAnyCase() {
    String quote = server == TestServer.MARIADB ? "`" : "\"";
    String sql = "SELECT 1 AS 'order', 'a' AS 'Select', 'b' AS 'USER'".replace("'a'", "\u0001");
    sql = sql.replace("'b'", "\u0002").replace("'", quote);
    sql = sql.replace("\u0001", "'a'").replace("\u0002", "'b'");

    assertThat(session.query(sql).one(RowMapper.record(Keywords.class)))
        .contains(new Keywords(1, "a", "b"));
    assertThat(session.query(sql).one(row -> row.string("select"))).contains("a");
  }

  @Test
  void aBareNullIsOneValue() {
    createEverything();
    session.update("INSERT INTO everything (note) VALUES (?)", (Object[]) null).run();

    assertThat(session.query(ALL).list(row -> row.stringOrNull("note"))).containsOnlyNulls();
  }

  @Test
  void oneRefusesAMapperThatReturnsNull() {
    assertThatThrownBy(() -> session.query("SELECT 1 AS one").one(row -> (String) null))
        .isInstanceOf(DbMappingException.class)
        .hasMessageContaining("use list()");
  }

  @Test
  void aBatchCanBeFilledAgainAfterItRan() {
    createEverything();
    Batch batch = session.batch("INSERT INTO everything (amount) VALUES (?)");

    assertThat(batch.add(1).add(2).run(Integer.MAX_VALUE)).hasSize(2);
    assertThat(batch.add(3).run(1)).hasSize(1);
    assertThat(batch.run()).isEmpty();

    assertThat(session.query(ALL).list(row -> row.intValue("amount"))).containsExactly(1, 2, 3);
  }

  @Test
  void literalsCommentsAndCastsAreLeftToTheDatabase() {
    String cast = server == TestServer.POSTGRESQL ? ":n::int" : "CAST(:n AS SIGNED)";
    if (server == TestServer.H2) {
      cast = "CAST(:n AS INT)";
    }
    assertThat(
            session
                .query("SELECT 'it''s :a ?' AS a, -- who is :b?\n " + cast + " AS n /* or :c ? */")
                .bind("n", 5)
                .one(row -> row.string("a") + row.intValue("n")))
        .contains("it's :a ?5");
    if (server == TestServer.POSTGRESQL) {
      assertThat(
              session
                  .query("SELECT ('{\"k\": 1}'::jsonb ?? :key) AS found")
                  .bind("key", "k")
                  .one(row -> row.booleanValue("found")))
          .contains(true);
    }
  }

  @Test
  void longListsAndLongStatementsWork() {
    List<Integer> many = IntStream.range(0, 5_000).boxed().toList();
    String padding = " ".repeat(30_000);

    assertThat(
            session
                .query(
                    "SELECT count(*) AS n FROM (SELECT 7 AS x) t WHERE" + padding + "x IN (:ids)")
                .bind("ids", many)
                .one(row -> row.intValue("n")))
        .contains(1);
    assertThatThrownBy(() -> session.query("SELEKT" + " x".repeat(30_000)).list(row -> 1))
        .isInstanceOf(DbException.class)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500).endsWith("..."));
  }
}
