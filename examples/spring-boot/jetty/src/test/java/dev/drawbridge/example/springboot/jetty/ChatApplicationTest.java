package dev.drawbridge.example.springboot.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChatApplicationTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final TestTokens TOKENS = new TestTokens();

  private ConfigurableApplicationContext application;

  @BeforeAll
  void start() {
    application = run(ChatApplication.class);
  }

  @AfterAll
  void stop() {
    application.close();
  }

  @Test
  void aUserGetsAWelcomeAndAnEcho() {
    try (RecordingClient alice = RecordingClient.connect(uri("ws", "/ws"), TOKENS.of("alice"))) {
      assertThat(alice.request("echo", List.of(1, 2)).data().toString()).isEqualTo("[1,2]");
      alice.leave();
    }
  }

  @Test
  void withoutATokenNobodyConnects() {
    assertThatThrownBy(() -> RecordingClient.connect(uri("ws", "/ws"), options -> {}))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
  }

  @Test
  void aForeignPageConnectsToNothing() throws Exception {
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    uri("ws", "/ws"),
                    options ->
                        options.token(TOKENS.of("alice")).header("Origin", "https://evil.example")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(403));
    assertThat(get("/hello", "https://evil.example").statusCode()).isEqualTo(403);
  }

  @Test
  void theApplicationsOwnRoutesAreOpenToAllowedPages() throws Exception {
    HttpResponse<String> hello = get("/hello", "http://localhost:5173");
    HttpResponse<String> diagnosis = get("/ws/diagnose", "http://localhost:5173");

    assertThat(hello.body()).isEqualTo("hello");
    assertThat(hello.headers().firstValue("Access-Control-Allow-Origin"))
        .hasValue("http://localhost:5173");
    assertThat(diagnosis.statusCode()).isEqualTo(401);
    assertThat(diagnosis.body()).contains("token_missing");
    assertThat(get("/ws/config", "http://localhost:5173").body()).contains("\"mode\":\"dev\"");
  }

  /** Its wrapper stands between the filter and the application. */
  @Test
  void springSecurityKnowsTheUserOfTheToken() throws Exception {
    assertThat(account("Authorization", "Bearer " + TOKENS.of("alice")).body())
        .isEqualTo("alice admin=true");
    assertThat(account("Authorization", "Bearer " + TOKENS.of("bob")).body())
        .isEqualTo("bob admin=false");
    assertThat(account("X-None", "1").statusCode()).isEqualTo(401);
  }

  private HttpResponse<String> account(String header, String value) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri("http", "/account")).header(header, value).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The README's short form. */
  @Test
  void oneBeanInsteadOfThreeDoesTheSame() {
    try (ConfigurableApplicationContext shortForm = run(ShortForm.class)) {
      URI uri = URI.create("ws://localhost:" + port(shortForm) + "/ws");
      try (RecordingClient alice = RecordingClient.connect(uri, TOKENS.of("alice"))) {
        assertThat(alice.request("echo", 7).data().asInt()).isEqualTo(7);
        alice.leave();
      }
      assertThatThrownBy(() -> RecordingClient.connect(uri, options -> {}))
          .isInstanceOf(RecordingClient.Refused.class);
    }
  }

  /** No {@code @Configuration}, or the scan of the application above would find it. */
  @EnableAutoConfiguration
  @Import(SecurityRules.class)
  static class ShortForm {
    @Bean
    ServletContextInitializer users() {
      return new ChatApplication().users();
    }

    @Bean
    ServletContextInitializer drawbridge() {
      return context -> Drawbridge.install(context, "/ws", new ChatServlet());
    }
  }

  private static ConfigurableApplicationContext run(Class<?> application) {
    return SpringApplication.run(
        application,
        "--server.port=0",
        "--server.servlet.context-parameters.[drawbridge.jwt.secret]=" + TestTokens.SECRET);
  }

  private static String port(ConfigurableApplicationContext application) {
    return application.getEnvironment().getRequiredProperty("local.server.port");
  }

  private URI uri(String scheme, String path) {
    return URI.create(scheme + "://localhost:" + port(application) + path);
  }

  private HttpResponse<String> get(String path, String origin) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri("http", path)).header("Origin", origin).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
