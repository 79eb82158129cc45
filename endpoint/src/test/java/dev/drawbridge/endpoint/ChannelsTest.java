package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Channels on the wire. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChannelsTest {
  record ChatMessage(String text) {}

  record Marked(String text, String by) {}

  /** Fails when it is written. */
  static final class Broken {
    public String getText() {
      if (System.nanoTime() == 0) {
        return "never";
      }
      throw new IllegalStateException("out of order");
    }
  }

  private final Set<String> denied = ConcurrentHashMap.newKeySet();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch hanging = new CountDownLatch(1);
  private final CountDownLatch slow = new CountDownLatch(1);
  private TestServer server;
  private Channels channels;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .set("drawbridge.channels.per.connection", "100")
            .set("drawbridge.max.message.bytes", "262144")
            .set("drawbridge.handler.timeout", "3s")
            .set("drawbridge.presence.linger", "500ms")
            .endpoint(
                endpoint ->
                    endpoint
                        .channel(
                            "room:",
                            rules ->
                                rules
                                    .authorize(
                                        (user, action, names) -> {
                                          asked.add(action + " " + names.size());
                                          Set<String> granted = new HashSet<>(names);
                                          granted.removeAll(denied);
                                          granted.add("room:nobody-asked");
                                          return granted;
                                        })
                                    .clientPublish("chat.message", ChatMessage.class)
                                    .clientPublish(
                                        "chat.marked",
                                        ChatMessage.class,
                                        (message, connection) -> {
                                          if (message.text().equals("no")) {
                                            throw new MessageRefused("not_so", "not so");
                                          }
                                          if (message.text().equals("slow")) {
                                            awaitUninterrupted(slow);
                                          }
                                          return new Marked(
                                              message.text(), connection.user().displayName());
                                        })
                                    .presence())
                        .channel(
                            "broken:",
                            rules ->
                                rules.authorize(
                                    (user, action, names) -> {
                                      throw new IllegalStateException("out of order");
                                    }))
                        .channel(
                            "hangs:",
                            rules ->
                                rules.authorize(
                                    (user, action, names) -> {
                                      hanging.await();
                                      return names;
                                    }))
                        .on("echo", ChatMessage.class, (message, connection) -> message))
            .start();
    channels = Channels.of(server.context().getServletContext());
  }

  @AfterAll
  void stop() {
    hanging.countDown();
    server.close();
  }

  @BeforeEach
  void allow() {
    denied.clear();
    asked.clear();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        // It does not care.
        Thread.interrupted();
      }
    }
  }

  private static Position at(Frame ack) {
    return new Position(ack.data().path("epoch").asText(), ack.data().path("seq").asLong());
  }

  private Position publish(String channel, String text) throws Exception {
    return channels
        .publish(channel, "chat.message", new ChatMessage(text))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void theWelcomeTellsWhatTheServerCanAndWhereTheLogIs() {
    try (RecordingClient client =
        RecordingClient.connect(
            server.uri(), options -> options.token(TestServer.TOKENS.of("alice")))) {
      Frame welcome = client.expect("welcome");

      assertThat(welcome.data().path("features").toString())
          .isEqualTo("[\"channels\",\"resume\",\"presence\"]");
      assertThat(welcome.data().path("log").path("epoch").asText()).hasSize(8);
      assertThat(welcome.data().path("log").path("windowMs").asLong()).isEqualTo(300_000);
    }
  }

  @Test
  void whatTheApplicationPublishesReachesEverySubscriberOnce() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      Frame ack = alice.subscribe("room:1");
      bob.request("subscribe", Map.of("channels", List.of("room:1", "room:1")));

      Position position = publish("room:1", "hi");

      Frame frame = alice.expect("chat.message");
      assertThat(frame.json().toString())
          .isEqualTo(
              "{\"type\":\"chat.message\",\"channel\":\"room:1\",\"seq\":"
                  + position.seq()
                  + ",\"data\":{\"text\":\"hi\"}}");
      assertThat(bob.expect("chat.message").json()).isEqualTo(frame.json());
      assertThat(at(ack).epoch()).isEqualTo(position.epoch());
      assertThat(at(ack).seq()).isLessThan(position.seq());
    }
  }

  @Test
  void whatAClientPublishesBearsItsNameAndIsAnsweredWithItsPosition() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.subscribe("room:2");

      bob.publish("room:2", "chat.message", Map.of("text", "hi"));
      Frame ack = bob.expect("ack");

      Frame frame = alice.expect("chat.message");
      assertThat(frame.json().path("from").asText()).isEqualTo("bob");
      assertThat(frame.seq()).isEqualTo(at(ack).seq());
    }
  }

  @Test
  void aFilterMayAddOrRefuse() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:3");

      alice.publish("room:3", "chat.marked", Map.of("text", "hi"));
      List<String> types = List.of(alice.next().type(), alice.next().type());
      alice.publish("room:3", "chat.marked", Map.of("text", "no"));

      assertThat(types).containsExactlyInAnyOrder("ack", "chat.marked");
      alice.expectError("not_so");
    }
  }

  @Test
  void aRepeatedKeyIsTakenOnce() {
    try (RecordingClient alice = server.connect("alice")) {
      Map<String, Object> message = new HashMap<>();
      message.put("type", "chat.message");
      message.put("data", Map.of("text", "hi"));
      message.put("key", "a1b2");

      alice.send("publish", "p1", "room:4", message);
      Frame first = alice.expect("ack");
      alice.send("publish", "p2", "room:4", message);
      Frame second = alice.expect("ack");

      assertThat(at(second)).isEqualTo(at(first));
      assertThat(first.data().has("duplicate")).isFalse();
      assertThat(second.data().path("duplicate").asBoolean()).isTrue();
    }
  }

  @Test
  void theOwnChannelIsReachedByTheApplicationAlone() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.subscribe("~");
      Frame refused = bob.subscribe("~alice");

      channels.publishToUser("alice", "chat.message", new ChatMessage("for you"));
      Frame frame = alice.expect("chat.message");
      bob.publish("~", "chat.message", Map.of("text", "x"));
      bob.expectError("publish_forbidden");
      bob.publish("~alice", "chat.message", Map.of("text", "x"));
      bob.expectError("channel_unknown");

      assertThat(frame.channel()).isEqualTo("~");
      assertThat(refused.data().path("refused").path(0).path("code").asText())
          .isEqualTo("channel_unknown");
    }
  }

  @Test
  void eachNameIsRefusedForItsOwnReason() {
    denied.add("room:secret");
    try (RecordingClient alice = server.connect("alice")) {
      Frame ack = alice.subscribe("room:5", "room:secret", "nothing:1", "no name", "room:5", "~");

      assertThat(ack.data().path("subscribed").toString()).isEqualTo("[\"room:5\",\"~\"]");
      assertThat(ack.data().path("refused").toString())
          .isEqualTo(
              "[{\"channel\":\"room:secret\",\"code\":\"channel_forbidden\"},"
                  + "{\"channel\":\"nothing:1\",\"code\":\"channel_unknown\"},"
                  + "{\"channel\":\"no name\",\"code\":\"channel_invalid\"}]");
      assertThat(asked).containsExactly("SUBSCRIBE 2");
    }
  }

  @Test
  void aResumeGivesWhatWasMissedAndThenGoesOn() throws Exception {
    Position from;
    try (RecordingClient alice = server.connect("alice")) {
      from = at(alice.subscribe("room:6", "~"));
    }
    publish("room:6", "1");
    publish("room:of-others", "2");
    channels.publishToUser("alice", "chat.message", new ChatMessage("3"));
    publish("room:6", "4");

    try (RecordingClient alice = server.connect("alice")) {
      Frame ack = alice.resume(from.epoch(), from.seq(), "room:6", "~");
      List<String> replay = List.of(text(alice.next()), text(alice.next()), text(alice.next()));
      publish("room:6", "5");

      assertThat(ack.data().path("resumed").asBoolean()).isTrue();
      assertThat(ack.data().path("replay").asInt()).isEqualTo(3);
      assertThat(replay).containsExactly("1", "3", "4");
      assertThat(text(alice.next())).isEqualTo("5");
    }
  }

  private static String text(Frame frame) {
    return frame.data().path("text").asText();
  }

  @Test
  void aForgedPositionGivesAResyncAndRightsAreAskedForAgain() {
    denied.add("room:7");
    try (RecordingClient alice = server.connect("alice")) {
      Frame ack = alice.resume("deadbeef", 0, "room:7", "room:8");

      assertThat(ack.data().path("resumed").asBoolean(true)).isFalse();
      assertThat(ack.data().path("reason").asText()).isEqualTo("epoch_changed");
      assertThat(ack.data().path("resync").toString()).isEqualTo("[\"room:8\"]");
      assertThat(ack.data().path("refused").path(0).path("channel").asText()).isEqualTo("room:7");
    }
  }

  @Test
  void aPositionAheadOfTheLogWaitsAndIsThenToldBehind() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      Position now = at(bob.subscribe("room:9"));

      Frame ack = alice.resume(now.epoch(), Position.MAX_SEQ, "room:9");

      assertThat(ack.data().path("reason").asText()).isEqualTo("node_behind");
    }
  }

  @Test
  void aResumeMustComeFirst() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      Position now = at(alice.subscribe("room:10"));

      alice.send(
          "resume", Map.of("epoch", now.epoch(), "seq", now.seq(), "channels", List.of("room:10")));
      alice.expectError("resume_not_first");
      bob.send("ping", "b1", null);
      bob.expect("pong");

      assertThat(bob.resume(now.epoch(), now.seq(), "room:10").data().path("resumed").asBoolean())
          .isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'subscribe','id':'x'} | /data/channels",
        "{'type':'subscribe','id':'x','data':{'channels':'room:1'}} | /data/channels",
        "{'type':'subscribe','id':'x','data':{'channels':['room:1',7]}} | /data/channels/1",
        "{'type':'subscribe','id':'x','data':{'channels':[null]}} | /data/channels/0",
        "{'type':'subscribe','id':'x','data':{'channels':[{'channel':'room:1'}]}}"
            + " | /data/channels/0/epoch",
        "{'type':'subscribe','id':'x','data':{'channels':[{'channel':'a','epoch':'abcdefgh','seq':-1}]}}"
            + " | /data/channels/0/seq",
        "{'type':'subscribe','id':'x','data':{'channels':[{'channel':'a','epoch':'abcdefgh',"
            + "'seq':9007199254740992}]}} | /data/channels/0/seq",
        "{'type':'subscribe','id':'x','data':{'channels':[{'channel':'a','epoch':'abcdefgh','seq':1.5}]}}"
            + " | /data/channels/0/seq",
        "{'type':'subscribe','id':'x','data':{'channels':[{'epoch':'abcdefgh','seq':1}]}}"
            + " | /data/channels/0/channel",
        "{'type':'subscribe','id':'x','data':{'channels':[],'presence':'yes'}} | /data/presence",
        "{'type':'resume','id':'x','data':{'channels':[],'seq':1}} | /data/epoch",
        "{'type':'resume','id':'x','data':{'channels':[{'channel':'a'}],'epoch':'abcdefgh','seq':1}}"
            + " | /data/channels/0",
        "{'type':'unsubscribe','id':'x','data':{'channels':[{}]}} | /data/channels/0",
        "{'type':'publish','id':'x','data':{'type':'chat.message'}} | /channel",
        "{'type':'publish','id':'x','channel':7,'data':{'type':'chat.message'}} | /channel",
        "{'type':'publish','id':'x','channel':'room:1','data':{}} | /data/type",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','key':''}}"
            + " | /data/key",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','key':'a\\u0000'}}"
            + " | /data/key",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','key':'\\n'}}"
            + " | /data/key",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','key':'a\\u0085'}}"
            + " | /data/key",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','data':{'text':7}}}"
            + " | /data/data/text",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message','data':{'text':'a','more':1}}}"
            + " | /data/data/more",
        "{'type':'publish','id':'x','channel':'room:1','data':{'type':'chat.message'}} |"
            + " /data/data",
        "{'type':'presence','id':'x'} | /channel"
      })
  void whatDoesNotFitIsToldByItsPlace(String frame, String path) {
    try (RecordingClient alice = server.connect("alice")) {
      alice.sendText(frame.replace('\'', '"'));

      Frame error = alice.expectError("message_data_invalid");
      assertThat(error.id()).isEqualTo("x");
      assertThat(error.json().path("error").path("details").path(0).path("path").asText())
          .isEqualTo(path);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"subscribe", "resume", "presence"})
  void whatIsAnsweredNeedsAnId(String type) {
    try (RecordingClient alice = server.connect("alice")) {
      alice.sendText("{\"type\":\"" + type + "\",\"channel\":\"room:1\",\"data\":{}}");

      alice.expectError("message_id_invalid");
    }
  }

  @Test
  void unknownMembersAreIgnored() {
    try (RecordingClient alice = server.connect("alice")) {
      Frame ack =
          alice.request(
              "subscribe", Map.of("channels", List.of("room:11"), "later", Map.of("x", 1)));

      assertThat(ack.data().path("subscribed")).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "room:1, chat.unknown, publish_forbidden",
    "room:1, welcome, message_type_reserved",
    "room:1, presence, message_type_reserved",
    "nothing:1, chat.message, channel_unknown",
    "'no name', chat.message, channel_invalid",
    "room:denied, chat.message, channel_forbidden"
  })
  void aPublishIsRefusedForItsReason(String channel, String type, String code) {
    denied.add("room:denied");
    try (RecordingClient alice = server.connect("alice")) {
      alice.publish(channel, type, Map.of("text", "x"));

      alice.expectError(code);
    }
  }

  @Test
  void tooManyChannelsAreRefusedAsAWhole() {
    String[] hundred = IntStream.range(0, 100).mapToObj(i -> "room:" + i).toArray(String[]::new);
    try (RecordingClient alice = server.connect("alice")) {
      assertThat(alice.subscribe(hundred).data().path("subscribed")).hasSize(100);

      Frame error = alice.request("subscribe", Map.of("channels", List.of("room:100")));
      Frame same = alice.subscribe("room:0", "room:99");

      assertThat(error.errorCode()).isEqualTo("too_many_channels");
      assertThat(error.json().path("error").path("message").asText()).contains("100", "101");
      assertThat(same.data().path("subscribed")).hasSize(2);
    }
  }

  @Test
  void tenThousandChannelsInAFrameReachNoAuthorizer() {
    List<String> names = IntStream.range(0, 10_000).mapToObj(i -> "room:" + i).toList();
    try (RecordingClient alice = server.connect("alice")) {
      Frame answer = alice.request("subscribe", Map.of("channels", names));

      assertThat(answer.errorCode()).isEqualTo("too_many_channels");
      assertThat(answer.json().path("error").path("limit").asInt()).isEqualTo(100);
      assertThat(answer.json().path("error").path("current").asInt()).isEqualTo(10_000);
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void aFrameOfManyChannelsCostsAsManyMessagesAsTens() {
    List<String> hundred = IntStream.range(0, 100).mapToObj(i -> "room:" + i).toList();
    try (RecordingClient alice = server.connect("alice")) {
      int passed = 0;
      boolean refused = false;
      for (int i = 0; i < 40 && !refused; i++) {
        refused =
            alice
                .request("subscribe", Map.of("channels", hundred))
                .errorCode()
                .equals("rate_limited");
        passed += refused ? 0 : 1;
      }

      assertThat(refused).isTrue();
      assertThat(passed).isGreaterThanOrEqualTo(20);
    }
  }

  @Test
  void aFrameOfFaultsIsToldOfSixteenAndCostsAsMuchAsOneOfNames() {
    try (RecordingClient alice = server.connect("alice")) {
      List<Integer> ones = java.util.Collections.nCopies(30_000, 1);
      Frame error = alice.request("subscribe", Map.of("channels", ones));
      Frame next = alice.request("subscribe", Map.of("channels", ones));

      assertThat(error.errorCode()).isEqualTo("message_data_invalid");
      assertThat(error.json().path("error").path("details")).hasSize(16);
      assertThat(next.errorCode()).isEqualTo("rate_limited");
      assertThat(next.json().path("error").path("retryAfterMs").asLong()).isPositive();
    }
  }

  @Test
  void aPublishWhoseTimeOutWasAnsweredIsNotPublished() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.subscribe("room:late");
      bob.publish("room:late", "chat.marked", Map.of("text", "slow"));
      bob.expectError("handler_timeout");
      slow.countDown();
      // Behind it in its connection's order.
      bob.publish("room:late", "chat.message", Map.of("text", "next"));
      bob.expect("ack");

      Frame got = alice.expect("chat.message");
      publish("room:late", "last");

      assertThat(got.data().path("text").asText()).isEqualTo("next");
      assertThat(alice.expect("chat.message").data().path("text").asText()).isEqualTo("last");
    }
  }

  @Test
  void anAuthorizerThatThrowsFailsTheFrameAndOneThatHangsIsGivenUp() {
    try (RecordingClient alice = server.connect("alice")) {
      assertThat(alice.subscribe("broken:1").errorCode()).isEqualTo("handler_failed");
      assertThat(alice.subscribe("hangs:1").errorCode()).isEqualTo("handler_timeout");
      assertThat(alice.subscribe("room:12").data().path("subscribed")).hasSize(1);
    }
  }

  @Test
  void nothingOfAChannelFollowsTheAckOfItsUnsubscribe() throws Exception {
    try (RecordingClient alice = server.connect("alice")) {
      alice.subscribe("room:13", "room:14");

      alice.unsubscribe("room:13");
      publish("room:13", "1");
      publish("room:14", "2");

      assertThat(text(alice.next())).isEqualTo("2");
    }
  }

  @Test
  void theServerEndsSubscriptionsAndTellsTheirClient() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.subscribe("room:15", "~");
      bob.subscribe("room:15");

      channels.unsubscribe("alice", "room:").toCompletableFuture().get(10, TimeUnit.SECONDS);
      Frame end = alice.expect("unsubscribe");
      publish("room:15", "1");

      assertThat(end.channel()).isEqualTo("room:15");
      assertThat(end.errorCode()).isEqualTo("channel_forbidden");
      assertThat(text(bob.next())).isEqualTo("1");
    }
  }

  @Test
  void disconnectClosesTheConnectionsOfAUser() throws Exception {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      channels
          .disconnect("alice", CloseCode.FORBIDDEN)
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);

      assertThat(alice.expectClose(4403).reason()).isEqualTo("user_disabled");
      assertThat(bob.subscribe("room:16").data().path("subscribed")).hasSize(1);
    }
  }

  @Test
  void whoIsThereIsToldAndAnswered() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.request("subscribe", Map.of("channels", List.of("room:17"), "presence", true));
      Frame self = alice.expect("presence");
      try (RecordingClient bob = server.connect("bob")) {
        bob.subscribe("room:17");
        Frame joined = alice.expect("presence");
        alice.members("room:17");
        Frame list = alice.expect("ack");

        assertThat(self.data().path("joined").path(0).path("subject").asText()).isEqualTo("alice");
        assertThat(joined.data().toString())
            .isEqualTo(
                "{\"joined\":[{\"subject\":\"bob\",\"displayName\":\"BOB\"}],\"left\":[],\"count\":2}");
        assertThat(list.data().path("count").asInt()).isEqualTo(2);
        assertThat(list.data().path("members").path(1).path("displayName").asText())
            .isEqualTo("BOB");
        assertThat(list.data().path("partial").asBoolean()).isFalse();
        assertThat(list.data().path("seq").asLong()).isGreaterThanOrEqualTo(joined.seq());
      }
      Frame left = alice.expect("presence");

      assertThat(left.data().toString())
          .isEqualTo("{\"joined\":[],\"left\":[\"bob\"],\"count\":1}");
      assertThat(channels.members("room:17").count()).isEqualTo(1);
    }
  }

  @Test
  void aPingTellsTheQuietWhereTheLogIs() throws Exception {
    try (TestServer quick =
            TestServer.setup()
                .set("drawbridge.heartbeat.interval", "1s")
                .set("drawbridge.heartbeat.grace", "1s")
                .endpoint(
                    endpoint ->
                        endpoint.channel(
                            "room:", rules -> rules.authorize((user, action, names) -> names)))
                .start();
        RecordingClient client =
            RecordingClient.connect(
                quick.uri(),
                options -> options.token(TestServer.TOKENS.of("alice")).recordPings())) {
      client.expect("welcome");
      Frame before = client.expect("ping");
      client.subscribe("room:1");
      Channels.of(quick.context().getServletContext())
          .publish("room:2", "chat.message", null)
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
      Frame after = client.expect("ping");

      assertThat(before.data().has("seq")).isFalse();
      assertThat(after.data().path("seq").asLong()).isEqualTo(1);
      client.forget();
      client.abort();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no name", "~", "~alice", "ä"})
  void theApplicationIsToldOfNamesThatAreNone(String channel) {
    assertThatThrownBy(() -> channels.publish(channel, "chat.message", null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theApplicationIsToldOfDataThatIsNone() {
    assertThatThrownBy(() -> channels.publish("room:1", "chat.message", new Broken()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> channels.publish("room:1", "ack", null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> channels.publish("room:1", "chat.message", "\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> channels.publish("room:1", "chat.message", "x".repeat(300_000)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void publishesFailOnceTheEndpointHasStopped() {
    TestServer other = TestServer.setup().start();
    Channels stopped = Channels.of(other.context().getServletContext());
    other.close();

    assertThatThrownBy(
            () ->
                stopped
                    .publish("room:1", "chat.message", null)
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(PublishFailedException.class);
  }

  @Test
  void acksOfOtherMessagesKeepTheirPlaceBehindASubscribe() {
    try (RecordingClient alice = server.connect("alice")) {
      String first = alice.send("subscribe", Map.of("channels", List.of("room:18")));
      String second = alice.send("echo", Map.of("text", "x"));

      assertThat(alice.next().id()).isEqualTo(first);
      assertThat(alice.next().id()).isEqualTo(second);
    }
  }
}
