package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.filters.access.DevKey;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log where the diagnostics page is: the whole link, with the key and the real port. A
 * web application starts before its server's ports are open, so this is asked from time to time
 * until there is one. Where the key is off, it warns when others than this machine reach the port.
 * Thread-safe.
 */
public final class DevLink {
  private static final Logger log = LoggerFactory.getLogger(DevLink.class);

  private final DevKey key;
  private final ServletContext context;
  private final String path;

  /** True once the link stands in the log; written under this, like the next one. */
  private volatile boolean told;

  private volatile boolean warned;

  /**
   * Says nothing yet.
   *
   * @param path of the page, with the context path
   */
  public DevLink(DevKey key, ServletContext context, String path) {
    this.key = key;
    this.context = context;
    this.path = path;
  }

  /** Called by the timer. */
  public void tick() {
    if (!told) {
      ServerPort port = ServerPort.of(context);
      if (port != null) {
        tell(port.scheme(), port.number());
        if (!port.isLoopbackOnly()) {
          warn(port.number());
        }
      }
    }
  }

  /** Called with each request: it shows the port also where the server does not. */
  public void seen(HttpServletRequest request) {
    if (!told) {
      tell(request.getScheme(), request.getLocalPort());
    }
    if (!warned && key.isOff() && !isLoopback(request.getLocalAddr())) {
      warn(request.getLocalPort());
    }
  }

  private synchronized void tell(String scheme, int port) {
    if (!told) {
      told = true;
      log.info(
          "Diagnostics: {}://localhost:{}{}{}",
          scheme,
          port,
          path,
          key.isOff() ? "" : "?" + DevKey.PARAMETER + "=" + key.value());
    }
  }

  private synchronized void warn(int port) {
    if (key.isOff() && !warned) {
      warned = true;
      log.warn(
          "DRAWBRIDGE_DEV_KEY=off, but the server listens at port {} for other machines too, and"
              + " whatever forwards to it makes them look like this one. Fix: bind it to 127.0.0.1"
              + " alone, or set DRAWBRIDGE_DEV_KEY=on",
          port);
    }
  }

  static boolean isLoopback(@Nullable String address) {
    try {
      return address != null
          && !address.isEmpty()
          && InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
