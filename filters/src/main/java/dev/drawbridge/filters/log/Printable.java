package dev.drawbridge.filters.log;

import org.jspecify.annotations.Nullable;

/** Text of strangers, made fit to be kept and shown. Stateless. */
public final class Printable {
  private static final String ELLIPSIS = "…";

  private Printable() {}

  /**
   * Cuts a text and puts a question mark in the place of everything that is not printable ASCII: no
   * line ends, no marks that turn the direction of writing.
   *
   * @return null for null
   */
  public static @Nullable String of(@Nullable String text, int maxChars) {
    if (text == null) {
      return null;
    }
    int end = Math.min(text.length(), maxChars);
    StringBuilder shown = new StringBuilder(end + 1);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      shown.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return text.length() > end ? shown.append(ELLIPSIS).toString() : shown.toString();
  }

  /**
   * The same without blanks, so that a log line's next member stays what it is.
   *
   * @return null for null
   */
  public static @Nullable String word(@Nullable String text, int maxChars) {
    String shown = of(text, maxChars);
    return shown == null ? null : shown.replace(' ', '?');
  }

  /** An address without what may be secret in it: a user, a query, a fragment, path parameters. */
  public static @Nullable String address(@Nullable String url, int maxChars) {
    if (url == null) {
      return null;
    }
    int end = 0;
    while (end < url.length() && "?#;".indexOf(url.charAt(end)) < 0) {
      end++;
    }
    String shown = url.substring(0, end);
    int at = shown.lastIndexOf('@');
    int slashes = shown.indexOf("//");
    if (at >= 0) {
      shown = shown.substring(0, slashes >= 0 ? slashes + 2 : 0) + "***" + shown.substring(at);
    }
    return of(shown, maxChars);
  }
}
