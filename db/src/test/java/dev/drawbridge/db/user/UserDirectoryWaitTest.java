package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.Lookup.Source;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Loads that take their time, and those who wait for them. */
class UserDirectoryWaitTest extends UserDirectoryFixture {
  @Test
  void manyCallersShareOneLoad() throws Exception {
    source.put("alice");
    source.gate = new CountDownLatch(1);
    List<CompletableFuture<Lookup>> callers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      callers.add(users.findAsync("alice").toCompletableFuture());
    }
    source.gate.countDown();

    for (CompletableFuture<Lookup> caller : callers) {
      assertThat(caller.get(10, TimeUnit.SECONDS).user()).isPresent();
    }
    assertThat(source.loads).hasValue(1);
  }

  @Test
  void aFullQueueIsOverloadAndKnownUsersDoNotNotice() {
    users.close();
    users = directory(config().loaderThreads(1).maxQueuedLoads(1));
    source.put("known");
    users.find("known");
    source.gate = new CountDownLatch(1);
    source.reached = new CountDownLatch(1);
    var running = users.findAsync("a");
    await(() -> source.reached.getCount() == 0);
    var queued = users.findAsync("b");

    assertThat(refusal("c")).isEqualTo(Reason.OVERLOAD);
    assertThat(users.find("known").user()).isPresent();
    source.gate.countDown();
    assertThat(running.toCompletableFuture().join().user()).isEmpty();
    assertThat(queued.toCompletableFuture().join().user()).isEmpty();
  }

  @Test
  void aLoadThatBeganBeforeAnInvalidationIsNeitherJoinedNorStored() {
    source.put("alice");
    CountDownLatch gate = new CountDownLatch(1);
    source.gate = gate;
    var old = users.findAsync("alice").toCompletableFuture();
    await(() -> source.reached.getCount() == 0);

    source.users.clear();
    users.invalidate("alice");
    source.gate = null;
    Lookup fresh = users.find("alice");
    gate.countDown();

    assertThat(fresh.user()).isEmpty();
    assertThat(old.join().user()).isPresent();
    assertThat(users.find("alice").user()).isEmpty();
  }

  @Test
  void anInvalidationDuringAWaitTakesTheStaleCopyAway() throws Exception {
    source.put("alice");
    users.find("alice");
    pass(61);
    source.failure = outage();
    CountDownLatch gate = new CountDownLatch(1);
    source.gate = gate;
    source.reached = new CountDownLatch(1);
    var waiting = users.findAsync("alice").toCompletableFuture();
    await(() -> source.reached.getCount() == 0);

    users.invalidate("alice");
    gate.countDown();

    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(UserLookupUnavailableException.class);
  }

  @Test
  void aWaiterThatGivesUpDoesNotCancelTheLoad() {
    users.close();
    users = directory(config().lookupTimeout(Duration.ofMillis(50)));
    source.put("alice");
    source.gate = new CountDownLatch(1);

    assertThat(refusal("alice")).isEqualTo(Reason.TIMEOUT);
    assertThatThrownBy(() -> users.findAsync("alice").toCompletableFuture().join())
        .cause()
        .isInstanceOf(UserLookupUnavailableException.class);
    source.gate.countDown();
    await(() -> users.peek("alice").isPresent());

    assertThat(source.loads).hasValue(1);
  }

  @Test
  void aSlowSourceGivesTheStaleUserAndTheNextCallerDoesNotWait() {
    users.close();
    users = directory(config().lookupTimeout(Duration.ofMillis(50)));
    source.put("alice");
    users.find("alice");
    source.gate = new CountDownLatch(1);
    pass(61);

    assertThat(users.find("alice").source()).isEqualTo(Source.STALE);
    long start = System.nanoTime();
    assertThat(users.find("alice").source()).isEqualTo(Source.STALE);

    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
    assertThat(source.loads).hasValue(2);
  }

  @Test
  void aDemandForTheNewestDoesNotJoinAnOlderLoad() {
    source.put("alice");
    CountDownLatch gate = new CountDownLatch(1);
    source.gate = gate;
    var older = users.findAsync("alice").toCompletableFuture();
    await(() -> source.reached.getCount() == 0);
    source.gate = null;
    source.users.clear();

    assertThat(users.find("alice", Duration.ZERO).user()).isEmpty();
    gate.countDown();
    assertThat(older.join().user()).isPresent();
    assertThat(users.find("alice").user()).isEmpty();
  }

  @Test
  void interruptionWhileWaitingEndsTheWait() throws Exception {
    source.gate = new CountDownLatch(1);
    CompletableFuture<Reason> reason = new CompletableFuture<>();
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread waiter =
        new Thread(
            () -> {
              reason.complete(refusal("alice"));
              flag.complete(Thread.currentThread().isInterrupted());
            });
    waiter.start();
    await(() -> source.reached.getCount() == 0);

    waiter.interrupt();

    assertThat(reason.get(10, TimeUnit.SECONDS)).isEqualTo(Reason.INTERRUPTED);
    assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aClosedDirectoryStillKnowsWhoItKnew() {
    source.put("alice");
    users.find("alice");

    users.close();
    users.close();

    assertThat(users.find("alice").source()).isEqualTo(Source.CACHE);
    assertThat(refusal("bob")).isEqualTo(Reason.CLOSED);
  }

  @Test
  void closingEndsEveryWait() throws Exception {
    source.gate = new CountDownLatch(1);
    var asynchronous = users.findAsync("alice").toCompletableFuture();
    CompletableFuture<Reason> blocking = new CompletableFuture<>();
    Thread waiter = new Thread(() -> blocking.complete(refusal("alice")));
    waiter.start();
    await(() -> waiter.getState() == Thread.State.TIMED_WAITING);

    users.close();

    assertThat(blocking.get(5, TimeUnit.SECONDS)).isEqualTo(Reason.CLOSED);
    assertThatThrownBy(() -> asynchronous.get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(UserLookupUnavailableException.class);
    assertThatThrownBy(() -> users.findAsync("bob").toCompletableFuture().get(5, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(UserLookupUnavailableException.class);
    assertThat(users.stats().loading()).isZero();
  }
}
