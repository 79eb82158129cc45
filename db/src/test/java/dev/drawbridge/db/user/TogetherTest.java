package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Users who are asked for together cost few statements, counted where the driver gets them. */
class TogetherTest {
  /** Of 19,000 who are due once a minute, those of ten seconds. */
  private static final int USERS = 3_200;

  /** So often the timer of the endpoint goes round in that time. */
  private static final int ROUNDS = 20;

  private static final int STATEMENTS_PER_ROUND = 2;

  private final Queue<String> statements = new ConcurrentLinkedQueue<>();

  static List<TestServer> servers() {
    return TestServer.available().stream()
        .filter(server -> server != TestServer.MARIADB)
        .collect(Collectors.toList());
  }

  /** Every connection of a database, with a look at what is prepared. */
  private DataSource counted(TestDatabase target) {
    return proxy(
        DataSource.class,
        (self, method, arguments) -> {
          if (!method.getName().equals("getConnection")) {
            throw new UnsupportedOperationException(method.getName());
          }
          Connection connection =
              DriverManager.getConnection(target.url(), target.user(), target.password());
          return proxy(
              Connection.class,
              (own, call, given) -> {
                if (call.getName().startsWith("prepareStatement")) {
                  statements.add((String) given[0]);
                }
                try {
                  return call.invoke(connection, given);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            TogetherTest.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static void fill(TestDatabase target) throws Exception {
    Migrations.builder()
        .url(target.url())
        .user(target.user())
        .password(target.password())
        .mode(Mode.MIGRATE)
        .build()
        .run();
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < USERS; i++) {
      rows.add("('" + i + "','user-" + i + "','User')");
    }
    try (Connection connection =
            DriverManager.getConnection(target.url(), target.user(), target.password());
        Statement insert = connection.createStatement()) {
      for (int from = 0; from < USERS; from += 800) {
        insert.executeUpdate(
            "INSERT INTO app_user (id, subject, display_name) VALUES "
                + String.join(",", rows.subList(from, from + 800)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void nineteenThousandUsersCostAtMostFourStatementsASecond(TestServer server) throws Exception {
    TestDatabase target = server.newDatabase();
    fill(target);
    List<List<String>> rounds = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      rounds.add(new ArrayList<>());
    }
    for (int i = 0; i < USERS; i++) {
      rounds.get(ThreadLocalRandom.current().nextInt(ROUNDS)).add("user-" + i);
    }
    try (Database database = Database.of(counted(target), DatabaseConfig.builder().build());
        UserDirectory users =
            UserDirectory.of(UserSource.table(database), UserDirectoryConfig.defaults())) {
      statements.clear();
      int found = 0;
      for (List<String> due : rounds) {
        for (CompletionStage<Lookup> answer :
            users.findAllAsync(due, Duration.ofSeconds(45)).values()) {
          found += answer.toCompletableFuture().get().user().isPresent() ? 1 : 0;
        }
      }

      assertThat(found).isEqualTo(USERS);
      assertThat(statements.size()).isLessThanOrEqualTo(ROUNDS * STATEMENTS_PER_ROUND);
    }
  }

  /** A source that is asked for up to ten at once. */
  private static UserSource tens(Queue<Integer> asked, Optional<RuntimeException> failure) {
    return new UserSource() {
      @Override
      public Optional<User> load(String subject) {
        asked.add(1);
        failure.ifPresent(
            e -> {
              throw e;
            });
        return Optional.of(User.of(subject, subject, java.util.Set.of()));
      }

      @Override
      public Map<String, User> loadAll(java.util.Collection<String> subjects) {
        asked.add(subjects.size());
        failure.ifPresent(
            e -> {
              throw e;
            });
        Map<String, User> found = new java.util.HashMap<>();
        subjects.forEach(each -> found.put(each, User.of(each, each, java.util.Set.of())));
        return found;
      }

      @Override
      public int batchSize() {
        return 10;
      }
    };
  }

  private static List<String> subjects(int count) {
    List<String> subjects = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      subjects.add("user-" + i);
    }
    return subjects;
  }

  @Test
  void theyAreAskedForInAsManyGoesAsTheSourceNeeds() throws Exception {
    Queue<Integer> asked = new ConcurrentLinkedQueue<>();
    try (UserDirectory users =
        UserDirectory.of(tens(asked, Optional.empty()), UserDirectoryConfig.defaults())) {
      for (CompletionStage<Lookup> answer :
          users.findAllAsync(subjects(25), Duration.ofSeconds(45)).values()) {
        assertThat(answer.toCompletableFuture().get().user()).isPresent();
      }

      assertThat(asked).containsExactlyInAnyOrder(10, 10, 5);
    }
  }

  @Test
  void whoIsKnownIsNotAskedForAndWhoIsNamedTwiceIsAskedForOnce() throws Exception {
    Queue<Integer> asked = new ConcurrentLinkedQueue<>();
    try (UserDirectory users =
        UserDirectory.of(tens(asked, Optional.empty()), UserDirectoryConfig.defaults())) {
      users.find("user-0");
      asked.clear();
      List<String> subjects = subjects(4);
      subjects.addAll(subjects(4));

      for (CompletionStage<Lookup> answer :
          users.findAllAsync(subjects, Duration.ofSeconds(45)).values()) {
        answer.toCompletableFuture().get();
      }

      assertThat(asked).containsExactly(3);
    }
  }

  @Test
  void anOutageFailsEachOfThemAndIsSeenOnceForAll() {
    Queue<Integer> asked = new ConcurrentLinkedQueue<>();
    AtomicInteger failed = new AtomicInteger();
    try (UserDirectory users =
        UserDirectory.of(
            tens(asked, Optional.of(new DbUnavailableException("away", null))),
            UserDirectoryConfig.defaults())) {
      users
          .findAllAsync(subjects(10), Duration.ofSeconds(45))
          .values()
          .forEach(
              answer ->
                  assertThatThrownBy(() -> answer.toCompletableFuture().get())
                      .satisfies(any -> failed.incrementAndGet())
                      .hasCauseInstanceOf(UserLookupUnavailableException.class));

      assertThat(failed).hasValue(10);
      assertThat(asked).containsExactly(10);
    }
  }
}
