package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.internal.open.OpenSession;
import dev.drawbridge.db.internal.open.OpenSessions;
import dev.drawbridge.db.internal.sql.ParsedStatements;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** What a session costs besides the statements of its caller. */
class SessionCostTest {
  private static DataSource h2() {
    TestDatabase target = TestServer.H2.newDatabase();
    JdbcDataSource source = new JdbcDataSource();
    source.setURL(target.url());
    source.setUser(target.user());
    source.setPassword(target.password());
    return source;
  }

  /** Notes the text of every statement, and that there was one without. */
  private static DataSource noting(DataSource source, List<String> statements) {
    return proxy(
        DataSource.class,
        source,
        (name, result, arguments) ->
            result instanceof Connection connection
                ? proxy(
                    Connection.class,
                    connection,
                    (method, value, given) -> {
                      if (method.startsWith("prepare") || method.equals("createStatement")) {
                        statements.add(given == null ? method : (String) given[0]);
                      }
                      return value;
                    })
                : result);
  }

  private interface Note {
    Object of(String name, Object result, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, T target, Note note) {
    return type.cast(
        Proxy.newProxyInstance(
            SessionCostTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              try {
                return note.of(method.getName(), method.invoke(target, arguments), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void aReadOnACallersPoolOfH2RunsItsOwnStatementOnly() {
    List<String> statements = new ArrayList<>();
    DatabaseConfig config = DatabaseConfig.builder().timeZone(ZoneId.systemDefault()).build();
    try (Database database = Database.of(noting(h2(), statements), config)) {
      database.dialect();
      statements.clear();

      database.read(session -> session.query("SELECT 1 AS x").list(row -> row.intValue("x")));

      assertThat(statements).containsExactly("SELECT 1 AS x");
    }
  }

  @Test
  void theNumbersOfManySessionsAtOnceAreExact() throws Exception {
    OpenSessions sessions = new OpenSessions(10);
    int threads = 8;
    int each = 200;
    CountDownLatch done = new CountDownLatch(threads);
    List<List<OpenSession>> kept = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      List<OpenSession> mine = new ArrayList<>();
      kept.add(mine);
      new Thread(
              () -> {
                for (int n = 0; n < each; n++) {
                  mine.add(sessions.add("here", n, 3));
                  sessions.remove(sessions.add("there", n, 2));
                }
                done.countDown();
              })
          .start();
    }

    done.await();

    // more than there are slots
    assertThat(sessions.size()).isEqualTo(threads * each);
    assertThat(sessions.opened()).isEqualTo(2L * threads * each);
    assertThat(sessions.waitedNanos()).isEqualTo(5L * threads * each);
    assertThat(sessions.oldest()).contains("opened at here");
    kept.forEach(mine -> mine.forEach(sessions::remove));
    assertThat(sessions.size()).isZero();
    assertThat(sessions.oldest()).isEqualTo("no session open");
  }

  @Test
  void anotherStatementThatFallsOnTheSamePlaceIsToldApart() {
    ParsedStatements statements = new ParsedStatements();

    for (int i = 0; i < 3_000; i++) {
      SqlText text = statements.get("SELECT " + i, Dialect.H2);
      SqlText again = statements.get("SELECT " + i, Dialect.H2);

      assertThat(text.source()).isEqualTo("SELECT " + i);
      assertThat(again).isSameAs(text);
    }
  }
}
