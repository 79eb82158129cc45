package dev.drawbridge.filters.request;

/** Where a filter or a servlet is mapped to. Servlet specification, section 12.2. Stateless. */
public final class UrlPattern {
  private static final String ALL = "/*";

  private UrlPattern() {}

  /**
   * True if requests for a path go through what is mapped to the pattern. {@code /} counts as every
   * path, as in Jetty; Tomcat has filters there for {@code /} alone.
   *
   * @param pattern {@code /a}, {@code /a/*}, {@code *.a}, {@code /}
   * @param path in the application, without its context path
   */
  public static boolean matches(String pattern, String path) {
    if (pattern.endsWith(ALL)) {
      String prefix = pattern.substring(0, pattern.length() - ALL.length());
      return path.equals(prefix) || path.startsWith(prefix + "/");
    }
    if (pattern.startsWith("*.")) {
      return path.endsWith(pattern.substring(1));
    }
    return pattern.equals(path) || pattern.equals("/");
  }
}
