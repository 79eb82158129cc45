package dev.drawbridge.outbox.internal;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.ChannelSource.Feed;
import dev.drawbridge.endpoint.cluster.ChannelSource.Message;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The relay between a real table and a log that can be held up. */
class RelayTest {
  private static final String BAD = "broken";

  static List<TestServer> servers() {
    return TestServer.available();
  }

  static boolean hasPostgres() {
    return servers().contains(TestServer.POSTGRESQL);
  }

  /** A log that knows keys, shared by relays. */
  private static final class Log {
    final Map<String, Message> entries = new LinkedHashMap<>();
    int repeats;

    synchronized void append(Message message) {
      if (entries.putIfAbsent(message.key(), message) != null) {
        repeats++;
      }
    }

    synchronized List<String> data() {
      return entries.values().stream().map(Message::data).toList();
    }

    synchronized int repeats() {
      return repeats;
    }
  }

  /** One server's way into it. */
  private static class Way implements Feed {
    final Log log;
    final ConcurrentLinkedQueue<String> forgotten = new ConcurrentLinkedQueue<>();

    Way(Log log) {
      this.log = log;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean hasOthers() {
      return true;
    }

    @Override
    public boolean isLeaving() {
      return false;
    }

    @Override
    public @Nullable String json(@Nullable Object data) {
      return String.valueOf(data);
    }

    @Override
    public @Nullable String refusal(String channel, String type, @Nullable String json) {
      return type.equals(BAD) ? "it is bad: " + channel : null;
    }

    @Override
    public Set<String> publish(List<Message> batch) {
      Set<String> in = new LinkedHashSet<>();
      for (Message one : batch) {
        log.append(one);
        in.add(one.key());
      }
      return in;
    }

    @Override
    public void forget(List<String> keys) {
      forgotten.addAll(keys);
    }
  }

  private static TestDatabase migrated(TestServer kind) {
    TestDatabase at = kind.newDatabase();
    Migrations.builder()
        .url(at.url())
        .user(at.user())
        .password(at.password())
        .mode(Mode.MIGRATE)
        .build()
        .run();
    return at;
  }

  private static Database open(TestDatabase at) {
    return Database.open(
        DatabaseConfig.builder()
            .url(at.url())
            .user(at.user())
            .password(at.password())
            .poolSize(4)
            .build());
  }

