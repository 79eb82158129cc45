package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** The transaction lost against another one: deadlock, serialization failure or lock time-out. */
public final class DbConflictException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
