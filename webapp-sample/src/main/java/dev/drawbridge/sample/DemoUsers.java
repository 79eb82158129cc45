package dev.drawbridge.sample;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.user.User;
import java.util.List;
import java.util.UUID;

/** The people of the sample, in dev mode alone. */
final class DemoUsers {
  private static final List<User> USERS =
      List.of(
          User.builder("alice").displayName("Alice").build(),
          User.builder("bob").displayName("Bob").build(),
          User.builder("mallory").displayName("Mallory").status(User.Status.SUSPENDED).build());

  private DemoUsers() {}

  /** Adds those who are not there yet. */
  static void add(Database database) {
    database.transact(
        session -> {
          USERS.forEach(user -> add(session, user));
          return USERS.size();
        });
  }

  private static void add(DbSession session, User user) {
    boolean present =
        session
            .query("SELECT id FROM app_user WHERE subject = :subject")
            .bind("subject", user.subject())
            .one(row -> row.string("id"))
            .isPresent();
    if (!present) {
      session
          .update(
              "INSERT INTO app_user (id, subject, display_name, status)"
                  + " VALUES (:id, :subject, :name, :status)")
          .bind("id", UUID.randomUUID().toString())
          .bind("subject", user.subject())
          .bind("name", user.displayName())
          .bind("status", user.status().name())
          .run();
    }
  }
}
