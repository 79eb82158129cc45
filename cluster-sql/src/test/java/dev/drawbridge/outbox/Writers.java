package dev.drawbridge.outbox;

import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that commit and roll back at random: a row of the table {@code bill} and a message with
 * its id. What is in the table afterwards is the truth.
 */
final class Writers {
  private final AtomicInteger ids = new AtomicInteger();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();

  Writers(OutboxNode node, int count) {
    this(node, count, 0);
  }

  /** Those that take ids from one on. */
  Writers(OutboxNode node, int count, int first) {
    ids.set(first);
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(() -> write(node), "writer-" + i);
      threads.add(thread);
      thread.start();
    }
  }

  private void write(OutboxNode node) {
    Outbox outbox = node.outbox();
    while (!stopped.get()) {
      int id = ids.incrementAndGet();
      try (DbSession session = node.database().openSession()) {
        session.begin();
        session.update("INSERT INTO bill (id) VALUES (?)", id).run();
        outbox.publish(session, "orders:1", "order.changed", id);
        if (ThreadLocalRandom.current().nextInt(4) == 0) {
          session.rollback();
        } else {
          session.commit();
        }
      } catch (DbException e) {
        // The database is away; whether it has committed, its table tells.
        LockSupport.parkNanos(20_000_000);
      }
      LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(20_000_000));
    }
  }

  /** Lets them write for a while. */
  void run(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
  }

  void stop() throws InterruptedException {
    stopped.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
