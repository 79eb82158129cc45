package dev.drawbridge.outbox;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Ports;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Sixteen threads commit and roll back at random in servers that are killed twice: exactly what is
 * committed arrives. {@code -Doutbox.seconds=60} for longer, and on MariaDB, too.
 */
class OutboxKillTest {
  private static final int SECONDS = Integer.getInteger("outbox.seconds", 4);
  private static final int THREADS = 16;

  static Stream<Arguments> deployments() {
    List<TestServer> servers = TestServer.available();
    return Stream.of(
            Arguments.of(TestServer.POSTGRESQL, "sql", 2),
            Arguments.of(TestServer.POSTGRESQL, "memory", 1),
            Arguments.of(TestServer.MARIADB, "sql", 2))
        .filter(one -> servers.contains((TestServer) one.get()[0]))
        .limit(Integer.getInteger("outbox.seconds") == null ? 2 : 3);
  }

  /** One process; its output goes by as long as somebody reads it. */
  private static final class Peer {
    private final TestDatabase at;
    private final String engine;
    private final int port;
    private final int threads;
    private int lives;
    private Process process;
    private BufferedReader output;

    Peer(TestDatabase at, String engine, int number, int threads) throws IOException {
      this.at = at;
      this.engine = engine;
      this.port = Ports.free();
      this.threads = threads;
      this.lives = number * 100;
    }

    void launch() throws IOException {
      lives++;
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  OutboxProgram.class.getName(),
                  at.url(),
                  at.user(),
                  engine,
                  "" + port,
                  "" + lives * 100_000,
                  "" + threads)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      output = process.inputReader();
    }

    void await(String line) throws IOException {
      String next = output.readLine();
      while (next != null && !next.equals(line)) {
        next = output.readLine();
      }
      assertThat(next).as("the process is to say so").isEqualTo(line);
    }

    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }

    void stopWriting() throws IOException {
      process.getOutputStream().write('x');
      process.getOutputStream().flush();
      await("written");
    }

    URI uri() {
      return URI.create("ws://127.0.0.1:" + port + "/ws");
    }
  }

  private static List<Integer> numbers(TestDatabase at, String sql) {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<Integer> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getInt(1));
      }
      return all;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static void pause(double seconds) {
    long end = System.nanoTime() + (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
  }

  static List<TestServer> servers() {
    return TestServer.available().stream().filter(one -> one != TestServer.H2).toList();
  }

  private static void execute(TestDatabase at, String sql) throws SQLException {
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void insert(TestDatabase at, int n) throws SQLException {
    execute(
        at,
        "INSERT INTO drawbridge_outbox (channel, type, data) VALUES ('orders:1', 'order.changed', '"
            + n
            + "')");
  }

  /** While it is refused, a relay is between its append and its delete. */
  private static void refuseDeletes(TestDatabase at) throws SQLException {
    if (at.server() == TestServer.POSTGRESQL) {
      execute(
          at,
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
              + " 'BEGIN RAISE EXCEPTION ''not now''; END'");
      execute(
          at,
          "CREATE TRIGGER refuse BEFORE DELETE ON drawbridge_outbox FOR EACH ROW EXECUTE FUNCTION"
              + " refuse()");
    } else {
      execute(
          at,
          "CREATE TRIGGER refuse BEFORE DELETE ON drawbridge_outbox FOR EACH ROW"
              + " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'");
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void ofARelayThatIsKilledBetweenAppendAndDeleteTheKeyAloneTellsTheNextOne(TestServer kind)
      throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    Peer first = new Peer(at, "sql", 1, 0);
    Peer second = new Peer(at, "sql", 2, 0);
    try {
      first.launch();
      first.await("ready");
      FollowingClient client =
          new FollowingClient(List.of(first.uri(), second.uri()), () -> List.of());
      try {
        eventually("it hears", () -> client.resumesAt() != null);
        refuseDeletes(at);
        insert(at, 1);
        eventually("it is appended", () -> client.count() == 1);

        first.kill();
        execute(
            at,
            at.server() == TestServer.POSTGRESQL
                ? "DROP TRIGGER refuse ON drawbridge_outbox"
                : "DROP TRIGGER refuse");
        assertThat(numbers(at, "SELECT id FROM drawbridge_outbox")).hasSize(1);
        second.launch();
        second.await("ready");
        eventually(
            "it is deleted", () -> numbers(at, "SELECT id FROM drawbridge_outbox").isEmpty());
        insert(at, 2);
        eventually("the next one comes", () -> client.count() == 2);
        client.stop();

        assertThat(client.seen()).containsExactly(1, 2);
        assertThat(client.resyncs()).isZero();
      } finally {
        client.stop();
      }
    } finally {
      for (Peer peer : List.of(first, second)) {
        if (peer.process != null) {
          peer.kill();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("deployments")
  void exactlyWhatIsCommittedArrivesThoughServersAreKilled(
      TestServer kind, String engine, int count) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE bill (id INT PRIMARY KEY)");
    }
    List<Peer> peers = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        Peer peer = new Peer(at, engine, i + 1, THREADS / count);
        peers.add(peer);
        peer.launch();
      }
      for (Peer peer : peers) {
        peer.await("ready");
      }
      List<URI> uris = peers.stream().map(Peer::uri).toList();
      FollowingClient client = new FollowingClient(uris, () -> numbers(at, "SELECT id FROM bill"));
      try {
        eventually("the client hears", () -> client.count() > 0);
        List<Integer> before = numbers(at, "SELECT id FROM bill");
        for (int i = 0; i < 2; i++) {
          pause(SECONDS / 3.0);
          Peer victim = peers.get(i % count);
          victim.kill();
          victim.launch();
          victim.await("ready");
        }
        pause(SECONDS / 3.0);
        for (Peer peer : peers) {
          peer.stopWriting();
        }
        eventually(
            "all is relayed",
            () -> numbers(at, "SELECT COUNT(*) FROM drawbridge_outbox").equals(List.of(0)));
        int[] last = {-1};
        eventually(
            "nothing comes any more",
            () -> {
              boolean still = last[0] == client.count();
              last[0] = client.count();
              pause(0.5);
              return still;
            });
        client.stop();

        Set<Integer> committed = new TreeSet<>(numbers(at, "SELECT id FROM bill"));
        assertThat(committed).hasSizeGreaterThan(100);
        assertThat(client.seen()).as("each once").doesNotHaveDuplicates();
        if (engine.equals("sql")) {
          // Before the client had subscribed, some may have gone by.
          committed.removeAll(new TreeSet<>(before));
          Set<Integer> seen = new TreeSet<>(client.seen());
          seen.removeAll(new TreeSet<>(before));
          assertThat(client.resyncs()).as("the log lives in the database").isZero();
          assertThat(seen).isEqualTo(committed);
        } else {
          Set<Integer> known = new TreeSet<>(client.loaded());
          known.addAll(client.seen());
          // One, where the client was not back yet when the server was killed again.
          assertThat(client.resyncs()).isBetween(1, 2);
          assertThat(known).isEqualTo(committed);
        }
      } finally {
        client.stop();
      }
    } finally {
      for (Peer peer : peers) {
        if (peer.process != null) {
          peer.kill();
        }
      }
    }
  }
}
