package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** The database cannot be reached, refuses the login, or dropped the connection. */
public final class DbUnavailableException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
