package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Authorisers that do not answer when everything is checked anew. */
@Timeout(60)
class RecheckDeadlineTest {
  private static final int TRIES = 5;

  /** Hangs when it is asked for one user, once it is told to. */
  private static final class Hanging extends Scene.OpenRule {
    private final Semaphore entered = new Semaphore(0);
    private volatile int interrupted;
    private volatile int hangsAtMost = Integer.MAX_VALUE;
    private volatile @Nullable String hangsFor;

    @Override
    public Set<String> allowed(Subscriber subscriber, Action action, Collection<String> channels)
        throws Exception {
      if (subscriber.subject().equals(hangsFor) && interrupted < hangsAtMost) {
        entered.release();
        try {
          new CountDownLatch(1).await();
        } finally {
          hung();
        }
      }
      return super.allowed(subscriber, action, channels);
    }

    /** One thread at a time comes here. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void hung() {
      interrupted++;
    }
  }

  private final SteppedEngine.Log log = new SteppedEngine.Log();
  private final SteppedEngine engine = new SteppedEngine(log);
  private final Hanging rule = new Hanging();
  private final Scene node = new Scene(engine, "a", Scene.CONFIG, rule);
  private final FakeConnection bob = new FakeConnection("c1", "bob");
  private final FakeConnection eve = new FakeConnection("c2", "eve");
  private long late;

  private void subscribeBoth() {
    engine.tailAll();
    node.step();
    node.subscribe(bob, "room:1", "~");
    node.subscribe(eve, "room:1");
    node.step();
    bob.take();
    eve.take();
  }

  private void loseTheLog() {
    node.hub
        .tail()
        .reset(new Head("anotherE", 7, 7, "id", System.nanoTime()), ResetReason.LOG_LOST);
    node.hub.tail().work(System.nanoTime());
  }

  /** Does what the pool has to do, and lets time pass while an authoriser hangs. */
  private void runPool() throws InterruptedException {
    for (Runnable task = node.pool.poll(); task != null; task = node.pool.poll()) {
      Thread thread = new Thread(task);
      thread.start();
      boolean hangs = false;
      while (thread.isAlive() && !hangs) {
        hangs = rule.entered.tryAcquire(10, TimeUnit.MILLISECONDS);
      }
      if (hangs) {
        late += Scene.AUTHORISER_TIMEOUT.toNanos() + TimeUnit.SECONDS.toNanos(1);
        node.hub.tail().work(System.nanoTime() + late);
        assertThat(node.pool).as("another thread goes on").isNotEmpty();
      }
      thread.join(10_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void oneThatHangsIsInterruptedAndTheOthersAreAskedOnOtherThreads() throws Exception {
    subscribeBoth();
    rule.hangsFor = "bob";
    rule.denied.add("room:1");
    loseTheLog();

    runPool();
    node.step();

    assertThat(rule.interrupted).isEqualTo(TRIES);
    assertThat(eve.take()).anyMatch(text -> text.contains("channel_forbidden"));
    // Nobody has said that it may stay; its own channel needs nobody's word.
    assertThat(bob.take()).anyMatch(text -> text.contains("channel_forbidden"));
    assertThat(node.hub.subscriptions()).isEqualTo(1);
  }

  @Test
  void oneThatHangsForAWhileLosesNothing() throws Exception {
    subscribeBoth();
    rule.hangsFor = "bob";
    rule.hangsAtMost = 2;
    loseTheLog();

    runPool();
    node.step();

    assertThat(rule.interrupted).isEqualTo(2);
    assertThat(node.hub.subscriptions()).isEqualTo(3);
  }

  @Test
  void laterRechecksAreNotKeptByOneThatHung() throws Exception {
    subscribeBoth();
    rule.hangsFor = "bob";
    loseTheLog();
    runPool();
    rule.denied.add("room:1");

    node.hub.rolesChanged(eve);
    node.hub.tail().work(System.nanoTime());
    runPool();
    node.step();

    assertThat(eve.take()).anyMatch(text -> text.contains("channel_forbidden"));
  }
}
