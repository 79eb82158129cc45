package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** A result does not have the shape the caller asked for: columns, types or number of rows. */
public final class DbMappingException extends DbException {
  private static final long serialVersionUID = 1L;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbMappingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
