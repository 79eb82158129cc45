package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.testing.ProxyProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The proxies of docs/scaling.md as they are printed there, in front of two servers on one Redis,
 * without sticky sessions.
 */
class ScalingProxiesTest {
  private static final TestTokens TOKENS = new TestTokens();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private RedisProcess redis;
  private TestNode a;
  private TestNode b;

  static Stream<Named<Function<Map<String, String>, ProxyProcess>>> proxies() {
    return Stream.of(
        Named.of("nginx", servers -> ProxyProcess.nginx(ScalingGuide.block("nginx"), servers)),
        Named.of(
            "HAProxy", servers -> ProxyProcess.haproxy(ScalingGuide.block("haproxy"), servers)));
  }

  /** Nobody can be looked up. */
  private volatile boolean databaseAway;

  private TestNode node() throws Exception {
    UserSource users =
        subject -> {
          if (databaseAway) {
            throw new IllegalStateException("the database is away");
          }
          return Optional.of(User.of(subject, "The " + subject, Set.of("user")));
        };
    return RedisNodes.start(
        "redis://127.0.0.1:" + redis.port(), Map.of(UserSource.class.getName(), users));
  }

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    a = node();
    b = node();
    eventually("both are up", () -> a.isUp() && b.isUp());
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {b, a, redis}) {
      if (one != null) {
        one.close();
      }
    }
  }

  private Map<String, String> servers() {
    return Map.of(
        "app1.internal:8080",
        "127.0.0.1:" + a.port(),
        "app2.internal:8080",
        "127.0.0.1:" + b.port());
  }

  private static RecordingClient client(ProxyProcess proxy, String subject) {
    return RecordingClient.connect(URI.create(proxy.url()), TOKENS.of(subject));
  }

  private static void publish(TestNode node, String text) throws Exception {
    node.channels()
        .publish("room:1", "chat.message", Map.of("text", text))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void pagesAreSpreadAndHearEachOther(Function<Map<String, String>, ProxyProcess> proxied)
      throws Exception {
    try (ProxyProcess proxy = proxied.apply(servers())) {
      List<RecordingClient> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        RecordingClient one = client(proxy, "user" + i);
        one.subscribe("room:1");
        all.add(one);
      }

      publish(a, "from a");
      publish(b, "from b");

      // Three each, unless a look of HAProxy at a server was late.
      assertThat(a.connections().size()).isBetween(1, 5);
      assertThat(a.connections().size() + b.connections().size()).isEqualTo(6);
      for (RecordingClient one : all) {
        assertThat(one.expect("chat.message").data().path("text").asText()).isEqualTo("from a");
        assertThat(one.expect("chat.message").data().path("text").asText()).isEqualTo("from b");
        one.leave();
        one.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void aServerThatIsDrainedLosesNoPageAndNoMessage(
      Function<Map<String, String>, ProxyProcess> proxied) throws Exception {
    try (ProxyProcess proxy = proxied.apply(servers())) {
      RecordingClient alice = client(proxy, "alice");
      Frame subscribed = alice.subscribe("room:1");
      TestNode first = a.connections().size() == 1 ? a : b;
      TestNode other = first == a ? b : a;

      first.connections().drain();
      alice.expect("drain");
      alice.expectClose(1012);
      alice.close();
      publish(other, "meanwhile");

      try (RecordingClient back = client(proxy, "alice");
          RecordingClient eve = client(proxy, "eve")) {
        Frame resumed =
            back.resume(
                subscribed.data().path("epoch").asText(),
                subscribed.data().path("seq").asLong(),
                "room:1");
        assertThat(resumed.data().path("resumed").asBoolean()).isTrue();
        assertThat(back.expect("chat.message").data().path("text").asText()).isEqualTo("meanwhile");
        assertThat(other.connections().size()).isEqualTo(2);
        eve.leave();
        back.leave();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void pagesStayWhereNoServerTakesHandshakes(Function<Map<String, String>, ProxyProcess> proxied)
      throws Exception {
    try (ProxyProcess proxy = proxied.apply(servers())) {
      assertThat(pages(proxy)).as("of the server, which has no page there").containsOnly(404);
      databaseAway = true;

      for (int i = 0; i < 6; i++) {
        String subject = "user" + i;
        assertThatThrownBy(() -> client(proxy, subject))
            .isInstanceOfSatisfying(
                RecordingClient.Refused.class, one -> assertThat(one.status()).isEqualTo(503));
      }

      assertThat(pages(proxy)).containsOnly(404);
      databaseAway = false;
      eventually(
          "handshakes go on",
          () -> {
            try (RecordingClient one = client(proxy, "late")) {
              one.leave();
              return true;
            } catch (RecordingClient.Refused e) {
              return false;
            }
          });
      a.connections().drain();
      b.connections().drain();
      // As a database that is away makes it.
      eventually("nobody is healthy", () -> noneIsLeft(proxy));
      assertThat(pages(proxy)).containsOnly(404);
    }
  }

  /** HAProxy knows it after its second look and answers by itself. */
  private static boolean noneIsLeft(ProxyProcess proxy) {
    HttpResponse<String> answer = get(proxy, "ws/health");
    return answer.statusCode() == 503
        && (answer.headers().firstValue("Server").orElse("").startsWith("nginx")
            || answer.body().contains("No server is available"));
  }

  /** What each of some requests for a page is answered with. */
  private static List<Integer> pages(ProxyProcess proxy) {
    return IntStream.range(0, 4).mapToObj(i -> get(proxy, "").statusCode()).toList();
  }

  private static HttpResponse<String> get(ProxyProcess proxy, String path) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(proxy.page().resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void aServerThatIsGoneIsPassedOver(Function<Map<String, String>, ProxyProcess> proxied)
      throws Exception {
    try (ProxyProcess proxy = proxied.apply(servers())) {
      a.close();
      a = null;

      for (int i = 0; i < 4; i++) {
        try (RecordingClient one = client(proxy, "user" + i)) {
          one.leave();
        }
      }

      assertThat(b.health()).contains("\"status\":\"up\"");
    }
  }
}
