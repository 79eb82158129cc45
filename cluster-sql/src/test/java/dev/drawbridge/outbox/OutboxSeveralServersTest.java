package dev.drawbridge.outbox;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two servers at one table whose channels live in the memory of each. */
class OutboxSeveralServersTest {
  private static OutboxNode start(TestDatabase at, Map<String, String> settings) throws Exception {
    return OutboxNode.start(
        DatabaseConfig.builder().url(at.url()).user(at.user()).password(at.password()).build(),
        null,
        settings);
  }

  private static void insert(TestDatabase at, int n) throws Exception {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO drawbridge_outbox (channel, type, data) VALUES ('orders:1',"
              + " 'order.changed', '"
              + n
              + "')");
    }
  }

  private static void commit(OutboxNode node, int n) {
    node.database()
        .transact(
            session -> {
              node.outbox().publish(session, "orders:1", "order.changed", n);
              return null;
            });
  }

  private static int next(RecordingClient client) {
    return client.expect("order.changed").data().asInt();
  }

  @Test
  void aServerThatDrainsLeavesItToTheOneThatTakesItsPlace() throws Exception {
    TestDatabase at = OutboxNode.migrated(TestServer.H2);
    try (OutboxNode old = start(at, Map.of())) {
      try (RecordingClient alice = old.client("alice")) {
        alice.subscribe("orders:1");
        commit(old, 1);
        assertThat(next(alice)).isEqualTo(1);
      }

      // It has the lease now.
      old.drain();
      try (OutboxNode next = start(at, Map.of());
          RecordingClient bob = next.client("bob")) {
        bob.subscribe("orders:1");
        for (int n = 2; n < 12; n++) {
          // Its own commit wakes the old one first.
          commit(old, n);
          assertThat(next(bob)).isEqualTo(n);
        }
      }
    }
  }

  @Test
  void twoThatRelayBesideEachOtherWithoutAnEngineAreTold() throws Exception {
    TestDatabase at = OutboxNode.migrated(TestServer.H2);
    try (CapturedLog log =
            new CapturedLog("dev.drawbridge.outbox", ch.qos.logback.classic.Level.INFO);
        OutboxNode a = start(at, Map.of())) {
      commit(a, 1);
      assertThat(a.finds("outbox_elsewhere")).isFalse();
      try (OutboxNode b = start(at, Map.of())) {
        int[] n = {1};
        eventually(
            "it is told",
            () -> {
              commit(b, n[0]++);
              return a.finds("outbox_elsewhere") || b.finds("outbox_elsewhere");
            });
      }

      assertThat(log.containing("another server relays the outbox, too")).isNotEmpty();
    }
  }

  @Test
  void aServerThatIsToLeaveItToOthersPublishesAndDoesNotRelay() throws Exception {
    TestDatabase at = OutboxNode.migrated(TestServer.H2);
    try (OutboxNode off = start(at, Map.of("DRAWBRIDGE_OUTBOX", "off"));
        RecordingClient alice = off.client("alice")) {
      alice.subscribe("orders:1");
      commit(off, 1);
      insert(at, 2);

      try (OutboxNode on = start(at, Map.of());
          RecordingClient bob = on.client("bob")) {
        bob.subscribe("orders:1");
        commit(off, 3);
        int last = next(bob);
        while (last != 3) {
          last = next(bob);
        }
        assertThat(off.finds("outbox_stopped")).isFalse();
      }
      off.publish("orders:1", "order.changed", -1);

      assertThat(next(alice)).as("only what needs no relay").isEqualTo(-1);
    }
  }
}
