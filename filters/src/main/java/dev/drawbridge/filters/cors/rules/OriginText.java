package dev.drawbridge.filters.cors.rules;

/** Text from a request or a setting, made fit for a log line or an answer. */
public final class OriginText {
  /** Longest text that is repeated, in characters: {@value}. */
  static final int MAX_LENGTH = 200;

  private static final String ELLIPSIS = "…";

  private OriginText() {}

  /**
   * Cuts a text and escapes quotes, backslashes and everything that is not printable ASCII, so that
   * it can neither end a line nor a quotation.
   */
  public static String escaped(String text) {
    StringBuilder safe = new StringBuilder(Math.min(text.length(), MAX_LENGTH) + 8);
    for (int i = 0; i < text.length(); i++) {
      if (i == MAX_LENGTH) {
        return safe.append(ELLIPSIS).toString();
      }
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        safe.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        safe.append(c);
      } else {
        safe.append(String.format("\\u%04x", (int) c));
      }
    }
    return safe.toString();
  }

  /** The same between quotation marks. */
  public static String quoted(String text) {
    return '"' + escaped(text) + '"';
  }
}
