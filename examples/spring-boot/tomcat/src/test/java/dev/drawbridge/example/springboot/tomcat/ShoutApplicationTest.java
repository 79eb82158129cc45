package dev.drawbridge.example.springboot.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShoutApplicationTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String TOKEN = new TestTokens().of("alice");
  private static final Consumer<WebSocket.Builder> ALICE =
      builder -> builder.header("Authorization", "Bearer " + TOKEN);

  private ConfigurableApplicationContext application;

  @BeforeAll
  void start() {
    application =
        SpringApplication.run(
            ShoutApplication.class,
            "--server.port=0",
            "--server.servlet.context-parameters.[drawbridge.jwt.secret]=" + TestTokens.SECRET);
  }

  @AfterAll
  void stop() {
    application.close();
  }

  @Test
  void aUserGetsAWelcomeAndAnAnswerOfTheEndpoint() {
    try (RecordingClient alice = RecordingClient.connect(uri("ws", "/ws"), TOKEN)) {
      assertThat(alice.request("shout", "hello").data().asText()).isEqualTo("HELLO");
      alice.leave();
    }
  }

  @Test
  void endpointRefusesStrangersAndForeignPages() {
    assertThat(refusal(options -> {})).isEqualTo(401);
    assertThat(refusal(options -> options.token(TOKEN).header("Origin", "https://evil.example")))
        .isEqualTo(403);
  }

  @Test
  void routesBesideTheSocketAnswer() throws Exception {
    assertThat(get("/ws/config", "http://localhost:5173").body()).contains("\"mode\":\"dev\"");
    assertThat(get("/ws/diagnose", "http://localhost:5173").body()).contains("token_missing");
  }

  /** A socket of the endpoint needs no Spring WebSocket, and this is all that it does need. */
  @Test
  void threeLinesAreEnough() {
    try (ConfigurableApplicationContext shortForm =
        SpringApplication.run(
            ShortForm.class,
            "--server.port=0",
            "--server.servlet.context-parameters.[drawbridge.jwt.secret]=" + TestTokens.SECRET)) {
      URI uri =
          URI.create(
              "ws://localhost:"
                  + shortForm.getEnvironment().getRequiredProperty("local.server.port")
                  + "/ws");
      try (RecordingClient alice = RecordingClient.connect(uri, TOKEN)) {
        assertThat(alice.request("echo", 7).data().asInt()).isEqualTo(7);
        alice.leave();
      }
      assertThatThrownBy(() -> RecordingClient.connect(uri, options -> {}))
          .isInstanceOf(RecordingClient.Refused.class);
    }
  }

  /** No {@code @Configuration}, or the scan of the application would find it. */
  @EnableAutoConfiguration
  static class ShortForm {
    @Bean
    ServletContextInitializer users() {
      return new ShoutApplication().users();
    }

    @Bean
    ServletContextInitializer drawbridge() {
      return context ->
          Drawbridge.install(
              context, "/ws", e -> e.on("echo", Integer.class, (number, connection) -> number));
    }
  }

  private int refusal(Consumer<RecordingClient.Options> options) {
    try (RecordingClient client = RecordingClient.connect(uri("ws", "/ws"), options)) {
      throw new AssertionError("connected: " + client.connectionId());
    } catch (RecordingClient.Refused refused) {
      return refused.status();
    }
  }

  @Test
  void springsHandlerKnowsItsUser() throws Exception {
    assertThat(ask(ALICE, "hello")).isEqualTo("alice: HELLO");
  }

  @Test
  void aPageOnAnotherPortBringsItsTokenAsSubprotocol() throws Exception {
    Consumer<WebSocket.Builder> browser =
        builder ->
            builder
                .header("Origin", "http://localhost:5173")
                .subprotocols("drawbridge.v1", "drawbridge.bearer." + TOKEN);

    assertThat(ask(browser, "hello")).isEqualTo("alice: HELLO");
  }

  @Test
  void withoutATokenNobodyConnects() {
    assertThat(handshake(builder -> {})).isEqualTo(401);
  }

  @Test
  void aForeignPageConnectsToNothing() throws Exception {
    assertThat(handshake(ALICE.andThen(b -> b.header("Origin", "https://evil.example"))))
        .isEqualTo(403);
    assertThat(get("/hello", "https://evil.example").statusCode()).isEqualTo(403);
    assertThat(get("/hello", "http://localhost:5173").body()).isEqualTo("hello");
  }

  private int handshake(Consumer<WebSocket.Builder> setUp) {
    try {
      open(setUp, new WebSocket.Listener() {}).abort();
      return 101;
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }

  private String ask(Consumer<WebSocket.Builder> setUp, String text) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            answer.complete(part.toString());
            return null;
          }

          @Override
          public void onError(WebSocket from, Throwable error) {
            answer.completeExceptionally(error);
          }
        };
    WebSocket socket = open(setUp, listener);
    try {
      socket.sendText(text, true).join();
      return answer.get(10, TimeUnit.SECONDS);
    } finally {
      socket.abort();
    }
  }

  private WebSocket open(Consumer<WebSocket.Builder> setUp, WebSocket.Listener listener) {
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
    setUp.accept(builder);
    return builder.buildAsync(uri("ws", "/shout"), listener).join();
  }

  private HttpResponse<String> get(String path, String origin) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri("http", path)).header("Origin", origin).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String scheme, String path) {
    return URI.create(
        scheme
            + "://localhost:"
            + application.getEnvironment().getRequiredProperty("local.server.port")
            + path);
  }
}
