package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.internal.open.OpenSessions;
import dev.drawbridge.db.internal.pool.RetryPause;
import dev.drawbridge.db.user.ClockedDirectory;
import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testing.DocumentedNumbers;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers that the READMEs of {@code db} and {@code migrations} promise, as they are told. */
class DocumentedNumbersTest {
  private static final DocumentedNumbers NUMBERS = DocumentedNumbers.everywhere();

  private static final Duration TICK = Duration.ofMillis(1);

  private interface Holds {
    void check() throws Exception;
  }

  private static final Map<String, Holds> ASSERTIONS = new TreeMap<>();

  static {
    ASSERTIONS.put("db.acquire-least", DocumentedNumbersTest::shortestAcquireTimeout);
    ASSERTIONS.put("db.back", () -> longestPause("db.back", false));
    ASSERTIONS.put("db.back-login", () -> longestPause("db.back-login", true));
    ASSERTIONS.put("db.chunk", () -> same("db.chunk", Batch.DEFAULT_CHUNK));
    ASSERTIONS.put("db.close", DocumentedNumbersTest::closeWaits);
    ASSERTIONS.put("db.fetch", () -> same("db.fetch", Query.DEFAULT_FETCH_SIZE));
    ASSERTIONS.put("db.health", DocumentedNumbersTest::healthIsKept);
    ASSERTIONS.put("db.list", () -> same("db.list", Query.DEFAULT_MAX_ROWS));
    ASSERTIONS.put("db.longest-days", DocumentedNumbersTest::longestDuration);
    ASSERTIONS.put("db.migrations.connections", DocumentedNumbersTest::connectionsOfMigrations);
    ASSERTIONS.put("db.places-first", () -> same("db.places-first", OpenSessions.PLACES_FIRST));
    ASSERTIONS.put("db.places-one-in", () -> same("db.places-one-in", OpenSessions.PLACES_ONE_IN));
    ASSERTIONS.put("db.users.absent", DocumentedNumbersTest::absenceIsRemembered);
    ASSERTIONS.put("db.users.batch", DocumentedNumbersTest::subjectsOfOneStatement);
    ASSERTIONS.put("db.users.jitter", DocumentedNumbersTest::earliestEndOfTheTtl);
    ASSERTIONS.put("db.users.kept", () -> same("db.users.kept", users().maxEntries()));
    ASSERTIONS.put("db.users.latest", () -> freshUntil(NUMBERS.duration("db.users.latest"), 1));
    ASSERTIONS.put("db.users.max-stale", DocumentedNumbersTest::staleUntil);
    ASSERTIONS.put("db.users.outages", DocumentedNumbersTest::outagesStopTheAsking);
    ASSERTIONS.put("db.users.pause", DocumentedNumbersTest::outagesStopTheAsking);
    ASSERTIONS.put("db.users.queue", () -> same("db.users.queue", users().maxQueuedLoads()));
    ASSERTIONS.put("db.users.refresh", DocumentedNumbersTest::refreshedInTheBackground);
    ASSERTIONS.put("db.users.ttl", () -> freshUntil(NUMBERS.duration("db.users.ttl"), 0.5));
    ASSERTIONS.put(
        "db.users.wait",
        () -> assertThat(users().lookupTimeout()).isEqualTo(NUMBERS.duration("db.users.wait")));
  }

  static Stream<String> told() {
    return NUMBERS.names("db").stream();
  }

  @ParameterizedTest
  @MethodSource("told")
  void itHolds(String name) throws Exception {
    assertThat(ASSERTIONS).as("every number that is told needs an assertion").containsKey(name);

    ASSERTIONS.get(name).check();
  }

  @Test
  void everyAssertionIsAboutANumberThatIsTold() {
    assertThat(NUMBERS.names("db")).containsAll(ASSERTIONS.keySet());
  }

  @Test
  void theDefaultsOfTheTableAreTheDefaults() throws Exception {
    Map<String, String> defaults = new LinkedHashMap<>();
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      String[] cells = line.split(" \\| ", -1);
      if (line.startsWith("| `db") && cells.length == 3 && cells[2].startsWith("`")) {
        defaults.put(cells[0].replaceAll("[|` ]", ""), cells[2].replaceAll("[|` ]", ""));
      }
    }
    Map<String, String> unset = values(DatabaseConfig.from(name -> null));

