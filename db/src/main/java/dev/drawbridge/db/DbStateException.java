package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** The session was used against its contract. */
public final class DbStateException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbStateException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  static DbStateException strangeThread(Thread owner, Thread user) {
    return new DbStateException(
        "the session belongs to thread '"
            + owner.getName()
            + "' and was used by '"
            + user.getName()
            + "'",
        null);
  }
}
