package dev.drawbridge.endpoint.internal.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.FakeConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The queue alone: what a time-out meets in the middle of its look, and handlers that hang. */
class HandlerQueueTest {
  private static final long LATE_NANOS = FakeConfig.HANDLER_TIMEOUT.toNanos() * 2;

  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final List<String> done = new CopyOnWriteArrayList<>();
  private final Map<String, CountDownLatch> entered = new HashMap<>();
  private final Map<String, CountDownLatch> released = new HashMap<>();
  private final Map<String, Object> results = new HashMap<>();

  /** What happens when a time-out has found a handler late. */
  private Runnable whenLate = () -> {};

  private boolean stopped;

  private final HandlerQueue queue =
      new HandlerQueue(
          new Threads(),
          new Limits(FakeConfig.of(Duration.ofSeconds(10), 10, 10)),
          new Connection());

  @AfterEach
  void end() {
    released.values().forEach(CountDownLatch::countDown);
    pool.shutdownNow();
  }

  private final class Threads implements HandlerExecutor {
    @Override
    public boolean execute(Runnable work) {
      if (!stopped) {
        pool.execute(work);
      }
      return !stopped;
    }

    @Override
    public void executeAnyway(Runnable work) {
      pool.execute(work);
    }

    @Override
    public void stuck() {
      done.add("stuck");
    }

    @Override
    public void freed() {
      done.add("freed");
    }
  }

  private final class Connection implements HandlerQueue.Listener {
    @Override
    public @Nullable Object call(HandlerTask task) {
      latch(entered, task.type).countDown();
      awaitWhatever(latch(released, task.type));
      return results.get(task.type);
    }

    @Override
    public void refuse(EncodedMessage refusal) {
      done.add("refused");
    }

    @Override
    public void finished(
        HandlerTask task, @Nullable Object result, @Nullable Throwable failure, boolean more) {
      done.add(task.type);
    }

    @Override
    public void flush() {
      done.add("flushed");
    }

    @Override
    public void late(HandlerTask task) {
      whenLate.run();
    }

    @Override
    public void pause() {
      done.add("paused");
    }

    @Override
    public void resume() {
      done.add("resumed");
    }
  }

  private static CountDownLatch latch(Map<String, CountDownLatch> latches, String name) {
    synchronized (latches) {
      return latches.computeIfAbsent(name, any -> new CountDownLatch(1));
    }
  }

  /** A handler that does not care for interrupts. */
  private static void awaitWhatever(CountDownLatch latch) {
    while (true) {
      try {
        if (latch.await(20, TimeUnit.SECONDS)) {
          return;
        }
        throw new AssertionError("not within 20 s");
      } catch (InterruptedException e) {
        // On purpose.
      }
    }
  }

  private static HandlerTask task(String name) {
    return new HandlerTask(
        new EndpointDefinition.Registration<>(
            Void.class,
            Execution.POOLED,
            (nothing, connection) -> null,
            RequiredRoles.NONE,
            TypeMeters.NONE,
            HandlerPace.UNKNOWN),
        name,
        null,
        null);
  }

  private boolean look() {
    return queue.checkTimeout(System.nanoTime() + LATE_NANOS);
  }

  private void release(String name) {
    latch(released, name).countDown();
  }

  private void awaitEntered(String name) {
    awaitWhatever(latch(entered, name));
  }

  /** Two messages, the first inside of its handler and found late once, and the client's close. */
  private void firstIsStuckAndTheClientHasClosed() {
    queue.begin(null);
    queue.accept(task("first"));
    queue.accept(task("second"));
    awaitEntered("first");
    look();
    queue.end(true, task("close"));
  }

  @Test
  void timeOutThatFindsTheNextHandlerRunningGivesUpNothing() {
    firstIsStuckAndTheClientHasClosed();
    whenLate =
        () -> {
          release("first");
          awaitEntered("second");
        };

    boolean over = look();

    assertThat(over).isFalse();
    assertThat(queue.isBusy()).isTrue();
    release("second");
    awaitEntered("close");
    assertThat(done).containsExactly("stuck", "freed", "first", "second");
  }

  @Test
  void handlerThatReturnsWhileItIsLookedAtKeepsWhatIsBehindIt() {
    queue.begin(null);
    CompletableFuture<Object> stage = new CompletableFuture<>();
    results.put("first", stage);
    queue.accept(task("first"));
    queue.accept(task("second"));
    awaitEntered("first");
    queue.end(true, task("close"));
    release("second");
    release("close");
    whenLate =
        () -> {
          whenLate = () -> {};
          release("first");
        };

    boolean over = look();

    assertThat(over).isFalse();
    stage.complete("in the end");
    awaitEntered("close");
    assertThat(done).contains("second");
  }

  @Test
  void handlerThatDoesNotReturnIsGivenUpOnceAndItsLateReturnDisturbsNobody() {
    firstIsStuckAndTheClientHasClosed();

    boolean over = look();
    awaitEntered("close");
    release("first");
    release("second");
    boolean overWhileTheLastRuns = queue.checkTimeout(System.nanoTime());

    assertThat(over).isFalse();
    assertThat(overWhileTheLastRuns).isFalse();
    assertThat(queue.isBusy()).isTrue();
    assertThat(done).doesNotContain("second");
  }

  @Test
  void lastHandlerThatHangsIsInterruptedAndGivenUp() {
    queue.begin(null);
    queue.end(false, task("close"));
    awaitEntered("close");

    boolean first = look();
    boolean second = look();

    assertThat(first).isFalse();
    assertThat(second).isTrue();
    assertThat(done).containsExactly("stuck");
  }

  @Test
  void endpointThatHasStoppedTellsNeitherOfTheBeginningNorOfTheEnd() {
    stopped = true;

    queue.begin(task("open"));
    queue.end(false, task("close"));

    assertThat(queue.isBusy()).isFalse();
    assertThat(entered).isEmpty();
    assertThat(look()).isTrue();
  }
}
