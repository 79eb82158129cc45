package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.send.Continuations;
import dev.drawbridge.endpoint.internal.send.HeldStage;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application attaches to a stage may block, and holds up nobody. */
class ContinuationsTest {
  private static final int MANY = 1200;
  private static final String LARGE = "x".repeat(6000);

  private final CountDownLatch gate = new CountDownLatch(1);
  private final AtomicReference<String> thread = new AtomicReference<>();

  private TestServer.Setup setup(String transport) {
    return TestServer.setup()
        .set("drawbridge.transport", transport)
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s")
        .set("drawbridge.send.timeout", "2s")
        .set("drawbridge.send.queue.frames", "1000000")
        .set("drawbridge.send.queue.bytes", "1000000000")
        .endpoint(
            endpoint ->
                endpoint
                    .on("echo", JsonNode.class, (data, connection) -> data)
                    .on("direct", JsonNode.class)
                    .onReadingThread()
                    .handle((data, connection) -> data));
  }

  private void blockOn(CompletionStage<?> stage) {
    stage.whenComplete(
        (result, failure) -> {
          thread.compareAndSet(null, Thread.currentThread().getName());
          try {
            gate.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static Connection connectionOf(TestServer server, String subject) {
    return server.connections().list().stream()
        .filter(connection -> connection.user().subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }

  /** Heartbeats, time-outs, messages and new connections go on. */
  private static void expectLife(TestServer server, RecordingClient bob) throws Exception {
    assertThat(bob.request("echo", 1).type()).isEqualTo("ack");
    assertThat(bob.request("direct", 1).type()).isEqualTo("ack");
    long pings = server.connections().heartbeat().pingsSent();
    TestServer.await(
        "the timer still pings", () -> server.connections().heartbeat().pingsSent() > pings + 1);
    // One that neither reads nor answers is found by the timer, and ended by it.
    RawSocket silent = RawSocket.open(server, "carol");
    connectionOf(server, "carol");
    ServerConnection link = server.connections().links("carol").get(0);
    TestServer.await("the timer still ends connections", link::isEnded);
    silent.close();
  }

  @ParameterizedTest
  @CsvSource({"auto,one", "auto,many", "jetty-api,one", "jetty-api,many"})
  void stageThatTheTimerEndsMayBlockItsContinuation(String transport, String kind)
      throws Exception {
    try (TestServer server = setup(transport).start();
        RawSocket sleeper = RawSocket.open(server, "alice");
        RecordingClient bob = server.connect("bob")) {
      Connection alice = connectionOf(server, "alice");
      List<CompletionStage<?>> stages = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        stages.add(
            kind.equals("one")
                ? alice.send("news", LARGE)
                : server.connections().forUser("alice").send("news", LARGE));
      }
      CompletionStage<?> last = stages.get(MANY - 1);
      assertThat(last.toCompletableFuture()).isNotDone();
      blockOn(last);

      TestServer.await("the continuation runs", () -> thread.get() != null);

      assertThat(sleeper).isNotNull();
      assertThat(thread.get()).startsWith("drawbridge-stage-");
      expectLife(server, bob);
      gate.countDown();
      bob.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "jetty-api"})
  void stageThatAClientEndsByLeavingMayBlockItsContinuation(String transport) throws Exception {
    try (TestServer server = setup(transport).set("drawbridge.send.timeout", "10m").start();
        RecordingClient bob = server.connect("bob")) {
      RawSocket sleeper = RawSocket.open(server, "alice");
      Connection alice = connectionOf(server, "alice");
      for (int i = 0; i < MANY; i++) {
        assertThat(alice.send("news", LARGE)).isNotNull();
      }
      CompletionStage<Void> last = alice.send("news", LARGE);
      blockOn(last);

      sleeper.close();

      TestServer.await("the continuation runs", () -> thread.get() != null);
      assertThat(thread.get()).startsWith("drawbridge-stage-");
      expectLife(server, bob);
      gate.countDown();
      bob.leave();
    }
  }

  @Test
  void stageOfTheDrainMayBlockItsContinuationAndEachCallerHasItsOwn() throws Exception {
    try (TestServer server = setup("auto").start();
        RecordingClient bob = server.connect("bob")) {
      blockOn(server.connections().drain());
      CompletionStage<Void> other = server.connections().drain();

      bob.expect("drain");
      bob.expectClose(1012);

      TestServer.await("the continuation runs", () -> thread.get() != null);
      assertThat(thread.get()).startsWith("drawbridge-stage-");
      assertThat(other.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
      CompletableFuture<Void> mine = server.connections().drain().toCompletableFuture();
      assertThat(mine).isDone();
      gate.countDown();
    }
  }

  @Test
  void sixtyThreeBlockedContinuationsLeaveRoomForAnotherOne() throws Exception {
    try (TestServer server = setup("auto").set("drawbridge.send.timeout", "10m").start();
        RecordingClient bob = server.connect("bob")) {
      RawSocket sleeper = RawSocket.open(server, "alice");
      Connection alice = connectionOf(server, "alice");
      for (int i = 0; i < MANY; i++) {
        assertThat(alice.send("news", LARGE)).isNotNull();
      }
      CountDownLatch blocked = new CountDownLatch(63);
      for (int i = 0; i < 63; i++) {
        alice
            .send("news", LARGE)
            .whenComplete(
                (nothing, failure) -> {
                  blocked.countDown();
                  try {
                    gate.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
      }
      CompletionStage<Void> last = alice.send("news", LARGE);

      sleeper.close();

      assertThat(last.toCompletableFuture()).failsWithin(Duration.ofSeconds(10));
      assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(bob.request("echo", Map.of()).type()).isEqualTo("ack");
      gate.countDown();
      bob.leave();
    }
  }

  @Test
  void stageThatIsHandedOutSettledNeedsNoOtherThread() {
    List<String> ran = new ArrayList<>();
    HeldStage<Integer> stage =
        new HeldStage<>(
            completion -> {
              ran.add("elsewhere");
              completion.run();
            });

    stage.settle(1);
    stage.settleFailed(new IllegalStateException("too late"));

    assertThat(stage.handOut().toCompletableFuture()).isCompletedWithValue(1);
    assertThat(ran).isEmpty();
  }

  @Test
  void stageThatIsSettledLaterIsCompletedByTheExecutor() {
    List<Runnable> completions = new ArrayList<>();
    HeldStage<Integer> stage = new HeldStage<>(completions::add);
    CompletableFuture<Integer> held = stage.handOut().toCompletableFuture();

    stage.settle(2);

    assertThat(held).isNotDone();
    completions.forEach(Runnable::run);
    assertThat(held).isCompletedWithValue(2);
  }

  @Test
  void stagesThatWaitForOthersAreReplacedSoThatTheOthersComplete() throws Exception {
    Continuations continuations = new Continuations(getClass().getClassLoader());
    CountDownLatch begun = new CountDownLatch(Continuations.MAX_THREADS);
    CountDownLatch ended = new CountDownLatch(150);
    List<HeldStage<Integer>> inner = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      HeldStage<Integer> other = new HeldStage<>(continuations);
      CompletableFuture<Integer> waited = other.handOut().toCompletableFuture();
      inner.add(other);
      HeldStage<Integer> stage = new HeldStage<>(continuations);
      stage
          .handOut()
          .whenComplete(
              (result, failure) -> {
                begun.countDown();
                waited.join();
                ended.countDown();
              });
      stage.settle(i);
    }
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();

    inner.forEach(stage -> stage.settle(1));

    assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(continuations.waiting()).isZero();
    continuations.stop();
  }

  @Test
  void whenAllThreadsBlockFramesStillGoOutAndTheRestCompletesAfterwards() throws Exception {
    try (TestServer server = setup("auto").start();
        RecordingClient bob = server.connect("bob")) {
      Executor pool = server.core().continuations();
      CountDownLatch blocked = new CountDownLatch(Continuations.MAX_THREADS);
      for (int i = 0; i < Continuations.MAX_THREADS + 1; i++) {
        HeldStage<Integer> stage = new HeldStage<>(pool);
        blockOn(stage.handOut().whenComplete((result, failure) -> blocked.countDown()));
        stage.settle(i);
      }
      assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
      HeldStage<Integer> last = new HeldStage<>(pool);
      CompletableFuture<Integer> late = last.handOut().toCompletableFuture();
      last.settle(1);

      Connection connection = connectionOf(server, "bob");
      assertThat(connection.send("news", 1)).isNotNull();
      assertThat(bob.expect("news").data().asInt()).isEqualTo(1);
      expectLife(server, bob);

      assertThat(late).isNotDone();
      assertThat(blockedHere()).hasSize(Continuations.MAX_THREADS);
      gate.countDown();
      assertThat(late).succeedsWithin(Duration.ofSeconds(10));
      bob.leave();
    }
  }

  /** The threads that wait at the gate; other servers of this process have threads of that name. */
  private static Set<Thread> blockedHere() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().startsWith("drawbridge-stage-"))
        .filter(
            each ->
                Stream.of(each.getValue())
                    .anyMatch(
                        frame -> frame.getClassName().equals(ContinuationsTest.class.getName())))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  @Test
  void stopCompletesWhatWaitsBehindThreadsThatBlock() throws Exception {
    Continuations continuations = new Continuations(getClass().getClassLoader());
    CountDownLatch interrupted = new CountDownLatch(Continuations.MAX_THREADS);
    CountDownLatch blocked = new CountDownLatch(Continuations.MAX_THREADS);
    for (int i = 0; i < Continuations.MAX_THREADS; i++) {
      continuations.execute(
          () -> {
            blocked.countDown();
            try {
              gate.await();
            } catch (InterruptedException e) {
              interrupted.countDown();
            }
          });
    }
    assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
    HeldStage<Integer> stage = new HeldStage<>(continuations);
    CompletableFuture<Integer> held = stage.handOut().toCompletableFuture();
    stage.settle(3);

    continuations.stop();

    assertThat(held).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(3);
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
