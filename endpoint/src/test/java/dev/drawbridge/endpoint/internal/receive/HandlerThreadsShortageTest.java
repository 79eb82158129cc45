package dev.drawbridge.endpoint.internal.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads of handlers where there is no thread to be had, or too few are called. */
class HandlerThreadsShortageTest {
  private static final int MAX_TRIES = 50;
  private static final String WATCH = "drawbridge-handler-watch";

  /** Which threads the machine refuses. */
  private volatile Predicate<Thread> refused = thread -> false;

  private final CountDownLatch refusals = new CountDownLatch(1);

  private final HandlerThreads threads =
      new HandlerThreads(HandlerThreadsShortageTest.class.getClassLoader(), this::start);
  private final CountDownLatch gate = new CountDownLatch(1);

  private void start(Thread thread) {
    if (refused.test(thread)) {
      refusals.countDown();
      throw new OutOfMemoryError("unable to create native thread");
    }
    thread.start();
  }

  @AfterEach
  void stop() {
    refused = thread -> false;
    gate.countDown();
    threads.stop();
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private static void awaitInside(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As long as a call of a cache next door; true when it is over. */
  private static boolean awaitBriefly(CountDownLatch latch) {
    try {
      return latch.await(400, TimeUnit.MICROSECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }

  /** One is inside of what was expected to return at once. */
  private void blockOne(CountDownLatch until) throws InterruptedException {
    CountDownLatch inside = new CountDownLatch(1);
    threads.executeTurn(
        () -> {
          threads.enter(true, () -> {});
          inside.countDown();
          awaitInside(until);
          threads.leave();
        });
    await(inside);
  }

  @Test
  void workThatGotNoThreadIsDoneWithTheNext() throws Exception {
    CountDownLatch done = new CountDownLatch(2);
    refused = thread -> true;
    assertThat(threads.executeTurn(done::countDown)).isTrue();
    await(refusals);

    refused = thread -> false;
    assertThat(threads.executeTurn(done::countDown)).isTrue();

    await(done);
  }

  @Test
  void workThatGotNoThreadIsTriedAgainWithoutANextOne() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    blockOne(gate);
    refused = thread -> true;
    threads.executeTurn(done::countDown);
    await(refusals);

    refused = thread -> false;

    await(done);
  }

  @Test
  void withoutAWatchNobodyWaitsForAnother() throws Exception {
    CountDownLatch done = new CountDownLatch(20);
    refused = thread -> thread.getName().equals(WATCH);
    blockOne(gate);
    await(refusals);

    for (int i = 0; i < 20; i++) {
      threads.executeTurn(done::countDown);
    }

    await(done);
  }

  @Test
  void watchThatCouldNotBeStartedIsStartedLater() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    refused = thread -> thread.getName().equals(WATCH);
    threads.executeTurn(first::countDown);
    await(first);
    refused = thread -> false;

    threads.executeTurn(
        () -> {
          threads.enter(true, told::countDown);
          awaitInside(gate);
          threads.leave();
        });

    await(told);
  }

  /**
   * Its handlers wait for less than it takes to be found blocked, one after another. On a machine
   * that is busy one may be found blocked nevertheless: that tells nothing, and is tried again.
   */
  @Test
  void turnOfHandlersThatEachWaitALittleHoldsNobodyForLong() throws Exception {
    int tries = 0;
    boolean foundBlocked = true;

    while (foundBlocked && tries < MAX_TRIES) {
      foundBlocked = holdsOthersUntilItIsFoundBlocked();
      tries++;
    }

    assertThat(foundBlocked).isFalse();
  }

  private static boolean holdsOthersUntilItIsFoundBlocked() throws InterruptedException {
    HandlerThreads pool = new HandlerThreads(HandlerThreadsShortageTest.class.getClassLoader());
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(5);
    CountDownLatch told = new CountDownLatch(1);
    pool.executeTurn(
        () -> {
          boolean over = false;
          while (!over) {
            pool.enter(true, told::countDown);
            inside.countDown();
            over = awaitBriefly(end);
            pool.leave();
          }
        });
    await(inside);
    for (int i = 0; i < 5; i++) {
      pool.executeTurn(done::countDown);
    }
    await(done);
    boolean foundBlocked = told.getCount() == 0;
    end.countDown();
    pool.stop();
    return foundBlocked;
  }

  @Test
  void whatWaitsBehindOneThatBlocksIsDoneDuringTheStop() throws Exception {
    CountDownLatch done = new CountDownLatch(5);
    blockOne(done);
    for (int i = 0; i < 5; i++) {
      threads.executeTurn(done::countDown);
    }

    threads.stop();

    assertThat(done.getCount()).isZero();
  }

  @Test
  void whatMustNotBeLeftOutRunsOnTheThreadThatStops() throws Exception {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    CountDownLatch droppable = new CountDownLatch(1);
    refused = thread -> true;
    threads.executeAnyway(() -> ran.complete(Thread.currentThread()));
    threads.executeTurn(droppable::countDown);

    threads.stop();

    assertThat(ran.getNow(null)).isSameAs(Thread.currentThread());
    assertThat(droppable.getCount()).isOne();
  }
}
