package dev.drawbridge.example.springboot.tomcat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.filters.DrawbridgeFilters;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;
import org.springframework.web.socket.config.annotation.WebSocketHandlerRegistry;

/**
 * A Spring Boot application on Tomcat that gets the endpoint on {@code /ws}, and whose own
 * WebSocket of Spring's stands behind the same filters.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableWebSocket
@RestController
public class ShoutApplication implements WebSocketConfigurer {
  private static final Map<String, User> USERS =
      Map.of("alice", User.of("alice", "Alice", Set.of()), "bob", User.of("bob", "Bob", Set.of()));

  /** Starts it. */
  public static void main(String[] args) {
    SpringApplication.run(ShoutApplication.class, args);
  }

  /** A route that was there before. */
  @GetMapping("/hello")
  String hello() {
    return "hello";
  }

  /** Spring would allow its own origin alone; DevCorsFilter has decided before it is asked. */
  @Override
  public void registerWebSocketHandlers(WebSocketHandlerRegistry registry) {
    registry.addHandler(new ShoutHandler(), "/shout").setAllowedOriginPatterns("*");
  }

  /** The endpoint behind its filters, and Spring's own handler behind the same ones. */
  @Bean
  ServletContextInitializer drawbridge() {
    return context -> {
      Drawbridge.install(context, "/ws", ShoutApplication::endpoint);
      DrawbridgeFilters.install(context, "/shout");
    };
  }

  private static void endpoint(Endpoint.Builder endpoint) {
    endpoint.on("shout", String.class, (text, connection) -> text.toUpperCase(Locale.ROOT));
  }

  /** Who may connect. In your application: a query of your repository, or DRAWBRIDGE_USER_QUERY. */
  @Bean
  ServletContextInitializer users() {
    UserSource users = subject -> Optional.ofNullable(USERS.get(subject));
    return context -> context.setAttribute(UserSource.class.getName(), users);
  }
}
