package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A point in time is the same one whatever the zone of the JVM, of the server's session and the
 * kind of the column, on every pool.
 */
@ParameterizedClass
@MethodSource("pools")
class InstantContractTest {
  /** Both halves of hours that clocks show twice, and what lies beside hours that they skip. */
  private static final List<Instant> INSTANTS =
      List.of(
          Instant.parse("2026-06-01T12:00:00Z"),
          Instant.parse("2026-03-29T00:59:59.999999Z"),
          Instant.parse("2026-03-29T01:00:00Z"),
          // a wall clock that Berlin never shows
          Instant.parse("2026-03-29T02:30:00Z"),
          Instant.parse("2026-10-25T00:30:00.123456Z"),
          Instant.parse("2026-10-25T01:30:00Z"),
          Instant.parse("2026-03-08T07:30:00Z"),
          Instant.parse("2026-11-01T05:30:00Z"),
          Instant.parse("2026-11-01T06:30:00Z"),
          Instant.parse("2000-02-29T23:59:59Z"));

  private static final List<String> JVM_ZONES = List.of("UTC", "Europe/Berlin", "America/New_York");

  @Parameter(0)
  TestServer server;

  @Parameter(1)
  PoolKind kind;

  private final TimeZone jvmZone = TimeZone.getDefault();

  static List<Arguments> pools() {
    List<Arguments> pools = new ArrayList<>();
    for (TestServer server : TestServer.available()) {
      for (PoolKind kind : PoolKind.values()) {
        pools.add(Arguments.of(server, kind));
      }
    }
    return pools;
  }

  @AfterEach
  void restoreZone() {
    TimeZone.setDefault(jvmZone);
  }

  private String sessionZone(String zone) {
    if (server == TestServer.MARIADB) {
      // without its table of names a server knows offsets only
      return "SET time_zone = '" + (zone.equals("UTC") ? "+00:00" : "-05:00") + "'";
    }
    return "SET TIME ZONE '" + zone + "'";
  }

  private String plain() {
    return server == TestServer.MARIADB ? "DATETIME(6)" : "TIMESTAMP(6)";
  }

  private String zoned() {
    return server == TestServer.MARIADB ? "TIMESTAMP(6) NULL" : "TIMESTAMP(6) WITH TIME ZONE";
  }

  private void create(DbSession session) {
    session
        .update(
            "CREATE TABLE moment (id INT, plain "
                + plain()
                + ", zoned "
                + zoned()
                + ", a_day DATE, a_text VARCHAR(40))")
        .run();
  }

  /** As the server keeps it, read by nobody's getter. */
  private String stored(DbSession session, String column, int id) {
    return session
        .query("SELECT CAST(" + column + " AS CHAR(26)) AS x FROM moment WHERE id = ?", id)
        .one(row -> row.string("x"))
        .orElseThrow();
  }

  @Test
  void anInstantIsTheSameInEveryZone() throws Exception {
    for (String serverZone : List.of("UTC", "Europe/Berlin")) {
      TestDatabase target = server.newDatabase();
      for (String zone : JVM_ZONES) {
        TimeZone.setDefault(TimeZone.getTimeZone(zone));
        try (PoolKind.Opened opened = kind.open(target, sessionZone(serverZone), config -> config);
            DbSession session = opened.database().openSession()) {
          session.update("DROP TABLE IF EXISTS moment").run();
          create(session);
          for (int i = 0; i < INSTANTS.size(); i++) {
            Instant instant = INSTANTS.get(i);
            session
                .update("INSERT INTO moment (id, plain, zoned, a_day) VALUES (:id, :t, :t, :t)")
                .bind("id", i)
                .bind("t", instant)
                .run();
            String where = serverZone + " " + zone + " " + instant;
            assertThat(
                    session
                        .query("SELECT plain, zoned, a_day FROM moment WHERE id = ?", i)
                        .one(
                            row ->
                                List.of(
                                    row.instant("plain"),
                                    row.instant("zoned"),
                                    row.instant("a_day"))))
                .as(where)
                .contains(
                    List.of(
                        instant,
                        instant,
                        instant
                            .atOffset(ZoneOffset.UTC)
                            .toLocalDate()
                            .atStartOfDay()
                            .toInstant(ZoneOffset.UTC)));
            assertThat(stored(session, "plain", i).replace(' ', 'T'))
                .as(where)
                .startsWith(instant.toString().substring(0, 19));
            assertThat(
                    session
                        .query(
                            "SELECT id FROM moment WHERE plain = :t AND zoned = :t AND plain <= :t"
                                + " AND zoned >= :t ORDER BY id")
                        .bind("t", instant)
                        .list(row -> row.intValue("id")))
                .as(where)
                .containsExactly(i);
          }
        }
      }
    }
  }

