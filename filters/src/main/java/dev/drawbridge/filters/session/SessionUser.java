package dev.drawbridge.filters.session;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Says who is logged in, where neither the container nor a setting can. An application sets its own
 * as servlet context attribute under the name of this interface, before the servlet starts, or
 * gives it to {@link SessionTokenServlet}. Thread-safe.
 */
@FunctionalInterface
public interface SessionUser {

  /**
   * The user of a request.
   *
   * @param request has passed the application's own filters; ask {@code getSession(false)}, a
   *     session must not be made here
   * @return the key by which users are looked up, 1 to 255 characters; null when nobody is logged
   *     in
   * @throws RuntimeException if it cannot be known; the request is then answered 500
   */
  @Nullable String of(HttpServletRequest request);
}
