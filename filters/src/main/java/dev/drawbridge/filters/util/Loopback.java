package dev.drawbridge.filters.util;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What names this machine to itself. Stateless and thread-safe. RFC 1122 section 3.2.1.3. */
public final class Loopback {
  /** The hosts of URLs that are taken for this machine, as browsers write them. */
  public static final List<String> HOSTS = List.of("localhost", "127.0.0.1", "[::1]");

  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");

  private Loopback() {}

  /**
   * True for one of {@link #HOSTS}.
   *
   * @param host in lower case, without a port
   */
  public static boolean isHost(String host) {
    return HOSTS.contains(host);
  }

  /**
   * True for a literal address of loopback, such as {@code 127.0.0.2} or {@code ::1}, in brackets
   * or not. A name is none and is not looked up: it may come from a stranger.
   */
  public static boolean isAddress(@Nullable String address) {
    if (address == null) {
      return false;
    }
    String text = address.startsWith("[") ? address.substring(1, address.length() - 1) : address;
    return ADDRESS.matcher(text).matches() && resolves(text);
  }

  /**
   * True for an address of loopback and for a name that leads there. Asks the name service, so it
   * is for what a server's own configuration holds.
   */
  public static boolean resolves(@Nullable String nameOrAddress) {
    try {
      return nameOrAddress != null
          && !nameOrAddress.isEmpty()
          && InetAddress.getByName(nameOrAddress).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
