package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testservers.TestServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What the README promises of the pool and of these tests, beside its numbers. */
class ReadmePromisesTest {
  @Test
  void connectionsOfThePoolAreAlwaysOpen() throws Exception {
    try (Database database =
        Database.open(TestDatabases.config(TestServer.H2.newDatabase()).poolSize(6).build())) {
      awaitIdle(database, 6);

      // also after they were in use, and without anybody who wants them
      try (DbSession one = database.openSession();
          DbSession other = database.openSession()) {
        assertThat(one.query("SELECT 1 AS n").one(row -> row.intValue("n"))).contains(1);
        assertThat(other.query("SELECT 1 AS n").one(row -> row.intValue("n"))).contains(1);
        assertThat(database.metrics().idle()).isEqualTo(4);
      }
      awaitIdle(database, 6);
    }
  }

  private static void awaitIdle(Database database, int connections) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (database.metrics().idle() < connections) {
      assertThat(System.nanoTime()).as("time is left").isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(database.metrics().idle()).isEqualTo(connections);
  }

  @Test
  void testsRunOnTheServersThatArgLineNames() throws Exception {
    String before = System.getProperty("drawbridge.test.servers");
    try {
      System.setProperty("drawbridge.test.servers", "H2");
      assertThat(TestServer.available()).containsExactly(TestServer.H2);
    } finally {
      if (before == null) {
        System.clearProperty("drawbridge.test.servers");
      } else {
        System.setProperty("drawbridge.test.servers", before);
      }
    }

    assertThat(Files.readString(Path.of("README.md")))
        .contains("`-DargLine=-Ddrawbridge.test.servers=H2`");
    // surefire takes what the command line says only where no pom writes the option itself
    for (String pom : new String[] {"pom.xml", "../pom.xml"}) {
      assertThat(Files.readString(Path.of(pom))).doesNotContain("<argLine>");
    }
  }
}
