package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import java.time.Clock;
import java.util.Optional;

/**
 * What an endpoint may ask of the application around it. It can close nothing: settings, users and
 * database belong to the application. Thread-safe.
 */
public interface EndpointEnvironment {
  /** True in dev mode. */
  boolean isDevelopment();

  /** The clock of every check of time; the system's unless the application brought another. */
  Clock clock();

  /**
   * Looks a user up, by the cache that the handshakes use; waits at most the lookup time-out.
   *
   * @return the user, of whatever status; empty when there is none
   * @throws dev.drawbridge.db.user.UserLookupUnavailableException when it cannot be known now
   */
  Optional<User> findUser(String subject);

  /**
   * Forgets what is known of a user: the next handshake asks anew, and open connections are looked
   * at again. For the code that changes users.
   */
  void userChanged(String subject);
}
