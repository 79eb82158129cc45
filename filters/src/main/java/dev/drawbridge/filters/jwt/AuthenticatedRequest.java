package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.jwt.authentication.Credentials;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request of a known user, without the token entry among its subprotocols. Used by one thread at
 * a time, like the request itself.
 */
final class AuthenticatedRequest extends HttpServletRequestWrapper {

  /** The user as the servlet API knows one; its name is the subject. */
  private record UserPrincipal(String name) implements Principal {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final Handshake handshake;
  private final List<String> subprotocols;
  private final Principal principal;

  AuthenticatedRequest(HttpServletRequest request, Handshake handshake, List<String> subprotocols) {
    super(request);
    this.handshake = handshake;
    this.subprotocols = subprotocols;
    this.principal = new UserPrincipal(handshake.user().subject());
  }

  /** True if a request is one of these, or wraps one. */
  static boolean isOne(ServletRequest request) {
    return request instanceof AuthenticatedRequest
        || (request instanceof ServletRequestWrapper wrapper
            && wrapper.isWrapperFor(AuthenticatedRequest.class));
  }

  @Override
  public Principal getUserPrincipal() {
    return principal;
  }

  @Override
  public String getRemoteUser() {
    return principal.getName();
  }

  @Override
  public boolean isUserInRole(String role) {
    return handshake.roles().contains(role);
  }

  @Override
  public String getAuthType() {
    return "Bearer";
  }

  @Override
  public @Nullable String getHeader(String name) {
    if (!isProtocolHeader(name)) {
      return super.getHeader(name);
    }
    return subprotocols.isEmpty() ? null : String.join(", ", subprotocols);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    if (!isProtocolHeader(name)) {
      return super.getHeaders(name);
    }
    String value = getHeader(name);
    return value == null ? Collections.emptyEnumeration() : Collections.enumeration(List.of(value));
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    if (!subprotocols.isEmpty()) {
      return super.getHeaderNames();
    }
    List<String> names = Collections.list(super.getHeaderNames());
    names.removeIf(AuthenticatedRequest::isProtocolHeader);
    return Collections.enumeration(names);
  }

  private static boolean isProtocolHeader(String name) {
    return Credentials.PROTOCOL_HEADER.equalsIgnoreCase(name);
  }
}
