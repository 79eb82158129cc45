package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.spring.HandshakeAuthenticationFilter;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Consumer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.security.web.DefaultSecurityFilterChain;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.util.matcher.RequestMatcher;

/**
 * Spring Security beside the endpoint: what the endpoint's servlet serves is the filters' business,
 * and their user is Spring Security's too. Comes behind Boot's own configurations: they leave their
 * chain out where another one is there already.
 */
@AutoConfiguration(
    after = DrawbridgeAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.autoconfigure.security.servlet.SecurityAutoConfiguration",
      "org.springframework.boot.actuate.autoconfigure.security.servlet.ManagementWebSecurityAutoConfiguration",
      "org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration",
      "org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration"
    })
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnClass({SecurityFilterChain.class, DefaultSecurityFilterChain.class})
// Alone it would take the place of the chain that Spring Security has for applications without one.
@ConditionalOnBean({ContextSetup.class, SecurityFilterChain.class})
class SecurityBridgeAutoConfiguration {

  /**
   * The requests that the container gives to the endpoint's servlet, whatever their path looks
   * like: so nothing else is open by this chain.
   */
  private record OfTheEndpoint(String servlet) implements RequestMatcher {
    @Override
    public boolean matches(HttpServletRequest request) {
      return servlet.equals(request.getHttpServletMapping().getServletName());
    }
  }

  /** No sessions, no CSRF token, no login form: a token is the login of these routes. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  SecurityFilterChain drawbridgeSecurityFilterChain(SpringSettings settings) {
    return new DefaultSecurityFilterChain(
        new OfTheEndpoint(DrawbridgeAutoConfiguration.name(settings)),
        new HandshakeAuthenticationFilter());
  }

  /** The outermost, so that interceptors of the application know the user, too. */
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  Consumer<Endpoint.Builder> drawbridgeSecurityContext() {
    return endpoint -> endpoint.around(new SecurityContextInterceptor());
  }
}
