package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.testservers.RestartablePostgres;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A PostgreSQL that comes back as another: after a restart, a promotion, an older backup. */
class FailoverTest {
  private final RestartablePostgres server = new RestartablePostgres();
  private SqlDatabase database;

  @BeforeEach
  void start() {
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.POSTGRESQL));
    server.start();
    database = SqlDatabase.migrated(server.url(), "postgres");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path data() {
    return Path.of("target", "servers", "postgres-" + server.port());
  }

  /** A new timeline begins where recovery ends, as when a standby is promoted. */
  private void promote() throws IOException {
    Files.createFile(data().resolve("recovery.signal"));
    Files.writeString(data().resolve("postgresql.auto.conf"), "restore_command = 'false'\n");
  }

  private static void copy(Path from, Path to) throws IOException {
    new ProcessBuilder("cp", "-a", from.toString(), to.toString())
        .inheritIO()
        .start()
        .onExit()
        .join();
    assertThat(to).exists();
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anotherTimelineIsOneResetForAllAndTheyGoOn() throws Exception {
    try (TestPeer a = TestPeer.up("a", server.url(), "postgres");
        TestPeer b = TestPeer.up("b", server.url(), "postgres")) {
      a.append(a.draft("1"));
      b.awaitTexts("1");
      String before = identity();

      server.stop();
      eventually("both are down", () -> a.isDown() && b.isDown());
      assertThat(a.reason()).contains("out of reach");
      promote();
      server.start();
      eventually("both have begun anew", () -> a.resets.size() == 2 && b.resets.size() == 2);
      eventually("both are up", () -> a.isUp() && b.isUp());

      assertThat(a.resets.get(1)).isEqualTo(ResetReason.ENGINE_CHANGED);
      assertThat(b.position().epoch()).isEqualTo(a.position().epoch());
      assertThat(timeline(before)).isEqualTo("00000001");
      assertThat(timeline(identity())).isEqualTo("00000002");
      a.append(a.draft("2"));
      b.awaitTexts("1", "2");
    }
  }

  @Test
  void anOlderBackupIsOneResetForAll() throws Exception {
    Path backup = data().resolveSibling("backup-" + server.port());
    try (TestPeer a = TestPeer.up("a", server.url(), "postgres");
        TestPeer b = TestPeer.up("b", server.url(), "postgres")) {
      server.stop();
      copy(data(), backup);
      server.start();
      eventually("both are up after the restart", () -> a.isUp() && b.isUp());
      String epoch = a.position().epoch();
      a.append(a.draft("lost with the disk"));
      b.awaitTexts("lost with the disk");

      server.stop();
      delete(data());
      copy(backup, data());
      server.start();
      eventually(
          "both have another epoch",
          () ->
              !a.position().epoch().equals(epoch)
                  && a.position().epoch().equals(b.position().epoch()));
      eventually("both are up", () -> a.isUp() && b.isUp());
      a.append(a.draft("2"));

      b.awaitTexts("lost with the disk", "2");
    } finally {
      delete(backup);
    }
  }

  private String identity() {
    try (var connection = database.connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT identity FROM drawbridge_log_head")) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static String timeline(String identity) {
    return identity.split("/", -1)[1];
  }
}
