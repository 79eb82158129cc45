package dev.drawbridge.db;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DatabaseConfig.StartMode;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testservers.TestServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pool seen from outside: exhausted, leaking, interrupted, closed. */
class PoolTest {
  private static DatabaseConfig.Builder config() {
    return TestDatabases.config(TestServer.H2.newDatabase())
        .poolSize(2)
        .acquireTimeout(Duration.ofMillis(300));
  }

  private static String oneValue(Database database) {
    return database.read(
        session -> session.query("SELECT 'x' AS v").one(row -> row.string("v")).orElseThrow());
  }

  @Test
  void anExhaustedPoolNamesTheNumbersAndTheOldestSession() {
    try (Database database = Database.open(config().build());
        DbSession first = database.openSession()) {
      DbSession second =
          database.openSession(SessionOptions.defaults().withLabel("nightly report"));
      assertThat(first.toString()).contains("PoolTest.java");

      long start = System.nanoTime();
      assertThatThrownBy(database::openSession)
          .isInstanceOf(DbBusyException.class)
          .hasMessageContaining("within 300 ms (active 2, idle 0, waiting 0, max 2")
          .hasMessageContaining("oldest session open for")
          .hasMessageContaining("PoolTest.java")
          .hasMessageContaining("this thread holds 2");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));

