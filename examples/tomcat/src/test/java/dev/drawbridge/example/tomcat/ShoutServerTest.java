package dev.drawbridge.example.tomcat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.DrawbridgeFilters;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShoutServerTest {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final String TOKEN = new TestTokens().of("alice");
  private static final Consumer<WebSocket.Builder> STRANGER = builder -> {};
  private static final Consumer<WebSocket.Builder> ALICE =
      builder -> builder.header("Authorization", "Bearer " + TOKEN);
  private static final Map<String, String> SETTINGS =
      Map.of(
          "ENVIRONMENT", "development",
          "WEBSOCKET_DEV_MODE", "true",
          "drawbridge.dev.key", "off",
          "drawbridge.jwt.secret", TestTokens.SECRET);

  private Tomcat tomcat;

  @BeforeAll
  void start() throws Exception {
    SETTINGS.forEach(System::setProperty);
    tomcat = ShoutServer.start(0);
  }

  @AfterAll
  void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  @Test
  void endpointAnswersBehindTheSameFilters() throws Exception {
    URI uri = uri(tomcat, "ws", "/ws");

    try (RecordingClient alice = RecordingClient.connect(uri, TOKEN)) {
      assertThat(alice.request("shout", "hello").data().asText()).isEqualTo("HELLO");
      alice.leave();
    }
    assertThatThrownBy(() -> RecordingClient.connect(uri, options -> {}))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    uri, options -> options.token(TOKEN).header("Origin", "https://evil.example")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(403));
  }

  /** Which way frames take is in the start log and on the page; here it is asked for. */
  @Test
  void diagnosisSaysThatTomcatServes() throws Exception {
    HttpResponse<String> page =
        CLIENT.send(
            HttpRequest.newBuilder(uri(tomcat, "http", "/ws/diagnostics"))
                .header("Accept", "application/json")
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(page.body()).contains("\"way\":\"tomcat\"");
  }

  @Test
  void theEndpointKnowsItsUser() throws Exception {
    assertThat(ask(tomcat, ALICE, "hello")).isEqualTo("alice: HELLO");
  }

  @Test
  void aBrowsersTokenComesAsSubprotocolAndIsNotAnswered() throws Exception {
    Consumer<WebSocket.Builder> browser =
        builder ->
            builder
                .header("Origin", "http://localhost:5173")
                .subprotocols("drawbridge.v1", "drawbridge.bearer." + TOKEN);

    assertThat(ask(tomcat, browser, "hello")).isEqualTo("alice: HELLO");
  }

  @Test
  void withoutATokenNobodyConnects() {
    assertThat(handshake(tomcat, STRANGER)).isEqualTo(401);
  }

  @Test
  void aForeignPageDoesNotConnect() {
    assertThat(handshake(tomcat, ALICE.andThen(from("https://evil.example")))).isEqualTo(403);
  }

  /** The trap of the README, so that nobody has to believe in it. */
  @Test
  void filtersThatAreAddedBehindTomcatsOwnSeeNoHandshake() throws Exception {
    Tomcat trapped = ShoutServer.server(0);
    Context application = ShoutServer.application(trapped);
    application.addServletContainerInitializer(new WsSci(), Set.of(Trusting.class));
    application.addServletContainerInitializer(
        (classes, context) -> {
          behind(context, "cors", DevCorsFilter.class);
          behind(context, "jwt", JwtHandshakeFilter.class);
        },
        Set.of());
    ShoutServer.started(trapped, application);
    BlockingQueue<String> errors = errors();
    try {
      assertThat(handshake(trapped, STRANGER.andThen(from("https://evil.example")))).isEqualTo(101);

      assertThat(errors.poll(10, TimeUnit.SECONDS))
          .startsWith("a handshake of /shout was answered before it came to JwtHandshakeFilter");
    } finally {
      trapped.stop();
      trapped.destroy();
    }
  }

  /**
   * The rows of the README whose filters see the handshake; web.xml is tried with the containers.
   */
  @ParameterizedTest
  @ValueSource(strings = {"install behind Tomcat's initializer", "isMatchAfter false"})
  void filtersThatAreAddedInFrontSeeTheHandshake(String how) throws Exception {
    Tomcat guarded = ShoutServer.server(0);
    Context application = ShoutServer.application(guarded);
    application.addServletContainerInitializer(new WsSci(), Set.of(Trusting.class));
    application.addServletContainerInitializer(
        (classes, context) -> {
          if (how.startsWith("install")) {
            DrawbridgeFilters.install(context, "/shout");
          } else {
            // The last one that is put in front is the first one.
            add(context, "jwt", JwtHandshakeFilter.class, false);
            add(context, "cors", DevCorsFilter.class, false);
          }
        },
        Set.of());
    ShoutServer.started(guarded, application);
    try {
      assertThat(handshake(guarded, STRANGER)).isEqualTo(401);
      assertThat(handshake(guarded, ALICE.andThen(from("https://evil.example")))).isEqualTo(403);
      assertThat(handshake(guarded, ALICE)).isEqualTo(101);
    } finally {
      guarded.stop();
      guarded.destroy();
    }
  }

  /** Serves everybody. */
  @jakarta.websocket.server.ServerEndpoint("/shout")
  public static final class Trusting {}

  private static BlockingQueue<String> errors() {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent event) {
            if (event.getLevel() == Level.ERROR) {
              lines.add(event.getFormattedMessage());
            }
          }
        };
    appender.start();
    ((Logger) LoggerFactory.getLogger("dev.drawbridge.filters")).addAppender(appender);
    return lines;
  }

  private static void behind(ServletContext context, String name, Class<? extends Filter> type) {
    add(context, name, type, true);
  }

  private static void add(
      ServletContext context, String name, Class<? extends Filter> type, boolean isMatchAfter) {
    FilterRegistration.Dynamic filter = context.addFilter(name, type);
    filter.setAsyncSupported(true);
    filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), isMatchAfter, "/*");
  }

  private static Consumer<WebSocket.Builder> from(String origin) {
    return builder -> builder.header("Origin", origin);
  }

  private static int handshake(Tomcat server, Consumer<WebSocket.Builder> setUp) {
    try {
      open(server, setUp, new WebSocket.Listener() {}).abort();
      return 101;
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }

  private static String ask(Tomcat server, Consumer<WebSocket.Builder> setUp, String text)
      throws Exception {
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
    WebSocket socket = open(server, setUp, listener);
    try {
      socket.sendText(text, true).join();
      return answer.get(10, TimeUnit.SECONDS);
    } finally {
      socket.abort();
    }
  }

  private static WebSocket open(
      Tomcat server, Consumer<WebSocket.Builder> setUp, WebSocket.Listener listener) {
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder();
    setUp.accept(builder);
    return builder.buildAsync(uri(server, "ws", "/shout"), listener).join();
  }

  private static URI uri(Tomcat server, String scheme, String path) {
    return URI.create(scheme + "://127.0.0.1:" + server.getConnector().getLocalPort() + path);
  }
}
