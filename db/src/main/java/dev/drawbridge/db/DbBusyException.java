package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** No pooled connection became free in time; the database itself may be well. */
public final class DbBusyException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbBusyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
