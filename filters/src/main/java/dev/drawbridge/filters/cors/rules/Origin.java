package dev.drawbridge.filters.cors.rules;

import org.jspecify.annotations.Nullable;

/**
 * One parsed value of {@code Origin}. Immutable. RFC 6454 section 6.2, in the form that browsers
 * send: {@code http} or {@code https}, a host as {@link HostName} reads it, and a port.
 *
 * @param scheme {@code http} or {@code https}
 * @param host in lower case; an IPv6 address is compressed and in brackets
 * @param port 1 to 65535; the default of the scheme when none was written
 */
public record Origin(String scheme, String host, int port) implements ParsedOrigin {
  /** Longest value that is read, in characters: {@value}. */
  public static final int MAX_LENGTH = 300;

  static final String HTTP = "http";
  static final String HTTPS = "https";

  private static final String SEPARATOR = "://";
  private static final int MAX_PORT = 65_535;

  /**
   * Reads the one value of an {@code Origin} line, strictly: nothing before, behind or between.
   * Letter case of scheme and host is ignored, and a written default port counts as none.
   *
   * @return the origin, or the reason why it is none; never an exception
   */
  public static ParsedOrigin parse(String value) {
    if (value.isEmpty()) {
      return OriginReason.MALFORMED;
    }
    if (value.length() > MAX_LENGTH) {
      return OriginReason.TOO_LONG;
    }
    OriginReason character = badCharacter(value);
    if (character != null) {
      return character;
    }
    if (value.equals("null")) {
      return OriginReason.NULL_ORIGIN;
    }
    if (value.regionMatches(true, 0, "https://", 0, 8)) {
      return authority(HTTPS, value, 8);
    }
    if (value.regionMatches(true, 0, "http://", 0, 7)) {
      return authority(HTTP, value, 7);
    }
    return hasOtherScheme(value) ? OriginReason.SCHEME : OriginReason.MALFORMED;
  }

  private static @Nullable OriginReason badCharacter(String value) {
    boolean several = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < ' ' || c == 0x7F) {
        return OriginReason.CONTROL_CHARACTER;
      }
      if (c > '~') {
        return OriginReason.NOT_ASCII;
      }
      several |= c == ' ' || c == ',';
    }
    return several ? OriginReason.MULTIPLE : null;
  }

  private static boolean hasOtherScheme(String value) {
    int end = value.indexOf(SEPARATOR);
    for (int i = 0; i < end; i++) {
      char c = value.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      boolean other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      if (!letter && (i == 0 || !other)) {
        return false;
      }
    }
    return end > 0;
  }

  private static ParsedOrigin authority(String scheme, String value, int start) {
    for (int i = start; i < value.length(); i++) {
      switch (value.charAt(i)) {
        case '@' -> {
          return OriginReason.USER_INFO;
        }
        case '/', '\\', '?', '#' -> {
          return OriginReason.PATH;
        }
        default -> {}
      }
    }
    boolean bracket = start < value.length() && value.charAt(start) == '[';
    int colon = value.indexOf(':', bracket ? Math.max(start, value.indexOf(']', start)) : start);
    int hostEnd = colon < 0 ? value.length() : colon;
    if (hostEnd - start > 1 && value.charAt(hostEnd - 1) == '.') {
      return OriginReason.TRAILING_DOT;
    }
    String host = HostName.normal(value.substring(start, hostEnd));
    if (host == null) {
      return OriginReason.MALFORMED;
    }
    int port = colon < 0 ? defaultPort(scheme) : port(value, colon + 1);
    return port < 0 ? OriginReason.PORT : new Origin(scheme, host, port);
  }

  /** The port from {@code start} to the end, or -1 when it is none. */
  private static int port(String value, int start) {
    int length = value.length() - start;
    if (length < 1 || length > 5 || value.charAt(start) == '0') {
      return -1;
    }
    int port = 0;
    for (int i = start; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      port = port * 10 + c - '0';
    }
    return port <= MAX_PORT ? port : -1;
  }

  public static int defaultPort(String scheme) {
    return scheme.equals(HTTPS) ? 443 : 80;
  }

  /** True for {@code localhost}, {@code 127.0.0.1} and {@code [::1]}, on any port. */
  public boolean isLoopback() {
    return HostName.isLoopback(host);
  }

  /** The origin as a browser writes it: without a default port. */
  @Override
  public String toString() {
    String text = scheme + SEPARATOR + host;
    return port == defaultPort(scheme) ? text : text + ":" + port;
  }
}
