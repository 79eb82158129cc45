package dev.drawbridge.outbox;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.MemoryCluster;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testservers.RestartablePostgres;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several relays, relays that die, and databases that are not what they were. */
class OutboxFaultsTest {
  static List<TestServer> servers() {
    return TestServer.available();
  }

  /** Those that are servers. */
  static List<TestServer> others() {
    return TestServer.available().stream().filter(one -> one != TestServer.H2).toList();
  }

  static boolean hasPostgres() {
    return TestServer.available().contains(TestServer.POSTGRESQL);
  }

  private static void commit(OutboxNode node, String channel, int n) {
    node.database()
        .transact(
            session -> {
              node.outbox().publish(session, channel, "order.changed", n);
              return null;
            });
  }

  private static int next(RecordingClient client) {
    return client.expect("order.changed").data().asInt();
  }

  private static void execute(TestDatabase at, String... statements) throws SQLException {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static long count(OutboxNode node) {
    return node.database()
        .read(
            session ->
                session
                    .query("SELECT COUNT(*) AS n FROM drawbridge_outbox")
                    .list(row -> row.longValue("n")))
        .get(0);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void twoRelaysSendEachOnceAndKeepTheOrderOfEachWriter(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    MemoryCluster cluster = new MemoryCluster();
    int writers = 4;
    int each = 60;
    try (OutboxNode a = OutboxNode.start(at, cluster);
        OutboxNode b = OutboxNode.start(at, cluster);
        RecordingClient alice = a.client("alice");
        RecordingClient bob = b.client("bob")) {
      alice.subscribe("orders:1");
      bob.subscribe("orders:1");

      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int w = 0; w < writers; w++) {
        int writer = w;
        all.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < each; i++) {
                    commit(i % 2 == 0 ? a : b, "orders:1", writer * 1000 + i);
                  }
                }));
      }

      for (RecordingClient client : List.of(alice, bob)) {
        Map<Integer, List<Integer>> seen = new HashMap<>();
        for (int i = 0; i < writers * each; i++) {
          int n = next(client);
          seen.computeIfAbsent(n / 1000, key -> new ArrayList<>()).add(n % 1000);
        }
        assertThat(seen.values())
            .allSatisfy(one -> assertThat(one).hasSize(each).isSorted().doesNotHaveDuplicates());
      }
      CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0])).get(5, TimeUnit.SECONDS);
      eventually("the table is empty", () -> count(a) == 0);
    }
  }

  private static void refuseDeletes(TestDatabase at, boolean refuse) throws SQLException {
    if (at.server() == TestServer.POSTGRESQL) {
      execute(
          at,
          refuse
              ? "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                  + " 'BEGIN RAISE EXCEPTION ''cut off''; END'"
              : "DROP TRIGGER refuse ON drawbridge_outbox",
          refuse
              ? "CREATE TRIGGER refuse BEFORE DELETE ON drawbridge_outbox"
                  + " FOR EACH ROW EXECUTE FUNCTION refuse()"
              : "DROP FUNCTION refuse()");
    } else {
      execute(
          at,
          refuse
              ? "CREATE TRIGGER refuse BEFORE DELETE ON drawbridge_outbox FOR EACH ROW"
                  + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'cut off'"
              : "DROP TRIGGER refuse");
    }
  }

  @ParameterizedTest
  @MethodSource("others")
  void aRelayThatDiesBetweenAppendAndDeleteIsRepeatedByNobody(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    MemoryCluster cluster = new MemoryCluster();
    try (OutboxNode b = OutboxNode.start(at, cluster);
        RecordingClient bob = b.client("bob")) {
      bob.subscribe("orders:1");
      refuseDeletes(at, true);
      try (OutboxNode a = OutboxNode.start(at, cluster)) {
        commit(a, "orders:1", 1);

        assertThat(next(bob)).isEqualTo(1);
        eventually("it is told", () -> a.finds("outbox_stopped") || b.finds("outbox_stopped"));
      }
      refuseDeletes(at, false);
      eventually("the row is gone", () -> count(b) == 0);
      commit(b, "orders:1", 2);

      assertThat(next(bob)).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aLeaseOfADeadServerOrOfAClockThatWasSetBackIsTakenOver(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    String now =
        kind == TestServer.MARIADB
            ? "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000"
            : "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";
    try (OutboxNode node = OutboxNode.start(at);
        RecordingClient alice = node.client("alice")) {
      alice.subscribe("orders:1");

      execute(
          at,
          "UPDATE drawbridge_outbox_relay SET holder = 'dead', lease_until = " + now + " + 1500");
      long begun = System.nanoTime();
      commit(node, "orders:1", 1);
      assertThat(next(alice)).isEqualTo(1);
      long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      execute(
          at,
          "UPDATE drawbridge_outbox_relay SET holder = 'future', lease_until = "
              + now
              + " + 3600000");
      commit(node, "orders:1", 2);
      assertThat(next(alice)).isEqualTo(2);
      execute(at, "DELETE FROM drawbridge_outbox_relay");
      commit(node, "orders:1", 3);

      assertThat(next(alice)).isEqualTo(3);
      assertThat(waited).isBetween(500L, 5_000L);
    }
  }

  @ParameterizedTest
  @MethodSource("others")
  void aLockOfTheApplicationsOwnTableHoldsUpNobodyAndOneOfOursIsWaitedFor(TestServer kind)
      throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    execute(at, "CREATE TABLE bill (id INT PRIMARY KEY)");
    try (OutboxNode node = OutboxNode.start(at, Duration.ofSeconds(1));
        RecordingClient alice = node.client("alice");
        Connection locking = at.connect();
        Statement lock = locking.createStatement()) {
      alice.subscribe("orders:1");
      boolean postgres = kind == TestServer.POSTGRESQL;
      locking.setAutoCommit(false);

      lock.execute(
          postgres ? "LOCK TABLE bill IN ACCESS EXCLUSIVE MODE" : "LOCK TABLES bill WRITE");
      commit(node, "orders:1", 1);
      assertThat(next(alice)).isEqualTo(1);
      // Each look of the relay needs this one.
      lock.execute(
          postgres
              ? "LOCK TABLE drawbridge_outbox IN ACCESS EXCLUSIVE MODE"
              : "LOCK TABLES drawbridge_outbox WRITE");
      eventually("it is told", () -> node.finds("outbox_stopped"));
      if (postgres) {
        locking.rollback();
      } else {
        lock.execute("UNLOCK TABLES");
      }
      commit(node, "orders:1", 2);

      assertThat(next(alice)).isEqualTo(2);
      eventually("it is well", () -> !node.finds("outbox_stopped"));
    }
  }

  @Test
  @EnabledIf("hasPostgres")
  void aDatabaseThatHasBecomeReadOnlyIsToldAndWaitedFor() throws Exception {
    TestDatabase at = OutboxNode.migrated(TestServer.POSTGRESQL);
    String name = at.url().replaceAll(".*/([^?]+).*", "$1");
    String others =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + name
            + "' AND pid <> pg_backend_pid()";
    try (CapturedLog log =
            new CapturedLog("dev.drawbridge.outbox", ch.qos.logback.classic.Level.INFO);
        OutboxNode node = OutboxNode.start(at);
        RecordingClient alice = node.client("alice")) {
      alice.subscribe("orders:1");

      execute(at, "ALTER DATABASE " + name + " SET default_transaction_read_only = on", others);
      execute(
          at,
          "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
          "INSERT INTO drawbridge_outbox (channel, type, data) VALUES"
              + " ('orders:1', 'order.changed', '1')");
      eventually("it is told", () -> node.finds("outbox_stopped"));
      execute(
          at,
          "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
          "ALTER DATABASE " + name + " RESET default_transaction_read_only",
          others);

      assertThat(next(alice)).isEqualTo(1);
      eventually("it is well", () -> !node.finds("outbox_stopped"));
      assertThat(log.containing("the outbox is not relayed by this server")).isNotEmpty();
      assertThat(log.containing("the outbox is relayed again")).isNotEmpty();
    }
  }

  @Test
  @EnabledIf("hasPostgres")
  void aDatabaseThatStopsAndStartsUnderLoadLosesNothingAndRepeatsNothing() throws Exception {
    try (RestartablePostgres server = new RestartablePostgres()) {
      server.start();
      OutboxNode.migrate(server.url(), "postgres", "");
      TestDatabase at = new TestDatabase(TestServer.POSTGRESQL, server.url(), "postgres", "");
      execute(at, "CREATE TABLE bill (id INT PRIMARY KEY)");
      try (OutboxNode node = OutboxNode.start(at);
          RecordingClient alice = node.client("alice")) {
        alice.subscribe("orders:1");
        Writers writers = new Writers(node, 4);

        writers.run(Duration.ofMillis(800));
        server.stop();
        writers.run(Duration.ofMillis(700));
        server.start();
        writers.run(Duration.ofSeconds(1));
        writers.stop();

        eventually("all is relayed", () -> isEmpty(node));
        List<Integer> committed =
            node.database()
                .read(
                    session ->
                        session
                            .query("SELECT id FROM bill ORDER BY id")
                            .maxRows(1_000_000)
                            .list(row -> row.intValue("id")));
        commit(node, "orders:1", -1);
        List<Integer> seen = new ArrayList<>();
        for (int n = next(alice); n != -1; n = next(alice)) {
          seen.add(n);
        }
        assertThat(seen).hasSizeGreaterThan(20).containsExactlyInAnyOrderElementsOf(committed);
      }
    }
  }

  private static boolean isEmpty(OutboxNode node) {
    try {
      return count(node) == 0;
    } catch (RuntimeException e) {
      return false;
    }
  }
}
