package dev.drawbridge.filters.jwt.keys;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where keys come from, in one spelling, so that two settings that mean the same place are alike.
 * Stateless. RFC 3986 section 6.2.
 */
final class KeyPlace {

  private static final Pattern ESCAPE = Pattern.compile("%[0-9A-Fa-f]{2}");
  private static final Pattern UNRESERVED = Pattern.compile("[A-Za-z0-9._~-]");

  private KeyPlace() {}

  /**
   * An address: whichever scheme, letter case of the host, written default port, needless escape,
   * dot, double slash or slash at the end.
   *
   * @param url with a host
   */
  static String of(URI url) {
    String host = url.getHost().toLowerCase(Locale.ROOT);
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    boolean http = "http".equalsIgnoreCase(url.getScheme());
    int port = url.getPort() == (http ? 80 : 443) ? -1 : url.getPort();
    // Two slashes at the begin of a path without a host would be read as one.
    String slashed = ("/" + plain(url.getRawPath())).replaceAll("/{2,}", "/");
    String path = URI.create(slashed).normalize().getRawPath().replaceAll("^(/\\.\\.(?=/|$))+", "");
    return host
        + (port < 0 ? "" : ":" + port)
        + path.replaceAll("/$", "")
        + (url.getRawQuery() == null ? "" : "?" + plain(url.getRawQuery()));
  }

  /** A file by its real path, else by what was said. */
  static String of(Path file) {
    try {
      return "file " + file.toRealPath();
    } catch (IOException e) {
      return "file " + file.toAbsolutePath().normalize();
    }
  }

  /** Without escapes of what needs none, the others in capitals. */
  private static String plain(@Nullable String text) {
    return text == null
        ? ""
        : ESCAPE
            .matcher(text)
            .replaceAll(
                found -> {
                  String meant =
                      String.valueOf((char) Integer.parseInt(found.group().substring(1), 16));
                  return UNRESERVED.matcher(meant).matches()
                      ? meant
                      : found.group().toUpperCase(Locale.ROOT);
                });
  }
}
