package dev.drawbridge.endpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine must do. Who writes an engine extends it and gives a {@link Deployment}. */
public abstract class ClusterEngineContract {
  private static final Duration LEASE = Duration.ofMillis(Roster.LEASE_MS);
  private static final Duration BEAT = Duration.ofMillis(Roster.BEAT_MS);

  /** Ways in which the log loses its continuity. */
  public enum Loss {
    /** All of it, with its head. */
    FLUSHED,
    /** The head alone. */
    HEAD_GONE,
    /** The log alone. */
    LOG_GONE,
    /** An older state of both. */
    PUT_BACK,
    /** Another process with the same state. */
    IDENTITY_CHANGED
  }

  /** One log with its roster, fresh for each test, and what can happen to it. */
  public interface Deployment {
    /** An engine on it that has not started. */
    ClusterEngine engine();

    /** Most time from an append to its coming back. */
    Duration patience();

    /** False when this engine cannot lose it in this way. */
    boolean lose(Loss loss) throws Exception;

    /** Takes the engine out of reach, and back; false when it cannot be. */
    boolean away(boolean away) throws Exception;

    /** Lets calls block without an answer, and go on; false when they cannot. */
    default boolean frozen(boolean frozen) throws Exception {
      return false;
    }

    /** Lets the link swallow what it carries, and go on; false when there is none. */
    default boolean swallowing(boolean swallowing) throws Exception {
      return false;
    }

    /** Trims the log to its newest entry while this engine does not tail; false when it cannot. */
    default boolean trimPast(ClusterEngine engine) throws Exception {
      return false;
    }

    /** An engine that cannot reach its server, with a secret in its address; null for none. */
    default @Nullable ClusterEngine unreachable(String secret) throws Exception {
      return null;
    }

    /** Lets so much time pass for leases. */
    void pass(Duration time) throws Exception;

    /** Ends what it has begun; the engines are closed by then. */
    void close() throws Exception;
  }

  /** A node with what its sink got. */
  protected final class Peer implements ClusterEngine.Sink {
    final ClusterEngine engine;
    final Node node;
    final List<Entry> entries = new CopyOnWriteArrayList<>();
    final List<ResetReason> resets = new CopyOnWriteArrayList<>();
    private long fillTo;
    private volatile String epoch = "";
    private volatile long seq;
    private long numbers;

    Peer(String id) throws Exception {
      this(id, deployment.engine());
    }

    Peer(String id, ClusterEngine engine) {
      this.engine = engine;
      this.node = new Node(id, "contract", Duration.ofMinutes(5), 20_000, 200);
      engine.start(node, this);
      peers.add(this);
    }

    @Override
    public synchronized void entry(Entry entry) {
      assertThat(entry.epoch()).isEqualTo(epoch);
      assertThat(entry.seq()).as("no gap and no repeat").isEqualTo(seq + 1);
      entries.add(entry);
      // Last: who sees the number finds the entry.
      seq = entry.seq();
      notifyAll();
    }

    @Override
    public synchronized void reset(Head head, ResetReason reason) {
      if (reason == ResetReason.TRIMMED) {
        assertThat(head.epoch()).isEqualTo(epoch);
      } else {
        assertThat(head.epoch()).isNotEqualTo(epoch);
      }
      epoch = head.epoch();
      seq = head.start();
      fillTo = head.top();
      resets.add(reason);
      notifyAll();
    }

    Position position() {
      return new Position(epoch, seq);
    }

    /** A draft with the next number of this node. */
    Entry draft(String text) {
      return draft(text, null, ++numbers);
    }

    Entry draft(String text, @Nullable String key, long n) {
      return Entry.message("room:1", "chat.message", frame(text), key)
          .from(position(), node.id(), n);
    }

    void append(Entry... batch) throws EngineException {
      engine.append(List.of(batch));
    }

    List<String> texts() {
      return entries.stream().map(entry -> entry.frame().replaceAll(".*\"data\":", "")).toList();
    }

    List<Entry> presence() {
      return entries.stream().filter(entry -> entry.kind() == Entry.Kind.PRESENCE).toList();
    }
  }

  private static String frame(String data) {
    return "{\"type\":\"chat.message\",\"channel\":\"room:1\",\"seq\":,\"data\":" + data + "}";
  }

