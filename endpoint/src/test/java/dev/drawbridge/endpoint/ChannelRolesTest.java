package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Roles that a channel's rule asks for, on the wire. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChannelRolesTest {
  record Text(String text) {}

  private final List<String> asked = new CopyOnWriteArrayList<>();

  /** What the authorizer of {@code slow:} does once before it answers. */
  private final AtomicReference<Runnable> before = new AtomicReference<>(() -> {});

  private TestServer server;
  private Channels channels;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .set("drawbridge.roles", "both")
            .set("drawbridge.jwt.roles.claim", "/roles")
            .endpoint(
                endpoint ->
                    endpoint
                        .channel(
                            "staff:",
                            rules ->
                                rules
                                    .requires("admin", "owner")
                                    .authorize(this::all)
                                    .clientPublish("note", Text.class)
                                    .presence())
                        .channel(
                            "news:",
                            rules ->
                                rules
                                    .requires(ChannelAction.PUBLISH, "editor")
                                    .requires(ChannelAction.PRESENCE, "admin")
                                    .authorize(this::all)
                                    .clientPublish("note", Text.class)
                                    .presence())
                        .channel(
                            "both:", rules -> rules.requires("admin").requires("paid", "trial"))
                        .channel(
                            "slow:",
                            rules ->
                                rules
                                    .requires("admin")
                                    .authorize(
                                        (user, action, names) -> {
                                          before.getAndSet(() -> {}).run();
                                          return names;
                                        }))
                        .channel("open:", rules -> rules.authorize(this::all)))
            .start();
    channels = Channels.of(server.context().getServletContext());
  }

  private Set<String> all(User user, ChannelAction action, Set<String> names) {
    asked.add(user.subject() + " " + action);
    return names;
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void forget() {
    asked.clear();
  }

  /** Of the table; who is connected learns of it by an invalidation. */
  private void roles(String subject, String... roles) {
    server.users().put(User.of(subject, subject, Set.of(roles)));
    server.core().users().invalidate(subject);
  }

  private RecordingClient connect(String subject, String... roles) {
    roles(subject, roles);
    return server.connect(subject);
  }

  private static String token(String subject, long seconds, String... roles) {
    long now = Instant.now().getEpochSecond();
    return TestServer.TOKENS.sign(
        Map.of(
            "iss",
            "http://localhost",
            "aud",
            "drawbridge",
            "sub",
            subject,
            "iat",
            now,
            "exp",
            now + seconds,
            "roles",
            List.of(roles)));
  }

  /** What is subscribed, then with ! what is not and why. */
  private static List<String> names(Frame ack) {
    List<String> names = new ArrayList<>();
    ack.data().path("subscribed").forEach(one -> names.add(one.asText()));
    ack.data()
        .path("refused")
        .forEach(
            one -> names.add("!" + one.path("channel").asText() + " " + one.path("code").asText()));
    return names;
  }

  private void publish(String channel) throws Exception {
    channels
        .publish(channel, "note", new Text("hi"))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @CsvSource({
    "admin, true",
    "owner, true",
    "'owner,user', true",
    "user, false",
    "Admin, false",
    "'admin ', false",
    "'', false"
  })
  void whoHasNoneOfTheRolesIsRefusedAndTheAuthorizerIsNotAsked(String roles, boolean allowed) {
    try (RecordingClient client =
        connect("alice", roles.isEmpty() ? new String[0] : roles.split(","))) {
      Frame ack = client.subscribe("staff:1");

      assertThat(names(ack)).containsExactly(allowed ? "staff:1" : "!staff:1 channel_forbidden");
      assertThat(asked).isEqualTo(allowed ? List.of("alice SUBSCRIBE") : List.of());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "admin, false",
    "paid, false",
    "'admin,paid', true",
    "'trial,admin', true",
    "'paid,trial', false"
  })
  void rolesThatAreRequiredOneAfterTheOtherAreAllNeededAndNeedNoAuthorizer(
      String roles, boolean allowed) {
    try (RecordingClient client = connect("alice", roles.split(","))) {
      assertThat(names(client.subscribe("both:1")))
          .containsExactly(allowed ? "both:1" : "!both:1 channel_forbidden");
    }
  }

  @Test
  void oneFrameMayAskForChannelsOfSeveralRules() {
    try (RecordingClient client = connect("alice", "user")) {
      assertThat(names(client.subscribe("staff:1", "news:1", "none:1", "~")))
          .containsExactly("news:1", "~", "!staff:1 channel_forbidden", "!none:1 channel_unknown");
    }
  }

  @Test
  void publishIsForbiddenBeforeItsDataIsLookedAtAndBeforeTheAuthorizerIsAsked() {
    try (RecordingClient client = connect("alice", "user")) {
      for (Object data : List.of(Map.of("text", "hi"), Map.of(), 7)) {
        for (String channel : List.of("staff:1", "news:1")) {
          client.publish(channel, "note", data);

          Frame error = client.expectError("channel_forbidden");
          assertThat(error.json().at("/error/action").asText()).isEqualTo("contact_admin");
          assertThat(error.json().at("/error/message").asText())
              .doesNotContain("admin", "owner", "editor");
        }
      }
      client.publish("staff:1", "other", Map.of());
      client.expectError("publish_forbidden");
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void eachActionMayRequireRolesOfItsOwn() {
    try (RecordingClient editor = connect("eve", "editor");
        RecordingClient admin = connect("alice", "admin")) {
      editor.publish("news:1", "note", Map.of("text", "hi"));
      editor.expect("ack");
      admin.publish("news:1", "note", Map.of("text", "hi"));
      admin.expectError("channel_forbidden");

      editor.members("news:1");
      editor.expectError("channel_forbidden");
      admin.members("news:1");
      assertThat(admin.expect("ack").data().path("count").asInt()).isZero();

      // Without the role for it nobody is told who comes; the subscription is there.
      Frame ack =
          editor.request("subscribe", Map.of("channels", List.of("news:1"), "presence", true));
      assertThat(names(ack)).containsExactly("news:1");
      assertThat(asked).containsExactly("eve PUBLISH", "alice PRESENCE", "eve SUBSCRIBE");
    }
  }

  @Test
  void resumeAsksForTheRolesAgain() throws Exception {
    String epoch;
    long seq;
    try (RecordingClient client = connect("alice", "admin")) {
      Frame ack = client.subscribe("staff:2", "open:2");
      epoch = ack.data().path("epoch").asText();
      seq = ack.data().path("seq").asLong();
      client.leave();
    }
    publish("staff:2");
    roles("alice", "user");

    try (RecordingClient client = server.connect("alice")) {
      Frame ack = client.resume(epoch, seq, "staff:2", "open:2");

      assertThat(names(ack)).containsExactly("open:2", "!staff:2 channel_forbidden");
      assertThat(ack.data().path("replay").asInt()).isZero();
    }
  }

  @Test
  void tokenOfOtherRolesEndsWhatTheyDoNotAllow() throws Exception {
    roles("alice");
    try (RecordingClient client =
        RecordingClient.connect(server.uri(), token("alice", 600, "admin"))) {
      client.subscribe("staff:3", "open:3", "~");

      client.send("auth", "a", Map.of("token", token("alice", 1200, "user")));

      assertThat(client.expect("ack").id()).isEqualTo("a");
      Frame ended = client.expect("unsubscribe");
      assertThat(ended.channel()).isEqualTo("staff:3");
      assertThat(ended.errorCode()).isEqualTo("channel_forbidden");
      publish("staff:3");
      publish("open:3");
      assertThat(client.expect("note").channel()).isEqualTo("open:3");
      client.publish("staff:3", "note", Map.of("text", "hi"));
      client.expectError("channel_forbidden");
    }
  }

  @Test
  void tokenOfTheSameRolesAsksNobody() throws Exception {
    roles("alice");
    try (RecordingClient client =
        RecordingClient.connect(server.uri(), token("alice", 600, "admin", "user"))) {
      client.subscribe("staff:4");
      asked.clear();

      client.request("auth", Map.of("token", token("alice", 1200, "user", "admin")));
      publish("staff:4");

      client.expect("note");
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void roleThatTheTableTakesAwayEndsTheSubscriptionOfEveryConnection() throws Exception {
    try (RecordingClient one = connect("alice", "owner");
        RecordingClient other = server.connect("alice");
        RecordingClient admin = connect("bob", "admin")) {
      for (RecordingClient client : List.of(one, other, admin)) {
        client.subscribe("staff:5");
      }

      roles("alice", "user");

      assertThat(one.expect("unsubscribe").channel()).isEqualTo("staff:5");
      assertThat(other.expect("unsubscribe").channel()).isEqualTo("staff:5");
      publish("staff:5");
      admin.expect("note");
    }
  }

  @Test
  void whoLosesTheRoleForPresenceIsNotToldAnyMoreWhoComes() throws Exception {
    try (RecordingClient watcher = connect("alice", "admin")) {
      watcher.request("subscribe", Map.of("channels", List.of("news:6"), "presence", true));
      watcher.expect("presence");
      asked.clear();

      roles("alice", "user");
      TestServer.await("it was asked again", () -> asked.contains("alice SUBSCRIBE"));
      // Behind what the tail was given before.
      watcher.subscribe("news:6");
      try (RecordingClient bob = connect("bob", "user")) {
        bob.subscribe("news:6");
        TestServer.await("bob is there", () -> channels.members("news:6").count() == 2);
      }
      publish("news:6");

      watcher.expect("note");
    }
  }

  @Test
  void answerOfTheAuthorizerFromBeforeTheRoleWasLostDoesNotCount() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    before.set(
        () -> {
          entered.countDown();
          try {
            assertThat(release.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    try (RecordingClient client = connect("alice", "admin")) {
      client.send("subscribe", "s", Map.of("channels", List.of("slow:1")));
      assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();

      roles("alice", "user");
      TestServer.await(
          "the role is gone",
          () ->
              server.connections().links().stream()
                  .allMatch(link -> link.credential().user().roles().equals(Set.of("user"))));
      release.countDown();

      assertThat(names(client.expect("ack"))).containsExactly("!slow:1 channel_forbidden");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "blank", "action", "publish", "presence"})
  void ruleThatSaysNotWhoMayStopsTheStart(String what) {
    Consumer<ChannelRules> rules =
        rule -> {
          switch (what) {
            case "none" -> rule.requires();
            case "blank" -> rule.requires("admin", " ");
            case "action" -> rule.requires(ChannelAction.PUBLISH, "admin");
            case "publish" ->
                rule.requires(ChannelAction.SUBSCRIBE, "admin").clientPublish("note", Text.class);
            default -> rule.requires(ChannelAction.SUBSCRIBE, "admin").presence();
          }
        };

    assertThatThrownBy(
            () ->
                TestServer.setup()
                    .endpoint(endpoint -> endpoint.channel("x:", rules))
                    .start()
                    .close())
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("requires");
  }
}
