package dev.drawbridge.filters.settings;

import java.util.regex.Pattern;

/** User names and passwords in front of the hosts of addresses. Stateless. RFC 3986 section 3.2. */
public final class UserInfo {

  /** Also where a slash in the password makes the rest no address. */
  private static final Pattern IN_ADDRESS =
      Pattern.compile("://(?:[^/?#\\s]*@|[^/?#\\s:]*:(?!\\d*(?:[/?#\\s,]|$))\\S*@)");

  private UserInfo() {}

  /** A text with three stars for those of the addresses in it. */
  public static String masked(String text) {
    return text.contains("://") ? IN_ADDRESS.matcher(text).replaceAll("://***@") : text;
  }
}
