package dev.drawbridge.spring;

import dev.drawbridge.filters.jwt.Handshake;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Tells Spring Security who has authenticated a request by its token. The starter puts it in front
 * of the endpoint; for the paths of {@code drawbridge.guarded-paths} an application adds it to its
 * own chain, before {@code AnonymousAuthenticationFilter}. A request without a handshake passes as
 * it is. Thread-safe.
 */
public final class HandshakeAuthenticationFilter extends OncePerRequestFilter {

  /** Not registered as a filter of its own: it belongs into a chain of Spring Security. */
  public HandshakeAuthenticationFilter() {}

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (!(request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake handshake)) {
      chain.doFilter(request, response);
      return;
    }
    SecurityContext before = SecurityContextHolder.getContext();
    SecurityContext context = SecurityContextHolder.createEmptyContext();
    context.setAuthentication(HandshakeAuthentication.of(handshake));
    SecurityContextHolder.setContext(context);
    try {
      chain.doFilter(request, response);
    } finally {
      // The thread serves others next, and no filter around this one shall keep the user.
      if (before.getAuthentication() == null) {
        SecurityContextHolder.clearContext();
      } else {
        SecurityContextHolder.setContext(before);
      }
    }
  }

  /** The user is still theirs when the answer comes later. */
  @Override
  protected boolean shouldNotFilterAsyncDispatch() {
    return false;
  }

  @Override
  protected boolean shouldNotFilterErrorDispatch() {
    return false;
  }
}
