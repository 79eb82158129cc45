package dev.drawbridge.filters.jwt;

/** A key source holds nothing that we can verify with. The message never holds key material. */
final class UnusableKeysException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableKeysException(String message) {
    super(message);
  }
}
