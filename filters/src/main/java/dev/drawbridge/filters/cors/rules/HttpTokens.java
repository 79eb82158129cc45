package dev.drawbridge.filters.cors.rules;

import java.util.function.Consumer;

/** Names of methods and headers, and lists of them. RFC 9110 section 5.6. */
public final class HttpTokens {
  private static final String MARKS = "!#$%&'*+-.^_`|~";

  private HttpTokens() {}

  /** True for a name without blanks and separators. */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean alphanumeric =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!alphanumeric && MARKS.indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Hands over the items of a list without the blanks around them; empty items are dropped. */
  public static void forEachItem(String list, Consumer<String> action) {
    int start = 0;
    while (start <= list.length()) {
      int comma = list.indexOf(',', start);
      int end = comma < 0 ? list.length() : comma;
      String item = list.substring(start, end).strip();
      if (!item.isEmpty()) {
        action.accept(item);
      }
      start = end + 1;
    }
  }

  /** True if a comma-separated list has an item, letter case ignored. */
  public static boolean contains(String list, String item) {
    int start = 0;
    while (start <= list.length()) {
      int comma = list.indexOf(',', start);
      int end = comma < 0 ? list.length() : comma;
      int from = start;
      int to = end;
      while (from < to && list.charAt(from) <= ' ') {
        from++;
      }
      while (to > from && list.charAt(to - 1) <= ' ') {
        to--;
      }
      if (to - from == item.length() && list.regionMatches(true, from, item, 0, item.length())) {
        return true;
      }
      start = end + 1;
    }
    return false;
  }
}
