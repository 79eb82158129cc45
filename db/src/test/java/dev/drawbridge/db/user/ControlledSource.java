package dev.drawbridge.db.user;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A source that tests fill, break and hold back. */
final class ControlledSource implements UserSource {
  final Map<String, User> users = new ConcurrentHashMap<>();
  final AtomicInteger loads = new AtomicInteger();

  /** Thrown instead of an answer; null when the source works. */
  volatile RuntimeException failure;

  /** Loads read the user first and then wait for this; null when they do not wait. */
  volatile CountDownLatch gate;

  /** Counted down when a load has read and is about to wait. */
  volatile CountDownLatch reached = new CountDownLatch(1);

  void put(String subject) {
    users.put(subject, User.builder(subject).build());
  }

  @Override
  public Optional<User> load(String subject) {
    loads.incrementAndGet();
    Optional<User> found = Optional.ofNullable(users.get(subject));
    RuntimeException fault = failure;
    CountDownLatch waiting = gate;
    reached.countDown();
    if (waiting != null) {
      try {
        if (!waiting.await(30, TimeUnit.SECONDS)) {
          throw new IllegalStateException("nobody opened the gate");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
    if (fault != null) {
      throw fault;
    }
    return found;
  }
}
