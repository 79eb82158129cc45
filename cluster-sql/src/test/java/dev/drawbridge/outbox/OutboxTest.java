package dev.drawbridge.outbox;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.util.RawValue;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What one transaction and one server show, on each database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutboxTest {
  private static final String ASIDE = "drawbridge_outbox_rejected";

  /** One server for each database, for all tests. */
  private record Place(TestDatabase at, OutboxNode node) {}

  private final Map<TestServer, Place> places = new EnumMap<>(TestServer.class);

  static List<TestServer> servers() {
    return TestServer.available();
  }

  private Place place(TestServer kind) throws Exception {
    Place present = places.get(kind);
    if (present == null) {
      TestDatabase at = OutboxNode.migrated(kind);
      present = new Place(at, OutboxNode.start(at));
      places.put(kind, present);
    }
    return present;
  }

  @AfterAll
  void stop() {
    places.values().forEach(place -> place.node().close());
  }

  /** Fails when it is written. */
  public static final class Unwritable {
    @SuppressWarnings("DoNotCallSuggester") // Jackson calls it.
    public String getText() {
      throw new IllegalStateException("broken");
    }
  }

  private static Map<String, Integer> n(int n) {
    return Map.of("n", n);
  }

  private static void insert(Place place, String channel, String type, String data)
      throws SQLException {
    try (Connection connection = place.at().connect();
        var insert =
            connection.prepareStatement(
                "INSERT INTO drawbridge_outbox (channel, type, data) VALUES (?, ?, ?)")) {
      insert.setString(1, channel);
      insert.setString(2, type);
      insert.setString(3, data);
      insert.executeUpdate();
    }
  }

  private static long count(Place place, String table) {
    return place
        .node()
        .database()
        .read(
            session ->
                session.query("SELECT COUNT(*) AS n FROM " + table).list(r -> r.longValue("n")))
        .get(0);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void whatIsCommittedArrivesOnceAndWhatIsRolledBackDoesNot(TestServer kind) throws Exception {
    Place place = place(kind);
    Outbox outbox = place.node().outbox();
    try (RecordingClient alice = place.node().client("alice")) {
      alice.subscribe("orders:1", "~");

      place
          .node()
          .database()
          .transact(
              session -> {
                outbox.publish(session, "orders:1", "order.changed", n(1));
                outbox.publish(session, "orders:1", "order.changed", n(2));
                return null;
              });
      try (DbSession session = place.node().database().openSession()) {
        session.begin();
        outbox.publish(session, "orders:1", "order.changed", n(3));
        session.rollback();
      }
      try (Connection connection = place.at().connect()) {
        connection.setAutoCommit(false);
        outbox.publish(connection, "orders:1", "order.changed", n(4));
        connection.rollback();
        outbox.publish(connection, "orders:1", "order.changed", n(5));
        connection.commit();
        outbox.publishToUser(connection, "alice", "note", null);
        connection.commit();
      }
      place
          .node()
          .database()
          .transact(
              session -> {
                outbox.publishToUser(session, "alice", "note", "last");
                return null;
              });

      List<Integer> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        seen.add(alice.expect("order.changed").data().path("n").asInt());
      }
      assertThat(seen).containsExactly(1, 2, 5);
      assertThat(alice.expect("note").channel()).isEqualTo("~");
      assertThat(alice.expect("note").data().asText()).isEqualTo("last");
      eventually("the table is empty", () -> count(place, "drawbridge_outbox") == 0);
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aLateCommitWithAnEarlyNumberIsLaterAndNotLost(TestServer kind) throws Exception {
    Place place = place(kind);
    Outbox outbox = place.node().outbox();
    try (RecordingClient alice = place.node().client("alice");
        DbSession early = place.node().database().openSession();
        DbSession late = place.node().database().openSession()) {
      alice.subscribe("orders:2");
      early.begin();
      late.begin();

      outbox.publish(early, "orders:2", "order.changed", n(1));
      outbox.publish(late, "orders:2", "order.changed", n(2));
      outbox.publish(early, "orders:2", "order.changed", n(3));
      late.commit();
      Frame first = alice.expect("order.changed");
      early.commit();

      assertThat(first.data().path("n").asInt()).isEqualTo(2);
      assertThat(alice.expect("order.changed").data().path("n").asInt()).isEqualTo(1);
      assertThat(alice.expect("order.changed").data().path("n").asInt()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void anOwnCommitIsSentAtOnceAndAnotherProgramsInsertWithinASecond(TestServer kind)
      throws Exception {
    Place place = place(kind);
    Outbox outbox = place.node().outbox();
    try (RecordingClient alice = place.node().client("alice")) {
      alice.subscribe("orders:3");
      List<Long> own = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        // The lease is given up after a second of rest; the last ones find it so.
        long begun = System.nanoTime();
        place
            .node()
            .database()
            .transact(
                session -> {
                  outbox.publish(session, "orders:3", "order.changed", null);
                  return null;
                });
        alice.expect("order.changed");
        own.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
      }
      own.sort(null);
      insert(place, "orders:3", "order.changed", "{ \"by\" :\n \"psql\" }");

      assertThat(alice.expect("order.changed").data().path("by").asText()).isEqualTo("psql");
      assertThat(own.get(own.size() / 2)).as("median of %s ms", own).isLessThan(150);
    }
  }

  /** Channel, type, data, a part of the reason. */
  private static final String[][] POISONED = {
    {"orders:4", "order.changed", "{", "one JSON value"},
    {"orders:4", "order.changed", "", "one JSON value"},
    {"orders:4", "order.changed", "{} {}", "one JSON value"},
    {"orders:4", "order.changed", "NaN", "one JSON value"},
    {"orders:4", "order.changed", "{\"a\":1,\"a\":2}", "twice"},
    {"orders:4", "order.changed", "[".repeat(2_000) + "]".repeat(2_000), "nest at most"},
    {"orders:4", "order.changed", "\"" + "x".repeat(300_000) + "\"", "at most 262144"},
    {"orders:4", "order.changed", "\"" + "x".repeat(262_100) + "\"", "at most 262144"},
    {"orders:4", "Order Changed", "{}", "lower-case words"},
    {"orders:4", "", "{}", "lower-case words"},
    {"orders:4", "ack", "{}", "reserved"},
    {"order:4", "order.changed", "{}", "must have a rule"},
    {"orders 4", "order.changed", "{}", "the first a letter"},
    {"orders:\n4", "order.changed", "{}", "the first a letter"},
    {"", "order.changed", "{}", "the first a letter"},
    {"~", "order.changed", "{}", "~ and a subject"}
  };

  @ParameterizedTest
  @MethodSource("servers")
  void aPoisonedRowIsMovedAsideAndStopsNoOther(TestServer kind) throws Exception {
    Place place = place(kind);
    try (RecordingClient alice = place.node().client("alice")) {
      alice.subscribe("orders:4");

      for (int i = 0; i < POISONED.length; i++) {
        insert(place, POISONED[i][0], POISONED[i][1], POISONED[i][2]);
        insert(place, "orders:4", "order.changed", "" + i);
      }

      for (int i = 0; i < POISONED.length; i++) {
        assertThat(alice.expect("order.changed").data().asInt()).isEqualTo(i);
      }
      eventually("all are aside", () -> count(place, ASIDE) == POISONED.length);
      List<String> why =
          place
              .node()
              .database()
              .read(
                  session ->
                      session
                          .query("SELECT reason FROM " + ASIDE + " ORDER BY id")
                          .list(row -> row.string("reason")));
      for (int i = 0; i < POISONED.length; i++) {
        assertThat(why.get(i)).contains(POISONED[i][3]);
      }
      eventually("it is told", () -> place.node().finds("outbox_rejected"));
      assertThat(place.node().diagnostics().toString()).contains("~ and a subject");
      assertThat(count(place, "drawbridge_outbox")).isZero();
    }
  }

  @Test
  void whatCouldNotBeSentIsRefusedAtOnce() throws Exception {
    Place place = place(TestServer.H2);
    Outbox outbox = place.node().outbox();
    try (DbSession session = place.node().database().openSession();
        Connection connection = place.at().connect()) {
      assertThatThrownBy(() -> outbox.publish(session, "orders:5", "order.changed", n(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("a transaction must be open");
      assertThatThrownBy(() -> outbox.publish(connection, "orders:5", "order.changed", n(1)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("autoCommit");
      session.begin();
      connection.setAutoCommit(false);
      for (Object[] bad :
          new Object[][] {
            {"orders 5", "order.changed", n(1), "letter or digit: orders 5"},
            {"room:5", "order.changed", n(1), "must have a rule, else nobody"},
            {"~alice", "order.changed", n(1), "publishToUser: ~alice"},
            {"x".repeat(129), "order.changed", n(1), "1 to 128"},
            {"orders:5", "Order", n(1), "lower-case words"},
            {"orders:5", "welcome", n(1), "reserved one: welcome"},
            {"orders:5", "order.changed", new Unwritable(), "Jackson can write: dev.drawbridge"},
            {"orders:5", "order.changed", "\uD800", "surrogate"},
            {"orders:5", "order.changed", "x".repeat(262_144), "at most 262144"}
          }) {
        String channel = (String) bad[0];
        String type = (String) bad[1];
        assertThatThrownBy(() -> outbox.publish(session, channel, type, bad[2]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining((String) bad[3]);
        assertThatThrownBy(() -> outbox.publish(connection, channel, type, bad[2]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining((String) bad[3]);
      }
      for (String subject :
          new String[] {
            null, "", " ", "a\0b", "a\nb", "\u0085", " alice", "alice ", "a\uD800", "x".repeat(256)
          }) {
        assertThatThrownBy(() -> outbox.publishToUser(session, subject, "order.changed", null))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("a subject must have 1 to 255 characters");
        assertThatThrownBy(() -> outbox.publishToUser(connection, subject, "order.changed", null))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("a subject must have 1 to 255 characters");
      }
      for (String[] bad :
          new String[][] {
            {null, "order.changed"},
            {"orders:5", null},
            {"orders:\0", "order.changed"},
            {"orders:5", "order\0"},
            {"orders:5", ""}
          }) {
        assertThatThrownBy(() -> outbox.publish(session, bad[0], bad[1], null))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> outbox.publish(connection, bad[0], bad[1], null))
            .isInstanceOf(IllegalArgumentException.class);
      }
      // None of these has spoilt the transaction.
      session.commit();
    }
  }

  /** Its JSON as it is, whatever that is. */
  private static RawValue raw(String json) {
    return new RawValue(json);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aNulInDataIsEscapedOrRefusedAndSpoilsNoTransaction(TestServer kind) throws Exception {
    Place place = place(kind);
    Outbox outbox = place.node().outbox();
    try (RecordingClient alice = place.node().client("alice");
        DbSession session = place.node().database().openSession()) {
      alice.subscribe("orders:8");
      session.begin();

      assertThatThrownBy(
              () -> outbox.publish(session, "orders:8", "order.changed", raw("\"a\0b\"")))
          .isInstanceOf(IllegalArgumentException.class);
      outbox.publish(session, "orders:8", "order.changed", "a\0b");
      session.commit();

      assertThat(alice.expect("order.changed").data().asText()).isEqualTo("a\0b");
    }
  }

  @Test
  void theLargestMessageThatTheLogTakesIsSent() throws Exception {
    Place place = place(TestServer.H2);
    Outbox outbox = place.node().outbox();
    String frame = "{\"type\":\"order.changed\",\"channel\":\"orders:6\",\"seq\":,\"data\":}";
    String most = "x".repeat(262_144 - frame.length() - 2);
    try (RecordingClient alice = place.node().client("alice");
        DbSession session = place.node().database().openSession()) {
      alice.subscribe("orders:6");
      session.begin();

      assertThatThrownBy(() -> outbox.publish(session, "orders:6", "order.changed", most + "x"))
          .hasMessageContaining("262145");
      for (int i = 0; i < 6; i++) {
        outbox.publish(session, "orders:6", "order.changed", most);
      }
      session.commit();

      for (int i = 0; i < 6; i++) {
        assertThat(alice.expect("order.changed").data().asText()).hasSize(most.length());
      }
    }
  }
}
