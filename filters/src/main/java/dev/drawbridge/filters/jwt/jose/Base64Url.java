package dev.drawbridge.filters.jwt.jose;

import java.util.Arrays;
import java.util.Base64;

/**
 * Base64url without padding, in its one canonical spelling (RFC 7515 section 2, RFC 4648 section
 * 3.5). Stateless and thread-safe.
 *
 * <p>The JDK's decoder ignores the unused bits of the last character, so that several spellings
 * would give the same bytes.
 */
public final class Base64Url {

  private static final byte[] VALUES = new byte[128];

  static {
    Arrays.fill(VALUES, (byte) -1);
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < alphabet.length(); i++) {
      VALUES[alphabet.charAt(i)] = (byte) i;
    }
  }

  private Base64Url() {}

  /** The value of a character, 0 to 63, or -1 if it is not one of the alphabet. */
  static int value(char c) {
    return c < 128 ? VALUES[c] : -1;
  }

  /** True if a part of a text is canonical; the empty part is. */
  public static boolean isCanonical(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (value(text.charAt(i)) < 0) {
        return false;
      }
    }
    int unusedBits =
        switch ((to - from) % 4) {
          case 0 -> 0;
          case 2 -> 0b1111;
          case 3 -> 0b11;
          default -> -1;
        };
    return unusedBits == 0 || (unusedBits > 0 && (value(text.charAt(to - 1)) & unusedBits) == 0);
  }

  /** Decodes a part of a text that {@link #isCanonical}. */
  public static byte[] decode(String text, int from, int to) {
    return Base64.getUrlDecoder().decode(text.substring(from, to));
  }
}
