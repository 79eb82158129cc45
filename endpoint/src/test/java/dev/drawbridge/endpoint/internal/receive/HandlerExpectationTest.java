package dev.drawbridge.endpoint.internal.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.FakeConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is expected of a handler, how it is measured, and who is to blame; on one thread. */
class HandlerExpectationTest {
  private final List<String> done = new ArrayList<>();
  private final List<HandlerExecutor.Expectation> expectations = new ArrayList<>();

  /** What a handler returns. */
  private Supplier<@Nullable Object> result = () -> null;

  /** Done while an answer is written. */
  private Runnable whenWritten = () -> {};

  private final HandlerQueue queue =
      new HandlerQueue(
          new Direct(),
          new Limits(FakeConfig.of(Duration.ofSeconds(10), 10, 10)),
          new Connection());

  private final class Direct implements HandlerExecutor {
    @Override
    public boolean execute(Runnable work) {
      work.run();
      return true;
    }

    @Override
    public void executeAnyway(Runnable work) {
      work.run();
    }

    @Override
    public void enter(boolean quick, Expectation expectation) {
      done.add(quick ? "in, quick" : "in");
      expectations.add(expectation);
    }

    @Override
    public void leave() {
      done.add("out");
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
      done.add("call");
      return result.get();
    }

    @Override
    public void refuse(EncodedMessage refusal) {
      done.add("refused");
    }

    @Override
    public void finished(
        HandlerTask task, @Nullable Object result, @Nullable Throwable failure, boolean more) {
      whenWritten.run();
      done.add("written");
    }

    @Override
    public void flush() {
      done.add("flushed");
    }

    @Override
    public void late(HandlerTask task) {
      done.add("late");
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

  /** A type of which only quick ones were seen. */
  private static HandlerPace trusted() {
    HandlerPace pace = new HandlerPace();
    for (int i = 0; i < HandlerPace.TRUSTED; i++) {
      pace.took(0);
    }
    return pace;
  }

  private void handle(HandlerPace pace) {
    queue.accept(
        new HandlerTask(
            new EndpointDefinition.Registration<>(
                Void.class,
                Execution.POOLED,
                (nothing, connection) -> null,
                RequiredRoles.NONE,
                TypeMeters.NONE,
                pace),
            "type",
            null,
            null));
  }

  @Test
  void answerIsWrittenBeforeTheHandlerCountsAsBack() {
    queue.begin(null);

    handle(trusted());

    assertThat(done).containsExactly("in, quick", "call", "written", "out");
  }

  @Test
  void stageThatIsCompleteIsWrittenBeforeToo() {
    queue.begin(null);
    CompletableFuture<String> stage = CompletableFuture.completedFuture("done");
    result = () -> stage;

    handle(trusted());

    assertThat(done).containsExactly("in, quick", "call", "written", "out");
  }

  @Test
  void answerThatTakesLongToWriteIsNotQuick() {
    HandlerPace pace = trusted();
    queue.begin(null);
    whenWritten =
        () -> {
          long begun = System.nanoTime();
          while (System.nanoTime() - begun < TimeUnit.MILLISECONDS.toNanos(2)) {
            Thread.onSpinWait();
          }
        };

    handle(pace);

    assertThat(pace.isQuick()).isFalse();
  }

  @Test
  void onlyTheTypeThatWasExpectedToBeQuickIsBlamed() {
    HandlerPace first = trusted();
    HandlerPace second = trusted();
    queue.begin(null);
    handle(first);
    result =
        () -> {
          // The watch had seen the first one, and tells it only now.
          expectations.get(0).failed();
          return null;
        };

    handle(second);

    // Itself it may have been slow: one that has blocked is trusted later.
    for (int i = 0; i < HandlerPace.TRUSTED; i++) {
      first.took(0);
      second.took(0);
    }
    assertThat(first.isQuick()).isFalse();
    assertThat(second.isQuick()).isTrue();
  }
}
