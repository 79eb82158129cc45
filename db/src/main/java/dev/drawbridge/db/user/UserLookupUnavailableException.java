package dev.drawbridge.db.user;

import org.jspecify.annotations.Nullable;

/** Whether a user exists could not be found out now. Never means "unknown user". */
public final class UserLookupUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why there is no answer. */
  public enum Reason {
    /** The source cannot be reached. */
    OUTAGE,
    /** Too many lookups wait already. */
    OVERLOAD,
    /** The answer took too long. */
    TIMEOUT,
    /** The source answered with an error, for instance a missing table; retrying will not help. */
    FAILED,
    /** The waiting thread was interrupted; its flag is set again. */
    INTERRUPTED,
    /** The directory is closed. */
    CLOSED
  }

  private final Reason reason;

  /** For sources that are no database and cannot be reached. */
  public UserLookupUnavailableException(String message, @Nullable Throwable cause) {
    this(Reason.OUTAGE, message, cause);
  }

  /** For a reason that the source itself can tell. */
  public UserLookupUnavailableException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** The same for one more waiter, whose stack trace is another. */
  UserLookupUnavailableException(UserLookupUnavailableException shared) {
    this(shared.reason, String.valueOf(shared.getMessage()), shared);
  }

  /** Why there is no answer. */
  public Reason reason() {
    return reason;
  }
}
