package dev.drawbridge.db.user;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.internal.users.SqlUserSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where users come from: our table, a table of the application's, or anything else. Called by
 * several threads at once; may block.
 */
@FunctionalInterface
public interface UserSource {
  /**
   * Loads one user.
   *
   * @return empty when there is none
   * @throws dev.drawbridge.db.DbException when the database could not answer. A source that is no
   *     database reports its outages with {@link UserLookupUnavailableException}
   */
  Optional<User> load(String subject);

  /**
   * Loads several users, in one go where the source can.
   *
   * @param subjects different ones, at most {@link #batchSize}
   * @return by subject; who is absent is missing
   * @throws dev.drawbridge.db.DbException as in {@link #load}
   */
  default Map<String, User> loadAll(Collection<String> subjects) {
    Map<String, User> users = new HashMap<>();
    for (String subject : subjects) {
      load(subject).ifPresent(user -> users.put(subject, user));
    }
    return users;
  }

  /** How many subjects one {@link #loadAll} takes, at least 1: when they are loaded one by one. */
  default int batchSize() {
    return 1;
  }

  /** Reads the tables {@code app_user} and {@code app_user_role} of the migrations module. */
  static UserSource table(Database database) {
    return SqlUserSource.table(database);
  }

  /**
   * Reads users with a statement of the application's.
   *
   * @param sql a query with the one parameter {@code :subject}. Its columns: {@code subject};
   *     optional are {@code display_name}, {@code role} (one row per role) or {@code roles} (comma
   *     separated), {@code status} (ACTIVE, SUSPENDED or DELETED) and {@code tokens_valid_from}
   *     (UTC). All rows must be of one subject. A plain statement with {@code = :subject}, without
   *     parentheses, grouping, limits and alternatives, is run for many subjects at once
   * @throws dev.drawbridge.db.DbConfigException when the statement has no such parameter
   */
  static UserSource query(Database database, String sql) {
    return SqlUserSource.query(database, sql);
  }
}
