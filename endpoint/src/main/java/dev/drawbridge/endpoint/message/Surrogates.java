package dev.drawbridge.endpoint.message;

/**
 * Halves of surrogate pairs: JSON can escape one, UTF-8 cannot write it, and what cannot be sent
 * back as it came is not taken. RFC 8259 section 8.2, RFC 7493 section 2.1. Stateless.
 */
public final class Surrogates {
  private Surrogates() {}

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

  /** True if a JSON text may hold a half: it escapes one, whether its twin is there or not. */
  static boolean mayBeIn(String json) {
    int at = json.indexOf('\\');
    while (at >= 0 && at + 2 < json.length()) {
      if (json.charAt(at + 1) == 'u' && (json.charAt(at + 2) | 0x20) == 'd') {
        return true;
      }
      // Two characters on: the second one of an escape begins none.
      at = json.indexOf('\\', at + 2);
    }
    return false;
  }
}
