package dev.drawbridge.endpoint.internal.channels.presence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.testing.CapturedLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the thread of the roster does for places, in steps of the test. */
class PlacesTest {
  private final AtomicLong nanos = new AtomicLong(System.nanoTime());
  private final AtomicLong millis = new AtomicLong(1_000_000);
  private final MemoryLog log = new MemoryLog(0, millis::get);
  private final Hooked engine = new Hooked(log, "a");
  private final Hooked elsewhere = new Hooked(log, "b");
  private final List<String> closed = new ArrayList<>();
  private final Places places =
      new Places(engine, "a", millis::get, (subject, id) -> closed.add(id), nanos::get);
  private final Presence presence =
      new Presence(
          engine, "a", 0, millis::get, new ChannelFigures(), places, new Servers("a", millis::get));

  /** An engine in memory, whose roster does first what the test says. */
  private static final class Hooked implements ClusterEngine, Roster {
    private final MemoryEngine memory;
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

    /** Of the next calls. */
    private final Queue<EngineException> failures = new ConcurrentLinkedQueue<>();

    private Runnable beforeBegin = () -> {};
    private Runnable beforeEnter = () -> {};
    private Runnable afterEnter = () -> {};

    private Hooked(MemoryLog log, String node) {
      memory = new MemoryEngine(log);
      memory.start(
          new Node(node, "", Duration.ofMinutes(5), 1_000, 200),
          new Sink() {
            @Override
            public void entry(Entry entry) {
              // Nobody tails.
            }

            @Override
            public void reset(Head head, ResetReason reason) {
              // Nobody tails.
            }
          });
    }

    private void call(String name) throws EngineException {
      calls.add(name);
      EngineException failure = failures.poll();
      if (failure != null) {
        throw failure;
      }
    }

    private void fails(EngineException.Outcome outcome) {
      failures.add(new EngineException(outcome, "no answer"));
    }

    @Override
    public List<Member> begin(List<Member> members, int limit) throws EngineException {
      call("begin");
      Runnable once = beforeBegin;
      beforeBegin = () -> {};
      once.run();
      return memory.roster().begin(members, limit);
    }

    @Override
    public void beat() throws EngineException {
      call("beat");
      memory.roster().beat();
    }

    @Override
    public Entered enter(Member member, int limit, @Nullable String replaces)
        throws EngineException {
      beforeEnter.run();
      call("enter");
      Entered entered = memory.roster().enter(member, limit, replaces);
      afterEnter.run();
      return entered;
    }

    @Override
    public void change(List<Change> changes) throws EngineException {
      call("change");
      memory.roster().change(changes);
    }

    @Override
    public Members members(String group, int max) throws EngineException {
      return memory.roster().members(group, max);
    }

    @Override
    public int nodes() {
      return memory.roster().nodes();
    }

    @Override
    public long reaped() {
      return memory.roster().reaped();
    }

    @Override
    public String name() {
      return "hooked";
    }

    @Override
    public void start(Node node, Sink sink) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void append(List<Entry> batch) throws EngineException {
      memory.append(batch);
    }

    @Override
    public Roster roster() {
      return this;
    }

    @Override
    public EngineHealth health() {
      return memory.health();
    }

