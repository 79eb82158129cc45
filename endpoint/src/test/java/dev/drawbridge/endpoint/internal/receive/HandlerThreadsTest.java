package dev.drawbridge.endpoint.internal.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads of handlers alone: who waits for whom. */
class HandlerThreadsTest {
  private final HandlerThreads threads =
      new HandlerThreads(HandlerThreadsTest.class.getClassLoader());
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void stop() {
    gate.countDown();
    threads.stop();
  }

  private void block() {
    try {
      assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends at once. */
  private void turn(CountDownLatch done) {
    assertThat(threads.executeTurn(done::countDown)).isTrue();
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void handlerThatIsNotWhatWasExpectedIsToldAndHoldsNobody() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(20);
    threads.executeTurn(
        () -> {
          threads.enter(true, told::countDown);
          inside.countDown();
          block();
          threads.leave();
        });
    await(inside);

    for (int i = 0; i < 20; i++) {
      turn(others);
    }

    await(others);
    await(told);
  }

  /** The watch may be asleep by then: nothing was expected to be quick for long. */
  @Test
  void secondHandlerOfATurnIsWatchedAfterAFirstThatBlockedLong() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch inFirst = new CountDownLatch(1);
    CountDownLatch inSecond = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(20);
    threads.executeTurn(
        () -> {
          threads.enter(false, told::countDown);
          inFirst.countDown();
          try {
            assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          threads.leave();
          threads.enter(true, told::countDown);
          inSecond.countDown();
          block();
          threads.leave();
        });
    await(inFirst);
    // Longer than the watch looks at nothing.
    assertThat(told.await(500, TimeUnit.MILLISECONDS)).isFalse();
    first.countDown();
    await(inSecond);

    for (int i = 0; i < 20; i++) {
      turn(others);
    }

    await(others);
    await(told);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void workThatMayBlockHoldsNobodyFromTheStart(boolean inATurn) throws Exception {
    CountDownLatch inside = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      Runnable work =
          () -> {
            threads.enter(false, () -> {});
            inside.countDown();
            block();
            threads.leave();
          };
      assertThat(inATurn ? threads.executeTurn(work) : threads.execute(work)).isTrue();
    }

    await(inside);
  }

  @Test
  void whatWaitsIsDoneBeforeTheStopAndNothingIsTakenAfterIt() throws Exception {
    List<Integer> done = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      threads.executeTurn(
          () -> {
            synchronized (done) {
              done.add(number);
            }
          });
    }

    threads.stop();

    assertThat(done).hasSize(100);
    assertThat(threads.execute(() -> {})).isFalse();
    assertThat(threads.executeTurn(() -> {})).isFalse();
  }
}
