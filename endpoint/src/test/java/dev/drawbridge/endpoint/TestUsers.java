package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Users in memory, whose store can be taken away. Everybody exists who was put in. */
final class TestUsers implements UserSource {
  private final Map<String, User> users = new ConcurrentHashMap<>();
  private final AtomicInteger loads = new AtomicInteger();
  private volatile boolean broken;

  TestUsers() {
    for (String name : new String[] {"alice", "bob", "carol"}) {
      put(User.of(name, name.toUpperCase(java.util.Locale.ROOT), Set.of("user")));
    }
    put(User.builder("mallory").displayName("Mallory").status(User.Status.SUSPENDED).build());
  }

  void put(User user) {
    users.put(user.subject(), user);
  }

  void remove(String subject) {
    users.remove(subject);
  }

  void broken(boolean on) {
    broken = on;
  }

  int loads() {
    return loads.get();
  }

  @Override
  public Optional<User> load(String subject) {
    loads.incrementAndGet();
    if (broken) {
      throw new IllegalStateException("the store of users is away");
    }
    User user = users.get(subject);
    // The crowd of a load test needs no entries of its own.
    return user == null && subject.startsWith("crowd-")
        ? Optional.of(User.of(subject, subject, Set.of()))
        : Optional.ofNullable(user);
  }
}