    assertThat(defaults).hasSizeGreaterThan(12);
    defaults.forEach(
        (name, text) ->
            assertThat(values(DatabaseConfig.from(n -> n.equals(name) ? text : null)))
                .as(name)
                .isEqualTo(unset));
    // and one that is not the default would be seen
    assertThat(values(DatabaseConfig.from(n -> n.equals("dbKeepalive") ? "3m" : null)))
        .isNotEqualTo(unset);
  }

  /** What all its getters return. */
  private static Map<String, String> values(DatabaseConfig config) {
    Map<String, String> values = new TreeMap<>();
    for (Method getter : DatabaseConfig.class.getDeclaredMethods()) {
      if (getter.getParameterCount() == 0
          && getter.getReturnType() != DatabaseConfig.Builder.class
          && java.lang.reflect.Modifier.isPublic(getter.getModifiers())
          && !java.lang.reflect.Modifier.isStatic(getter.getModifiers())) {
        try {
          Object value = getter.invoke(config);
          // UTC has several names
          values.put(
              getter.getName(),
              String.valueOf(value instanceof ZoneId zone ? zone.normalized() : value));
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return values;
  }

  private static void same(String name, long value) {
    assertThat(value).isEqualTo(NUMBERS.count(name));
  }

  private static void shortestAcquireTimeout() {
    Duration least = NUMBERS.duration("db.acquire-least");

    assertThat(DatabaseConfig.builder().acquireTimeout(least).build().acquireTimeout())
        .isEqualTo(least);
    assertThatThrownBy(() -> DatabaseConfig.builder().acquireTimeout(least.minus(TICK)).build())
        .isInstanceOf(DbConfigException.class);
  }

  private static void longestDuration() {
    long days = NUMBERS.count("db.longest-days");

    assertThat(DatabaseConfig.builder().startWait(Duration.ofDays(days)).build().startWait())
        .isEqualTo(Duration.ofDays(days));
    assertThatThrownBy(
            () -> DatabaseConfig.builder().startWait(Duration.ofDays(days).plus(TICK)).build())
        .isInstanceOf(DbConfigException.class);
  }

  private static void longestPause(String name, boolean login) {
    RetryPause pause = new RetryPause();
    long longest = 0;
    for (int i = 0; i < 20; i++) {
      longest = Math.max(longest, pause.nextNanos(login));
    }

    assertThat(Duration.ofNanos(longest)).isEqualTo(NUMBERS.duration(name));
  }

  private static void closeWaits() {
    Database database = TestDatabases.open(TestServer.H2.newDatabase());
    DbSession open = database.openSession();
    Duration told = NUMBERS.duration("db.close");

    long start = System.nanoTime();
    database.close();

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(told, told.plusSeconds(2));
    open.close();
  }

  private static void healthIsKept() {
    AtomicLong nanos = new AtomicLong();
    AtomicInteger asked = new AtomicInteger();
    Duration told = NUMBERS.duration("db.health");
    ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    try {
      HealthCheck check =
          new HealthCheck(
              () -> {
                asked.incrementAndGet();
                return null;
              },
              () -> new DbException("late", null),
              executor,
              Clock.systemUTC(),
              nanos::get);
      check.health();
      nanos.addAndGet(told.minus(TICK).toNanos());
      check.health();
      assertThat(asked).hasValue(1);

      nanos.addAndGet(TICK.toNanos());
      check.health();

      assertThat(asked).hasValue(2);
    } finally {
      executor.shutdownNow();
    }
  }

  private static void connectionsOfMigrations() {
    TestDatabase target = TestServer.H2.newDatabase();
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    DataSource counting =
        (DataSource)
            Proxy.newProxyInstance(
                DocumentedNumbersTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                  most.accumulateAndGet(open.incrementAndGet(), Math::max);
                  return counted(target.connect(), open);
                });

    Migrations.builder().dataSource(counting).mode(Mode.MIGRATE).build().run();

    assertThat(most.get()).isEqualTo((int) NUMBERS.count("db.migrations.connections"));
    assertThat(open).hasValue(0);
  }

  private static Connection counted(Connection real, AtomicInteger open) {
    return (Connection)
        Proxy.newProxyInstance(
            DocumentedNumbersTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close") && !real.isClosed()) {
                open.decrementAndGet();
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static UserDirectoryConfig users() {
    return UserDirectoryConfig.defaults();
  }

  /** A directory with the defaults, over a source and a clock of the test's. */
  private static final class Users implements UserSource, AutoCloseable {
    final AtomicLong nanos = new AtomicLong();
    final AtomicInteger loads = new AtomicInteger();
    final UserDirectory directory;
    volatile boolean away;

    Users(double random) {
      directory = ClockedDirectory.of(this, users(), nanos::get, () -> random);
    }

    @Override
    public Optional<User> load(String subject) {
      loads.incrementAndGet();
      if (away) {
        throw new DbUnavailableException("away", null);
      }
      return subject.equals("nobody")
          ? Optional.empty()
          : Optional.of(User.builder(subject).build());
    }

    Lookup.Source sourceAt(Duration age) {
      nanos.set(age.toNanos());
      return directory.find("alice").source();
    }

    void refused(String subject) {
      assertThatThrownBy(() -> directory.find(subject))
          .isInstanceOf(UserLookupUnavailableException.class);
    }

    @Override
    public void close() {
      directory.close();
    }
  }

  private static void refreshedInTheBackground() {
    Duration told = NUMBERS.duration("db.users.refresh");
    try (Users users = new Users(0.5)) {
      users.sourceAt(Duration.ZERO);
      assertThat(users.sourceAt(told.minus(TICK))).isEqualTo(Lookup.Source.CACHE);
      assertThat(users.directory.stats().loading()).isZero();
      assertThat(users.loads).hasValue(1);

      assertThat(users.sourceAt(told)).isEqualTo(Lookup.Source.CACHE);

      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (users.loads.get() < 2) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        LockSupport.parkNanos(TICK.toNanos());
      }
    }
  }

  private static void freshUntil(Duration told, double random) {
    try (Users users = new Users(random)) {
      users.sourceAt(Duration.ZERO);
      users.away = true;

      assertThat(users.sourceAt(told.minus(TICK))).isEqualTo(Lookup.Source.CACHE);
      assertThat(users.sourceAt(told)).isEqualTo(Lookup.Source.STALE);
    }
  }

  private static void earliestEndOfTheTtl() {
    Duration ttl = NUMBERS.duration("db.users.ttl");
    freshUntil(ttl.multipliedBy(100 - NUMBERS.count("db.users.jitter")).dividedBy(100), 0);
  }

  private static void staleUntil() {
    Duration told = NUMBERS.duration("db.users.max-stale");
    try (Users users = new Users(0.5)) {
      users.sourceAt(Duration.ZERO);
      users.away = true;

      assertThat(users.sourceAt(told.minus(TICK))).isEqualTo(Lookup.Source.STALE);
      users.nanos.set(told.toNanos());
      users.refused("alice");
    }
  }

  private static void absenceIsRemembered() {
    Duration told = NUMBERS.duration("db.users.absent");
    try (Users users = new Users(0.5)) {
      users.directory.find("nobody");
      users.nanos.set(told.minus(TICK).toNanos());
      users.directory.find("nobody");
      assertThat(users.loads).hasValue(1);

      users.nanos.set(told.toNanos());
      users.directory.find("nobody");

      assertThat(users.loads).hasValue(2);
    }
  }

  private static void outagesStopTheAsking() {
    int outages = (int) NUMBERS.count("db.users.outages");
    Duration pause = NUMBERS.duration("db.users.pause");
    try (Users users = new Users(0.5)) {
      users.away = true;
      for (int i = 0; i < outages; i++) {
        users.refused("user-" + i);
      }
      users.nanos.set(pause.minus(TICK).toNanos());
      users.refused("another");
      assertThat(users.loads).hasValue(outages);

      users.nanos.set(pause.toNanos());
      users.refused("another");

      assertThat(users.loads).hasValue(outages + 1);
    }
  }

  private static void subjectsOfOneStatement() {
    try (Database database = TestDatabases.open(TestServer.H2.newDatabase())) {
      same("db.users.batch", UserSource.table(database).batchSize());
    }
  }
}
