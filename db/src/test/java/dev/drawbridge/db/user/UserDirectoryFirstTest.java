package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UserDirectoryFirstTest {
  @Test
  void findsUsersOfTheTableAndKnowsWhoIsAbsent() {
    DatabaseConfig config = DatabaseConfig.builder().url("jdbc:h2:mem:first").build();
    try (Database database = Database.open(config);
        UserDirectory users =
            UserDirectory.of(UserSource.table(database), UserDirectoryConfig.defaults())) {
      assertThatThrownBy(() -> users.find("alice"))
          .isInstanceOf(UserLookupUnavailableException.class);
      database.transact(
          session -> {
            session
                .update(
                    "CREATE TABLE app_user (id VARCHAR(36), subject VARCHAR(190), display_name"
                        + " VARCHAR(200), status VARCHAR(16), tokens_valid_from TIMESTAMP(6))")
                .run();
            session
                .update("CREATE TABLE app_user_role (user_id VARCHAR(36), role VARCHAR(64))")
                .run();
            session
                .update(
                    "INSERT INTO app_user VALUES (?, ?, ?, ?, NULL)",
                    "1",
                    "alice",
                    "Alice",
                    "ACTIVE")
                .run();
            session.update("INSERT INTO app_user_role VALUES ('1', 'admin'), ('1', 'user')").run();
            return null;
          });

      assertThat(users.find("alice").user())
          .contains(User.of("alice", "Alice", Set.of("admin", "user")));
      assertThat(users.find("alice").source()).isEqualTo(Lookup.Source.CACHE);
      assertThat(users.find("bob").user()).isEmpty();
    }
  }
}
