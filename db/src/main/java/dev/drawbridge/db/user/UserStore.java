package dev.drawbridge.db.user;

import dev.drawbridge.db.Batch;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.TransactionOutcome;
import dev.drawbridge.db.internal.users.SqlUserSource;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Changes users in {@code app_user} and {@code app_user_role}, and invalidates them in the
 * directory when the transaction commits. Thread-safe; each call belongs to the given session,
 * which must have a transaction open.
 */
public final class UserStore {
  private final UserDirectory directory;
  private final Clock clock;

  private UserStore(UserDirectory directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** A store whose changes the directory learns of. */
  public static UserStore of(UserDirectory directory) {
    return of(directory, Clock.systemUTC());
  }

  /** Like {@link #of(UserDirectory)}, with a clock for the columns that say when. */
  public static UserStore of(UserDirectory directory, Clock clock) {
    return new UserStore(directory, clock);
  }

  /** The user as this transaction sees it, past the cache. */
  public Optional<User> load(DbSession session, String subject) {
    return SqlUserSource.loadFromTable(session, subject)
        .filter(user -> user.subject().equals(subject));
  }

  /**
   * Adds a user.
   *
   * @throws dev.drawbridge.db.DbConstraintException of kind UNIQUE when the subject exists
   */
  public void create(DbSession session, User user) {
    invalidateAfterCommit(session, user.subject());
    String id = UUID.randomUUID().toString();
    Instant now = clock.instant();
    session
        .update(
            "INSERT INTO app_user"
                + " (id, subject, display_name, status, tokens_valid_from, created_at, updated_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)",
            id,
            user.subject(),
            user.displayName(),
            user.status(),
            user.tokensValidFrom(),
            now,
            now)
        .run();
    addRoles(session, id, user.roles());
  }

  /**
   * Replaces name, status, roles and revocation of a user.
   *
   * @return false when there is no such subject
   */
  public boolean update(DbSession session, User user) {
    boolean found =
        change(
            session,
            user.subject(),
            "display_name = ?, status = ?, tokens_valid_from = ?",
            user.displayName(),
            user.status(),
            user.tokensValidFrom());
    return found && setRoles(session, user.subject(), user.roles());
  }

  /**
   * Lets a user in or keeps it out.
   *
   * @return false when there is no such subject
   */
  public boolean setStatus(DbSession session, String subject, User.Status status) {
    return change(session, subject, "status = ?", status);
  }

  /**
   * Replaces the roles of a user.
   *
   * @return false when there is no such subject
   */
  public boolean setRoles(DbSession session, String subject, Set<String> roles) {
    if (!change(session, subject, "status = status")) {
      return false;
    }
    String id =
        session
            .query("SELECT id FROM app_user WHERE subject = ?", subject)
            .one(row -> row.string("id"))
            .orElseThrow();
    session.update("DELETE FROM app_user_role WHERE user_id = ?", id).run();
    addRoles(session, id, roles);
    return true;
  }

  /**
   * Revokes all tokens issued before an instant. An earlier instant than the one already kept
   * changes nothing: a revocation is never taken back this way.
   *
   * @return false when there is no such subject
   */
  public boolean revokeTokens(DbSession session, String subject, Instant issuedBefore) {
    return change(
        session,
        subject,
        "tokens_valid_from = CASE WHEN tokens_valid_from > ? THEN tokens_valid_from ELSE ? END",
        issuedBefore,
        issuedBefore);
  }

  private boolean change(
      DbSession session, String subject, String assignments, @Nullable Object... values) {
    invalidateAfterCommit(session, subject);
    @Nullable Object[] all = new Object[values.length + 2];
    System.arraycopy(values, 0, all, 0, values.length);
    all[values.length] = clock.instant();
    all[values.length + 1] = subject;
    long changed =
        session
            .update(
                "UPDATE app_user SET "
                    + assignments
                    + ", row_version = row_version + 1, updated_at = ? WHERE subject = ?",
                all)
            .run();
    return changed > 0;
  }

  private static void addRoles(DbSession session, String id, Set<String> roles) {
    Batch batch = session.batch("INSERT INTO app_user_role (user_id, role) VALUES (?, ?)");
    roles.forEach(role -> batch.add(id, role));
    batch.run();
  }

  /** Also when nobody knows how the commit ended: reading once more does no harm. */
  private void invalidateAfterCommit(DbSession session, String subject) {
    if (!session.inTransaction()) {
      throw new DbStateException("users are changed inside a transaction only", null);
    }
    session.afterCompletion(
        outcome -> {
          if (outcome != TransactionOutcome.ROLLED_BACK) {
            directory.invalidate(subject);
          }
        });
  }
}
