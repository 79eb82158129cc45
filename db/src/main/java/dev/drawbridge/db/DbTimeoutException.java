package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/**
 * A statement took longer than its time-out and was cancelled. Not transient: the same work would
 * take as long again.
 */
public final class DbTimeoutException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbTimeoutException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
