package dev.drawbridge.example.springboot.jetty;

import dev.drawbridge.filters.jwt.Handshake;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Tells Spring Security who has authenticated the request: its own wrapper, which stands between
 * {@code JwtHandshakeFilter} and the application, knows only what its context holds. The handshake
 * itself is the request attribute {@link Handshake#ATTRIBUTE}, with Spring Security or without.
 */
final class SecurityBridge extends OncePerRequestFilter {
  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake handshake) {
      List<GrantedAuthority> roles =
          handshake.roles().stream()
              .<GrantedAuthority>map(role -> new SimpleGrantedAuthority("ROLE_" + role))
              .toList();
      SecurityContext context = SecurityContextHolder.createEmptyContext();
      context.setAuthentication(
          new PreAuthenticatedAuthenticationToken(handshake.user().subject(), "", roles));
      SecurityContextHolder.setContext(context);
    }
    chain.doFilter(request, response);
  }
}
