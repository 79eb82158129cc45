package dev.drawbridge.filters.cors.rules;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The origin of a packaged application or a browser extension, such as {@code
 * capacitor://localhost} or {@code app://-}. Its scheme is its own, so nothing is known of its
 * parts: it is one literal, and compared letter by letter. Stateless.
 */
public final class AppOrigin {
  /** A scheme (RFC 3986 section 3.1), a host without escapes, and perhaps a port. */
  private static final Pattern FORM =
      Pattern.compile(
          "([A-Za-z][A-Za-z0-9+.-]{0,62})://([A-Za-z0-9._~-]{1,200}(?::[1-9]\\d{0,4})?)");

  /** Schemes whose pages have no origin of their own, or that are no pages at all. */
  private static final Set<String> NO_APPLICATIONS =
      Set.of(
          "about",
          "blob",
          "data",
          "file",
          "filesystem",
          "ftp",
          "ftps",
          "javascript",
          "mailto",
          "sftp",
          "view-source",
          "ws",
          "wss");

  /** Where {@code http} and {@code https} begin, and most of their misspellings. */
  private static final String WEB = "ht";

  private AppOrigin() {}

  /**
   * Reads an entry of an allow-list.
   *
   * @return the literal that such a page sends, with its scheme in lower case; null when the entry
   *     is the origin of no packaged application
   */
  public static @Nullable String normal(String item) {
    String origin = item.endsWith("/") ? item.substring(0, item.length() - 1) : item;
    var parts = FORM.matcher(origin);
    if (origin.length() > Origin.MAX_LENGTH || !parts.matches()) {
      return null;
    }
    String scheme = parts.group(1).toLowerCase(Locale.ROOT);
    return scheme.startsWith(WEB) || NO_APPLICATIONS.contains(scheme)
        ? null
        : scheme + "://" + parts.group(2);
  }

  /** True for an entry that would be one but for its {@code *}. */
  static boolean isPattern(String item) {
    String whole = item.replace(":*", "").replace('*', '-');
    return item.indexOf('*') > item.indexOf("://") && normal(whole) != null;
  }
}
