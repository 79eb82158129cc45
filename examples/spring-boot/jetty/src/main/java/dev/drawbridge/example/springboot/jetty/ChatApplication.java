package dev.drawbridge.example.springboot.jetty;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A Spring Boot application that gets a WebSocket. Start it and open {@code /ws/diagnostics}. */
@SpringBootApplication(proxyBeanMethods = false)
@RestController
public class ChatApplication {
  private static final Map<String, User> USERS =
      Map.of(
          "alice",
          User.of("alice", "Alice", Set.of("admin")),
          "bob",
          User.of("bob", "Bob", Set.of()));

  /** Starts it. */
  public static void main(String[] args) {
    SpringApplication.run(ChatApplication.class, args);
  }

  /** A route that was there before. */
  @GetMapping("/hello")
  String hello() {
    return "hello";
  }

  /** A route for the users of the tokens, by Spring Security's own means. */
  @GetMapping("/account")
  String account(HttpServletRequest request) {
    return request.getUserPrincipal().getName() + " admin=" + request.isUserInRole("admin");
  }

  /** First of all filters, for every path: the headers must stand on refusals, too. */
  @Bean
  FilterRegistrationBean<DevCorsFilter> cors() {
    FilterRegistrationBean<DevCorsFilter> bean = new FilterRegistrationBean<>(new DevCorsFilter());
    bean.addUrlPatterns("/*");
    bean.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ERROR);
    bean.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return bean;
  }

  /** Behind it, for the socket and its diagnosis. */
  @Bean
  FilterRegistrationBean<JwtHandshakeFilter> jwt() {
    FilterRegistrationBean<JwtHandshakeFilter> bean =
        new FilterRegistrationBean<>(new JwtHandshakeFilter());
    bean.addUrlPatterns("/ws", "/ws/diagnose", "/account");
    bean.setDispatcherTypes(DispatcherType.REQUEST);
    bean.setOrder(Ordered.HIGHEST_PRECEDENCE + 1);
    return bean;
  }

  /** The endpoint at the end of the chain. */
  @Bean
  ServletRegistrationBean<ChatServlet> chat() {
    ServletRegistrationBean<ChatServlet> bean =
        new ServletRegistrationBean<>(new ChatServlet(), "/ws/*");
    bean.setLoadOnStartup(1);
    return bean;
  }

  /** Who may connect. In your application: a query of your repository, or DRAWBRIDGE_USER_QUERY. */
  @Bean
  ServletContextInitializer users() {
    UserSource users = subject -> Optional.ofNullable(USERS.get(subject));
    return context -> context.setAttribute(UserSource.class.getName(), users);
  }
}
