package dev.drawbridge.filters.cors.rules;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One entry of an allow-list: an exact origin, or one whose host begins with {@code *.} (one or
 * more whole labels, never the domain itself) or whose port is {@code *}. Immutable.
 *
 * @param origin what must be equal; for a pattern its host is the part behind {@code *.} and its
 *     port, when any is allowed, the default one
 * @param subdomains true for {@code *.}
 * @param anyPort true for {@code :*}
 */
public record OriginRule(Origin origin, boolean subdomains, boolean anyPort) {

  /**
   * An entry as read.
   *
   * @param rule null when the entry is refused
   * @param problem why it is refused, as the end of "NAME: entry …"; null otherwise
   */
  record Entry(@Nullable OriginRule rule, @Nullable String problem) {}

  private static final String ANY_PORT = ":*";
  private static final String ANY_LABELS = "://*.";

  /**
   * Reads one entry.
   *
   * @param item not blank, without blanks around it
   */
  static Entry parse(String item) {
    if (item.equals("*")) {
      return refused(
          "would let every page in with the user's credentials; list each origin, or use a"
              + " pattern such as https://*.example.org");
    }
    if (item.equalsIgnoreCase("null")) {
      return refused(
          "is what every file:// page and sandboxed frame sends; serve the page over http");
    }
    if (!item.contains("://")) {
      return refused("must begin with http:// or https://");
    }
    if (AppOrigin.isPattern(item)) {
      return refused(
          "must be whole: the origin of a packaged application is compared letter by letter, so"
              + " nothing can stand for a part of it");
    }
    // A browser sends no path; a lone slash is what people copy from the address bar.
    String origin = item.endsWith("/") ? item.substring(0, item.length() - 1) : item;
    boolean anyPort = origin.endsWith(ANY_PORT);
    if (anyPort) {
      origin = origin.substring(0, origin.length() - ANY_PORT.length());
    }
    boolean subdomains = origin.contains(ANY_LABELS);
    if (subdomains) {
      origin = origin.replace(ANY_LABELS, "://");
    }
    if (origin.indexOf('*') >= 0) {
      return refused(
          "has a * that is neither the first label (https://*.example.org) nor the whole port"
              + " (http://localhost:*)");
    }
    ParsedOrigin parsed = Origin.parse(origin);
    if (parsed instanceof OriginReason reason) {
      return refused(problem(reason, origin));
    }
    Origin good = (Origin) parsed;
    if (subdomains && (good.host().indexOf('.') < 0 || HostName.isAddress(good.host()))) {
      return refused("covers too much; at least two labels must follow *., as in https://*.a.org");
    }
    if (anyPort && hasPort(origin)) {
      return refused("has two ports");
    }
    return new Entry(new OriginRule(good, subdomains, anyPort), null);
  }

  private static boolean hasPort(String origin) {
    return origin.lastIndexOf(':') > Math.max(origin.lastIndexOf(']'), origin.indexOf(':'));
  }

  private static Entry refused(String problem) {
    return new Entry(null, problem);
  }

  private static String problem(OriginReason reason, String text) {
    return switch (reason) {
      case SCHEME ->
          text.toLowerCase(Locale.ROOT).startsWith("ws")
              ? "is a WebSocket address; write the page's origin, which begins with http:// or"
                  + " https://"
              : "must begin with http:// or https://";
      case USER_INFO -> "must not name a user";
      case PATH -> "must end behind the host or port; browsers send no path";
      case TRAILING_DOT -> "must not have a dot behind the host";
      case PORT -> "must have a port in [1, 65535] without leading zeros, or none";
      case NOT_ASCII -> "must be ASCII; " + asciiAdvice(text);
      case MULTIPLE -> "must be one origin; put commas between several";
      case TOO_LONG -> "must be at most " + Origin.MAX_LENGTH + " characters";
      case CONTROL_CHARACTER -> "must have no control characters";
      default -> "must have a host as browsers write it: a name, 127.0.0.1 or [::1]";
    };
  }

  private static String asciiAdvice(String text) {
    int start = text.indexOf("://") + 3;
    String ascii = InternationalName.ascii(text.substring(start));
    return ascii == null
        ? "write the name as browsers send it, with xn--: open the page and copy location.origin"
        : "browsers send " + text.substring(0, start) + ascii;
  }

  /** True if the rule is no pattern. */
  boolean isExact() {
    return !subdomains && !anyPort;
  }

  /** True if this rule allows an origin: the parts are compared, never the text. */
  boolean matches(Origin other) {
    return origin.scheme().equals(other.scheme())
        && (anyPort || origin.port() == other.port())
        && matchesHost(other.host());
  }

  /** True if a host is that of the rule, or below it for {@code *.}. */
  public boolean matchesHost(String host) {
    return subdomains ? isBelow(host, origin.host()) : origin.host().equals(host);
  }

  /** True if {@code host} has at least one label more in front of {@code domain}. */
  public static boolean isBelow(String host, String domain) {
    int dot = host.length() - domain.length() - 1;
    return dot > 0 && host.charAt(dot) == '.' && host.endsWith(domain);
  }

  /** The entry in its normal spelling. */
  @Override
  public String toString() {
    String port =
        anyPort
            ? ANY_PORT
            : origin.port() == Origin.defaultPort(origin.scheme()) ? "" : ":" + origin.port();
    return origin.scheme() + (subdomains ? ANY_LABELS : "://") + origin.host() + port;
  }
}
