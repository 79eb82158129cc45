package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a server learns of entries: by a word of PostgreSQL, or by asking, and says which. */
class WakingTest {
  private static final Duration WINDOW = Duration.ofMinutes(5);

  private static SqlDatabase database(TestServer server) {
    return SqlDatabase.empty(server, WakingTest.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void postgresqlWakesAndMariaDbIsAsked(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    try (TestPeer a = TestPeer.up("a", database.url(), database.user());
        TestPeer b = TestPeer.up("b", database.url(), database.user())) {
      String wake = server == TestServer.POSTGRESQL ? "listen" : "poll";
      eventually(
          "both say how they are woken",
          () -> List.of(a, b).stream().allMatch(one -> one.engine.describe().wake().equals(wake)));

      a.append(a.draft("1"));

      b.awaitTexts("1");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void atRestItAsksAFewTimesASecond(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    String seconds =
        server == TestServer.POSTGRESQL
            ? "SELECT CAST(extract(epoch FROM clock_timestamp()) AS bigint)"
            : "SELECT UNIX_TIMESTAMP()";
    int most = server == TestServer.POSTGRESQL ? 2 : 6;
    try (TcpProxy link = new TcpProxy(database.port());
        TestPeer a = TestPeer.up("a", database.urlBy(link.port()), database.user())) {
      eventually("it has settled", () -> !a.engine.describe().wake().isEmpty());
      long began = database.number(seconds) + 1;
      eventually("a second begins", () -> database.number(seconds) >= began);

      long before = link.requests();
      eventually("three have passed", () -> database.number(seconds) >= began + 3);

      assertThat(link.requests() - before).isBetween(1L, most * 4L);
    }
  }

  /** LISTEN would be of whatever connection is lent for a moment. */
  @Test
  void behindAPoolerOfTransactionsItIsFoundDeafAndAsks() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    try (Pgbouncer pooler = Pgbouncer.start(database.port());
        TestPeer a = TestPeer.up("a", database.urlBy(pooler.port()), database.user());
        TestPeer b = TestPeer.up("b", database.urlBy(pooler.port()), database.user())) {
      eventually(
          "both say that they are deaf",
          () ->
              List.of(a, b).stream().allMatch(one -> one.engine.describe().wake().equals("deaf")));

      for (int i = 0; i < 20; i++) {
        a.append(a.draft("a" + i));
        a.engine.roster().beat();
      }

      eventually("all have come", () -> b.texts.size() == 20 && a.texts.size() == 20);
      assertThat(b.texts).isEqualTo(a.texts);
      assertThat(b.resets).hasSize(1);
    }
  }

  @Test
  void anAddressOfItsOwnGoesPastThePooler() throws Exception {
    SqlDatabase database = database(TestServer.POSTGRESQL);
    try (Pgbouncer pooler = Pgbouncer.start(database.port());
        Database handle = SqlDatabase.handle(database.urlBy(pooler.port()), database.user())) {
      SqlEngine engine =
          new SqlEngine(
              new SqlServer(
                  handle, ClusterConfig.builder("sql", "contract").url(database.url()).build()));
      try (TestPeer a = TestPeer.of("a", engine)) {
        a.awaitUp();
        eventually("it listens", () -> engine.describe().wake().equals("listen"));
      }
    }
  }

  /** As a container's pool does it: nothing may be kept, so nobody can listen. */
  @ParameterizedTest
  @EnumSource(names = {"POSTGRESQL", "MARIADB"})
  void aDataSourceOfSomebodyElsesLendsAndIsAsked(TestServer server) throws Exception {
    SqlDatabase database = database(server);
    Lender lender = new Lender(database);
    try (TestPeer a =
            TestPeer.start(
                "a", Database.of(lender, DatabaseConfig.builder().build()), WINDOW, 20_000);
        TestPeer b = TestPeer.up("b", database.url(), database.user())) {
      a.awaitUp();
      a.append(a.draft("1"));
      b.awaitTexts("1");
      b.append(b.draft("2"));

      a.awaitTexts("1", "2");
      assertThat(a.engine.describe().wake()).isEqualTo("poll");
      a.engine.close();
      assertThat(lender.lent).as("all were given back").isZero();
    }
  }

  /** Hands out connections and counts them. */
  private static final class Lender extends LendingSource {
    private final SqlDatabase database;
    private volatile int lent;

    Lender(SqlDatabase database) {
      this.database = database;
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection real = DriverManager.getConnection(database.url(), database.user(), "");
      count(1);
      AtomicBoolean back = new AtomicBoolean();
      return (Connection)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("close") && back.compareAndSet(false, true)) {
                  count(-1);
                }
                return call(real, method, arguments);
              });
    }

    private synchronized void count(int more) {
      lent += more;
    }
  }
}
