package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** The database cannot be reached, refuses the login, or dropped the connection. */
public final class DbUnavailableException extends DbException {
  private static final long serialVersionUID = 1L;

  private final boolean timedOut;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbUnavailableException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  /**
   * Likewise.
   *
   * @param timedOut whether the socket was silent for too long, so that it is not transient
   */
  public DbUnavailableException(String message, @Nullable Throwable cause, boolean timedOut) {
    super(message, cause);
    this.timedOut = timedOut;
  }

  /** Whether the socket was silent for too long; what was asked may still be under way. */
  boolean timedOut() {
    return timedOut;
  }

  /** False where a statement was sent and its answer did not come in time. */
  @Override
  public boolean isTransient() {
    return !timedOut;
  }
}
