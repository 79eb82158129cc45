package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/**
 * A statement took longer than its time-out and was cancelled, or the server was silent for longer
 * than the socket's. Not transient: the same work would take as long again, and may still be going
 * on.
 */
public final class DbTimeoutException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbTimeoutException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
