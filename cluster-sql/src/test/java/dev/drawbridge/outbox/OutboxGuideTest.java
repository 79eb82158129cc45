package dev.drawbridge.outbox;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What docs/outbox.md shows of SQL, done as it stands there; and the plans and sizes behind it. */
class OutboxGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "outbox.md");

  static List<TestServer> servers() {
    return TestServer.available();
  }

  static List<TestServer> withTriggers() {
    return TestServer.available().stream().filter(one -> one != TestServer.H2).toList();
  }

  private static String guide() throws IOException {
    return Files.readString(GUIDE);
  }

  /** The statements of a marked block; an empty line is between two. */
  private static String[] trigger(TestServer kind) throws IOException {
    String mark = "<!-- trigger: " + kind.name().toLowerCase(Locale.ROOT) + " -->\n```sql\n";
    String text = guide();
    int begin = text.indexOf(mark) + mark.length();
    return text.substring(begin, text.indexOf("```", begin)).strip().split(";\n\n", -1);
  }

  /** The row of the guide and its way back from being moved aside. */
  private static List<String> plain() throws IOException {
    Matcher blocks = Pattern.compile("```sql\n(INSERT[^`]*)```", Pattern.DOTALL).matcher(guide());
    List<String> all = new ArrayList<>();
    while (blocks.find()) {
      for (String statement : blocks.group(1).strip().split(";\\s*(\n|$)", -1)) {
        if (!statement.isBlank()) {
          all.add(statement);
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("withTriggers")
  void theTriggersOfTheGuidePushWhatAForeignProgramChanges(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    try (OutboxNode node = OutboxNode.start(at);
        RecordingClient alice = node.client("alice");
        Connection foreign = at.connect();
        Statement statement = foreign.createStatement()) {
      statement.execute("CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(20))");
      for (String sql : trigger(kind)) {
        statement.execute(sql.strip().replaceAll(";$", ""));
      }
      alice.subscribe("orders:7");

      foreign.setAutoCommit(false);
      statement.execute("INSERT INTO orders VALUES (7, 'a \"new\" one')");
      foreign.rollback();
      statement.execute("INSERT INTO orders VALUES (7, 'a \"new\" one')");
      statement.execute("UPDATE orders SET state = 'paid' WHERE id = 7");
      foreign.commit();

      Frame first = alice.expect("order.changed");
      Frame second = alice.expect("order.changed");
      assertThat(first.data().path("state").asText()).isEqualTo("a \"new\" one");
      assertThat(second.data().path("state").asText()).isEqualTo("paid");
      assertThat(second.data().path("id").asInt()).isEqualTo(7);
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void theStatementsOfTheGuideRunAndColumnsHaveTheDefaultsThatItSays(TestServer kind)
      throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    try (OutboxNode node = OutboxNode.start(at);
        RecordingClient alice = node.client("alice");
        Connection foreign = at.connect();
        Statement statement = foreign.createStatement()) {
      alice.subscribe("orders:7");
      List<String> statements = plain();

      for (String sql : statements) {
        statement.execute(sql);
      }
      statement.execute(
          "INSERT INTO drawbridge_outbox (channel, type) VALUES ('orders:7', 'order.gone')");

      assertThat(statements).hasSize(3);
      assertThat(alice.expect("order.changed").data().path("state").asText()).isEqualTo("paid");
      assertThat(alice.expect("order.gone").data().isMissingNode()).isTrue();
    }
  }

  /** 20,000 rows wait, and 20,000 have gone: whatever is slow then scans the table. */
  @ParameterizedTest
  @MethodSource("servers")
  void theStatementsOfTheRelayGoByThePrimaryKey(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    Set<String> said = statementsOfARelay(at);
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      fill(kind, statement);
      statement.execute("DELETE FROM drawbridge_outbox WHERE id <= 20000");

      for (String sql : said) {
        String whole = sql.replace(":ids", "20001, 20002, 20003").replace("?", "20001");
        StringBuilder plan = new StringBuilder();
        try (ResultSet rows = statement.executeQuery("EXPLAIN " + whole)) {
          while (rows.next()) {
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
              plan.append(rows.getString(i)).append(' ');
            }
            plan.append('\n');
          }
        }
        assertThat(plan.toString())
            .as("%s: %s", kind, whole)
            .containsIgnoringCase(
                kind == TestServer.POSTGRESQL ? "pk_drawbridge_outbox" : "primary")
            .doesNotContainIgnoringCase("seq scan")
            .doesNotContainIgnoringCase("tableScan")
            .doesNotContain(" ALL ")
            .doesNotContainIgnoringCase("filesort");
      }
      assertThat(said).hasSize(4);
    }
  }

  /** All that one says of the table of messages, while it sends a small one and a large one. */
  private static Set<String> statementsOfARelay(TestDatabase at) throws Exception {
    Set<String> said = ConcurrentHashMap.newKeySet();
    DatabaseConfig config =
        DatabaseConfig.builder()
            .url(at.url())
            .user(at.user())
            .password(at.password())
            .listener((sql, took, failure) -> said.add(sql))
            .build();
    try (OutboxNode node = OutboxNode.start(config, null, Map.of());
        RecordingClient alice = node.client("alice")) {
      alice.subscribe("orders:1");
      node.database()
          .transact(
              session -> {
                node.outbox().publish(session, "orders:1", "order.changed", "small");
                node.outbox().publish(session, "orders:1", "order.changed", "x".repeat(9_000));
                return null;
              });
      alice.expect("order.changed");
      alice.expect("order.changed");
      eventually("all are relayed", () -> isEmpty(at));
    }
    said.removeIf(sql -> !sql.contains("FROM drawbridge_outbox "));
    return said;
  }

  private static void fill(TestServer kind, Statement statement) throws SQLException {
    String series =
        switch (kind) {
          case POSTGRESQL -> "generate_series(1, 40000)";
          case MARIADB -> "seq_1_to_40000";
          case H2 -> "SYSTEM_RANGE(1, 40000)";
        };
    statement.execute(
        "INSERT INTO drawbridge_outbox (channel, type, data)"
            + " SELECT 'orders:1', 'order.changed', '{}' FROM "
            + series);
    if (kind == TestServer.POSTGRESQL) {
      statement.execute("ANALYZE drawbridge_outbox");
    }
  }

  /** As many rows as a day of one in four seconds, in a burst; vacuum as its settings have it. */
  @ParameterizedTest
  @MethodSource("withTriggers")
  void theTableStaysSmallUnderADaysRows(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    int rounds = 10;
    int rows = 2_000;
    try (OutboxNode node = OutboxNode.start(at);
        RecordingClient alice = node.client("alice");
        Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      alice.subscribe("orders:9");
      String series =
          kind == TestServer.POSTGRESQL ? "generate_series(1, " + rows + ")" : "seq_1_to_" + rows;
      List<Long> sizes = new ArrayList<>();

      for (int round = 0; round < rounds; round++) {
        statement.execute(
            "INSERT INTO drawbridge_outbox (channel, type, data) SELECT 'orders:1',"
                + " 'order.changed', '{\"text\":\"of about a hundred characters, as messages of"
                + " applications often are, or a little more\"}' FROM "
                + series);
        eventually("all are relayed", () -> isEmpty(at));
        if (kind == TestServer.POSTGRESQL) {
          // What autovacuum does after 2,000 dead rows.
          statement.execute("VACUUM drawbridge_outbox");
        }
        sizes.add(size(kind, statement));
      }

      assertThat(sizes.get(rounds - 1)).as("%s", sizes).isLessThanOrEqualTo(2_000_000L);
    }
  }

  private static boolean isEmpty(TestDatabase at) {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM drawbridge_outbox")) {
      return rows.next() && rows.getLong(1) == 0;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static long size(TestServer kind, Statement statement) throws SQLException {
    String sql =
        kind == TestServer.POSTGRESQL
            ? "SELECT pg_total_relation_size('drawbridge_outbox')"
            : "SELECT data_length + index_length FROM information_schema.tables WHERE table_name ="
                + " 'drawbridge_outbox' AND table_schema = DATABASE()";
    try (ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getLong(1) : -1;
    }
  }
}
