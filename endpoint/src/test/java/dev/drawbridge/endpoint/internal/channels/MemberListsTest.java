package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often the roster is asked who is there. */
class MemberListsTest {
  private final AtomicLong head = new AtomicLong(5);
  private final AtomicInteger asked = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** Of the first question, when it waits for the test. */
  private volatile CountDownLatch hold = new CountDownLatch(0);

  private volatile @Nullable RuntimeException failure;
  private final MemberLists lists =
      new MemberLists(new Engine(), 100, () -> new Position("epoch001", head.get()));

  /** An engine of which only the lists are asked for. */
  private final class Engine implements ClusterEngine, Roster {
    @Override
    public Members members(String group, int max) {
      int number = asked.incrementAndGet();
      long seq = head.get();
      if (number == 1) {
        await(hold);
      }
      RuntimeException thrown = failure;
      if (thrown != null) {
        throw thrown;
      }
      return new Members(seq, number, List.of(), false);
    }

    private void await(CountDownLatch latch) {
      try {
        assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public Roster roster() {
      return this;
    }

    @Override
    public String name() {
      return "counting";
    }

    @Override
    public void start(Node node, Sink sink) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void append(List<Entry> batch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public EngineHealth health() {
      throw new UnsupportedOperationException();
    }

    @Override
    public EngineInfo describe() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      // Holds nothing.
    }

    @Override
    public List<Member> begin(List<Member> members, int limit) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void beat() throws EngineException {
      throw new UnsupportedOperationException();
    }

    @Override
    public Entered enter(Member member, int limit, @Nullable String replaces) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void change(List<Change> changes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int nodes() {
      return 1;
    }

    @Override
    public long reaped() {
      return 0;
    }
  }

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private List<CompletableFuture<Members>> all(int count) {
    List<CompletableFuture<Members>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(CompletableFuture.supplyAsync(() -> lists.members("room:1"), threads));
    }
    return all;
  }

  @Test
  void clientsThatAskAtOnceHaveOneAnswer() {
    hold = new CountDownLatch(1);
    List<CompletableFuture<Members>> all = all(100);
    hold.countDown();

    assertThat(all).allSatisfy(one -> assertThat(one).succeedsWithin(Duration.ofSeconds(10)));
    // The machine may stand still for longer than an answer is good.
    assertThat(asked.get()).isLessThan(20);
  }

  @Test
  void whoHasSeenMoreOfTheLogIsNotToldWhatWasBefore() {
    Members before = lists.members("room:1");
    head.incrementAndGet();

    Members after = lists.members("room:1");

    assertThat(before.seq()).isEqualTo(5);
    assertThat(after.seq()).isEqualTo(6);
  }

  @Test
  void whoAsksWhileTheRosterAnswersFromBeforeIsToldByTheNextAnswer() {
    hold = new CountDownLatch(1);
    CompletableFuture<Members> first = all(1).get(0);
    while (asked.get() == 0) {
      Thread.onSpinWait();
    }
    head.incrementAndGet();
    List<CompletableFuture<Members>> later = all(50);
    hold.countDown();

    assertThat(first)
        .succeedsWithin(Duration.ofSeconds(10))
        .satisfies(members -> assertThat(members.seq()).isEqualTo(5));
    assertThat(later)
        .allSatisfy(
            one ->
                assertThat(one)
                    .succeedsWithin(Duration.ofSeconds(10))
                    .satisfies(members -> assertThat(members.seq()).isEqualTo(6)));
    assertThat(asked.get()).isLessThan(20);
  }

  @Test
  void channelsHaveAnswersOfTheirOwn() {
    lists.members("room:1");
    lists.members("room:2");

    assertThat(asked).hasValue(2);
  }

  @Test
  void whoJoinsAQuestionThatFailsAsksByItself() {
    failure = new IllegalStateException("broken");
    assertThat(CompletableFuture.supplyAsync(() -> lists.members("room:1"), threads))
        .failsWithin(Duration.ofSeconds(10));
    failure = null;

    assertThat(lists.members("room:1").count()).isEqualTo(2);
  }
}
