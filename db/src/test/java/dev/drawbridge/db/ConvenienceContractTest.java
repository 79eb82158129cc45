package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.testservers.TestServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What users of other thin layers over JDBC look for, alike on every database. */
@ParameterizedClass
@MethodSource("servers")
class ConvenienceContractTest {
  @Parameter TestServer server;
  private final List<String> told = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Database database;
  private DbSession session;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database =
        Database.open(
            TestDatabases.config(server.newDatabase())
                .listener(
                    (sql, took, failure) ->
                        told.add(
                            sql + (took.isNegative() ? "!" : "") + (failure == null ? "" : "!")))
                .listener(
                    (sql, took, failure) -> {
                      throw new IllegalStateException("a listener of no use");
                    })
                .listener(new MicrometerStatements(registry))
                .build());
    session = database.openSession();
  }

  @AfterEach
  void close() {
    session.close();
    database.close();
  }

  /** A bean of old. */
  public static class Invoice {
    private long id;
    private String customerName;
    private Optional<Instant> dueAt = Optional.empty();
    private int copies = 1;

    public void setId(long value) {
      id = value;
    }

    public void setCustomerName(String value) {
      customerName = value;
    }

    public void setDueAt(Optional<Instant> value) {
      dueAt = value;
    }

    public void setCopies(int value) {
      copies = value;
    }
  }

  private void createInvoices() {
    String time = server == TestServer.MARIADB ? "DATETIME(6)" : "TIMESTAMP(6)";
    session
        .update(
            "CREATE TABLE invoice (id BIGINT NOT NULL, customer_name VARCHAR(40), due_at "
                + time
                + ", copies INT, a_day DATE, a_time TIME, price DECIMAL(10, 2), PRIMARY KEY (id))")
        .run();
  }

  @Test
  void aBeanIsFilledByItsSetters() {
    createInvoices();
    Instant due = Instant.parse("2026-10-25T00:30:00Z");
    session
        .update("INSERT INTO invoice (id, customer_name, due_at) VALUES (7, 'ACME', ?)", due)
        .run();

    Invoice invoice =
        session.query("SELECT * FROM invoice").one(RowMapper.bean(Invoice.class)).orElseThrow();

    assertThat(invoice.id).isEqualTo(7);
    assertThat(invoice.customerName).isEqualTo("ACME");
    assertThat(invoice.dueAt).contains(due);
    assertThat(invoice.copies).isEqualTo(1);
    assertThatThrownBy(() -> session.query("SELECT 1 AS other").list(RowMapper.bean(Invoice.class)))
        .isInstanceOf(DbMappingException.class);
    assertThatThrownBy(() -> RowMapper.bean(Integer.class)).isInstanceOf(DbMappingException.class);
  }

  @Test
  void aMapHasTheSameTypesOnEveryDatabase() {
    createInvoices();
    session
        .update(
            "INSERT INTO invoice (id, customer_name, due_at, a_day, a_time, price)"
                + " VALUES (7, 'ACME', ?, ?, ?, 12.50)",
            Instant.parse("2026-03-29T02:30:00Z"),
            LocalDate.of(2026, 2, 28),
            LocalTime.of(13, 14, 15))
        .run();

    Map<String, Object> map =
        session.query("SELECT * FROM invoice").one(RowMapper.map()).orElseThrow();

    assertThat(map.keySet())
        .containsExactly("id", "customer_name", "due_at", "copies", "a_day", "a_time", "price");
    assertThat(map)
        .containsEntry("id", 7L)
        .containsEntry("customer_name", "ACME")
        .containsEntry("due_at", LocalDateTime.of(2026, 3, 29, 2, 30))
        .containsEntry("copies", null)
        .containsEntry("a_day", LocalDate.of(2026, 2, 28))
        .containsEntry("a_time", LocalTime.of(13, 14, 15))
        .containsEntry("price", new BigDecimal("12.50"));
  }

  @Test
  void everyTypeHasItsGetter() {
    createInvoices();
    session
        .update(
            "INSERT INTO invoice VALUES (7, '8c5f3ab0-3c35-4c5e-9b8e-2f6d3f0b7a11', ?, 3, ?, ?,"
                + " 12.50)",
            Instant.parse("2026-03-29T02:30:00Z"),
            LocalDate.of(2026, 2, 28),
            LocalTime.of(13, 14, 15))
        .run();

    List<Object> read =
        session
            .query("SELECT * FROM invoice")
            .one(
                row ->
                    List.<Object>of(
                        row.shortValue("copies"),
                        row.byteValue("copies"),
                        row.doubleValue("price"),
                        row.floatValue("price"),
                        row.decimal("price"),
                        row.localDate("a_day"),
                        row.localTime("a_time"),
                        row.localDateTime("due_at"),
                        row.offsetDateTime("due_at").toInstant(),
                        row.uuid("customer_name")))
            .orElseThrow();

    assertThat(read)
        .containsExactly(
            (short) 3,
            (byte) 3,
            12.5,
            12.5f,
            new BigDecimal("12.50"),
            LocalDate.of(2026, 2, 28),
            LocalTime.of(13, 14, 15),
            LocalDateTime.of(2026, 3, 29, 2, 30),
            Instant.parse("2026-03-29T02:30:00Z"),
            UUID.fromString("8c5f3ab0-3c35-4c5e-9b8e-2f6d3f0b7a11"));
  }

  record Tagged(int id, List<String> tags) {}

  @Test
  void anArrayIsAList() {
    if (server == TestServer.MARIADB) {
      return; // has none
    }
    String text = server == TestServer.H2 ? "VARCHAR(10) ARRAY" : "VARCHAR(10)[]";
    String number = server == TestServer.H2 ? "INT ARRAY" : "INT[]";
    session.update("CREATE TABLE tagged (id INT, tags " + text + ", numbers " + number + ")").run();
    session
        .update(
            "INSERT INTO tagged VALUES (1, ?, ?)",
            new String[] {"a", "b"},
            new Integer[] {1, null, 3})
        .run();

    String all = "SELECT * FROM tagged";
    assertThat(session.query(all).one(RowMapper.record(Tagged.class)))
        .contains(new Tagged(1, List.of("a", "b")));
    assertThat(session.query(all).one(row -> row.list("numbers", Long.class)))
        .contains(Arrays.asList(1L, null, 3L));
    assertThat(session.query(all).one(RowMapper.map()).orElseThrow())
        .containsEntry("tags", List.of("a", "b"));
    assertThatThrownBy(() -> session.query(all).one(row -> row.list("tags", Long.class)))
        .isInstanceOf(DbMappingException.class);
  }

  @Test
  void largeObjectsAreStreamedInAndOut() {
    String bytes =
        switch (server) {
          case H2 -> "BLOB";
          case POSTGRESQL -> "BYTEA";
          case MARIADB -> "LONGBLOB";
        };
    String text =
        switch (server) {
          case H2 -> "CLOB";
          case POSTGRESQL -> "TEXT";
          case MARIADB -> "LONGTEXT";
        };
    session.update("CREATE TABLE large (data " + bytes + ", words " + text + ")").run();
    byte[] data = new byte[300_000];
    Arrays.fill(data, (byte) -7);
    String words = "wörter ".repeat(40_000);
    session
        .update(
            "INSERT INTO large VALUES (?, ?)",
            new ByteArrayInputStream(data),
            new StringReader(words))
        .run();

    session
        .query("SELECT * FROM large")
        .list(
            row -> {
              assertThat(row.binaryOrNull("data")).hasBinaryContent(data);
              assertThat(text(row.textOrNull("words"))).isEqualTo(words);
              return 1;
            });
    assertThat(session.query("SELECT words FROM large").one(RowMapper.map()).orElseThrow())
        .containsEntry("words", words);
  }

  private static String text(Reader reader) {
    try {
      StringWriter writer = new StringWriter();
      reader.transferTo(writer);
      return writer.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void keysOfManyColumnsAndOfManyRowsComeBack() {
    String identity =
        server == TestServer.MARIADB
            ? "INT NOT NULL AUTO_INCREMENT"
            : "INT GENERATED BY DEFAULT AS IDENTITY";
    session
        .update(
            "CREATE TABLE line (id "
                + identity
                + ", part VARCHAR(5) DEFAULT 'x' NOT NULL, name VARCHAR(9), PRIMARY KEY (id,"
                + " part))")
        .run();

    if (server != TestServer.MARIADB) {
      String key =
          session
              .update("INSERT INTO line (name) VALUES ('n')")
              .runReturning(row -> row.intValue("id") + row.string("part"), "ID", "part");
      assertThat(key).isEqualTo("1x");
    } else {
      session.update("INSERT INTO line (name) VALUES ('n')").run();
    }
    Batch batch = session.batch("INSERT INTO line (name) VALUES (?)");
    for (int i = 0; i < 1_200; i++) {
      batch.add("n" + i);
    }
    List<Long> keys = batch.runReturningKeys("id", Long.class);

    assertThat(keys).hasSize(1_200).doesNotHaveDuplicates().isSorted();
    assertThat(
            session
                .query("SELECT name FROM line WHERE id = ?", keys.get(700))
                .one(row -> row.string("name")))
        .contains("n700");
    assertThat(batch.runReturningKeys("id", Long.class)).isEmpty();
  }

  @Test
  void parametersOfACallComeBack() {
    switch (server) {
      case H2 -> {
        CallResult result =
            session
                .call("{:result = call ABS(:x)}")
                .bind("x", -4)
                .out("result", Integer.class)
                .run();
        assertThat(result.value("result", Long.class)).isEqualTo(4L);
      }
      case POSTGRESQL -> {
        session
            .update(
                "CREATE FUNCTION halves(x INT, OUT half INT, OUT word VARCHAR) LANGUAGE plpgsql AS"
                    + " $$ BEGIN half := x / 2; word := 'w' || x; END $$")
            .run();
        CallResult result =
            session
                .call("{call halves(:x, :half, :word)}")
                .bind("x", 10)
                .out("half", Integer.class)
                .out("word", String.class)
                .run();
        assertThat(result.value("half", Integer.class)).isEqualTo(5);
        assertThat(result.value("word", String.class)).isEqualTo("w10");
      }
      case MARIADB -> {
        session
            .update(
                "CREATE PROCEDURE halves(INOUT x INT, OUT half INT) BEGIN SELECT 1 AS a UNION"
                    + " SELECT 2; SET half = x / 2; SET x = 77; SELECT 'b' AS b; END")
            .run();
        List<Object> rows = new ArrayList<>();
        CallResult result =
            session
                .call("{call halves(:x, :half)}")
                .bind("x", 10)
                .out("x", Integer.class)
                .out("half", Integer.class)
                .rows(row -> row.intValue("a"), rows::add)
                .rows(row -> row.string("b"), rows::add)
                .run();
        assertThat(result.value("half", Integer.class)).isEqualTo(5);
        assertThat(result.value("x", Long.class)).isEqualTo(77L);
        assertThat(rows).containsExactly(1, 2, "b");
        assertThatThrownBy(
                () ->
                    session
                        .call("{call halves(:x, :half)}")
                        .bind("x", 1)
                        .out("half", Integer.class)
                        .rows(row -> 1, rows::add)
                        .run())
            .isInstanceOf(DbMappingException.class);
      }
    }
    assertThat(session.inTransaction()).isFalse();
  }

  @Test
  void aBackslashTakesAColonAsItIs() {
    String sql =
        server == TestServer.POSTGRESQL
            ? "SELECT (ARRAY[1,2,3])[1\\:2] AS x, CAST(:n AS INT) AS n"
            : "SELECT CAST(:n AS CHAR(5)) AS n, 'a\\\\:b' AS x";
    assertThat(session.query(sql).bind("n", 5).one(row -> row.value("n", Integer.class)))
        .contains(5);
    assertThat(SqlText.parse("a \\:b :c", Dialect.H2).jdbc()).isEqualTo("a :b ?");
  }

  @Test
  void anEmptyListMatchesNothingWhereThatIsWanted() {
    createInvoices();
    session.update("INSERT INTO invoice (id) VALUES (1)").run();
    List<Integer> none = List.of();
    assertThatThrownBy(
            () ->
                session
                    .query("SELECT id FROM invoice WHERE id IN (:ids)")
                    .bind("ids", none)
                    .list(row -> 1))
        .isInstanceOf(DbStateException.class);
    assertThat(
            session
                .query("SELECT id FROM invoice WHERE id IN (:ids) OR id = :id")
                .allowEmptyLists()
                .bind("ids", none)
                .bind("id", 2)
                .list(row -> 1))
        .isEmpty();
    assertThat(
            session
                .query("SELECT id FROM invoice WHERE id NOT IN ( :ids ) AND id = :id")
                .allowEmptyLists()
                .bind("ids", none)
                .bind("id", 1)
                .list(row -> 1))
        .hasSize(1);
    assertThat(
            session
                .query("SELECT id FROM invoice WHERE NOT id IN (:ids)")
                .allowEmptyLists()
                .bind("ids", none)
                .list(row -> 1))
        .hasSize(1);
    assertThat(
            session
                .update("DELETE FROM invoice WHERE id IN (:ids)")
                .allowEmptyLists()
                .bind("ids", none)
                .run())
        .isZero();
    assertThatThrownBy(
            () ->
                session
                    .query("SELECT id FROM invoice WHERE id IN (1, :ids)")
                    .allowEmptyLists()
                    .bind("ids", none)
                    .list(row -> 1))
        .isInstanceOf(DbStateException.class);
  }

  @Test
  void listenersLearnOfEveryStatementAndMayFail() {
    session.query("SELECT 1 AS x").list(row -> 1);
    assertThatThrownBy(() -> session.query("SELEKT").list(row -> 1))
        .isInstanceOf(DbException.class);

    assertThat(told).containsExactly("SELECT 1 AS x", "SELEKT!");
    assertThat(registry.get(MicrometerStatements.NAME).tag("outcome", "ok").timer().count())
        .isEqualTo(1);
    assertThat(registry.get(MicrometerStatements.NAME).tag("outcome", "error").timer().count())
        .isEqualTo(1);
  }

  @Test
  void propertiesOfTheDriverStandBesideTheUrl() {
    Properties properties = new Properties();
    properties.setProperty("ledger.dbPoolSize", "3");
    properties.setProperty("ledger.dbTimeZone", "Europe/Berlin");
    properties.setProperty("ledger.dbSlowAfter", "1s");
    properties.setProperty("other.dbPoolSize", "x");
    properties.setProperty(
        "ledger.dbDriverProperties",
        server == TestServer.POSTGRESQL ? "ApplicationName=ledger, x=y" : "x=y");
    DatabaseConfig config = DatabaseConfig.fromProperties(properties, "ledger.");

    assertThat(config.poolSize()).isEqualTo(3);
    assertThat(config.timeZone().getId()).isEqualTo("Europe/Berlin");
    assertThat(config.listeners()).hasSize(1);
    assertThat(config.driverProperties()).containsEntry("x", "y");
    properties.setProperty("ledger.dbPoolsize", "3");
    assertThatThrownBy(() -> DatabaseConfig.fromProperties(properties, "ledger."))
        .isInstanceOf(DbConfigException.class)
        .hasMessageContaining("dbPoolSize");
    if (server == TestServer.POSTGRESQL) {
      DatabaseConfig.Builder named =
          TestDatabases.config(server.newDatabase()).driverProperty("ApplicationName", "ledger");
      try (Database other = Database.open(named.build())) {
        assertThat(
                other.<Optional<String>, RuntimeException>read(
                    reading ->
                        reading
                            .query("SHOW application_name")
                            .one(row -> row.string("application_name"))))
            .contains("ledger");
      }
    }
  }

  @Test
  void thePauseBetweenAttemptsGrowsAndIsRandom() {
    for (int attempt = 1; attempt < 40; attempt++) {
      long longest = Math.min(2_000, 50L << Math.min(attempt - 1, 10));
      for (int i = 0; i < 50; i++) {
        assertThat(Duration.ofMillis(Database.pauseMillis(attempt)))
            .isBetween(Duration.ofMillis(10), Duration.ofMillis(longest));
      }
    }
  }
}
