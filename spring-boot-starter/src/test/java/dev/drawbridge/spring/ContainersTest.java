package dev.drawbridge.spring;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** What the starter does in each container that this line of Boot has; one start for each. */
@ParameterizedClass
@MethodSource("containers")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ContainersTest {

  @EnableAutoConfiguration
  static class EchoApplication {
    final List<String> order = new ArrayList<>();

    @Bean
    UserSource users() {
      return subject -> Optional.of(User.of(subject, subject, Set.of("USER")));
    }

    @Bean
    @org.springframework.core.annotation.Order(2)
    Consumer<Endpoint.Builder> second() {
      return endpoint -> order.add("second");
    }

    @Bean
    @org.springframework.core.annotation.Order(1)
    Consumer<Endpoint.Builder> first(Connections connections) {
      return endpoint -> {
        order.add("first");
        endpoint
            .on("echo", JsonNode.class, (data, connection) -> data)
            .on("count", Void.class, (none, connection) -> connections.size());
      };
    }
  }

  private static @Nullable RunningApplication application;

  private final Container container;

  ContainersTest(Container container) {
    this.container = container;
  }

  static Stream<Container> containers() {
    return Container.available();
  }

  @BeforeParameterizedClassInvocation
  static void start(Container container) {
    application =
        RunningApplication.start(
            container,
            EchoApplication.class,
            // All that the starter works without.
            List.of(
                Part.SECURITY,
                Part.ACTUATOR,
                Part.METERS,
                Part.JPA,
                Part.JDBC,
                Part.MIGRATIONS,
                Part.OUTBOX));
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    if (application != null) {
      application.close();
    }
  }

  private static RunningApplication application() {
    return Objects.requireNonNull(application);
  }

  @Test
  void userGetsAnEcho() {
    try (RecordingClient alice = application().connect("alice")) {
      assertThat(alice.request("echo", List.of(1, 2)).data().toString()).isEqualTo("[1,2]");
      assertThat(alice.request("count", null).data().asInt()).isEqualTo(1);
      alice.leave();
    }
  }

  @Test
  void handlersRegisterInTheirOrder() {
    assertThat(application().bean(EchoApplication.class).order).startsWith("first", "second");
  }

  @Test
  void refusalIsExplained() throws Exception {
    assertThat(application().refusal("/ws")).isEqualTo(401);
    assertThat(application().get("/ws/diagnose").body()).contains("token_missing");
    assertThat(application().get("/ws/config").body()).contains("\"mode\":\"dev\"");
  }

  @Test
  void originsAreJudgedInFrontOfEverything() throws Exception {
    String token = "Bearer " + RunningApplication.TOKENS.of("alice");

    assertThat(
            application().refusal("/ws", "Authorization", token, "Origin", "https://evil.example"))
        .isEqualTo(403);
    assertThat(application().get("/any", "Origin", "https://evil.example").statusCode())
        .isEqualTo(403);
    assertThat(
            application()
                .get("/ws/config", "Origin", "http://localhost:5173")
                .headers()
                .firstValue("Access-Control-Allow-Origin"))
        .hasValue("http://localhost:5173");
  }

  /** As devtools and paused contexts of Spring's tests do. */
  @Test
  @Order(Integer.MAX_VALUE - 1)
  void contextThatIsStoppedAndStartedHasItsEndpointAgain() {
    // Boot's Undertow answers 503 to everything after a graceful stop.
    assumeTrue(container != Container.UNDERTOW);
    ConfigurableApplicationContext context = application().context();

    context.stop();
    context.start();

    userGetsAnEcho();
  }

  @Test
  @Order(Integer.MAX_VALUE)
  void closeDrainsFirstAndLeavesNoThread() {
    RecordingClient alice = application().connect("alice");
    Thread closing = new Thread(application()::close);

    closing.start();

    assertThat(alice.expect("drain").data().path("reconnectAfterMs").asInt()).isPositive();
    alice.expectClose(1012);
    alice.close();
    eventually("the context is closed", () -> !closing.isAlive());
    eventually("no thread of Drawbridge is left", () -> ours().isEmpty());
  }

  private static List<String> ours() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("drawbridge"))
        .toList();
  }
}