  @Test
  void everyTypeOfAMomentIsWrittenAndReadAlike() throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("Europe/Berlin"));
    Instant instant = Instant.parse("2026-10-25T00:30:00.120Z");
    List<Object> moments =
        List.of(
            instant,
            Date.from(instant),
            Timestamp.from(instant),
            instant.atOffset(ZoneOffset.ofHours(5)),
            instant.atZone(ZoneId.of("America/New_York")),
            GregorianCalendar.from(instant.atZone(ZoneId.of("Asia/Tokyo"))));
    try (PoolKind.Opened opened =
            kind.open(server.newDatabase(), sessionZone("Europe/Berlin"), config -> config);
        DbSession session = opened.database().openSession()) {
      create(session);
      for (Object moment : moments) {
        session
            .update("INSERT INTO moment (id, plain, zoned) VALUES (1, :t, :t)")
            .bind("t", moment)
            .run();
      }
      Batch batch = session.batch("INSERT INTO moment (id, plain, zoned) VALUES (1, ?, ?)");
      moments.forEach(moment -> batch.add(moment, moment));
      batch.run();

      for (String column : List.of("plain", "zoned")) {
        assertThat(
                session
                    .query("SELECT " + column + " AS x FROM moment")
                    .list(
                        row ->
                            List.of(
                                row.instant("x"),
                                row.value("x", Date.class).toInstant(),
                                row.value("x", Timestamp.class).toInstant(),
                                row.value("x", OffsetDateTime.class).toInstant(),
                                row.value("x", ZonedDateTime.class).toInstant(),
                                row.value("x", LocalDateTime.class).toInstant(ZoneOffset.UTC))))
            .hasSize(2 * moments.size())
            .allSatisfy(read -> assertThat(read).containsOnly(instant));
        assertThat(
                session
                    .query("SELECT " + column + " AS x FROM moment")
                    .list(row -> row.value("x", LocalDate.class)))
            .containsOnly(LocalDate.of(2026, 10, 25));
      }
    }
  }

  @Test
  void aRevocationInATableOfTheApplicationsIsReadRight() throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
    Instant revoked = Instant.parse("2026-06-01T12:00:00Z");
    for (String type : List.of(plain(), zoned())) {
      try (PoolKind.Opened opened =
          kind.open(server.newDatabase(), sessionZone("Europe/Berlin"), config -> config)) {
        Database database = opened.database();
        database.transact(
            session -> {
              session.update("CREATE TABLE customer (login VARCHAR(20), since " + type + ")").run();
              return session.update("INSERT INTO customer VALUES ('alice', ?)", revoked).run();
            });

        User user =
            UserSource.query(
                    database,
                    "SELECT login AS subject, since AS tokens_valid_from FROM customer WHERE login"
                        + " = :subject")
                .load("alice")
                .orElseThrow();

        assertThat(user.tokensValidFrom()).isEqualTo(revoked);
      }
    }
  }

  @Test
  void columnsWithoutZoneMayHoldLocalTime() throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    try (PoolKind.Opened opened =
            kind.open(server.newDatabase(), sessionZone("UTC"), config -> config.timeZone(berlin));
        DbSession session = opened.database().openSession()) {
      create(session);
      List<Instant> instants = new ArrayList<>(INSTANTS);
      // the clock shows it twice: a column of local time cannot tell
      instants.remove(Instant.parse("2026-10-25T01:30:00Z"));
      for (int i = 0; i < instants.size(); i++) {
        session
            .update("INSERT INTO moment (id, plain, a_day) VALUES (:id, :t, :t)")
            .bind("id", i)
            .bind("t", instants.get(i))
            .run();
        ZonedDateTime local = instants.get(i).atZone(berlin);
        assertThat(stored(session, "plain", i).replace(' ', 'T'))
            .startsWith(local.toLocalDateTime().toString().substring(0, 16));
        assertThat(
                session
                    .query("SELECT plain, a_day FROM moment WHERE id = ?", i)
                    .one(row -> List.of(row.instant("plain"), row.instant("a_day"))))
            .contains(
                List.of(instants.get(i), local.toLocalDate().atStartOfDay(berlin).toInstant()));
      }
      if (server != TestServer.MARIADB) {
        for (Instant instant : INSTANTS) {
          session.update("DELETE FROM moment").run();
          session.update("INSERT INTO moment (zoned) VALUES (?)", instant).run();
          assertThat(session.query("SELECT zoned FROM moment").one(row -> row.instant("zoned")))
              .contains(instant);
        }
      }
    }
  }

  @Test
  void theZoneOfAContainersSessionGoesBackAsItCame() throws Exception {
    String ask =
        switch (server) {
          case H2 ->
              "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'TIME"
                  + " ZONE'";
          case POSTGRESQL -> "SHOW TimeZone";
          case MARIADB -> "SELECT @@time_zone";
        };
    String name = server == TestServer.MARIADB ? "-05:00" : "Europe/Berlin";
    try (PoolKind.Opened opened =
        kind.open(server.newDatabase(), sessionZone("Europe/Berlin"), config -> config)) {
      try (DbSession session = opened.database().openSession()) {
        session.query("SELECT ? AS x", "x").list(row -> row.string("x"));
      }
      if (opened.pool() != null) {
        try (var connection = opened.pool().getConnection();
            var statement = connection.createStatement();
            var results = statement.executeQuery(ask)) {
          results.next();
          assertThat(results.getString(1)).isEqualTo(name);
        }
      }
    }
  }
}
