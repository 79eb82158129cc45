package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.refusal.RefusalCode;

/** A key source holds nothing that we can verify with. The message never holds key material. */
public final class UnusableKeysException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RefusalCode code;

  UnusableKeysException(String message) {
    this(message, RefusalCode.KEYS_UNAVAILABLE);
  }

  /**
   * For what is more than an outage.
   *
   * @param code with which handshakes are refused while there are no other keys
   */
  UnusableKeysException(String message, RefusalCode code) {
    super(message);
    this.code = code;
  }

  RefusalCode code() {
    return code;
  }
}