    @Override
    public EngineInfo describe() {
      return memory.describe();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  @BeforeEach
  void begin() throws EngineException {
    places.limit(1);
    presence.restarted();
    pass(500);
    elsewhere.begin(List.of(), 0);
    engine.calls.clear();
  }

  /** One round of the roster's thread after that time. */
  private void pass(long more) {
    millis.addAndGet(more);
    presence.work(nanos.addAndGet(Duration.ofMillis(more).toNanos()));
  }

  private int live(String subject) throws EngineException {
    return engine.members(Member.USER + subject, 100).list().stream()
        .mapToInt(Members.Present::connections)
        .sum();
  }

  private void enterElsewhere(String subject, String connection) throws EngineException {
    Roster.Entered entered =
        elsewhere.enter(
            new Member(Member.USER + subject, subject, "", connection, "b", millis.get()), 0, null);
    assertThat(entered.accepted()).isTrue();
  }

  private static List<String> told(CapturedLog lines) {
    return lines.messages().stream().filter(line -> line.startsWith("connections of")).toList();
  }

  @Test
  void aPlaceThatIsTakenWhileTheNodeBeginsAnewIsKept() throws Exception {
    engine.beforeBegin = () -> places.take("bob", "c1", null);

    presence.restarted();
    pass(500);
    pass(500);

    assertThat(live("bob")).isEqualTo(1);
    assertThat(closed).isEmpty();
  }

  @Test
  void aBeatThatFailedIsTriedAgainAfterThePause() {
    engine.fails(EngineException.Outcome.UNKNOWN);
    pass(Roster.BEAT_MS);
    pass(100);
    int duringThePause = engine.calls.size();
    pass(400);

    assertThat(duringThePause).isEqualTo(1);
    assertThat(engine.calls).containsExactly("beat", "beat");
  }

  @Test
  void aDueBeatComesBeforeThoseWhoAreEnteredLateAndTheseTakeShortRounds() {
    engine.memory.away("cut");
    for (int i = 0; i < 50; i++) {
      places.take("u" + i, "c" + i, null);
    }
    engine.memory.away(null);
    engine.beforeEnter = () -> nanos.addAndGet(Duration.ofMillis(90).toNanos());

    pass(Roster.BEAT_MS);

    assertThat(engine.calls).containsExactly("beat", "enter", "enter", "enter");
    for (int i = 0; i < 100; i++) {
      pass(10);
    }
    assertThat(engine.calls.stream().filter("enter"::equals)).hasSize(50);
    assertThat(engine.calls.stream().filter("beat"::equals)).hasSizeGreaterThan(1);
  }

  @Test
  void whatDoesNotLastIsNotToldAndWhatLastsOnce() {
    try (CapturedLog lines = CapturedLog.of(Places.class)) {
      for (int i = 0; i < 20; i++) {
        engine.fails(EngineException.Outcome.UNKNOWN);
        places.take("u" + i, "c" + i, null);
        pass(Places.PAUSE_MS);
      }
      List<String> flapping = told(lines);
      engine.memory.away("connection refused");
      for (int i = 0; i < 20; i++) {
        places.take("v" + i, "d" + i, null);
        pass(500);
      }
      engine.memory.away(null);
      for (int i = 0; i < 20; i++) {
        pass(500);
      }

      assertThat(flapping).isEmpty();
      assertThat(told(lines))
          .containsExactly(
              "connections of a user count on this server alone, at most 1, until the engine of the"
                  + " channels is reached again: connection refused",
              "connections of a user count on all servers again, after 10 s");
    }
  }

  @Test
  void whoComesAndGoesWhileTheEngineIsAwayIsForgotten() {
    engine.memory.away("cut");
    for (int i = 0; i < 100; i++) {
      places.take("u" + i, "c" + i, null);
      places.release("c" + i);
    }

    assertThat(places.forgetLeft()).isFalse();
    assertThat(places.size()).isZero();
  }

  @Test
  void afterTheTimeOfALeaseNobodyIsTakenOutAndTheNodeBeginsAnew() throws Exception {
    places.take("alice", "c1", null);
    places.take("bob", "c2", null);
    engine.calls.clear();
    engine.memory.away("cut");
    places.release("c1");
    for (int i = 0; i < 40; i++) {
      engine.fails(EngineException.Outcome.NOT_SENT);
      pass(500);
    }
    boolean kept = places.forgetLeft();
    engine.failures.clear();
    engine.memory.away(null);
    pass(500);

    assertThat(kept).isFalse();
    assertThat(engine.calls).last().isEqualTo("begin");
    assertThat(live("alice")).isZero();
    assertThat(live("bob")).isEqualTo(1);
  }

  @Test
  void whoComesInThePlaceOfAnotherWhileTheEngineIsAwayGetsItAfterwards() throws Exception {
    enterElsewhere("bob", "old");
    engine.memory.away("cut");
    places.take("bob", "new", "old");
    engine.memory.away(null);
    pass(500);
    pass(500);

    assertThat(closed).isEmpty();
    assertThat(live("bob")).isEqualTo(1);
    assertThat(places.size()).isEqualTo(1);
  }

  @Test
  void whoComesInThePlaceOfAnotherGetsItAlsoWhenTheNodeBeginsAnew() throws Exception {
    enterElsewhere("bob", "old");
    engine.memory.away("cut");
    places.take("bob", "new", "old");
    engine.memory.away(null);
    presence.restarted();
    pass(500);
    pass(500);
    pass(500);

    assertThat(engine.calls).contains("begin");
    assertThat(closed).isEmpty();
    assertThat(live("bob")).isEqualTo(1);
  }

  @Test
  void nobodyTakesThePlaceOfAnotherUser() throws Exception {
    places.take("alice", "c1", null);
    places.take("bob", "c2", "c1");

    assertThat(places.size()).isEqualTo(2);
    assertThat(live("alice")).isEqualTo(1);
    places.release("c1");
    pass(500);
    assertThat(live("alice")).isZero();
  }

  @Test
  void afterACallWithoutAnOutcomeWhoseConnectionHasEndedTheNodeBeginsAnew() throws Exception {
    engine.fails(EngineException.Outcome.UNKNOWN);
    places.take("bob", "c1", null);
    places.release("c1");
    pass(500);
    // The call that was given up is executed only now.
    engine
        .memory
        .roster()
        .enter(new Member(Member.USER + "bob", "bob", "", "c1", "a", millis.get()), 1, null);
    pass(500);

    assertThat(engine.calls).contains("change").last().isEqualTo("begin");
    assertThat(live("bob")).isZero();
  }

  @Test
  void whoEndsWhileItIsEnteredLateIsTakenOutAgain() throws Exception {
    engine.memory.away("cut");
    places.take("bob", "c1", null);
    engine.memory.away(null);
    engine.afterEnter = () -> places.release("c1");
    pass(500);
    engine.afterEnter = () -> {};
    pass(500);

    assertThat(live("bob")).isZero();
  }

  @Test
  void whileTheRosterHangsHandshakesWaitShortlyAndFewDo() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    engine.beforeEnter = () -> await(hangs);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String id = Integer.toString(i);
        all.add(CompletableFuture.runAsync(() -> places.take("u" + id, "c" + id, null), threads));
      }
      CompletableFuture<?> others =
          CompletableFuture.supplyAsync(
              () -> {
                while (all.stream().filter(CompletableFuture::isDone).count()
                    < 200 - Places.AT_ONCE) {
                  Thread.onSpinWait();
                }
                return true;
              },
              threads);

      assertThat(others).succeedsWithin(Duration.ofSeconds(5));
      assertThat(all.stream().filter(one -> !one.isDone())).hasSize(Places.AT_ONCE);
      hangs.countDown();
      assertThat(all).allSatisfy(one -> assertThat(one).succeedsWithin(Duration.ofSeconds(10)));
      assertThat(places.size()).isEqualTo(200);
    } finally {
      hangs.countDown();
      threads.shutdownNow();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
