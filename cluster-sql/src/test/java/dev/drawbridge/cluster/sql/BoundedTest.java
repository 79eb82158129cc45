package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The tables stay as large as the window, and nothing reads one from end to end. */
class BoundedTest {
  /** Those that have many rows; the others have one for each server, or fewer. */
  private static final Set<String> LARGE =
      Set.of("drawbridge_log", "drawbridge_log_key", "drawbridge_member");

  private static SqlDatabase database(TestServer server) {
    return SqlDatabase.empty(server, BoundedTest.class);
  }

  private static List<Entry> batch(TestPeer peer, int first, int count, boolean keys) {
    List<Entry> batch = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      batch.add(
          Entry.message(
                  "room:1", "chat.message", TestPeer.text("x".repeat(200)), keys ? "u:" + i : null)
              .from(peer.position(), peer.node.id(), i));
    }
    return batch;
  }

  /** Twenty windows pass as they do in an hour or two, with the clean-up of every beat. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void overTwentyWindowsTheTablesStayAsLargeAsOne(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    int window = 300;
    Database handle = SqlDatabase.handle(database.url(), database.user());
    try (TestPeer a = TestPeer.start("a", handle, Duration.ofMillis(500), window)) {
      a.awaitUp();
      Roster roster = a.engine.roster();
      roster.begin(List.of(), 0);
      int n = 1;
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 3; i++, n += 100) {
          a.engine.append(batch(a, n, 100, true));
        }
        int tailed = n - 1;
        eventually("all is tailed", () -> a.engine.tailed() == tailed);
        roster.beat();
        if (server == TestServer.POSTGRESQL && round % 5 == 4) {
          // As autovacuum does each minute.
          database.execute("VACUUM drawbridge_log", "VACUUM drawbridge_log_key");
        }
        assertThat(database.number("SELECT count(*) FROM drawbridge_log"))
            .isLessThanOrEqualTo(window + LogTable.PIECE);
      }
      eventually(
          "keys end with the window",
          () -> {
            try {
              roster.beat();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            return database.number("SELECT count(*) FROM drawbridge_log_key") == 0;
          });
      assertThat(database.number("SELECT count(*) FROM drawbridge_node")).isEqualTo(1);
      assertThat(a.resets).hasSize(1);
      if (server == TestServer.POSTGRESQL) {
        // Rows of 300 bytes: 300 of the window, and what a fourth of the time leaves behind.
        assertThat(database.number("SELECT pg_relation_size('drawbridge_log')"))
            .isLessThan(4 * 1024 * 1024);
        for (String table : List.of("drawbridge_log_head", "drawbridge_node")) {
          assertThat(database.number("SELECT pg_relation_size('" + table + "')"))
              .as("new versions stay on their page: %s", table)
              .isLessThanOrEqualTo(8 * 8_192);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void noStatementReadsALargeTableFromEndToEnd(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    RecordingSource source = new RecordingSource(database);
    Database handle = Database.of(source, DatabaseConfig.builder().build());
    try (TestPeer a = TestPeer.start("a", handle, Duration.ofMinutes(5), 1_500);
        TestPeer b = TestPeer.up("b", database.url(), database.user())) {
      a.awaitUp();
      for (int n = 1; n <= 2_000; n += 250) {
        b.engine.append(batch(b, n, 250, true));
      }
      b.engine.roster().begin(members("b", 1_000), 0);
      fill(server, database);
      database.execute(
          server == TestServer.POSTGRESQL
              ? "ANALYZE"
              : "ANALYZE TABLE drawbridge_log, drawbridge_log_key, drawbridge_member");
      everything(a, database);
    }
    Map<String, String> statements = source.statements();

    Set<String> scans = new TreeSet<>();
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements.values()) {
        if (!sql.startsWith("INSERT") && !sql.contains("pg_notify")) {
          scans.addAll(scans(server, statement, sql));
        }
      }
    }

    assertThat(statements).hasSizeGreaterThan(25);
    assertThat(scans).isEmpty();
  }

  /**
   * As much as other deployments and busy rooms leave beside it: a plan for few rows proves none.
   */
  private static void fill(TestServer server, SqlDatabase database) {
    boolean postgresql = server == TestServer.POSTGRESQL;
    String rows = postgresql ? "generate_series(1, 30000) AS g(i)" : "seq_1_to_30000";
    String i = postgresql ? "i" : "seq";
    String hash = postgresql ? "md5(CAST(i AS text)) || md5('k' || i)" : "SHA2(seq, 256)";
    database.execute(
        "INSERT INTO drawbridge_log (cluster, epoch, seq, node, n, written_at, version, kind,"
            + " channel, type, repeat_of, body) SELECT 'other', 'abcdefgh', "
            + i
            + ", 'z', 0, 1, 1, 'message', 'c', 't', 0, 'x' FROM "
            + rows,
        "INSERT INTO drawbridge_log_key (cluster, key_hash, epoch, seq, expires_at)"
            + " SELECT 'contract', "
            + hash
            + ", 'abcdefgh', 1, 9000000000000 FROM "
            + rows,
        "INSERT INTO drawbridge_member (cluster, group_hash, subject_hash, node, connection,"
            + " group_name, subject, display_name, since, entered) SELECT 'contract', "
            + hash
            + ", 'h', 'z', 'c', 'g', 's', 'd', 1, 1 FROM "
            + rows);
  }

  private static List<Member> members(String node, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Member("c:room:" + i % 100, "user" + i, "User " + i, "c" + i, node, 1))
        .toList();
  }

  /** Each kind of call once. */
  private static void everything(TestPeer a, SqlDatabase database) throws Exception {
    Roster roster = a.engine.roster();
    Member one = new Member("c:room:1", "eve", "Eve", "e1", "a", 1);
    Member place = new Member("u:eve", "eve", "Eve", "e1", "a", 1);
    roster.begin(List.of(one, place), 5);
    roster.enter(place, 5, "e0");
    roster.enter(one, 0, null);
    roster.change(List.of(new Roster.Change(false, one)));
    roster.members("c:room:1", 10);
    a.engine.append(batch(a, 1, 3, true));
    a.engine.forget(List.of("u:1"));
    long top = database.number("SELECT top FROM drawbridge_log_head");
    eventually("all is tailed", () -> a.engine.tailed() == top);
    roster.beat();
    // Another node has died, an epoch has ended, and keys have expired.
    database.execute(
        "UPDATE drawbridge_node SET lease_until = 1 WHERE node = 'b'",
        "UPDATE drawbridge_log_key SET expires_at = 1 WHERE seq < 600",
        "UPDATE drawbridge_log_head SET identity = 'another'");
    eventually("the log begins anew", () -> a.resets.size() == 2);
    roster.begin(List.of(one, place), 5);
    roster.beat();
  }

  private static Set<String> scans(TestServer server, Statement statement, String sql)
      throws Exception {
    Set<String> scans = new TreeSet<>();
    try (ResultSet plan = statement.executeQuery("EXPLAIN " + query(sql))) {
      while (plan.next()) {
        if (server == TestServer.POSTGRESQL) {
          String line = plan.getString(1);
          for (String table : LARGE) {
            if (line.matches(".*Seq Scan on " + table + "( .*|$)")) {
              scans.add(line.strip() + " in " + shown(sql));
            }
          }
          continue;
        }
        String table = String.valueOf(plan.getString("table"));
        String type = String.valueOf(plan.getString("type"));
        boolean large = LARGE.contains(table) || Set.of("m", "l").contains(table);
        if (large && Set.of("ALL", "index").contains(type)) {
          scans.add(type + " of " + table + " in " + shown(sql));
        }
      }
    }
    return scans;
  }

  /** A transaction's first query has its isolation in front. */
  private static String query(String sql) {
    return sql.startsWith("SET ") ? sql.substring(sql.indexOf("; ") + 2) : sql;
  }

  private static String shown(String sql) {
    return sql.substring(0, Math.min(sql.length(), 300));
  }
}
