package dev.drawbridge.endpoint.internal.message;

/**
 * Halves of surrogate pairs: JSON can escape one, UTF-8 cannot write it, and what cannot be sent
 * back as it came is not taken. RFC 8259 section 8.2, RFC 7493 section 2.1. Stateless.
 */
public final class Surrogates {
  private static final int HIGH = 1;
  private static final int LOW = 2;

  /** Of a backslash, a u, and four digits. */
  private static final int ESCAPE_LENGTH = 6;

  private static final int LOWER_CASE = 0x20;

  private Surrogates() {}

  /**
   * Refuses the reason of a close that cannot be sent.
   *
   * @throws IllegalArgumentException if a half stands alone in it
   */
  public static void checkReason(String reason) {
    if (isBroken(reason)) {
      throw new IllegalArgumentException(
          "the reason of a close must not hold half of a surrogate pair");
    }
  }

  /** True if a half stands alone in a text. */
  public static boolean isBroken(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * True if a JSON text escapes a half that stands alone. One look for a backslash where nothing is
   * escaped, which is most often.
   */
  static boolean isEscapedIn(String json) {
    int at = json.indexOf('\\');
    while (at >= 0) {
      int half = half(json, at);
      if (half == LOW) {
        return true;
      }
      if (half == HIGH) {
        if (half(json, at + ESCAPE_LENGTH) != LOW) {
          return true;
        }
        at += ESCAPE_LENGTH;
      }
      // Two characters on: the second one of an escape begins none.
      at = json.indexOf('\\', at + 2);
    }
    return false;
  }

  /** Which half an escape at a place writes, 0 for none. */
  private static int half(String json, int at) {
    if (at + ESCAPE_LENGTH > json.length()
        || json.charAt(at) != '\\'
        || json.charAt(at + 1) != 'u'
        || (json.charAt(at + 2) | LOWER_CASE) != 'd') {
      return 0;
    }
    int digit = Character.digit(json.charAt(at + 3), 16);
    return digit >= 12 ? LOW : digit >= 8 ? HIGH : 0;
  }
}
