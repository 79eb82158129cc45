package dev.drawbridge.filters.jwt.keys;

/** A key source holds nothing that we can verify with. The message never holds key material. */
public final class UnusableKeysException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableKeysException(String message) {
    super(message);
  }
}
