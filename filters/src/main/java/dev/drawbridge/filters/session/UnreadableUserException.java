package dev.drawbridge.filters.session;

/** Who is logged in cannot be read. Its message names types and settings, and no value. */
final class UnreadableUserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreadableUserException(String message) {
    super(message);
  }
}