      second.close();
      assertThat(oneValue(database)).isEqualTo("x");
      assertThat(database.metrics().busy()).isEqualTo(1);
      assertThat(database.metrics().acquired()).isGreaterThanOrEqualTo(3);
      assertThat(database.metrics().acquireTime()).isPositive();
      assertThat(database.health().status()).isEqualTo(DbHealth.Status.DEGRADED);
    }
  }

  @Test
  void aLeakIsReportedOnceWithThePlaceThatOpenedTheSession() throws Exception {
    try (CapturedLog warnings = CapturedLog.beside(Database.class.getName());
        Database database = Database.open(config().leakAfter(Duration.ofMillis(100)).build());
        DbSession leaked = database.openSession()) {
      eventually("the leak is reported", () -> !warnings.messages().isEmpty());
      assertThat(warnings.messages().get(0)).contains("is close() missing?", "PoolTest.java:");
      assertThat(database.metrics().leaks()).isEqualTo(1);
      assertThat(database.metrics().openSessions()).isEqualTo(1);
      assertThat(leaked.inTransaction()).isFalse();
      try (DbSession second = database.openSession()) {
        // By then the first one was looked at again.
        eventually("the next one is reported", () -> database.metrics().leaks() == 2);

        assertThat(second.inTransaction()).isFalse();
        assertThat(warnings.messages()).hasSize(2);
      }
    }
  }

  @Test
  void interruptionWhileWaitingEndsTheWait() throws Exception {
    try (Database database =
            Database.open(config().poolSize(1).acquireTimeout(Duration.ofSeconds(30)).build());
        DbSession only = database.openSession()) {
      CompletableFuture<Throwable> result = new CompletableFuture<>();
      CompletableFuture<Boolean> flag = new CompletableFuture<>();
      Thread waiter =
          new Thread(
              () -> {
                try {
                  database.openSession().close();
                  result.complete(null);
                } catch (DbException e) {
                  result.complete(e);
                }
                flag.complete(Thread.currentThread().isInterrupted());
              });
      waiter.start();
      while (database.metrics().waiting() == 0) {
        Thread.onSpinWait();
      }

      waiter.interrupt();

      assertThat(result.get(10, TimeUnit.SECONDS))
          .isExactlyInstanceOf(DbException.class)
          .hasMessage("interrupted while waiting for a connection");
      assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(only.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    }
  }

  @Test
  void aClosedDatabaseRefusesAndReportsDown() {
    Database database = Database.open(config().build());
    database.close();
    database.close();

    assertThatThrownBy(database::openSession).isInstanceOf(DbStateException.class);
    assertThat(database.health().status()).isEqualTo(DbHealth.Status.DOWN);
  }

  @Test
  void closeWaitsForOpenSessions() throws Exception {
    Database database = Database.open(config().build());
    DbSession session = database.openSession();
    CompletableFuture<Void> closing = CompletableFuture.runAsync(database::close);
    while (true) {
      try {
        database.openSession().close();
      } catch (DbStateException e) {
        break;
      }
    }

    assertThat(session.query("SELECT 1 AS one").one(row -> row.intValue("one"))).contains(1);
    assertThat(closing).isNotDone();
    session.close();
    closing.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aDatabaseThatIsAwayAtStartIsRequiredOrNot() {
    DatabaseConfig.Builder away =
        DatabaseConfig.builder()
            .url("jdbc:postgresql://localhost:1/app?password=s3cret")
            .user("app")
            .password("s3cret")
            .acquireTimeout(Duration.ofMillis(300))
            .startWait(Duration.ofMillis(400));

    assertThatThrownBy(() -> Database.open(away.build()))
        .isInstanceOf(DbUnavailableException.class)
        .hasMessageContaining("jdbc:postgresql://localhost:1/app")
        .satisfies(e -> assertThat(TestDatabases.stackTrace(e)).doesNotContain("s3cret"));
    try (Database database = Database.open(away.startMode(StartMode.DEGRADED).build())) {
      assertThatThrownBy(database::openSession)
          .isInstanceOf(DbUnavailableException.class)
          .hasMessageContaining("08001");
      DbHealth health = database.health();
      assertThat(health.status()).isEqualTo(DbHealth.Status.DOWN);
      assertThat(health.toString()).doesNotContain("localhost").doesNotContain("s3cret");
      assertThat(database.metrics().unavailable()).isPositive();
    }
  }

  @Test
  void aUrlWithoutDriverIsRefusedWithoutItsSecrets() {
    DatabaseConfig config =
        DatabaseConfig.builder().url("jdbc:nonsense://app:s3cret@host/db?password=s3cret").build();

    assertThatThrownBy(() -> Database.open(config))
        .isInstanceOf(DbConfigException.class)
        .hasMessageContaining("jdbc:nonsense://***")
        .satisfies(e -> assertThat(TestDatabases.stackTrace(e)).doesNotContain("s3cret"));
    assertThat(config.toString()).doesNotContain("s3cret");
  }

  @Test
  void aPasswordFileIsReadForEveryConnection(@TempDir Path directory) throws Exception {
    var target = TestServer.H2.newDatabase();
    try (Database admin = Database.open(TestDatabases.config(target).build());
        DbSession session = admin.openSession()) {
      session.update("CREATE USER app PASSWORD 'new-password' ADMIN").run();
    }
    Path file = Files.writeString(directory.resolve("password"), "old-password\n");
    DatabaseConfig config =
        TestDatabases.config(target)
            .user("app")
            .password(null)
            .passwordFile(file)
            .acquireTimeout(Duration.ofSeconds(2))
            .startMode(StartMode.DEGRADED)
            .build();
    try (Database database = Database.open(config)) {
      // H2 lets a wrong password wait, longer than the first caller does
      assertThatThrownBy(database::openSession).isInstanceOf(DbUnavailableException.class);
      assertThatThrownBy(database::openSession).hasMessageContaining("refused the login");

      Files.writeString(file, "new-password\n");

      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (true) {
        try {
          assertThat(oneValue(database)).isEqualTo("x");
          break;
        } catch (DbUnavailableException e) {
          assertThat(System.nanoTime()).as(TestDatabases.stackTrace(e)).isLessThan(deadline);
        }
      }
    }
  }

  @Test
  void jmxShowsTheNumbersWhenAsked() throws Exception {
    ObjectName name = new ObjectName("dev.drawbridge.db:type=Database,name=\"shown\"");
    var server = ManagementFactory.getPlatformMBeanServer();
    try (Database database = Database.open(config().name("shown").jmx(true).build());
        // the name is taken: only reported
        Database again = Database.open(config().name("shown").jmx(true).build());
        DbSession session = database.openSession()) {
      assertThat(server.getAttribute(name, "Active")).isEqualTo(1);
      assertThat(server.getAttribute(name, "Max")).isEqualTo(2);
      assertThat(server.getAttribute(name, "Health")).isEqualTo("UP");
      assertThat(server.getAttribute(name, "OpenSessions")).isEqualTo(1);
      assertThat(again.metrics().max()).isEqualTo(2);
      assertThat(session.inTransaction()).isFalse();
    }
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void healthIsKeptForASecondAndRemembersSinceWhen() {
    try (Database database = Database.open(config().build())) {
      DbHealth first = database.health();
      DbHealth second = database.health();

      assertThat(first.status()).isEqualTo(DbHealth.Status.UP);
      assertThat(second).isSameAs(first);
      assertThat(first.reason()).isNull();
    }
  }

  @Test
  void aDataSourceOfTheCallersIsUsedAsItIs() throws Exception {
    var target = TestServer.H2.newDatabase();
    org.h2.jdbcx.JdbcDataSource dataSource = new org.h2.jdbcx.JdbcDataSource();
    dataSource.setURL(target.url());
    dataSource.setUser(target.user());
    try (Database database = Database.of(dataSource, DatabaseConfig.builder().build())) {
      assertThat(oneValue(database)).isEqualTo("x");
      assertThat(database.dialect()).isEqualTo(Dialect.H2);
      assertThat(database.metrics().max()).isEqualTo(-1);
      assertThat(database.health().status()).isEqualTo(DbHealth.Status.UP);
    }
    assertThat(dataSource.getConnection().isValid(1)).isTrue();
  }
}
