package dev.drawbridge.db;

/** Shows a JDBC URL without the parts that may hold secrets. */
final class Urls {
  private Urls() {}

  /** Everything up to the first parameter, without a {@code user:password@} part. */
  static String masked(String url) {
    int end = url.length();
    for (char c : new char[] {'?', ';', '&'}) {
      int at = url.indexOf(c);
      end = at < 0 ? end : Math.min(end, at);
    }
    String plain = url.substring(0, end);
    int at = plain.lastIndexOf('@');
    int slashes = plain.indexOf("//");
    if (at >= 0) {
      plain = slashes < 0 ? "jdbc:***" : plain.substring(0, slashes + 2) + plain.substring(at + 1);
    }
    return end < url.length() ? plain + "..." : plain;
  }
}
