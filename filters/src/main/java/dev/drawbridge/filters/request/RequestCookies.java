package dev.drawbridge.filters.request;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cookies of a request, whatever a client wrote there. Stateless. */
public final class RequestCookies {
  private static final Logger log = LoggerFactory.getLogger(RequestCookies.class);

  private RequestCookies() {}

  /** In their order; none where the container cannot read the header. */
  public static Cookie[] of(HttpServletRequest request) {
    try {
      Cookie[] cookies = request.getCookies();
      return cookies == null ? new Cookie[0] : cookies;
    } catch (RuntimeException e) {
      // Each container fails in its own way; the header is the client's text.
      log.debug("the cookies of a request cannot be read: {}", e.getClass().getName());
      return new Cookie[0];
    }
  }
}
