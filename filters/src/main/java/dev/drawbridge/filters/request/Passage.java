package dev.drawbridge.filters.request;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How a handshake came back through the chain of filters: the status, or what was thrown. Noted by
 * the innermost of our filters that it has passed. Immutable.
 *
 * @param status of the answer as far as it was known then
 * @param failure what was thrown, null when nothing was
 */
public record Passage(int status, @Nullable Throwable failure) {
  private static final String ATTRIBUTE = Passage.class.getName();
  private static final String ARRIVED = ATTRIBUTE + ".arrived";

  /** The endpoint has the request: it upgrades it, or answers and says itself why not. */
  public static void arrived(ServletRequest request) {
    request.setAttribute(ARRIVED, true);
  }

  /** True if the endpoint has had the request. */
  public static boolean hasArrived(ServletRequest request) {
    return request.getAttribute(ARRIVED) != null;
  }

  /** Goes on with the chain and notes how it ends. */
  public static void through(
      FilterChain chain, HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    try {
      chain.doFilter(request, response);
      note(request, response.getStatus(), null);
    } catch (IOException | ServletException | RuntimeException | Error e) {
      note(request, HttpServletResponse.SC_INTERNAL_SERVER_ERROR, e);
      throw e;
    }
  }

  private static void note(ServletRequest request, int status, @Nullable Throwable failure) {
    if (of(request) == null) {
      request.setAttribute(ATTRIBUTE, new Passage(status, failure));
    }
  }

  /** The note of a request; null for one that was not noted. */
  public static @Nullable Passage of(ServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof Passage passage ? passage : null;
  }

  /** True if nothing is mapped to the path: then nobody has answered in the endpoint's place. */
  public boolean isStray() {
    return failure == null && status == HttpServletResponse.SC_NOT_FOUND;
  }

  /** True if a WebSocket came of it, whoever has made it. */
  public boolean isUpgrade(HttpServletRequest request) {
    return failure == null
        && status
            == (UpgradeRequest.isConnect(request)
                ? HttpServletResponse.SC_OK
                : HttpServletResponse.SC_SWITCHING_PROTOCOLS);
  }
}
