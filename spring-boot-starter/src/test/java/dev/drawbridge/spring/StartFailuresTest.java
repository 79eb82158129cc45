package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import dev.drawbridge.testing.CapturedLog;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;

/** A start that fails says what is wrong and what to change, in the words of the application. */
class StartFailuresTest {
  private static final List<Part> BARE =
      List.of(
          Part.SECURITY,
          Part.ACTUATOR,
          Part.METERS,
          Part.JPA,
          Part.JDBC,
          Part.MIGRATIONS,
          Part.OUTBOX);

  @EnableAutoConfiguration
  static class Plain {
    @Bean
    UserSource users() {
      return subject -> Optional.of(User.of(subject, subject, Set.of()));
    }
  }

  @EnableAutoConfiguration
  static class Nobody {}

  static class Twice extends Plain {
    @Bean
    Consumer<Endpoint.Builder> chat() {
      return endpoint -> endpoint.on("chat", String.class, (text, connection) -> text);
    }

    @Bean
    Consumer<Endpoint.Builder> chatAgain() {
      return endpoint -> endpoint.on("chat", String.class, (text, connection) -> text);
    }
  }

  static class RegisteredTwice extends Plain {
    @Bean
    ServletRegistrationBean<Chat> chat() {
      return new ServletRegistrationBean<>(new Chat(), "/ws/*");
    }
  }

  static class Chat extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;
  }

  static class TooEarly extends Plain {
    @Bean
    Integer size(Connections connections) {
      return connections.size();
    }
  }

  private static String failure(Container container, Class<?> application, String... arguments) {
    try (CapturedLog log =
        new CapturedLog(
            "org.springframework.boot.diagnostics.LoggingFailureAnalysisReporter", Level.ERROR)) {
      assertThatThrownBy(
          () -> RunningApplication.startPlain(container, application, BARE, arguments).close());
      assertThat(log.messages()).as("analyses").hasSize(1);
      return log.messages().get(0);
    }
  }

  static Stream<Container> containers() {
    return Container.available();
  }

  /** The container would only say that something has failed. */
  @ParameterizedTest
  @MethodSource("containers")
  void allProblemsOfSettingsAreListedByTheirNames(Container container) {
    String said =
        failure(
            container,
            Nobody.class,
            "--drawbridge.jwt.isuer=https://login.example.org",
            "--drawbridge.jwt.leeway=3h");

    assertThat(said)
        .contains("Drawbridge cannot start:")
        .contains("drawbridge.jwt.isuer (")
        .contains("is unknown; the nearest name is drawbridge.jwt.issuer")
        .contains("drawbridge.jwt.leeway (application property) must be a duration in [0s, 2m]")
        .contains("drawbridge.jwt.issuer is required")
        .contains("drawbridge.db.url is required")
        .contains("a bean of the type UserSource")
        .contains("drawbridge.websocket.dev-mode=true")
        .doesNotContain("DRAWBRIDGE_JWT_LEEWAY");
  }

  @Test
  void typeThatIsRegisteredTwiceNamesItsBean() {
    String said =
        failure(Container.TOMCAT, Twice.class, RunningApplication.DEV.toArray(String[]::new));

    assertThat(said).contains("the bean 'chatAgain' (Consumer<Endpoint.Builder>)").contains("chat");
  }

  @Test
  void secondEndpointOfARegistrationIsRefusedByTheNameOfItsBean() {
    String said =
        failure(
            Container.TOMCAT, RegisteredTwice.class, RunningApplication.DEV.toArray(String[]::new));

    assertThat(said)
        .contains("the bean 'chat' registers a DrawbridgeServlet")
        .contains("Make the servlet itself the bean");
  }

  /** They are told beside all else, and before a container says that it cannot map them. */
  @ParameterizedTest
  @MethodSource("containers")
  void patternsThatAreNoneAreAmongTheProblems(Container container) {
    String said =
        failure(
            container,
            Plain.class,
            "--drawbridge.guarded-paths=/api/**",
            "--drawbridge.origin-paths=api/*",
            "--drawbridge.session.token-path=token",
            "--drawbridge.jwt.leeway=3h");

    assertThat(said)
        .contains("drawbridge.guarded-paths must be URL patterns of servlets")
        .contains(": /api/**")
        .contains("drawbridge.origin-paths must be")
        .contains("drawbridge.session.token-path must be a path such as /ws: token")
        .contains("drawbridge.jwt.leeway");
  }

  @Test
  void pathThatIsNoneIsRefused() {
    String said =
        failure(
            Container.TOMCAT,
            Plain.class,
            Stream.concat(RunningApplication.DEV.stream(), Stream.of("--drawbridge.path=/ws/*"))
                .toArray(String[]::new));

    assertThat(said).contains("drawbridge.path must be a path such as /ws: /ws/*");
  }

  @Test
  void connectionsBeforeTheStartSayWhenTheyAreThere() {
    assertThatThrownBy(
            () -> RunningApplication.start(Container.TOMCAT, TooEarly.class, BARE).close())
        .rootCause()
        .hasMessageContaining("no DrawbridgeServlet runs in this web application");
  }

  /** Another path, and none at all. */
  @Test
  void pathIsSetAndTheWholeIsSwitchedOff() throws Exception {
    try (RunningApplication application =
        RunningApplication.start(
            Container.TOMCAT, Plain.class, BARE, "--drawbridge.path=/live/socket")) {
      assertThat(application.get("/live/socket/diagnose").body()).contains("token_missing");
      assertThat(application.get("/ws/config").statusCode()).isEqualTo(404);
    }
    try (RunningApplication application =
        RunningApplication.startPlain(
            Container.TOMCAT, Plain.class, BARE, "--drawbridge.enabled=false")) {
      assertThat(application.get("/ws/config").statusCode()).isEqualTo(404);
      assertThat(application.context().getBeanNamesForType(Connections.class)).isEmpty();
    }
  }
}
