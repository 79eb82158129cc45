package dev.drawbridge.endpoint.cluster;

import java.security.SecureRandom;

/**
 * A place in the log: after this entry, before the next. Immutable. Positions of different epochs
 * are never compared.
 *
 * @param epoch {@value #EPOCH_LENGTH} characters of {@code [A-Za-z0-9]}
 * @param seq number of the entry, 0 to {@value #MAX_SEQ}; 0 is before the first
 */
public record Position(String epoch, long seq) {
  /** Length of an epoch. */
  public static final int EPOCH_LENGTH = 8;

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  /** The greatest number that a JavaScript client can count to: 2^53 - 1. */
  public static final long MAX_SEQ = (1L << 53) - 1;

  /** Checks both. */
  public Position {
    if (!isEpoch(epoch)) {
      throw new IllegalArgumentException(
          "an epoch must be " + EPOCH_LENGTH + " characters of A-Z a-z 0-9: " + epoch);
    }
    if (seq < 0 || seq > MAX_SEQ) {
      throw new IllegalArgumentException("seq must be in [0, " + MAX_SEQ + "]: " + seq);
    }
  }

  /** A word for a new epoch. */
  public static String newEpoch(SecureRandom random) {
    StringBuilder word = new StringBuilder(EPOCH_LENGTH);
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      word.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return word.toString();
  }

  /** True for what {@link #epoch} may be. */
  public static boolean isEpoch(String text) {
    if (text.length() != EPOCH_LENGTH) {
      return false;
    }
    for (int i = 0; i < EPOCH_LENGTH; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return epoch + "/" + seq;
  }
}
