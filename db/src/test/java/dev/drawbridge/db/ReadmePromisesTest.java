package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @Test
  void initSqlIsRunOnEachNewConnection() throws Exception {
    TestDatabase target = TestServer.H2.newDatabase();
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE opened (n INT)");
    }
    DatabaseConfig config =
        TestDatabases.config(target)
            .poolSize(3)
            .initSql("INSERT INTO opened (n) VALUES (1)")
            .build();

    try (Database database = Database.open(config)) {
      awaitIdle(database, 3);
      long opened =
          database.read(
              session ->
                  session
                      .query("SELECT count(*) AS n FROM opened")
                      .one(row -> row.longValue("n"))
                      .orElseThrow());

      assertThat(opened).isEqualTo(3);
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

  /** A data source over another one that notes the time-outs of statements. */
  private static DataSource noting(TestDatabase target, List<Integer> seconds) {
    return proxy(
        DataSource.class,
        (method, arguments) -> {
          Connection real = target.connect();
          return proxy(
              Connection.class,
              (called, values) -> {
                Object result = invoke(called, real, values);
                return result instanceof PreparedStatement statement
                    ? proxy(
                        PreparedStatement.class,
                        (last, given) -> {
                          if (last.getName().equals("setQueryTimeout")) {
                            seconds.add((Integer) given[0]);
                          }
                          return invoke(last, statement, given);
                        })
                    : result;
              });
        });
  }

  private interface Call {
    Object with(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            ReadmePromisesTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.with(method, arguments)));
  }

  private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1000, 1", "1001, 2", "1500, 2", "5000, 5"})
  void timeOutsOfStatementsAreWholeSecondsRoundedUp(int millis, int seconds) {
    List<Integer> noted = new CopyOnWriteArrayList<>();
    DatabaseConfig config =
        DatabaseConfig.builder().queryTimeout(Duration.ofMillis(millis)).build();

    try (Database database = Database.of(noting(TestServer.H2.newDatabase(), noted), config);
        DbSession session = database.openSession()) {
      session.query("SELECT 1 AS n").list(row -> row.intValue("n"));
    }

    assertThat(noted).isNotEmpty().containsOnly(seconds);
  }
}