  private static void execute(TestDatabase at, String... statements) throws SQLException {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String insert(String type, int n) {
    return "INSERT INTO drawbridge_outbox (channel, type, data) VALUES ('~alice', '"
        + type
        + "', '"
        + n
        + "')";
  }

  private static long count(Database database, String table) {
    return database
        .read(
            session ->
                session.query("SELECT COUNT(*) AS n FROM " + table).list(r -> r.longValue("n")))
        .get(0);
  }

  private static Relay started(Database database, Feed feed) {
    Relay relay = new Relay(() -> database, feed);
    relay.start();
    return relay;
  }

  @ParameterizedTest
  @MethodSource("servers")
  void numbersThatBeginAnewAreNewMessagesThoughTheLogLives(TestServer kind) throws Exception {
    TestDatabase at = migrated(kind);
    Log log = new Log();
    try (Database database = open(at)) {
      Relay relay = started(database, new Way(log));
      execute(at, insert("note", 1), insert("note", 2));
      eventually("both are in", () -> log.data().size() == 2);
      eventually("the table is empty", () -> count(database, "drawbridge_outbox") == 0);

      execute(
          at,
          kind == TestServer.MARIADB
              ? "TRUNCATE TABLE drawbridge_outbox"
              : "TRUNCATE TABLE drawbridge_outbox RESTART IDENTITY",
          insert("note", 3),
          insert("note", 4));

      eventually("the table is empty again", () -> count(database, "drawbridge_outbox") == 0);
      relay.close();
      assertThat(log.data()).containsExactly("1", "2", "3", "4");
      assertThat(log.entries.keySet())
          .anySatisfy(key -> assertThat(key).startsWith("o:1:"))
          .allSatisfy(key -> assertThat(key).hasSizeLessThan(40));
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void theKeyOfARowIsTheSameInEachZoneOfASession(TestServer kind) throws Exception {
    TestDatabase at = migrated(kind);
    execute(at, insert("note", 1));
    try (Database database = open(at)) {
      String first = new OutboxTable(database).read(10).get(0).key();
      String zone =
          switch (kind) {
            case MARIADB -> "SET GLOBAL time_zone = '+05:30'";
            case POSTGRESQL -> "ALTER ROLE CURRENT_USER SET TimeZone = 'Asia/Kolkata'";
            default -> "SET TIME ZONE '+05:30'";
          };
      String back =
          switch (kind) {
            case MARIADB -> "SET GLOBAL time_zone = 'SYSTEM'";
            case POSTGRESQL -> "ALTER ROLE CURRENT_USER RESET TimeZone";
            default -> "SET TIME ZONE LOCAL";
          };

      execute(at, zone);
      try (Database other = open(at)) {
        String second = new OutboxTable(other).read(10).get(0).key();

        assertThat(second).isEqualTo(first).matches("o:1:\\d{16}");
      } finally {
        execute(at, back);
      }
    }
  }

  @Test
  @EnabledIf("hasPostgres")
  void aTimeThatNoNumberHoldsStopsNothing() throws Exception {
    TestDatabase at = migrated(TestServer.POSTGRESQL);
    Log log = new Log();
    try (Database database = open(at)) {
      Relay relay = started(database, new Way(log));

      for (String time : List.of("infinity", "-infinity", "294276-12-31", "4713-01-01 BC")) {
        execute(
            at,
            "INSERT INTO drawbridge_outbox (channel, type, data, created_at) VALUES ('a', 'note',"
                + " '1', '"
                + time
                + "')");
      }

      eventually("all are in", () -> log.data().size() == 4);
      assertThat(relay.state().trouble()).isNull();
      relay.close();
    }
  }

  @Test
  void keysAreForgottenWhileThereIsWorkInEachLook() throws Exception {
    TestDatabase at = migrated(TestServer.H2);
    Way way = new Way(new Log());
    try (Database database = open(at)) {
      Relay relay =
          new Relay(
              () -> database,
              way,
              new GoneKeys(TimeUnit.MILLISECONDS.toNanos(200), 0, Long.MAX_VALUE, 9));
      Thread writer =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  try {
                    // More than one look takes: none is empty.
                    execute(
                        at,
                        "INSERT INTO drawbridge_outbox (channel, type) SELECT 'a', 'note' FROM"
                            + " SYSTEM_RANGE(1, 512)");
                  } catch (SQLException e) {
                    throw new AssertionError(e);
                  }
                }
              });
      writer.start();
      eventually("rows wait", () -> count(database, "drawbridge_outbox") > 0);
      relay.start();

      eventually("keys are forgotten", () -> way.forgotten.size() > 2_000);
      boolean loaded = count(database, "drawbridge_outbox") > 0;
      writer.interrupt();
      writer.join();
      relay.close();

      assertThat(loaded).isTrue();
      assertThat(way.forgotten).doesNotHaveDuplicates();
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aRejectedRowStaysWhenAnotherServerHasMovedIt(TestServer kind) throws Exception {
    TestDatabase at = migrated(kind);
    execute(at, insert(BAD, 1));
    try (Database database = open(at)) {
      OutboxTable table = new OutboxTable(database);
      Waiting row = table.read(10).get(0);

      boolean first = table.reject(row, "it is bad", 100);
      boolean second = table.reject(row, "it is bad", 100);

      assertThat(first).isTrue();
      assertThat(second).isFalse();
      assertThat(count(database, "drawbridge_outbox_rejected")).isEqualTo(1);
    }
  }

  @Test
  void ofRejectedRowsTheLastThousandAreKeptWhateverTheirNumbersAre() throws Exception {
    TestDatabase at = migrated(TestServer.H2);
    execute(
        at,
        "INSERT INTO drawbridge_outbox_rejected (id, channel, type, created_at, rejected_at,"
            + " reason) SELECT 5000 + x, 'a', 'b', CURRENT_TIMESTAMP, DATEADD(DAY, -2,"
            + " CURRENT_TIMESTAMP), 'old' FROM SYSTEM_RANGE(1, 1000)",
        insert(BAD, 1));
    try (Database database = open(at)) {
      OutboxTable table = new OutboxTable(database);

      table.reject(table.read(1).get(0), "it is new", 100);
      table.trimRejected();

      assertThat(count(database, "drawbridge_outbox_rejected")).isEqualTo(1_000);
      assertThat(count(database, "drawbridge_outbox_rejected WHERE reason = 'it is new'"))
          .isEqualTo(1);
    }
  }

  @Test
  void afterAPublishThatOutlivedTheLeaseNothingIsMovedAside() throws Exception {
    TestDatabase at = migrated(TestServer.H2);
    Log log = new Log();
    CountDownLatch held = new CountDownLatch(1);
    Way slow =
        new Way(log) {
          @Override
          public Set<String> publish(List<Message> batch) {
            held.countDown();
            // Longer than a lease may be used.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3_300));
            return super.publish(batch);
          }
        };
    try (Database database = open(at)) {
      execute(at, insert("note", 1), insert(BAD, 2));
      Relay a = started(database, slow);
      assertThat(held.await(5, TimeUnit.SECONDS)).isTrue();

      // A standby takes the lease, and does all that is to be done.
      execute(at, "UPDATE drawbridge_outbox_relay SET lease_until = 0");
      Relay b = started(database, new Way(log));
      eventually("the other does it", () -> count(database, "drawbridge_outbox") == 0);
      eventually("the first goes on", () -> log.repeats() == 1);
      a.close();
      b.close();

      assertThat(log.data()).containsExactly("1");
      assertThat(count(database, "drawbridge_outbox_rejected")).isEqualTo(1);
      assertThat(a.state().rejected()).isZero();
      assertThat(b.state().rejected()).isEqualTo(1);
    }
  }

  @Test
  void ofAUsersOwnChannelOnlyTheTildeIsTold() throws Exception {
    TestDatabase at = migrated(TestServer.H2);
    execute(at, insert(BAD, 1));
    try (Database database = open(at)) {
      Relay relay = started(database, new Way(new Log()));

      eventually("it is told", () -> relay.state().last() != null);
      relay.close();

      assertThat(relay.state().toString())
          .contains("row 1 of channel ~, type broken")
          .contains("it is bad: ~")
          .doesNotContain("alice");
    }
  }

  @Test
  @EnabledIf("hasPostgres")
  void whoeverHasNotTheLeaseReadsNoData() throws Exception {
    TestDatabase at = migrated(TestServer.POSTGRESQL);
    execute(at, insert("note", 1));
    try (Database database = open(at)) {
      OutboxTable table = new OutboxTable(database);
      assertThat(table.lease("other")).isTrue();
      // A view in place of the table: whoever reads data fails.
      execute(
          at,
          "ALTER TABLE drawbridge_outbox RENAME TO kept",
          "CREATE VIEW drawbridge_outbox AS SELECT id, channel, type,"
              + " CAST(1 / (id - id) AS VARCHAR) AS data, created_at FROM kept");
      Relay relay = started(database, new Way(new Log()));

      eventually("it waits", () -> !relay.state().waiting().isZero());
      relay.close();

      assertThat(relay.state().trouble()).isNull();
    }
  }

  @Test
  void afterARestACommitIsLookedForAtOnceAgain() throws Exception {
    TestDatabase at = migrated(TestServer.H2);
    try (Database database = open(at)) {
      Relay relay = started(database, new Way(new Log()));
      relay.expect();
      eventually("it looks more and more seldom", () -> relay.expectPauseMs() == 50);

      relay.expect();

      assertThat(relay.expectPauseMs()).isLessThan(50);
      relay.close();
    }
  }
}
