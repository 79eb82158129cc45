package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.DatabaseConfig.Pooler;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL behind pgbouncer, which gives every transaction whatever connection is free. */
class PgbouncerTest {
  private static final Path PROGRAM =
      List.of("/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer").stream()
          .map(Path::of)
          .filter(Files::isExecutable)
          .findFirst()
          .orElse(null);

  private static Process pgbouncer;
  private static int port;
  private static TestDatabase direct;

  @BeforeAll
  static void start() throws Exception {
    if (PROGRAM == null && "true".equals(System.getenv("REQUIRE_PROXIES"))) {
      throw new IllegalStateException("pgbouncer must be installed");
    }
    Assumptions.assumeTrue(PROGRAM != null, "pgbouncer is not installed");
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.POSTGRESQL));
    direct = TestServer.POSTGRESQL.newDatabase();
    port = freePort();
    Path directory = Files.createDirectories(Path.of("target", "pgbouncer"));
    Path settings = directory.resolve("pgbouncer-" + port + ".ini");
    Files.writeString(
        settings,
        String.join(
            "\n",
            "[databases]",
            "* = host=127.0.0.1 port="
                + direct.url().replaceAll("^[^0-9]*:([0-9]+)/.*", "$1")
                + " user=postgres",
            "[pgbouncer]",
            "listen_addr = 127.0.0.1",
            "listen_port = " + port,
            "unix_socket_dir =",
            "auth_type = any",
            "pool_mode = transaction",
            "default_pool_size = 4",
            "ignore_startup_parameters = extra_float_digits",
            ""));
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
    if (System.getProperty("user.name").equals("root")) {
      // it refuses to run as root
      command.addAll(List.of("-u", "nobody"));
    }
    command.add(settings.toString());
    pgbouncer =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("pgbouncer-" + port + ".log").toFile())
            .start();
    awaitPort();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static void awaitPort() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(socket.isConnected()).isTrue();
        return;
      } catch (IOException e) {
        assertThat(pgbouncer.isAlive()).as("pgbouncer runs").isTrue();
        assertThat(System.nanoTime()).as("pgbouncer listens").isLessThan(deadline);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }

  @AfterAll
  static void stop() {
    if (pgbouncer != null) {
      pgbouncer.destroy();
    }
  }

  private static TestDatabase behind(TestDatabase database) {
    String url = database.url().replaceAll("//[^/]*/", "//127.0.0.1:" + port + "/");
    return new TestDatabase(TestServer.POSTGRESQL, url, "postgres", "");
  }

  private static Database open(Pooler pooler, String scheme) {
    TestDatabase target = behind(direct);
    return Database.open(
        TestDatabases.config(target)
            .url(target.url().replaceFirst("jdbc:", scheme))
            .poolSize(8)
            .pooler(pooler)
            .build());
  }

  @ParameterizedTest
  @CsvSource({"AUTO, jdbc:", "TRANSACTION, jdbc:", "AUTO, jdbc:p6spy:", "TRANSACTION, jdbc:p6spy:"})
  void statementsOfManySessionsRun(Pooler pooler, String scheme) throws Exception {
    try (Database database = open(pooler, scheme)) {
      List<CompletableFuture<Long>> workers = new ArrayList<>();
      for (int w = 0; w < 8; w++) {
        workers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  long sum = 0;
                  for (int i = 0; i < 60; i++) {
                    int n = i;
                    sum +=
                        database.transact(
                            session ->
                                session
                                    .query("SELECT CAST(? AS int) AS n", n)
                                    .one(row -> row.longValue("n"))
                                    .orElseThrow());
                  }
                  return sum;
                }));
      }

      for (CompletableFuture<Long> worker : workers) {
        assertThat(worker.get(60, TimeUnit.SECONDS)).isEqualTo(1_770);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jdbc:", "jdbc:p6spy:"})
  void isolationIsThatOfTheTransactionAndOfNobodyElse(String scheme) {
    try (Database database = open(Pooler.AUTO, scheme)) {
      for (int i = 0; i < 10; i++) {
        assertThat(database.transact(Isolation.SERIALIZABLE, PgbouncerTest::isolation))
            .isEqualTo("serializable");
        assertThat(database.transact(PgbouncerTest::isolation)).isEqualTo("read committed");
      }
    }
    try (Database plain = TestDatabases.open(behind(direct));
        DbSession session = plain.openSession()) {
      assertThat(isolation(session)).isEqualTo("read committed");
    }
  }

  private static String isolation(DbSession session) {
    return session
        .query("SELECT current_setting('transaction_isolation') AS level")
        .one(row -> row.string("level"))
        .orElseThrow();
  }

  @Test
  void withoutTheSettingADirectConnectionIsNotTakenForAPooler() {
    try (Database database = TestDatabases.open(direct);
        DbSession session = database.openSession()) {
      // prepared on the server after five times
      for (int i = 0; i < 8; i++) {
        session.query("SELECT 1 AS one").one(row -> 1);
      }
      assertThat(
              session
                  .query("SELECT count(*) AS n FROM pg_prepared_statements")
                  .one(row -> row.intValue("n"))
                  .orElseThrow())
          .isPositive();
    }
  }

  @Test
  void migrationsRun() {
    TestDatabase fresh = TestServer.POSTGRESQL.newDatabase();
    for (int i = 0; i < 2; i++) {
      var result =
          Migrations.builder()
              .url(behind(fresh).url())
              .user("postgres")
              .password("")
              .mode(Mode.MIGRATE)
              .build()
              .run();
      assertThat(result.version()).isNotNull();
    }
  }
}
