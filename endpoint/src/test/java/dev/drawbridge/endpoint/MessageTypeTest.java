package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a registration can ask for, and what is around and beside a handler. */
class MessageTypeTest {
  private static final AttributeKey<Integer> COUNT = AttributeKey.of("count", Integer.class);

  private final List<String> steps = new CopyOnWriteArrayList<>();

  private TestServer server(Consumer<Endpoint.Builder> endpoint) {
    return TestServer.setup().endpoint(endpoint).start();
  }

  @ParameterizedTest
  @CsvSource({"pooled, 0", "reading, 0", "any, 0", "both, 1", "none-of-any, 1", "other, 1"})
  void rolesDecideWhoIsHandled(String type, int refusals) {
    try (TestServer server =
            server(
                endpoint ->
                    endpoint
                        .on("pooled", JsonNode.class)
                        .requires("user")
                        .handle((data, c) -> data)
                        .on("reading", JsonNode.class)
                        .requires("user")
                        .onReadingThread()
                        .handle((data, c) -> data)
                        .on("any", JsonNode.class)
                        .requires("admin", "user")
                        .handle((data, c) -> data)
                        .on("both", JsonNode.class)
                        .requires("user")
                        .requires("admin")
                        .handle((data, c) -> steps.add("both"))
                        .on("none-of-any", JsonNode.class)
                        .requires("admin", "editor")
                        .handle((data, c) -> steps.add("any"))
                        .on("other", JsonNode.class)
                        .onReadingThread()
                        .requires("USER")
                        .handle((data, c) -> steps.add("other")));
        RecordingClient alice = server.connect("alice")) {

      Frame answer = alice.request(type, 7);

      assertThat(answer.errorCode()).isEqualTo(refusals == 0 ? "" : "message_forbidden");
      assertThat(steps).isEmpty();
      if (refusals > 0) {
        assertThat(answer.json().at("/error/action").asText()).isEqualTo("contact_admin");
        assertThat(answer.json().at("/error/message").asText())
            .isEqualTo("the user has no role that may send " + type);
      }
    }
  }

  @Test
  void forbiddenMessagesAreNoInvalidOnes() {
    try (TestServer server =
            TestServer.setup()
                .production()
                .endpoint(
                    endpoint ->
                        endpoint
                            .on("secret", JsonNode.class)
                            .requires("admin")
                            .handle((data, c) -> data)
                            .on("echo", JsonNode.class, (data, c) -> data))
                .start();
        RecordingClient alice = server.connect("alice")) {

      for (int i = 0; i < 15; i++) {
        assertThat(alice.request("secret", i).errorCode()).isEqualTo("message_forbidden");
      }

      assertThat(alice.request("echo", 1).data().asInt()).isEqualTo(1);
    }
  }

  @Test
  void roleThatIsGivenLaterCounts() {
    try (TestServer server =
            server(
                endpoint ->
                    endpoint
                        .on("secret", JsonNode.class)
                        .requires("admin")
                        .handle((data, c) -> data));
        RecordingClient alice = server.connect("alice")) {
      assertThat(alice.request("secret", 1).errorCode()).isEqualTo("message_forbidden");

      server.users().put(User.of("alice", "Alice", Set.of("admin")));
      server.directory().invalidate("alice");
      TestServer.await(
          "the connection knows the role",
          () -> server.connections().list().get(0).user().roles().contains("admin"));

      assertThat(alice.request("secret", 2).data().asInt()).isEqualTo(2);
    }
  }

  @Test
  void registrationWithoutHandlerStopsTheStart() {
    assertThatThrownBy(() -> server(endpoint -> endpoint.on("lost", Void.class).requires("x")))
        .hasStackTraceContaining("a registration must end with handle(…): on(\"lost\", …)");
  }

