package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/**
 * The connection broke during commit, so nobody here knows whether the transaction was committed.
 */
public final class DbUnknownOutcomeException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbUnknownOutcomeException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
