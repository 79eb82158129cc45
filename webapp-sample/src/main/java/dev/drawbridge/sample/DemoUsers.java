package dev.drawbridge.sample;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserStore;
import java.util.List;

/** The people of the sample, in dev mode alone. */
final class DemoUsers {
  private static final List<User> USERS =
      List.of(
          User.builder("alice").displayName("Alice").build(),
          User.builder("bob").displayName("Bob").build(),
          User.builder("mallory").displayName("Mallory").status(User.Status.SUSPENDED).build());

  private DemoUsers() {}

  /**
   * Adds those who are not there yet.
   *
   * @return how many were added
   */
  static int add(Database database, UserDirectory directory) {
    UserStore store = UserStore.of(directory);
    return database.transact(
        session -> {
          int added = 0;
          for (User user : USERS) {
            if (store.load(session, user.subject()).isEmpty()) {
              store.create(session, user);
              added++;
            }
          }
          return added;
        });
  }
}
