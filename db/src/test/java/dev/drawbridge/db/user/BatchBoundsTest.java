package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many users are asked for at once, and how many may wait for it. */
class BatchBoundsTest {
  private static final Duration NEW = Duration.ZERO;

  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void open() {
    gate.countDown();
  }

  /** A source of batches; whoever asks for "blocker" waits at the gate. */
  private UserSource source(int batchSize) {
    return new UserSource() {
      @Override
      public Optional<User> load(String subject) {
        if (subject.equals("blocker")) {
          reached.countDown();
          try {
            assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
        return Optional.of(User.of(subject, subject, Set.of()));
      }

      @Override
      public Map<String, User> loadAll(Collection<String> subjects) {
        Map<String, User> found = new HashMap<>();
        subjects.forEach(each -> found.put(each, load(each).orElseThrow()));
        return found;
      }

      @Override
      public int batchSize() {
        return batchSize;
      }
    };
  }

  private static List<String> subjects(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "user-" + i).collect(Collectors.toList());
  }

  /** One thread, which is busy until the gate opens. */
  private UserDirectory busy(int maxQueuedLoads) throws InterruptedException {
    UserDirectory users =
        UserDirectory.of(
            source(10),
            UserDirectoryConfig.builder()
                .loaderThreads(1)
                .maxQueuedLoads(maxQueuedLoads)
                .lookupTimeout(Duration.ofSeconds(20))
                .build());
    CompletionStage<Lookup> blocker = users.findAsync("blocker");
    assertThat(blocker.toCompletableFuture()).isNotDone();
    assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
    return users;
  }

  private static Optional<User> found(CompletionStage<Lookup> answer) throws Exception {
    return answer.toCompletableFuture().get(10, TimeUnit.SECONDS).user();
  }

  private static void assertRefused(CompletionStage<Lookup> answer) {
    CompletableFuture<Lookup> refused = answer.toCompletableFuture();
    assertThat(refused).isCompletedExceptionally();
    assertThatThrownBy(refused::join)
        .cause()
        .isInstanceOfSatisfying(
            UserLookupUnavailableException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.OVERLOAD));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void sourceThatTakesLessThanOneIsRefused(int batchSize) {
    assertThatThrownBy(
            () -> UserDirectory.of(source(batchSize), UserDirectoryConfig.defaults()).close())
        .isInstanceOf(DbConfigException.class)
        .hasMessage("batchSize() of the user source must be at least 1, but is " + batchSize);
  }

  @Test
  void whatMayWaitIsCountedInSubjectsAndNotInBatches() throws Exception {
    try (UserDirectory users = busy(20)) {
      Map<String, CompletionStage<Lookup>> first = users.findAllAsync(subjects(0, 20), NEW);

      Map<String, CompletionStage<Lookup>> second = users.findAllAsync(subjects(20, 40), NEW);
      CompletionStage<Lookup> one = users.findAsync("one");

      second.values().forEach(BatchBoundsTest::assertRefused);
      assertRefused(one);
      gate.countDown();
      for (CompletionStage<Lookup> answer : first.values()) {
        assertThat(found(answer)).isPresent();
      }
      for (CompletionStage<Lookup> answer : users.findAllAsync(subjects(40, 60), NEW).values()) {
        assertThat(found(answer)).isPresent();
      }
    }
  }

  /** Else it could be asked for at no time. */
  @Test
  void batchThatIsLargerThanWhatMayWaitWaitsAlone() throws Exception {
    try (UserDirectory users = busy(3)) {
      Map<String, CompletionStage<Lookup>> first = users.findAllAsync(subjects(0, 10), NEW);

      CompletionStage<Lookup> second = users.findAsync("second");

      assertRefused(second);
      gate.countDown();
      for (CompletionStage<Lookup> answer : first.values()) {
        assertThat(found(answer)).isPresent();
      }
    }
  }

  @Test
  void subjectThatFailsLeavesNobodyWaitingForThoseBeforeIt() throws Exception {
    try (UserDirectory users = UserDirectory.of(source(10), UserDirectoryConfig.defaults())) {
      assertThatThrownBy(() -> users.findAllAsync(Arrays.asList("alice", null, "bob"), NEW))
          .isInstanceOf(NullPointerException.class);

      CompletionStage<Lookup> alice = users.findAsync("alice");

      assertThat(found(alice)).isPresent();
    }
  }
}
