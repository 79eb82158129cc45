package dev.drawbridge.filters.cors.rules;

import java.net.IDN;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How browsers write an international domain name (UTS 46, non-transitional), as far as the JDK's
 * older rules (IDNA 2003) are sure to give the same. They differ for letters that one of them maps
 * or drops, such as the German sharp s, the Greek final sigma and the joiners, and for what is
 * newer than Unicode 3.2: of such a name nothing is said. Stateless.
 */
final class InternationalName {
  /** First and last letters of which both rules say that they stand for themselves. */
  private static final int[][] SAME = {
    {0xE0, 0xF6},
    {0xF8, 0x17E},
    {0x3B1, 0x3C1},
    {0x3C3, 0x3C9},
    {0x430, 0x45F},
    {0x4E00, 0x9FA5},
    {0xAC00, 0xD7A3},
  };

  /** Between them, but taken apart into two: ij, l with a dot, n behind an apostrophe. */
  private static final String TAKEN_APART = "\u0133\u0140\u0149";

  private InternationalName() {}

  /**
   * The name as browsers send it, or null when that is not certain.
   *
   * @param host a name that is not ASCII, perhaps with a port
   */
  static @Nullable String ascii(String host) {
    int colon = host.indexOf(':');
    String name = (colon < 0 ? host : host.substring(0, colon)).toLowerCase(Locale.ROOT);
    StringBuilder ascii = new StringBuilder();
    for (String label : name.split("\\.", -1)) {
      String one = label.equals("*") && ascii.length() == 0 ? label : asciiLabel(label);
      if (one == null) {
        return null;
      }
      ascii.append(ascii.length() == 0 ? "" : ".").append(one);
    }
    return ascii.append(colon < 0 ? "" : host.substring(colon)).toString();
  }

  private static @Nullable String asciiLabel(String label) {
    boolean hyphens =
        label.startsWith("-")
            || label.endsWith("-")
            || label.startsWith("--", 2)
            || label.isEmpty();
    if (hyphens || !label.codePoints().allMatch(InternationalName::isSame)) {
      return null;
    }
    try {
      String ascii = IDN.toASCII(label, IDN.USE_STD3_ASCII_RULES);
      return IDN.toUnicode(ascii).equals(label) ? ascii : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean isSame(int c) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') {
      return true;
    }
    for (int[] range : SAME) {
      if (c >= range[0] && c <= range[1]) {
        // Capitals of these alphabets stand between their small letters.
        return Character.toLowerCase(c) == c && TAKEN_APART.indexOf(c) < 0;
      }
    }
    return false;
  }
}
