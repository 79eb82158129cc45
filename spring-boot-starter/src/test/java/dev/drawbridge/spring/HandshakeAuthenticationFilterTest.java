package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.Handshake;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;

/** Where an application puts the filter, also outside of a chain that would tidy up behind it. */
class HandshakeAuthenticationFilterTest {

  @AfterEach
  void clear() {
    SecurityContextHolder.clearContext();
  }

  private static MockHttpServletRequest authenticated() {
    MockHttpServletRequest request = new MockHttpServletRequest("GET", "/api/me");
    request.setAttribute(
        Handshake.ATTRIBUTE,
        new Handshake(
            User.of("alice", "Alice", Set.of("ADMIN")),
            "jti",
            Instant.EPOCH,
            Instant.EPOCH.plusSeconds(60),
            Set.of("ADMIN"),
            null,
            "id",
            "header",
            Set.of(),
            Map.of()));
    return request;
  }

  private static void run(FilterChain chain) throws Exception {
    new HandshakeAuthenticationFilter()
        .doFilter(authenticated(), new MockHttpServletResponse(), chain);
  }

  /** The thread serves somebody else next. */
  @Test
  void userIsGoneBehindTheRequestAlsoWhenItFails() throws Exception {
    run(
        (request, response) ->
            assertThat(SecurityContextHolder.getContext().getAuthentication().getName())
                .isEqualTo("alice"));
    assertThat(SecurityContextHolder.getContext().getAuthentication()).isNull();

    assertThatThrownBy(
            () ->
                run(
                    (request, response) -> {
                      throw new ServletException("of the application");
                    }))
        .hasMessage("of the application");
    assertThat(SecurityContextHolder.getContext().getAuthentication()).isNull();
  }

  @Test
  void whoWasThereBeforeIsThereAfterwards() throws Exception {
    Authentication login = new TestingAuthenticationToken("carol", "", "ROLE_USER");
    SecurityContextHolder.getContext().setAuthentication(login);

    run(
        (request, response) ->
            assertThat(SecurityContextHolder.getContext().getAuthentication().getAuthorities())
                .extracting(Object::toString)
                .containsExactly("ROLE_ADMIN"));

    assertThat(SecurityContextHolder.getContext().getAuthentication()).isSameAs(login);
  }
}
