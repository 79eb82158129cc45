package dev.drawbridge.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a message costs the transaction that it is in. Prints figures for bench/RESULTS.md; runs
 * where {@code -Doutbox.cost.seconds=5}, seconds of each round, is given.
 */
@EnabledIfSystemProperty(named = "outbox.cost.seconds", matches = "[0-9]+")
class OutboxCostTest {
  private static final int SECONDS = Integer.getInteger("outbox.cost.seconds", 5);
  private static final int WRITERS = 16;
  private static final int ROUNDS = 5;

  /** What one round has measured, in microseconds. */
  private record Figures(double perSecond, double p50, double p99) {
    static Figures of(List<long[]> all, double seconds) {
      long[] sorted = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
      return new Figures(
          sorted.length / seconds,
          sorted[sorted.length / 2] / 1e3,
          sorted[(int) (sorted.length * 0.99)] / 1e3);
    }
  }

  /** A transaction as applications have them: an order is paid. */
  private static void pay(DbSession session, int writer, int n) {
    session.begin();
    session.query("SELECT state FROM orders WHERE id = ?", writer).list(row -> row.string("state"));
    session.update("UPDATE orders SET state = ? WHERE id = ?", "paid " + n, writer).run();
    session.update("INSERT INTO order_history (id, state) VALUES (?, ?)", writer, "paid").run();
    session.update("UPDATE account SET balance = balance + 1 WHERE id = ?", writer).run();
  }

  /**
   * Sixteen writers for one round.
   *
   * @param outbox null without one
   * @param pauseMillis of each writer between two transactions
   */
  private static Figures round(Database database, Outbox outbox, long pauseMillis)
      throws InterruptedException {
    List<long[]> all = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    for (int w = 0; w < WRITERS; w++) {
      int writer = w;
      Thread thread =
          new Thread(
              () -> {
                LongStream.Builder times = LongStream.builder();
                for (int n = 0; System.nanoTime() < end; n++) {
                  long begun = System.nanoTime();
                  try (DbSession session = database.openSession()) {
                    pay(session, writer, n);
                    if (outbox != null) {
                      outbox.publish(
                          session,
                          "orders:1",
                          "order.changed",
                          Map.of("id", writer, "state", "paid", "n", n));
                    }
                    session.commit();
                  }
                  times.add(System.nanoTime() - begun);
                  if (pauseMillis > 0) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMillis));
                  }
                }
                long[] own = times.build().toArray();
                synchronized (all) {
                  all.add(own);
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return Figures.of(all, SECONDS);
  }

  private static Figures median(List<Figures> all) {
    return new Figures(
        all.stream()
            .mapToDouble(Figures::perSecond)
            .sorted()
            .skip(all.size() / 2)
            .findFirst()
            .orElse(0),
        all.stream().mapToDouble(Figures::p50).sorted().skip(all.size() / 2).findFirst().orElse(0),
        all.stream().mapToDouble(Figures::p99).sorted().skip(all.size() / 2).findFirst().orElse(0));
  }

  private static void print(TestServer kind, String what, Figures figures) {
    System.out.println(
        String.format(
            Locale.ROOT,
            "%-10s %-36s %8.0f tx/s   p50 %8.0f us   p99 %8.0f us",
            kind,
            what,
            figures.perSecond,
            figures.p50,
            figures.p99));
  }

  @ParameterizedTest
  @EnumSource(
      value = TestServer.class,
      names = {"POSTGRESQL", "MARIADB"})
  void aMessageInTheTransactionCostsLittle(TestServer kind) throws Exception {
    TestDatabase at = OutboxNode.migrated(kind);
    try (Connection connection = at.connect();
        Statement statement = connection.createStatement()) {
      durable(kind, at, statement);
      statement.execute("CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(40))");
      statement.execute("CREATE TABLE order_history (id INT, state VARCHAR(40))");
      statement.execute("CREATE TABLE account (id INT PRIMARY KEY, balance INT)");
      for (int i = 0; i < WRITERS; i++) {
        statement.execute("INSERT INTO orders VALUES (" + i + ", 'new')");
        statement.execute("INSERT INTO account VALUES (" + i + ", 0)");
      }
    }
    DatabaseConfig config =
        DatabaseConfig.builder()
            .url(at.url())
            .user(at.user())
            .password("")
            .poolSize(WRITERS + 4)
            .build();
    try (OutboxNode node = OutboxNode.start(config, null, Map.of())) {
      round(node.database(), node.outbox(), 0);
      compare(kind, "as fast as they can", node, 0);
      compare(kind, "400 tx/s", node, 40);
      for (int listeners : new int[] {0, 50, 200}) {
        Process process = listeners == 0 ? null : listen(node, listeners);
        print(kind, listeners + " listeners, 100 tx/s", round(node.database(), node.outbox(), 160));
        if (process != null) {
          process.destroyForcibly().waitFor();
        }
      }
    }
  }

  /** Rounds without and with it, in turn. */
  private static void compare(TestServer kind, String load, OutboxNode node, long pauseMillis)
      throws InterruptedException {
    List<Figures> without = new ArrayList<>();
    List<Figures> with = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      without.add(round(node.database(), null, pauseMillis));
      with.add(round(node.database(), node.outbox(), pauseMillis));
    }
    print(kind, "without, " + load, median(without));
    print(kind, "with the outbox, " + load, median(with));
    boolean paced = pauseMillis > 0;
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      ratios[i] =
          paced
              ? with.get(i).p50 / without.get(i).p50
              : without.get(i).perSecond / with.get(i).perSecond;
    }
    Arrays.sort(ratios);
    System.out.println(
        String.format(
            Locale.ROOT,
            "%-10s cost of a transaction, %s, by %s: %.2f times (%.2f to %.2f)",
            kind,
            load,
            paced ? "p50" : "tx/s",
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1]));
  }

  /** As a server that keeps what it has confirmed. */
  private static void durable(TestServer kind, TestDatabase at, Statement statement)
      throws Exception {
    if (kind == TestServer.POSTGRESQL) {
      String name = at.url().replaceAll(".*/([^?]+).*", "$1");
      statement.execute("ALTER DATABASE " + name + " SET synchronous_commit = on");
    } else {
      statement.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    }
  }

  /** In a process of its own, which says when all are subscribed. */
  private static Process listen(OutboxNode node, int count) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Listeners.class.getName(),
                "ws://127.0.0.1:" + node.port() + "/ws",
                "" + count)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var output = process.inputReader();
    String line = output.readLine();
    while (line != null && !line.equals("ready")) {
      line = output.readLine();
    }
    assertThat(line).isEqualTo("ready");
    return process;
  }

  /** Subscribes so many clients, and throws away what comes. */
  static final class Listeners {
    private Listeners() {}

    public static void main(String[] args) throws Exception {
      TestTokens tokens = new TestTokens();
      List<RecordingClient> clients = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        RecordingClient client =
            RecordingClient.connect(URI.create(args[0]), tokens.of("user" + i));
        client.subscribe("orders:1");
        clients.add(client);
      }
      System.out.println("ready");
      while (true) {
        for (RecordingClient client : clients) {
          client.forget();
        }
        LockSupport.parkNanos(100_000_000);
      }
    }
  }
}
