package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spring Security on the class path of an application that says nothing about it. */
class BootsOwnChainTest {

  @EnableAutoConfiguration
  @RestController
  static class Silent {
    @Bean
    UserSource users() {
      return subject -> Optional.of(User.of(subject, subject, Set.of()));
    }

    @GetMapping("/hello")
    String hello() {
      return "hello";
    }
  }

  /** Boot leaves its chain out where it finds another one; ours must not be that. */
  @Test
  void whatNobodyHasOpenedStaysClosed() throws Exception {
    try (RunningApplication application =
        RunningApplication.start(
            Container.JETTY,
            Silent.class,
            List.of(Part.ACTUATOR, Part.METERS, Part.JPA, Part.JDBC, Part.MIGRATIONS, Part.OUTBOX),
            "--spring.security.user.password=pw")) {
      assertThat(application.get("/hello").statusCode()).isEqualTo(401);
      assertThat(application.get("/wsx").statusCode()).isEqualTo(401);

      try (RecordingClient alice = application.connect("alice")) {
        alice.leave();
      }
      assertThat(application.refusal("/ws")).isEqualTo(401);
      assertThat(application.get("/ws/diagnose").body()).contains("token_missing");
      assertThat(application.get("/ws/config").statusCode()).isEqualTo(200);
    }
  }
}
