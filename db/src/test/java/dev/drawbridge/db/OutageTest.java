package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.RestartablePostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real server that goes away and comes back, and a network that breaks or swallows. */
class OutageTest {
  private static final Duration ACQUIRE = Duration.ofSeconds(1);
  private static final Duration QUERY = Duration.ofSeconds(2);

  /** For a machine that is busy with other things. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  private static final RestartablePostgres POSTGRES = new RestartablePostgres();

  @BeforeAll
  static void start() {
    POSTGRES.start();
    try (Database database = Database.open(config(POSTGRES.port()).build());
        DbSession session = database.openSession()) {
      session.update("CREATE TABLE mark (id INT PRIMARY KEY)").run();
      session.update("CREATE TABLE person (subject VARCHAR(50) PRIMARY KEY)").run();
      session.update("INSERT INTO person VALUES ('alice')").run();
    }
  }

  @AfterAll
  static void stop() {
    POSTGRES.close();
  }

  private static DatabaseConfig.Builder config(int port) {
    return DatabaseConfig.builder()
        .url("jdbc:postgresql://localhost:" + port + "/postgres")
        .user("postgres")
        .poolSize(4)
        .acquireTimeout(ACQUIRE)
        .queryTimeout(QUERY)
        .socketTimeout(Duration.ofSeconds(3))
        .connectTimeout(Duration.ofSeconds(1));
  }

  private static void await(BooleanSupplier condition, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited " + limit).isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  private static boolean answers(Database database) {
    try {
      database.read(session -> session.query("SELECT 1 AS one").one(row -> row.intValue("one")));
      return true;
    } catch (DbException e) {
      return false;
    }
  }

  @Test
  void aServerStoppedAndStartedUnderLoad() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong successes = new AtomicLong();
    AtomicLong failures = new AtomicLong();
    AtomicLong longest = new AtomicLong();
    Map<String, AtomicLong> kinds = new ConcurrentHashMap<>();
    List<Thread> callers = new ArrayList<>();
    try (Database database = Database.open(config(POSTGRES.port()).build())) {
      for (int i = 0; i < 8; i++) {
        boolean reads = i % 2 == 0;
        Thread caller =
            new Thread(
                () -> {
                  while (!done.get()) {
                    long start = System.nanoTime();
                    try {
                      call(database, reads);
                      successes.incrementAndGet();
                    } catch (Throwable e) {
                      failures.incrementAndGet();
                      String kind = e.getClass().getSimpleName();
                      kinds.computeIfAbsent(kind, k -> new AtomicLong()).incrementAndGet();
                    }
                    longest.accumulateAndGet(System.nanoTime() - start, Math::max);
                  }
                });
        callers.add(caller);
        caller.start();
      }
      await(() -> successes.get() > 100, Duration.ofSeconds(20));

      POSTGRES.stop();
      long failed = failures.get();
      // long enough for the pool's own pauses to have grown to seconds
      await(() -> failures.get() >= failed + 40, Duration.ofSeconds(30));
      assertThat(database.health().status()).isEqualTo(DbHealth.Status.DOWN);
      POSTGRES.start();
      long before = successes.get();
      await(() -> successes.get() > before + 10, Duration.ofSeconds(2));

      done.set(true);
      for (Thread caller : callers) {
        caller.join(10_000);
      }
      assertThat(kinds.keySet())
          .isSubsetOf("DbUnavailableException", "DbBusyException", "DbUnknownOutcomeException");
      assertThat(Duration.ofNanos(longest.get())).isLessThan(ACQUIRE.plus(QUERY).plus(SLACK));
      assertThat(database.metrics().openSessions()).isZero();
      assertThat(database.metrics().active()).isZero();
    } finally {
      done.set(true);
    }
  }

  private static void call(Database database, boolean reads) {
    if (reads) {
      database.read(session -> session.query("SELECT 1 AS one").one(row -> row.intValue("one")));
    } else {
      database.transact(
          session -> session.query("SELECT 1 AS one").one(row -> row.intValue("one")));
    }
  }

  @Test
  void aReadOutlivesTheDeathOfThePooledConnections() throws Exception {
    try (TcpProxy proxy = new TcpProxy(POSTGRES.port());
        Database database = Database.open(config(proxy.port()).build())) {
      await(() -> database.metrics().idle() == 4, Duration.ofSeconds(10));

      proxy.cut();

      assertThat(answers(database)).isTrue();
    }
  }

  @Test
  void aConnectionCutInTheMiddleOfATransaction() throws Exception {
    try (TcpProxy proxy = new TcpProxy(POSTGRES.port());
        Database database = Database.open(config(proxy.port()).build())) {
      assertThatThrownBy(
              () ->
                  database.transact(
                      session -> {
                        session.update("INSERT INTO mark VALUES (1)").run();
                        proxy.cut();
                        return session.update("INSERT INTO mark VALUES (2)").run();
                      }))
          .isInstanceOf(DbUnavailableException.class);

      await(() -> answers(database), Duration.ofSeconds(2));
      assertThat(
              database.<List<Integer>, RuntimeException>read(
                  session ->
                      session
                          .query("SELECT id FROM mark WHERE id < 10")
                          .list(row -> row.intValue("id"))))
          .isEmpty();
      assertThat(database.metrics().openSessions()).isZero();
    }
  }

  @Test
  void aConnectionCutBeforeCommitLeavesTheOutcomeUnknown() throws Exception {
    try (TcpProxy proxy = new TcpProxy(POSTGRES.port());
        Database database = Database.open(config(proxy.port()).build())) {
      assertThatThrownBy(
              () ->
                  database.transact(
                      session -> {
                        session.update("INSERT INTO mark VALUES (11)").run();
                        proxy.cut();
                        return null;
                      }))
          .isInstanceOf(DbUnknownOutcomeException.class);
    }
  }

  @Test
  void aBlackHoleEndsEveryWaitInTime() throws Exception {
    try (TcpProxy proxy = new TcpProxy(POSTGRES.port());
        Database database = Database.open(config(proxy.port()).build())) {
      assertThat(answers(database)).isTrue();
      DbSession session = database.openSession();
      proxy.swallow(true);

      long start = System.nanoTime();
      assertThatThrownBy(() -> session.query("SELECT 1").one(row -> 1))
          .isInstanceOf(DbUnavailableException.class);
      // the server cannot be told to cancel, so the socket's time-out ends it
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isLessThan(QUERY.plusSeconds(1).plus(SLACK));
      session.close();
      start = System.nanoTime();
      assertThatThrownBy(() -> database.openSession().close())
          .isInstanceOf(DbUnavailableException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isLessThan(ACQUIRE.plus(QUERY).plus(SLACK));

      proxy.cut();
      proxy.swallow(false);
      await(() -> answers(database), Duration.ofSeconds(4));
      assertThat(database.metrics().openSessions()).isZero();
    }
  }

  @Test
  void knownUsersOutliveTheDatabaseAndStrangersAreNotCalledUnknown() throws Exception {
    try (TcpProxy proxy = new TcpProxy(POSTGRES.port());
        Database database = Database.open(config(proxy.port()).build());
        UserDirectory users =
            UserDirectory.of(
                UserSource.query(database, "SELECT subject FROM person WHERE subject = :subject"),
                UserDirectoryConfig.builder()
                    .ttl(Duration.ofMillis(1))
                    .negativeTtl(Duration.ZERO)
                    .build())) {
      assertThat(users.find("alice").user()).isPresent();
      assertThat(users.find("stranger").user()).isEmpty();
      proxy.swallow(true);

      await(() -> users.find("alice").source() == Lookup.Source.STALE, Duration.ofSeconds(10));
      assertThatThrownBy(() -> users.find("stranger"))
          .isInstanceOf(UserLookupUnavailableException.class);
      assertThatThrownBy(() -> users.find("alice", Duration.ZERO))
          .isInstanceOf(UserLookupUnavailableException.class);
    }
  }
}
