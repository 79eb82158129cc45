package dev.drawbridge.migrations;

import org.jspecify.annotations.Nullable;

/**
 * The schema is not what the application needs, or could not be made so. The message is one
 * sentence that names file, line and statement where there are any; it holds no password.
 */
public final class MigrationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MigrationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
