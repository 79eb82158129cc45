package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** The configuration cannot work; the message names the setting. */
public final class DbConfigException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
