package dev.drawbridge.filters.access;

import dev.drawbridge.filters.request.LocalRequest;
import dev.drawbridge.filters.request.RequestCookies;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The key to what dev mode shows: random for each start and told in the log, so that whoever reads
 * the log comes in and nobody else does. An address proves nothing: behind a proxy on this machine
 * every stranger's peer is loopback, and {@code Host} is what the stranger writes. Immutable and
 * thread-safe.
 */
public final class DevKey {

  /** Member of the query that carries the key: {@value}. */
  public static final String PARAMETER = "key";

  private static final int BYTES = 24;
  private static final String COOKIE_PREFIX = "drawbridge-dev-";

  private final DevMode mode;
  private final boolean off;
  private final String value;
  private final byte[] bytes;

  DevKey(DevMode mode, boolean off) {
    this.mode = mode;
    this.off = off;
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    this.value = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    this.bytes = value.getBytes(StandardCharsets.US_ASCII);
  }

  public static DevKey of(Settings settings) {
    return new DevKey(settings.mode(), isOff(settings));
  }

  /** True where the setting says that loopback alone can reach this server. */
  public static boolean isOff(Settings settings) {
    return "off".equals(settings.string(Setting.DEV_KEY));
  }

  /** True when no key is asked for. */
  public boolean isOff() {
    return off;
  }

  /** The key for the log's link, URL-safe; a secret everywhere else. */
  public String value() {
    return value;
  }

  /** True if a request may see what dev mode shows: a local one, with the key where one is. */
  public boolean opens(HttpServletRequest request) {
    return isAskedFrom(request) && (off || isKey(sent(request)) || isRemembered(request));
  }

  /**
   * True for a request that lacks nothing but the key: dev mode, peer and {@code Host} are
   * loopback, and no proxy says that it has forwarded it.
   */
  public boolean isAskedFrom(HttpServletRequest request) {
    return mode.isDevelopment() && LocalRequest.isLocal(request);
  }

  /** True if the query holds the right key. */
  public boolean isSentBy(HttpServletRequest request) {
    return isKey(sent(request));
  }

  /**
   * Lets a browser remember the key for the routes of one endpoint at one port, until it closes. No
   * script reads it and no page of another site sends it.
   *
   * @param path of the endpoint, with the context path
   */
  public void remember(HttpServletRequest request, HttpServletResponse response, String path) {
    // By hand: Servlet 5 knows no SameSite.
    response.addHeader(
        "Set-Cookie",
        cookieName(request) + "=" + value + "; Path=" + path + "; HttpOnly; SameSite=Strict");
  }

  /** Cookies do not tell ports apart, so their name does. */
  private static String cookieName(HttpServletRequest request) {
    return COOKIE_PREFIX + request.getLocalPort();
  }

  /** Not {@code getParameter}: that would read the body of a form. */
  private static @Nullable String sent(HttpServletRequest request) {
    String query = request.getQueryString();
    if (query != null) {
      for (String member : query.split("&", -1)) {
        if (member.startsWith(PARAMETER + "=")) {
          return member.substring(PARAMETER.length() + 1);
        }
      }
    }
    return null;
  }

  /** True if one of the cookies of this port is the key: one of an earlier start may be left. */
  private boolean isRemembered(HttpServletRequest request) {
    String name = cookieName(request);
    for (Cookie cookie : RequestCookies.of(request)) {
      if (cookie.getName().equals(name) && isKey(cookie.getValue())) {
        return true;
      }
    }
    return false;
  }

  private boolean isKey(@Nullable String text) {
    return text != null && MessageDigest.isEqual(text.getBytes(StandardCharsets.UTF_8), bytes);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "DevKey[" + (off ? "off" : "on") + "]";
  }
}
