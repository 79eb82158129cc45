package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.TestDatabases;
import dev.drawbridge.db.internal.users.SqlUserSource;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.commons.dbcp2.BasicDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Everybody comes back at once, to a server that knows nobody yet. */
class ColdStartTest {
  /** Takes 20 ms for an answer, about however many. */
  private static final class Slow implements UserSource {
    final AtomicInteger calls = new AtomicInteger();
    final CountDownLatch never = new CountDownLatch(1);

    @Override
    public Optional<User> load(String subject) {
      return Optional.ofNullable(loadAll(List.of(subject)).get(subject));
    }

    @Override
    public Map<String, User> loadAll(Collection<String> subjects) {
      calls.incrementAndGet();
      try {
        assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      Map<String, User> users = new HashMap<>();
      subjects.forEach(subject -> users.put(subject, User.builder(subject).build()));
      return users;
    }

    @Override
    public int batchSize() {
      return 200;
    }
  }

  private static List<String> subjects(int count) {
    return IntStream.range(0, count).mapToObj(i -> "user-" + i).toList();
  }

  @Test
  void fiveThousandUsersAreLoadedInBatches() throws Exception {
    Slow source = new Slow();
    try (UserDirectory users = UserDirectory.of(source, UserDirectoryConfig.defaults())) {
      List<CompletableFuture<Lookup>> answers = new ArrayList<>();
      for (String subject : subjects(5_000)) {
        answers.add(users.findAsync(subject).toCompletableFuture());
      }

      CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
          .get(30, TimeUnit.SECONDS);

      assertThat(users.stats().users()).isEqualTo(5_000);
      assertThat(source.calls.get()).isLessThan(500);
    }
  }

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @ParameterizedTest
  @MethodSource("servers")
  void theTableIsAskedForManyAtOnce(TestServer server) throws Exception {
    TestDatabase target = server.newDatabase();
    Migrations.builder()
        .url(target.url())
        .user(target.user())
        .password(target.password())
        .mode(Mode.MIGRATE)
        .build()
        .run();
    try (Database database = TestDatabases.open(target);
        UserDirectory users =
            UserDirectory.of(UserSource.table(database), UserDirectoryConfig.defaults())) {
      UserStore store = UserStore.of(users);
      database.transact(
          session -> {
            for (String subject : subjects(300)) {
              store.create(session, User.of(subject, subject, Set.of("a", "b")));
            }
            return null;
          });
      long before = database.metrics().acquired();

      var answers = users.findAllAsync(subjects(310), Duration.ZERO);
      for (String subject : subjects(310)) {
        Optional<User> user =
            answers.get(subject).toCompletableFuture().get(30, TimeUnit.SECONDS).user();
        boolean known = Integer.parseInt(subject.substring(5)) < 300;
        assertThat(user.isPresent()).as(subject).isEqualTo(known);
        user.ifPresent(found -> assertThat(found.roles()).containsExactlyInAnyOrder("a", "b"));
      }

      assertThat(database.metrics().acquired() - before).isLessThan(50);
      // asked for anew, whatever is in the cache
      assertThat(
              users
                  .findAllAsync(List.of("user-1"), Duration.ZERO)
                  .get("user-1")
                  .toCompletableFuture()
                  .get(30, TimeUnit.SECONDS)
                  .source())
          .isEqualTo(Lookup.Source.LOADED);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SELECT login AS subject FROM customer WHERE login = :subject"
            + "| SELECT login AS subject FROM customer WHERE login IN (:subject)",
        "SELECT login AS subject FROM customer WHERE login=:subject AND gone = 0"
            + "| SELECT login AS subject FROM customer WHERE login IN (:subject) AND gone = 0",
        "SELECT max(login) AS subject FROM customer WHERE login = :subject |",
        "SELECT login AS subject FROM customer WHERE login = :subject LIMIT 1 |",
        "SELECT login AS subject FROM customer WHERE lower(login) = lower(:subject) |",
        "SELECT login AS subject FROM customer WHERE login = :subject OR mail = :subject |",
        "SELECT login AS subject FROM customer WHERE NOT login = :subject |",
        "SELECT :subject AS subject FROM customer WHERE login = :subject |",
        "SELECT login AS subject FROM customer WHERE login >= :subject |"
      })
  void onlyPlainStatementsAreRunForMany(String sql, String batch) {
    assertThat(SqlUserSource.batchSql(sql.strip())).isEqualTo(batch);
  }

  /** Counts how many load at the same time. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "4, 2", "6, 3", "20, 4"})
  void atMostHalfOfAContainersPoolLoads(int size, int most) throws Exception {
    try (BasicDataSource pool = new BasicDataSource()) {
      pool.setUrl("jdbc:h2:mem:half" + size + ";DB_CLOSE_DELAY=-1");
      pool.setMaxTotal(size);
      try (Database database =
          Database.of(pool, dev.drawbridge.db.DatabaseConfig.builder().build())) {
        assertThat(database.metrics().max()).isEqualTo(size);
        UserSource source = UserSource.query(database, "SELECT 1 AS subject WHERE 1 = :subject");
        assertThat(UserDirectory.threads(source, UserDirectoryConfig.defaults())).isEqualTo(most);
      }
    }
  }

  @Test
  void aPoolThatDoesNotTellItsSizeIsLoadedFromByOne() {
    org.h2.jdbcx.JdbcDataSource silent = new org.h2.jdbcx.JdbcDataSource();
    silent.setURL("jdbc:h2:mem:silent;DB_CLOSE_DELAY=-1");
    try (Database database =
        Database.of(silent, dev.drawbridge.db.DatabaseConfig.builder().build())) {
      UserSource source = UserSource.table(database);

      assertThat(UserDirectory.threads(source, UserDirectoryConfig.defaults())).isEqualTo(1);
    }
  }

  @Test
  void aBadOneInABatchDoesNotFailTheOthers() throws Exception {
    Set<String> asked = ConcurrentHashMap.newKeySet();
    Slow slow = new Slow();
    UserSource source =
        new UserSource() {
          @Override
          public Optional<User> load(String subject) {
            asked.add(subject);
            if (subject.equals("user-7")) {
              throw new IllegalStateException("of this one");
            }
            return slow.load(subject);
          }

          @Override
          public int batchSize() {
            return 50;
          }
        };
    try (UserDirectory users =
        UserDirectory.of(source, UserDirectoryConfig.builder().loaderThreads(1).build())) {
      var answers = users.findAllAsync(subjects(20), Duration.ZERO);

      for (String subject : subjects(20)) {
        var answer = answers.get(subject).toCompletableFuture();
        if (subject.equals("user-7")) {
          assertThat(answer).failsWithin(30, TimeUnit.SECONDS);
        } else {
          assertThat(answer.get(30, TimeUnit.SECONDS).user()).isPresent();
        }
      }
    }
  }
}