  private final List<Peer> peers = new ArrayList<>();
  private Deployment deployment;

  /** A fresh one. */
  protected abstract Deployment deployment() throws Exception;

  @BeforeEach
  void open() throws Exception {
    deployment = deployment();
  }

  @AfterEach
  void close() throws Exception {
    for (Peer peer : peers) {
      peer.engine.close();
    }
    deployment.close();
  }

  private void await(Callable<Boolean> condition) throws Exception {
    await(condition, deployment.patience());
  }

  private static void await(Callable<Boolean> condition, Duration patience) throws Exception {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private Peer started(String id) throws Exception {
    Peer peer = new Peer(id);
    await(() -> !peer.resets.isEmpty() && peer.seq >= peer.fillTo);
    return peer;
  }

  private static Member member(Peer peer, String group, String subject, String connection) {
    return new Member(
        group, subject, subject.toUpperCase(Locale.ROOT), connection, peer.node.id(), 1);
  }

  private static Roster.Change enters(Member member) {
    return new Roster.Change(true, member);
  }

  private static Roster.Change leaves(Member member) {
    return new Roster.Change(false, member);
  }

  @Test
  void startsWithAReset() throws Exception {
    Peer peer = started("a");

    assertThat(peer.resets).containsExactly(ResetReason.STARTED);
    assertThat(peer.engine.health().state()).isEqualTo(EngineHealth.State.UP);
    assertThat(peer.engine.health().head()).isNotNull();
    assertThat(peer.engine.name()).matches("[a-z]+");
    assertThat(peer.engine.describe().engine()).isEqualTo(peer.engine.name());
  }

  @Test
  void twoNodesSeeTheSameListWithoutGaps() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    long each = 10_000;

    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<?>> both = new ArrayList<>();
      for (Peer peer : List.of(a, b)) {
        both.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < each; ) {
                    List<Entry> batch = new ArrayList<>();
                    for (int j = 0; j < 100; j++, i++) {
                      batch.add(peer.draft("\"" + peer.node.id() + i + "\""));
                    }
                    peer.engine.append(batch);
                  }
                  return null;
                }));
      }
      for (Future<?> one : both) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    await(() -> a.seq == 2 * each && b.seq == 2 * each, Duration.ofSeconds(30));

    assertThat(a.entries).isEqualTo(b.entries);
    for (Peer peer : List.of(a, b)) {
      assertThat(a.texts().stream().filter(text -> text.startsWith("\"" + peer.node.id())))
          .containsExactlyElementsOf(
              LongStream.range(0, each).mapToObj(i -> "\"" + peer.node.id() + i + "\"}").toList());
    }
  }

  @Test
  void aNodeThatComesLaterIsGivenWhatTheLogHolds() throws Exception {
    Peer a = started("a");
    a.append(a.draft("1"), a.draft("2"));
    await(() -> a.seq == 2);

    Peer b = started("b");
    a.append(a.draft("3"));

    await(() -> b.seq == 3);
    assertThat(b.texts()).containsExactly("1}", "2}", "3}");
    assertThat(b.position().epoch()).isEqualTo(a.position().epoch());
  }

  @Test
  void whatIsAppendedAgainWithItsNumberIsSkipped() throws Exception {
    Peer a = started("a");
    Entry first = a.draft("1");
    a.append(first);
    await(() -> a.seq == 1);

    a.append(first, a.draft("2"));
    a.append(a.draft("0", null, 1));
    a.append(a.draft("3"));

    await(() -> a.seq >= 3);
    assertThat(a.texts()).containsExactly("1}", "2}", "3}");
  }

  @Test
  void aKnownKeyIsARepeatWhoeverAppendsIt() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    a.append(a.draft("1", "u:bob:room:1:k", 1));
    await(() -> b.seq == 1);

    b.append(b.draft("2", "u:bob:room:1:k", 1), b.draft("3", "u:eve:room:1:k", 2));

    await(() -> a.seq == 3);
    assertThat(a.entries).extracting(Entry::repeat).containsExactly(0L, 1L, 0L);
    assertThat(a.entries.get(1).text()).isEmpty();
    assertThat(a.entries.get(1).n()).isEqualTo(1);
    assertThat(a.entries.get(1).node()).isEqualTo("b");
  }

  @Test
  void anotherEpochAndAHeadThatIsTooLowRefuseTheWholeBatch() throws Exception {
    Peer a = started("a");
    Entry fits = a.draft("1");
    Entry foreign =
        Entry.message("room:1", "chat.message", frame("2"), null)
            .from(new Position("otherone", 0), "a", 2);
    Entry ahead =
        Entry.message("room:1", "chat.message", frame("3"), null)
            .from(new Position(a.epoch, 7), "a", 3);

    for (Entry wrong : List.of(foreign, ahead)) {
      assertThatThrownBy(() -> a.append(wrong))
          .isInstanceOfSatisfying(
              EngineException.class,
              e -> assertThat(e.outcome()).isEqualTo(EngineException.Outcome.NOT_SENT));
    }
    a.append(fits);

    await(() -> a.seq == 1);
    assertThat(a.texts()).containsExactly("1}");
  }

  @Test
  void aSecondNodeOfTheSameIdIsRefused() throws Exception {
    started("a");

    assertThatThrownBy(() -> new Peer("a")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void entriesComeBackAsTheyWere() throws Exception {
    Peer a = started("a");
    String large = "\"" + "ä€😀\\n".repeat(8_000) + "\"";
    Entry control = Entry.control("disconnect", "{\"subject\":\"bob\"}").from(a.position(), "a", 3);

    a.append(a.draft("1", null, 1), a.draft(large, null, 2), control);

    await(() -> a.seq == 3);
    assertThat(a.entries.get(0).frame()).isEqualTo(frame("1").replace("seq\":", "seq\":1"));
    assertThat(a.entries.get(1).frame()).isEqualTo(frame(large).replace("seq\":", "seq\":2"));
    assertThat(a.entries.get(2).kind()).isEqualTo(Entry.Kind.CONTROL);
    assertThat(a.entries.get(2).type()).isEqualTo("disconnect");
    assertThat(a.entries.get(2).text()).isEqualTo("{\"subject\":\"bob\"}");
    assertThat(a.entries).allMatch(Entry::isKnown);
    assertThat(a.entries).allMatch(entry -> entry.at() > 0);
  }

  @Test
  void entriesOfALaterVersionAreHandedOnAsUnknown() throws Exception {
    Peer a = started("a");
    Entry later =
        new Entry(
            Entry.VERSION + 1,
            a.epoch,
            0,
            "a",
            1,
            0,
            Entry.Kind.MESSAGE,
            "room:1",
            "t",
            "?",
            null,
            0);

    a.append(later);

    await(() -> a.seq == 1);
    assertThat(a.entries.get(0).isKnown()).isFalse();
  }

  @Test
  void everyLossOfContinuityIsANewEpochForAll() throws Exception {
    for (Loss loss : Loss.values()) {
      Peer a = started("a" + loss.name().replace("_", ""));
      Peer b = started("b" + loss.name().replace("_", ""));
      a.append(a.draft("1"), a.draft("2"));
      long before = a.seq;
      await(() -> b.seq >= before && a.seq >= 2);
      String epoch = a.epoch;

      if (deployment.lose(loss)) {
        await(() -> !a.epoch.equals(epoch) && b.epoch.equals(a.epoch), Duration.ofSeconds(3));
        assertThat(a.resets).as(loss.name()).hasSize(2);
        // The numbers of nodes begin anew, too.
        await(() -> a.seq >= a.fillTo);
        a.append(a.draft("3", null, 1));
        await(() -> a.texts().contains("3}") && b.texts().contains("3}"));
      }
      a.engine.close();
      b.engine.close();
      peers.clear();
    }
  }

  @Test
  void aNodeThatWasTrimmedPastTakesOverTheTop() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    a.append(a.draft("1"));
    await(() -> b.seq == 1);

    assumeThat(deployment.trimPast(b.engine)).isTrue();
    a.append(a.draft("2"));

    await(() -> b.resets.size() == 2 && b.texts().contains("2}"));
    assertThat(b.resets.get(1)).isEqualTo(ResetReason.TRIMMED);
    assertThat(a.resets).hasSize(1);
  }

  @Test
  void anEngineThatWasAwayGoesOnWithoutLossOrRepeat() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    a.append(a.draft("1"));
    await(() -> b.seq == 1);
    assumeThat(deployment.away(true)).isTrue();
    await(() -> a.engine.health().state() == EngineHealth.State.DOWN, Duration.ofSeconds(5));

    Entry second = a.draft("2");
    assertThatThrownBy(() -> a.append(second)).isInstanceOf(EngineException.class);
    assertThat(a.engine.health().reason()).isNotBlank();
    deployment.away(false);
    await(() -> a.engine.health().state() == EngineHealth.State.UP, Duration.ofSeconds(5));
    a.append(second);

    await(() -> b.seq == 2);
    assertThat(b.texts()).containsExactly("1}", "2}");
    assertThat(b.resets).hasSize(1);
  }

  @Test
  void anEngineThatIsFrozenFailsInTimeAndTheOutcomeIsSettled() throws Exception {
    Peer a = started("a");
    assumeThat(deployment.frozen(true)).isTrue();
    Entry one = a.draft("1");
    long before = System.nanoTime();

    assertThatThrownBy(() -> a.append(one)).isInstanceOf(EngineException.class);
    assertThat(System.nanoTime() - before).isLessThan(TimeUnit.MILLISECONDS.toNanos(2_500));
    deployment.frozen(false);
    await(() -> a.engine.health().state() == EngineHealth.State.UP, Duration.ofSeconds(5));
    a.append(one);
    a.append(a.draft("2"));

    await(() -> a.texts().contains("2}"));
    assertThat(a.texts()).containsExactly("1}", "2}");
  }

  @Test
  void aLinkThatSwallowsIsNoticed() throws Exception {
    Peer a = started("a");
    assumeThat(deployment.swallowing(true)).isTrue();

    await(() -> a.engine.health().state() != EngineHealth.State.UP, Duration.ofSeconds(4));
    deployment.swallowing(false);
    await(() -> a.engine.health().state() == EngineHealth.State.UP, Duration.ofSeconds(5));
    a.append(a.draft("1"));

    await(() -> a.texts().contains("1}"));
  }

  @Test
  void whatCannotBeReachedSaysWhyWithoutItsSecret() throws Exception {
    ClusterEngine engine = deployment.unreachable("s3cret");
    assumeThat(engine).isNotNull();
    Peer a = new Peer("a", engine);

    await(() -> a.engine.health().reason() != null, Duration.ofSeconds(5));

    assertThat(a.engine.health().state()).isEqualTo(EngineHealth.State.DOWN);
    assertThat(a.engine.health().reason()).doesNotContain("s3cret");
    assertThat(a.engine.health().toString() + a.engine.describe()).doesNotContain("s3cret");
  }

  @Test
  void closeLeavesNoThread() throws Exception {
    // What a thread of this group begins is of this group: other tests run beside this one.
    ThreadGroup own = new ThreadGroup("engine");
    CompletableFuture<Void> closed = new CompletableFuture<>();
    Thread life =
        new Thread(
            own,
            () -> {
              try {
                Peer a = started("a");
                a.append(a.draft("1"));
                await(() -> a.seq == 1);
                a.engine.close();
                closed.complete(null);
              } catch (Exception | Error e) {
                closed.completeExceptionally(e);
              }
            });
    life.start();
    closed.get(60, TimeUnit.SECONDS);
    life.join();

    Thread[] left = new Thread[own.activeCount() + 8];
    int count = own.enumerate(left);
    assertThat(Arrays.asList(left).subList(0, count))
        .filteredOn(thread -> thread.getName().startsWith("drawbridge"))
        .isEmpty();
  }

  @Test
  void aLimitHoldsAcrossNodes() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 10);
    }
    ExecutorService threads = Executors.newFixedThreadPool(100);
    CountDownLatch go = new CountDownLatch(1);

    List<Future<Boolean>> all = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        for (Peer peer : List.of(a, b)) {
          Member member = member(peer, "u:bob", "bob", peer.node.id() + i);
          all.add(
              threads.submit(
                  () -> {
                    go.await();
                    return peer.engine.roster().enter(member, 10, null).accepted();
                  }));
        }
      }
      go.countDown();
      int accepted = 0;
      for (Future<Boolean> one : all) {
        accepted += one.get(30, TimeUnit.SECONDS) ? 1 : 0;
      }
      assertThat(accepted).isEqualTo(10);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void enterIsIdempotentAndReplacesWithinTheLimit() throws Exception {
    Peer a = started("a");
    Roster roster = a.engine.roster();
    roster.begin(List.of(), 1);
    Member first = member(a, "u:bob", "bob", "c1");
    Member second = member(a, "u:bob", "bob", "c2");

    assertThat(roster.enter(first, 1, null).accepted()).isTrue();
    assertThat(roster.enter(first, 1, null).accepted()).as("its own place").isTrue();
    assertThat(roster.enter(second, 1, null)).isEqualTo(new Roster.Entered(false, 1));
    assertThat(roster.enter(second, 1, "unknown").accepted()).isFalse();
    assertThat(roster.enter(second, 1, "c1").accepted()).isTrue();

    assertThat(roster.members("u:bob", 10).list())
        .singleElement()
        .satisfies(one -> assertThat(one.connections()).isEqualTo(1));
  }

  @Test
  void aPlaceThatIsGivenBackIsFreeOnEveryNode() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 1);
    }
    Member first = member(a, "u:bob", "bob", "c1");
    Member second = member(b, "u:bob", "bob", "c2");
    a.engine.roster().enter(first, 1, null);
    assertThat(b.engine.roster().enter(second, 1, null)).isEqualTo(new Roster.Entered(false, 1));
    assertThat(b.engine.roster().enter(member(b, "u:eve", "eve", "c3"), 1, null).accepted())
        .as("another user's")
        .isTrue();

    a.engine.roster().change(List.of(leaves(first), leaves(second)));
    a.engine.roster().change(List.of(leaves(first)));

    assertThat(b.engine.roster().enter(second, 1, null)).isEqualTo(new Roster.Entered(true, 0));
    a.append(a.draft("1"));
    await(() -> b.seq >= 1 && a.seq >= 1);
    assertThat(b.texts()).as("places of users are told to nobody").containsExactly("1}");
  }

  @Test
  void aConnectionIsReplacedOnAnotherNode() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 1);
    }
    Member before = member(a, "u:bob", "bob", "c1");
    Member after = member(b, "u:bob", "bob", "c2");
    a.engine.roster().enter(before, 1, null);

    assertThat(b.engine.roster().enter(after, 1, "c1").accepted()).isTrue();
    a.engine.roster().change(List.of(leaves(before)));

    assertThat(b.engine.roster().members("u:bob", 9).list())
        .singleElement()
        .satisfies(one -> assertThat(one.connections()).isEqualTo(1));
    assertThat(a.engine.roster().enter(member(a, "u:bob", "bob", "c3"), 1, "c1"))
        .isEqualTo(new Roster.Entered(false, 1));
    assertThat(a.engine.roster().enter(member(a, "u:eve", "eve", "c4"), 1, "c2").accepted())
        .isTrue();
    assertThat(b.engine.roster().members("u:bob", 9).count()).as("not eve's to replace").isOne();
  }

  @Test
  void thePlacesOfANodeThatHasDiedAreFreeAtOnceAndRemovedLater() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 1);
    }
    a.engine.roster().beat();
    assertThat(a.engine.roster().nodes()).isEqualTo(2);
    b.engine.roster().enter(member(b, "u:bob", "bob", "c1"), 1, null);
    Member next = member(a, "u:bob", "bob", "c2");
    assertThat(a.engine.roster().enter(next, 1, null).accepted()).isFalse();

    deployment.pass(BEAT);
    a.engine.roster().beat();
    deployment.pass(LEASE.minus(BEAT).plusSeconds(1));

    assertThat(a.engine.roster().enter(next, 1, null)).isEqualTo(new Roster.Entered(true, 0));
    assertThat(a.engine.roster().reaped()).isZero();
    a.engine.roster().beat();
    assertThat(a.engine.roster().reaped()).isEqualTo(1);
    assertThat(a.engine.roster().nodes()).isEqualTo(1);
    assertThat(a.engine.roster().members("u:bob", 9).count()).isEqualTo(1);
  }

  @Test
  void eachNodeLearnsWhatTheOthersTellOfThemselves() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 0);
    }
    assertThat(a.engine.roster().leases()).as("before the first beat").isEmpty();
    b.engine.roster().about("{\"host\":\"one\"}");
    b.engine.roster().beat();
    a.engine.roster().beat();

    assertThat(a.engine.roster().leases())
        .hasSize(2)
        .allSatisfy(one -> assertThat(one.leftMillis()).isBetween(1L, Roster.LEASE_MS))
        .extracting(Lease::node, Lease::about)
        .containsExactlyInAnyOrder(
            tuple(a.node.id(), null), tuple(b.node.id(), "{\"host\":\"one\"}"));

    b.engine.roster().about("{\"host\":\"two\"}");
    b.engine.roster().beat();
    deployment.pass(BEAT);
    a.engine.roster().beat();
    assertThat(a.engine.roster().leases())
        .filteredOn(one -> one.node().equals(b.node.id()))
        .singleElement()
        .satisfies(one -> assertThat(one.about()).isEqualTo("{\"host\":\"two\"}"))
        .satisfies(
            one ->
                assertThat(one.leftMillis())
                    .isLessThanOrEqualTo(Roster.LEASE_MS - BEAT.toMillis()));

    for (int beats = 0; beats < 4; beats++) {
      deployment.pass(BEAT);
      a.engine.roster().beat();
    }
    assertThat(a.engine.roster().leases()).extracting(Lease::node).containsExactly(a.node.id());
    assertThat(a.engine.roster().reaped()).as("who tells of itself is no member").isZero();
  }

  @Test
  void ofTooManyTheFirstKeepTheirPlacesWhenANodeBeginsAnew() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    b.engine.roster().begin(List.of(member(b, "u:bob", "bob", "c0")), 3);
    List<Member> all =
        List.of(
            member(a, "u:bob", "bob", "c1"),
            member(a, "u:eve", "eve", "c2"),
            member(a, "u:bob", "bob", "c3"),
            member(a, "u:bob", "bob", "c4"));

    assertThat(a.engine.roster().begin(all, 3)).containsExactly(all.get(3));
    assertThat(a.engine.roster().begin(all, 0)).isEmpty();
    assertThat(a.engine.roster().begin(all, 2)).containsExactly(all.get(2), all.get(3));
  }

  @Test
  void comingAndGoingIsToldOncePerSubject() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 0);
    }
    Member one = member(a, "c:room:1", "bob", "c1");
    Member two = member(b, "c:room:1", "bob", "c2");
    Member eve = member(b, "c:room:1", "eve", "c3");

    a.engine.roster().change(List.of(enters(one)));
    b.engine.roster().change(List.of(enters(two), enters(eve)));
    b.engine.roster().change(List.of(enters(two)));
    a.engine.roster().change(List.of(leaves(one)));
    b.engine.roster().change(List.of(leaves(two), enters(two), leaves(eve)));
    b.engine.roster().change(List.of(leaves(two)));

    await(() -> a.presence().size() == 4 && b.presence().size() == 4);
    assertThat(a.presence())
        .extracting(entry -> entry.frame().replaceAll(".*\"data\":", "").replaceAll("}$", ""))
        .containsExactly(
            "{\"joined\":[{\"subject\":\"bob\",\"displayName\":\"BOB\"}],\"left\":[],\"count\":1}",
            "{\"joined\":[{\"subject\":\"eve\",\"displayName\":\"EVE\"}],\"left\":[],\"count\":2}",
            "{\"joined\":[],\"left\":[\"eve\"],\"count\":1}",
            "{\"joined\":[],\"left\":[\"bob\"],\"count\":0}");
    assertThat(a.entries).isEqualTo(b.entries);
  }

  @Test
  void theListOfMembersIsTrueAtItsPosition() throws Exception {
    Peer a = started("a");
    Roster roster = a.engine.roster();
    roster.begin(List.of(), 0);
    roster.change(
        List.of(
            enters(member(a, "c:room:1", "bob", "c1")),
            enters(member(a, "c:room:1", "bob", "c2")),
            enters(member(a, "c:room:1", "eve", "c3"))));
    await(() -> a.seq == 1);

    Members all = roster.members("c:room:1", 10);
    Members some = roster.members("c:room:1", 1);

    assertThat(all.seq()).isEqualTo(1);
    assertThat(all.count()).isEqualTo(2);
    assertThat(all.partial()).isFalse();
    assertThat(all.list()).extracting(Members.Present::connections).containsExactly(2, 1);
    assertThat(some.count()).isEqualTo(2);
    assertThat(some.list()).hasSize(1);
    assertThat(some.partial()).isTrue();
    assertThat(roster.members("c:room:2", 10).count()).isZero();
  }

  @Test
  void theMembersOfANodeThatHasDiedLeaveOnce() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    for (Peer peer : List.of(a, b)) {
      peer.engine.roster().begin(List.of(), 0);
    }
    b.engine
        .roster()
        .change(
            List.of(
                enters(member(b, "c:room:1", "bob", "c1")),
                enters(member(b, "c:room:1", "eve", "c2"))));
    a.engine.roster().change(List.of(enters(member(a, "c:room:1", "eve", "c3"))));
    await(() -> a.presence().size() == 1);

    deployment.pass(BEAT);
    a.engine.roster().beat();
    assertThat(a.engine.roster().members("c:room:1", 9).count()).isEqualTo(2);
    deployment.pass(LEASE.minus(BEAT).plusSeconds(1));
    // Its own lease is kept alive as a living node's is.
    assertThat(a.engine.roster().members("c:room:1", 9).count()).isEqualTo(1);
    a.engine.roster().beat();
    a.engine.roster().beat();

    await(() -> a.presence().size() == 2);
    assertThat(a.presence().get(1).frame()).contains("\"left\":[\"bob\"],\"count\":1");
  }

  @Test
  void aLeaseThatHasEndedIsNeverRenewed() throws Exception {
    Peer a = started("a");
    Roster roster = a.engine.roster();
    Member bob = member(a, "c:room:1", "bob", "c1");
    Member place = member(a, "u:bob", "bob", "c1");
    roster.begin(List.of(), 1);
    roster.change(List.of(enters(bob)));
    roster.enter(place, 1, null);
    await(() -> a.presence().size() == 1);

    deployment.pass(LEASE.plusSeconds(1));

    assertThatThrownBy(roster::beat).isInstanceOf(LeaseLost.class);
    assertThatThrownBy(() -> roster.change(List.of(enters(bob)))).isInstanceOf(LeaseLost.class);
    assertThatThrownBy(() -> roster.enter(place, 1, null)).isInstanceOf(LeaseLost.class);
    assertThat(roster.members("c:room:1", 9).count()).isZero();
    assertThat(roster.begin(List.of(bob, place), 1)).isEmpty();
    roster.beat();
    assertThat(roster.members("c:room:1", 9).count()).isEqualTo(1);
    // Whoever is there is told again.
    await(() -> a.presence().size() == 2);
  }

  @Test
  void aNodeThatWakesFindsThePlaceOfItsConnectionTaken() throws Exception {
    Peer a = started("a");
    Peer b = started("b");
    Member before = member(a, "u:bob", "bob", "c1");
    a.engine.roster().begin(List.of(), 1);
    a.engine.roster().enter(before, 1, null);
    deployment.pass(LEASE.plusSeconds(1));
    b.engine.roster().begin(List.of(), 1);
    assertThat(b.engine.roster().enter(member(b, "u:bob", "bob", "c2"), 1, null).accepted())
        .isTrue();

    List<Member> refused = a.engine.roster().begin(List.of(before), 1);

    assertThat(refused).containsExactly(before);
  }

  @Test
  void whoIsNotAmongTheMembersOfANewLeaseHasLeft() throws Exception {
    Peer a = started("a");
    Roster roster = a.engine.roster();
    Member bob = member(a, "c:room:1", "bob", "c1");
    roster.begin(List.of(bob, member(a, "c:room:1", "eve", "c2")), 0);
    await(() -> a.presence().size() == 1);

    roster.begin(List.of(bob), 0);

    await(() -> a.presence().size() >= 2);
    assertThat(a.presence())
        .last()
        .extracting(Entry::frame)
        .asString()
        .contains("\"left\":[\"eve\"]");
    assertThat(roster.members("c:room:1", 9).count()).isEqualTo(1);
  }

  @Test
  void manyWhoComeAtOnceAreToldAsACount() throws Exception {
    Peer a = started("a");
    Roster roster = a.engine.roster();
    roster.begin(List.of(), 0);

    roster.change(
        IntStream.range(0, 201)
            .mapToObj(i -> enters(member(a, "c:room:1", "u" + i, "c" + i)))
            .toList());

    await(() -> a.presence().size() == 1);
    assertThat(a.presence().get(0).frame()).endsWith("\"data\":{\"partial\":true,\"count\":201}}");
  }
}