  @Test
  void secondHandlerOfARegistrationIsRefused() {
    assertThatThrownBy(
            () ->
                server(
                    endpoint -> {
                      Endpoint.MessageType<JsonNode> twice = endpoint.on("twice", JsonNode.class);
                      twice.handle((data, c) -> data);
                      twice.handle((data, c) -> data);
                    }))
        .hasStackTraceContaining("a type must have one handler: twice");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "admin, ,user"})
  void noRoleAtAllIsRefused(String roles) {
    String[] named = roles.isEmpty() ? new String[0] : roles.split(",");

    assertThatThrownBy(
            () -> server(e -> e.on("open", Void.class).requires(named).handle((d, c) -> null)))
        .hasStackTraceContaining("requires must name roles, none of them blank");
  }

  @Test
  void interceptorsSurroundHandlersInTheOrderOfTheirRegistration() {
    try (TestServer server =
            server(
                endpoint ->
                    endpoint
                        .on(
                            "add",
                            Integer.class,
                            (data, c) -> {
                              steps.add("handler");
                              return data + 1;
                            })
                        .around(
                            call -> {
                              steps.add("outer " + call.type() + " " + call.data());
                              Object result = call.proceed();
                              steps.add("outer got " + result);
                              return result;
                            })
                        .around(
                            call -> {
                              steps.add("inner " + call.connection().user().subject());
                              return (Integer) call.proceed() * 10;
                            }));
        RecordingClient alice = server.connect("alice")) {

      Frame ack = alice.request("add", 4);

      assertThat(ack.data().asInt()).isEqualTo(50);
      assertThat(steps).containsExactly("outer add 4", "inner alice", "handler", "outer got 50");
    }
  }

  @Test
  void interceptorCanAnswerRefuseAndFail() {
    try (TestServer server =
            server(
                endpoint ->
                    endpoint
                        .on("act", JsonNode.class, (data, c) -> steps.add("handled"))
                        .around(
                            call ->
                                switch (String.valueOf(call.data())) {
                                  case "1" -> "without the handler";
                                  case "2" -> throw new MessageRefused("closed_today", "Monday");
                                  case "3" -> throw new IllegalStateException("broken");
                                  default -> {
                                    call.proceed();
                                    yield call.proceed();
                                  }
                                }));
        RecordingClient alice = server.connect("alice")) {

      assertThat(alice.request("act", 1).data().asText()).isEqualTo("without the handler");
      assertThat(alice.request("act", 2).errorCode()).isEqualTo("closed_today");
      assertThat(alice.request("act", 3).errorCode()).isEqualTo("handler_failed");
      assertThat(steps).isEmpty();
      assertThat(alice.request("act", 4).errorCode()).isEqualTo("handler_failed");
      assertThat(steps).containsExactly("handled");
    }
  }

  @Test
  void handshakeIsRemembered() {
    CopyOnWriteArrayList<HandshakeFacts> seen = new CopyOnWriteArrayList<>();
    try (TestServer server =
        TestServer.setup()
            .set("drawbridge.jwt.query.token", "true")
            .endpoint(
                endpoint ->
                    endpoint
                        .keepHeaders("accept-language", "X-App", "X-Absent")
                        .onOpen(connection -> seen.add(connection.handshake())))
            .start()) {
      URI uri =
          URI.create(
              server.uri()
                  + "?room=a%20b&empty=&access_token="
                  + TestServer.TOKENS.of("alice")
                  + "&room=second");
      try (RecordingClient alice =
          RecordingClient.connect(
              uri,
              options ->
                  options
                      .header("X-App", "7")
                      .header("Accept-Language", "xx-, de-CH;q=0.8, en;q=0.9"))) {
        alice.expect("welcome");
        TestServer.await("it is open", () -> !seen.isEmpty());

        HandshakeFacts facts = seen.get(0);
        assertThat(facts.query("room")).contains("a b");
        assertThat(facts.queryAll("room")).containsExactly("a b", "second");
        assertThat(facts.query("empty")).contains("");
        assertThat(facts.query("access_token")).isEmpty();
        assertThat(facts.header("x-app")).contains("7");
        assertThat(facts.header("X-ABSENT")).isEmpty();
        assertThatThrownBy(() -> facts.header("User-Agent"))
            .hasMessage("header is not kept, name it in endpoint.keepHeaders(…): User-Agent");
        assertThat(facts.toString()).doesNotContain("a b").doesNotContain("7");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a=1&bad=%zz, bad, %zz",
    "a=1&&b, b, ''",
    "%61=2, a, 2",
    "a=1%2B1&a=3, a, 1+1",
    "a=b=c, a, b=c"
  })
  void queryIsReadAsItIsWritten(String query, String name, String value) {
    assertThat(HandshakeFacts.of(query, Map.of()).query(name)).contains(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "de-CH, en;q=0.5 | de-CH",
        "en;q=0.5, fr;q=0.9 | fr",
        "*, pt-BR;q=0.1 | pt-BR",
        "*| ",
        "de;q=0 | ",
        "de;q=x | ",
        "'' | "
      })
  void localeIsTheLanguageThatIsLikedBest(String header, String tag) {
    HandshakeFacts facts = HandshakeFacts.of(null, Map.of("Accept-Language", List.of(header)));

    assertThat(facts.locale().map(Locale::toLanguageTag).orElse(null)).isEqualTo(tag);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization",
        "cookie",
        "Proxy-Authorization",
        "SEC-WebSocket-Protocol",
        "",
        "a b"
      })
  void headersOfCredentialsAreNotKept(String name) {
    assertThatThrownBy(() -> server(endpoint -> endpoint.keepHeaders(name)))
        .hasStackTraceContaining("keepHeaders must ");
  }

  @Test
  void attributesHaveAClass() {
    try (TestServer server =
            server(
                endpoint ->
                    endpoint.on(
                        "count",
                        Void.class,
                        (nothing, c) -> {
                          int next = c.attribute(COUNT).orElse(0) + 1;
                          c.attribute(COUNT, next == 3 ? null : next);
                          return next;
                        }));
        RecordingClient alice = server.connect("alice")) {

      assertThat(alice.request("count", null).data().asInt()).isEqualTo(1);
      assertThat(alice.request("count", null).data().asInt()).isEqualTo(2);
      assertThat(alice.request("count", null).data().asInt()).isEqualTo(3);
      assertThat(alice.request("count", null).data().asInt()).isEqualTo(1);
      Connection connection = server.connections().list().get(0);
      assertThat(connection.attribute(AttributeKey.of("count", String.class))).isEmpty();
    }
  }

  @Test
  void recipientsAreAskedAnew() throws Exception {
    try (TestServer server = server(endpoint -> {});
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      Connection first =
          server.connections().list().stream()
              .filter(c -> c.user().subject().equals("alice"))
              .findFirst()
              .orElseThrow();
      Connections connections = server.connections();
      Connections.Recipients others = connections.all().except(first);
      Connections.Recipients carols =
          connections.all().where(c -> c.user().subject().equals("carol"));
      Connections.Recipients carol = connections.forUser("carol");
      assertThat(List.of(others.size(), carols.size(), carol.size())).containsExactly(1, 0, 0);

      try (RecordingClient late = server.connect("carol")) {
        assertThat(List.of(others.size(), carols.size(), carol.size())).containsExactly(2, 1, 1);

        Connections.Delivery delivery =
            others
                .send("news", 1)
                .toCompletableFuture()
                .get(10, java.util.concurrent.TimeUnit.SECONDS);

        assertThat(delivery).isEqualTo(new Connections.Delivery(2, 0));
        assertThat(bob.expect("news").data().asInt()).isEqualTo(1);
        assertThat(late.expect("news").data().asInt()).isEqualTo(1);
        assertThat(
                others.where(c -> c.user().roles().contains("user")).close(CloseCode.NORMAL, "bye"))
            .isEqualTo(2);
        assertThat(bob.expectClose(1000).reason()).isEqualTo("bye");
        assertThat(late.expectClose(1000).reason()).isEqualTo("bye");
      }
      TestServer.await("they are gone", () -> connections.size() == 1 && others.size() == 0);
      connections.all().send("end", null);
      alice.expect("end");
    }
  }

  @Test
  void conditionThatFailsSendsToNobody() {
    try (TestServer server = server(endpoint -> {});
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      boolean[] first = {true};
      Connections.Recipients broken =
          server
              .connections()
              .all()
              .where(
                  c -> {
                    if (first[0]) {
                      first[0] = false;
                      return true;
                    }
                    throw new IllegalStateException("no");
                  });

      assertThatThrownBy(() -> broken.send("news", 1)).hasMessage("no");

      server.connections().all().send("end", null);
      alice.expect("end");
      bob.expect("end");
    }
  }
}
