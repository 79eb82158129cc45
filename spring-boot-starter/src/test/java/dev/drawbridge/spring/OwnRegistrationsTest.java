package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application that registers the filter of tokens itself, below a context path, all beans lazy,
 * whose origins are judged on a few paths alone.
 */
class OwnRegistrationsTest {

  @EnableAutoConfiguration
  @RestController
  static class Registered {
    @Bean
    UserSource users() {
      return subject -> Optional.of(User.of(subject, subject, Set.of()));
    }

    @Bean
    FilterRegistrationBean<JwtHandshakeFilter> tokens() {
      FilterRegistrationBean<JwtHandshakeFilter> bean =
          new FilterRegistrationBean<>(new JwtHandshakeFilter());
      bean.addUrlPatterns("/ws", "/ws/diagnose", "/api/*");
      bean.setOrder(Ordered.HIGHEST_PRECEDENCE + 100);
      return bean;
    }

    @GetMapping("/open")
    String open() {
      return "open";
    }
  }

  private static RunningApplication application;

  @BeforeAll
  static void start() {
    application =
        RunningApplication.start(
            Container.TOMCAT,
            Registered.class,
            List.of(Part.SECURITY, Part.METERS, Part.JPA, Part.JDBC, Part.MIGRATIONS, Part.OUTBOX),
            "--server.servlet.context-path=/shop",
            "--spring.main.lazy-initialization=true",
            "--drawbridge.origin-paths=/other/*",
            "--drawbridge.guarded-paths=/api/*");
  }

  @AfterAll
  static void stop() {
    application.close();
  }

  @Test
  void healthIsThatOfTheEndpointWhoeverHasRegisteredTheFilter() throws Exception {
    try (RecordingClient alice =
        RecordingClient.connect(
            application.uri("ws", "/shop/ws"), RunningApplication.TOKENS.of("alice"))) {
      assertThat(application.get("/shop/actuator/health").body()).contains("\"UP\"");
      alice.leave();
    }
  }

  /** Whoever lists paths of REST routes does not mean to open the WebSocket to foreign pages. */
  @Test
  void originsOfTheWebSocketAndOfGuardedPathsAreJudgedWhateverIsListed() throws Exception {
    String token = "Bearer " + RunningApplication.TOKENS.of("alice");
    String evil = "https://evil.example";

    assertThat(application.refusal("/shop/ws", "Authorization", token, "Origin", evil))
        .isEqualTo(403);
    assertThat(application.get("/shop/api/me", "Origin", evil).statusCode()).isEqualTo(403);
    assertThat(application.get("/shop/open", "Origin", evil).body()).isEqualTo("open");
  }

  /** A preflight has no token. */
  @Test
  void preflightOfAGuardedPathIsAnswered() throws Exception {
    HttpResponse<String> preflight =
        RunningApplication.CLIENT.send(
            HttpRequest.newBuilder(application.uri("http", "/shop/api/me"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "http://localhost:5173")
                .header("Access-Control-Request-Method", "GET")
                .header("Access-Control-Request-Headers", "authorization")
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
        .hasValue("http://localhost:5173");
  }
}
