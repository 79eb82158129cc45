package dev.drawbridge.spring;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.filters.jwt.Handshake;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

/**
 * The user of a token that {@code JwtHandshakeFilter} has verified, as Spring Security knows users:
 * authenticated, with the authority {@code ROLE_x} for a role {@code x}. Holds no credentials.
 * Belongs to its request or message and is not to be kept in an HTTP session.
 */
public final class HandshakeAuthentication extends AbstractAuthenticationToken {
  private static final long serialVersionUID = 1L;
  private static final String PREFIX = "ROLE_";

  /** Null after it was written into a session and read again, where it proves nothing. */
  private final transient @Nullable User user;

  private HandshakeAuthentication(User user, Set<String> roles) {
    super(authorities(roles));
    this.user = user;
    super.setAuthenticated(true);
  }

  /** Of a request behind the filter: the user, and the roles that count by {@code roles}. */
  public static HandshakeAuthentication of(Handshake handshake) {
    return new HandshakeAuthentication(handshake.user(), handshake.roles());
  }

  /** Of an open connection, as its user was last read: for handlers. */
  public static HandshakeAuthentication of(Connection connection) {
    User user = connection.user();
    return new HandshakeAuthentication(user, user.roles());
  }

  private static Collection<GrantedAuthority> authorities(Set<String> roles) {
    if (roles.isEmpty()) {
      return Collections.emptyList();
    }
    List<GrantedAuthority> authorities =
        roles.stream()
            .sorted()
            .<GrantedAuthority>map(
                role -> new SimpleGrantedAuthority(role.startsWith(PREFIX) ? role : PREFIX + role))
            .toList();
    return authorities;
  }

  /** The {@link User}; null once it was read from a session. */
  @Override
  public @Nullable User getPrincipal() {
    return user;
  }

  /** The subject of the token's user. */
  @Override
  public String getName() {
    return user == null ? "" : user.subject();
  }

  /** An empty text: the token stays where it was checked. */
  @Override
  public Object getCredentials() {
    return "";
  }

  @Override
  public boolean isAuthenticated() {
    return user != null && super.isAuthenticated();
  }
}
