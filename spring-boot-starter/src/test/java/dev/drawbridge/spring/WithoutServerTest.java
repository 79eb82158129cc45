package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.spring.RunningApplication.Part;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import java.security.Principal;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.setup.DefaultMockMvcBuilder;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.WebApplicationContext;

/**
 * What {@code @SpringBootTest} with {@code @AutoConfigureMockMvc} does to an application that has
 * the starter: no server, no registration, and the filters of all registration beans in front.
 */
class WithoutServerTest {

  @EnableAutoConfiguration
  @RestController
  static class Routes {
    @Bean
    UserSource users() {
      return subject -> Optional.of(User.of(subject, subject, Set.of()));
    }

    @GetMapping("/hello")
    String hello() {
      return "hello";
    }

    @GetMapping("/api/me")
    String me(Principal user) {
      return user.getName();
    }
  }

  private static final List<Part> ABSENT =
      List.of(
          Part.SECURITY,
          Part.METERS,
          Part.JPA,
          Part.JDBC,
          Part.MIGRATIONS,
          Part.OUTBOX,
          Part.JETTY,
          Part.UNDERTOW);

  private static RunningApplication application;
  private static MockMvc mvc;

  @BeforeAll
  static void start() {
    application =
        RunningApplication.startWithoutServer(
            Routes.class,
            ABSENT,
            "--drawbridge.guarded-paths=/api/*",
            "--management.endpoint.health.show-details=always");
    mvc = mvcOf(application.context());
  }

  /** As Boot's own customizer of MockMvc, whose package differs from line to line. */
  private static MockMvc mvcOf(ConfigurableApplicationContext context) {
    DefaultMockMvcBuilder builder =
        MockMvcBuilders.webAppContextSetup((WebApplicationContext) context);
    for (FilterRegistrationBean<?> registration :
        context.getBeansOfType(FilterRegistrationBean.class).values()) {
      builder.addFilter(
          registration.getFilter(),
          registration.getFilterName(),
          registration.getInitParameters(),
          EnumSet.of(DispatcherType.REQUEST),
          registration.getUrlPatterns().toArray(new String[0]));
    }
    return builder.build();
  }

  @AfterAll
  static void stop() {
    application.close();
  }

  private static MockHttpServletResponse ask(MockHttpServletRequestBuilder request)
      throws Exception {
    return mvc.perform(request).andReturn().getResponse();
  }

  @Test
  void filtersHaveTheSettingsAndBeansOfTheApplication() throws Exception {
    String token = "Bearer " + RunningApplication.TOKENS.of("alice");

    assertThat(ask(get("/hello")).getContentAsString()).isEqualTo("hello");
    assertThat(ask(get("/hello").header("Origin", "https://evil.example")).getStatus())
        .isEqualTo(403);
    assertThat(ask(get("/api/me")).getContentAsString()).contains("token_missing");
    assertThat(ask(get("/api/me").header("Authorization", token)).getContentAsString())
        .isEqualTo("alice");
  }

  @Test
  void healthOfTheApplicationDoesNotDependOnAServer() throws Exception {
    MockHttpServletResponse health = ask(get("/actuator/health"));

    assertThat(health.getStatus()).isEqualTo(200);
    assertThat(health.getContentAsString()).contains("no server");
  }

  /** Nobody destroys the filters of such a test, and a context follows the other in one JVM. */
  @Test
  void nothingIsLeftOfAContextThatIsClosed() {
    RunningApplication closed =
        RunningApplication.startWithoutServer(
            Routes.class, ABSENT, "--server.servlet.context-path=/gone");
    WebApplicationContext context = (WebApplicationContext) closed.context();
    mvcOf(closed.context());
    ServletContext stage = context.getServletContext();
    assertThat(stage.getAttribute(DrawbridgeRuntime.class.getName())).isNotNull();

    closed.close();

    assertThat(stage.getAttribute(DrawbridgeRuntime.class.getName())).isNull();
  }

  @Test
  void connectionsSayWhatTheyNeed() {
    assertThatThrownBy(() -> application.bean(Connections.class).size())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("RANDOM_PORT");
  }
}
