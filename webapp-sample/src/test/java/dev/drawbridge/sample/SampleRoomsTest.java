package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the rooms, over the wire with a client that is not ours. */
class SampleRoomsTest {
  private static SampleServer server;

  @BeforeAll
  static void startServer() throws Exception {
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aMessageReachesEverybodyInTheRoomWithTheSendersNameAndTheSameNumber() throws Exception {
    try (TestClient alice = enter("alice", "room:meet");
        TestClient bob = enter("bob", "room:meet")) {
      JsonNode ack = publish(alice, "room:meet", "chat.message", "{\"text\":\"hello\"}");
      JsonNode hers = next(alice, "chat.message");
      JsonNode his = next(bob, "chat.message");

      assertThat(ack.get("type").asText()).isEqualTo("ack");
      assertThat(his)
          .isEqualTo(
              Json.read(
                  "{\"type\":\"chat.message\",\"channel\":\"room:meet\",\"seq\":"
                      + ack.at("/data/seq")
                      + ",\"from\":\"alice\",\"data\":{\"text\":\"hello\"}}"));
      assertThat(hers).isEqualTo(his);
    }
  }

  @Test
  void whoWritesIsToldToTheOthers() throws Exception {
    try (TestClient alice = enter("alice", "room:typing");
        TestClient bob = enter("bob", "room:typing")) {
      publish(alice, "room:typing", "chat.typing", "{}");

      JsonNode typing = next(bob, "chat.typing");

      assertThat(typing.get("from").asText()).isEqualTo("alice");
      assertThat(typing.get("data")).isEqualTo(Json.read("{}"));
    }
  }

  @Test
  void publishingNeedsNoSubscription() throws Exception {
    try (TestClient alice = enter("alice");
        TestClient bob = enter("bob", "room:outside")) {
      publish(alice, "room:outside", "chat.message", "{\"text\":\"from the street\"}");

      assertThat(next(bob, "chat.message").at("/data/text").asText()).isEqualTo("from the street");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\":\"x\"}",
        "{\"text\":\" \"}",
        "{\"text\":\"ä \\u0000 \\n <b>\"}",
      })
  void textsOfOneCharacterAndMoreAreTaken(String data) throws Exception {
    try (TestClient alice = enter("alice")) {
      JsonNode answer = publish(alice, "room:texts", "chat.message", data);

      assertThat(answer.get("type").asText()).as("%s", answer).isEqualTo("ack");
    }
  }

  /** As Java and JavaScript count them: a smiley is two. */
  @ParameterizedTest
  @CsvSource({"x, 2000, ack", "x, 2001, error", "😀, 1000, ack", "😀, 1001, error"})
  void aTextHasAtMost2000Characters(String character, int times, String type) throws Exception {
    try (TestClient alice = enter("alice")) {
      JsonNode answer =
          publish(
              alice, "room:long", "chat.message", "{\"text\":\"" + character.repeat(times) + "\"}");

      assertThat(answer.get("type").asText()).isEqualTo(type);
      if (type.equals("error")) {
        assertThat(code(answer)).isEqualTo("message_data_invalid");
        assertThat(answer.at("/error/details/0/path").asText()).isEqualTo("/data/data/text");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chat.message | {\"text\":\"\"}                   | /data/data/text",
        "chat.message | {\"text\":null}                   | /data/data/text",
        "chat.message | {\"text\":7}                      | /data/data/text",
        "chat.message | {\"text\":[\"a\"]}                | /data/data/text",
        "chat.message | {}                                | /data/data/text",
        "chat.message | {\"text\":\"a\",\"from\":\"bob\"} | /data/data/from",
        "chat.message | {\"text\":\"a\",\"sentAt\":1}     | /data/data/sentAt",
        "chat.message | {\"Text\":\"a\",\"text\":\"a\"}   | /data/data/Text",
        "chat.message | \"a\"                             | /data/data",
        "chat.message | [{\"text\":\"a\"}]                | /data/data",
        "chat.message | null                              | /data/data",
        "chat.typing  | {\"text\":\"a\"}                  | /data/data/text",
        "chat.typing  | {\"on\":true}                     | /data/data/on",
        "chat.typing  | []                                | /data/data",
        "chat.typing  | true                              | /data/data",
        "chat.typing  | null                              | /data/data",
      })
  void anythingElseIsRefusedWithItsPlace(String type, String data, String path) throws Exception {
    try (TestClient alice = enter("alice", "room:strict")) {
      JsonNode answer = publish(alice, "room:strict", type, data);

      assertThat(code(answer)).as("%s", answer).isEqualTo("message_data_invalid");
      assertThat(answer.at("/error/details/0/path").asText()).isEqualTo(path);
      // Nobody has got anything of it.
      publish(alice, "room:strict", "chat.message", "{\"text\":\"next\"}");
      assertThat(next(alice, "chat.").at("/data/text").asText()).isEqualTo("next");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "room:a, chat.send, publish_forbidden",
    "room:a, chat.other, publish_forbidden",
    "room:a, echo, publish_forbidden",
    "room:a, demo.drop, publish_forbidden",
    "room:a, presence, message_type_reserved",
    "~, chat.message, publish_forbidden",
  })
  void othersTypesAndTheOwnChannelAreForTheServer(String channel, String type, String code)
      throws Exception {
    try (TestClient alice = enter("alice", "~")) {
      JsonNode answer = publish(alice, channel, type, "{\"text\":\"a\"}");

      assertThat(code(answer)).isEqualTo(code);
    }
  }

  private static final String LONGEST = "room:" + "x".repeat(123);

  /** One name each way: asked for, published to, and asked who is there. */
  @ParameterizedTest
  @CsvSource({
    "room:, channel_forbidden",
    "room, channel_unknown",
    "rooms:a, channel_unknown",
    "Room:a, channel_unknown",
    "ROOM:a, channel_unknown",
    "orders:7, channel_unknown",
    "~bob, channel_unknown",
    "~alice, channel_unknown",
    "'room: a', channel_invalid",
    "' room:a', channel_invalid",
    "'room:a ', channel_invalid",
    "room:ä, channel_invalid",
    "room:a~, channel_invalid",
    "room:*, channel_invalid",
    "room:a%20b, channel_invalid",
    "'room:a,b', channel_invalid",
    "room:😀, channel_invalid",
    "room:<b>, channel_invalid",
    ":room:a, channel_invalid",
    "'', channel_invalid",
  })
  void namesOfNoRoomAreRefusedInEachWay(String name, String code) throws Exception {
    assertThat(refusals(name)).containsOnly(code);
  }

  @Test
  void aNameOf129CharactersIsRefusedInEachWay() throws Exception {
    assertThat(refusals(LONGEST + "x")).containsOnly("channel_invalid");
  }

  private static List<String> refusals(String name) throws Exception {
    try (TestClient alice = enter("alice")) {
      List<String> seen = new ArrayList<>();
      alice.send(
          "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[" + quoted(name) + "]}}");
      JsonNode ack = answer(alice, "s");
      assertThat(ack.at("/data/subscribed")).isEmpty();
      assertThat(ack.at("/data/refused/0/channel").asText()).isEqualTo(name);
      seen.add(ack.at("/data/refused/0/code").asText());
      seen.add(code(publish(alice, name, "chat.message", "{\"text\":\"a\"}")));
      alice.send("{\"type\":\"presence\",\"id\":\"q\",\"channel\":" + quoted(name) + "}");
      seen.add(code(answer(alice, "q")));
      return seen;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "room:a",
        "room:A-1_2.3@b/c",
        "room::",
        "room:room:a",
        "room:.",
        "room:-",
        "room:/"
      })
  void oddNamesOfTheAlphabetAreRooms(String name) throws Exception {
    assertIsRoom(name);
  }

  @Test
  void aNameOf128CharactersIsARoom() throws Exception {
    assertIsRoom(LONGEST);
  }

  private static void assertIsRoom(String name) throws Exception {
    try (TestClient alice = enter("alice", name)) {
      publish(alice, name, "chat.message", "{\"text\":\"here\"}");

      JsonNode line = next(alice, "chat.message");

      assertThat(line.get("channel").asText()).isEqualTo(name);
      assertThat(line.at("/data/text").asText()).isEqualTo("here");
    }
  }

  @Test
  void whoIsHereIsSeenFromInsideAndFromOutside() throws Exception {
    try (TestClient bob = enter("bob");
        TestClient alice = enter("alice")) {
      alice.send(
          "{\"type\":\"subscribe\",\"id\":\"s\","
              + "\"data\":{\"channels\":[\"room:here\"],\"presence\":true}}");
      answer(alice, "s");
      JsonNode joined = next(alice, "presence");
      bob.send("{\"type\":\"presence\",\"id\":\"q\",\"channel\":\"room:here\"}");
      JsonNode list = answer(bob, "q").get("data");

      assertThat(joined.at("/data/joined/0/subject").asText()).isEqualTo("alice");
      assertThat(joined.at("/data/joined/0/displayName").asText()).isEqualTo("Alice");
      assertThat(list.get("count").asInt()).isEqualTo(1);
      assertThat(list.at("/members/0/subject").asText()).isEqualTo("alice");
      assertThat(list.at("/members/0/connections").asInt()).isEqualTo(1);
    }
  }

  @Test
  void aLineForOneUserComesByTheOwnChannelAndToNobodyElse() throws Exception {
    try (TestClient alice = enter("alice", "~", "room:private");
        TestClient bob = enter("bob", "~", "room:private");
        TestClient deaf = enter("bob", "room:private")) {
      alice.send(
          "{\"type\":\"chat.send\",\"id\":\"1\",\"data\":{\"to\":\"bob\",\"text\":\"psst\"}}");
      JsonNode ack = answer(alice, "1");
      JsonNode line = next(bob, "chat.message");
      publish(alice, "room:private", "chat.message", "{\"text\":\"aloud\"}");

      assertThat(line.get("channel").asText()).isEqualTo("~");
      assertThat(line.get("seq").isIntegralNumber()).isTrue();
      assertThat(line.has("from")).isFalse();
      assertThat(line.get("data"))
          .isEqualTo(
              Json.read(
                  "{\"from\":\"alice\",\"text\":\"psst\",\"sentAt\":"
                      + ack.at("/data/sentAt")
                      + "}"));
      assertThat(ack.at("/data/connections").asInt()).isEqualTo(2);
      for (TestClient other : List.of(alice, deaf)) {
        assertThat(next(other, "chat.message").at("/data/text").asText()).isEqualTo("aloud");
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"to\":\"bob\",\"text\":\"\"}                | /data/text",
        "{\"to\":\"bob\",\"text\":\" \"}               | /data/text",
        "{\"to\":\"\",\"text\":\"a\"}                  | /data/to",
        "{\"text\":\"a\"}                              | /data/to",
        "{\"to\":\"bob\"}                              | /data/text",
        "{\"to\":\"bob\",\"text\":\"a\",\"from\":\"x\"} | /data/from",
      })
  void aLineForOneUserIsCheckedAsStrictly(String data, String path) throws Exception {
    try (TestClient alice = enter("alice")) {
      alice.send("{\"type\":\"chat.send\",\"id\":\"1\",\"data\":" + data + "}");

      JsonNode answer = answer(alice, "1");

      assertThat(code(answer)).isEqualTo("message_data_invalid");
      assertThat(answer.at("/error/details/0/path").asText()).isEqualTo(path);
    }
  }

  @Test
  void whoComesBackGetsWhatTheRoomHasSaidMeanwhile() throws Exception {
    try (TestClient bob = enter("bob")) {
      JsonNode before;
      try (TestClient alice = enter("alice")) {
        alice.send(
            "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"room:away\",\"~\"]}}");
        before = answer(alice, "s").get("data");
      }
      for (int n = 1; n <= 3; n++) {
        publish(bob, "room:away", "chat.message", "{\"text\":\"line " + n + "\"}");
      }
      bob.send("{\"type\":\"chat.send\",\"id\":\"x\",\"data\":{\"to\":\"alice\",\"text\":\"4\"}}");
      answer(bob, "x");

      try (TestClient alice = enter("alice")) {
        alice.send(resume(before, "room:away", "~"));
        JsonNode ack = answer(alice, "r").get("data");

        assertThat(ack.get("resumed").asBoolean()).isTrue();
        assertThat(ack.get("replay").asInt()).isEqualTo(4);
        List<String> texts = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
          texts.add(next(alice, "chat.message").at("/data/text").asText());
        }
        assertThat(texts).containsExactly("line 1", "line 2", "line 3", "4");
      }
    }
  }

  @Test
  void aRestartOfTheLogIsToldAtOnceAndAfterTheReturn() throws Exception {
    try (SampleServer own = SampleServer.development();
        TestClient alice = enter(own, "alice", "room:restart")) {
      alice.send("{\"type\":\"subscribe\",\"id\":\"p\",\"data\":{\"channels\":[\"room:two\"]}}");
      JsonNode before = answer(alice, "p").get("data");
      alice.send("{\"type\":\"demo.restart\",\"id\":\"1\"}");
      JsonNode told = next(alice, "resume").get("data");

      assertThat(told.get("resumed").asBoolean()).isFalse();
      assertThat(told.get("reason").asText()).isEqualTo("epoch_changed");
      assertThat(told.get("epoch").asText()).isNotEqualTo(before.get("epoch").asText());
      try (TestClient again = enter(own, "alice")) {
        again.send(resume(before, "room:restart", "room:two"));
        JsonNode ack = answer(again, "r").get("data");
        assertThat(ack.get("resumed").asBoolean()).isFalse();
        assertThat(ack.get("reason").asText()).isEqualTo("epoch_changed");
        assertThat(ack.get("resync")).hasSize(2);
      }
    }
  }

  @Test
  void theKeeperWritesInARoomWhenHeIsAskedAndNowhereElse() throws Exception {
    try (TestClient alice = enter("alice", "room:ships")) {
      alice.send(company("room:ships"));
      JsonNode ack = answer(alice, "k");
      // Asked twice, he does not begin again.
      alice.send(company("room:ships"));
      assertThat(answer(alice, "k").get("type").asText()).isEqualTo("ack");
      JsonNode line = next(alice, "chat.message");
      JsonNode second = next(alice, "chat.message");

      assertThat(ack.get("type").asText()).isEqualTo("ack");
      assertThat(line.has("from")).isFalse();
      assertThat(line.get("data").size()).isEqualTo(1);
      assertThat(line.at("/data/text").asText()).startsWith("Ship 1 of 8");
      assertThat(second.at("/data/text").asText()).startsWith("Ship 2 of 8");
      for (String wrong : List.of("~", "room:", "orders:1", "room:ä", "")) {
        alice.send(company(wrong));
        assertThat(code(answer(alice, "k"))).isIn("room_unknown", "message_data_invalid");
      }
    }
  }

  private static String company(String room) {
    return "{\"type\":\"demo.company\",\"id\":\"k\",\"data\":{\"room\":" + quoted(room) + "}}";
  }

  private static String resume(JsonNode position, String... channels) {
    return "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":"
        + position.get("epoch")
        + ",\"seq\":"
        + position.get("seq")
        + ",\"channels\":"
        + quoted(channels)
        + "}}";
  }

  private static String quoted(String... texts) {
    return Json.write(texts);
  }

  private static String quoted(String text) {
    return Json.write(text);
  }

  private static TestClient enter(String subject, String... channels) throws Exception {
    return enter(server, subject, channels);
  }

  /** Welcomed, and subscribed to these. */
  private static TestClient enter(SampleServer to, String subject, String... channels)
      throws Exception {
    TestClient client = TestClient.connect(to, "/ws", to.token(subject));
    next(client, "welcome");
    if (channels.length > 0) {
      client.send(
          "{\"type\":\"subscribe\",\"id\":\"in\",\"data\":{\"channels\":"
              + quoted(channels)
              + "}}");
      assertThat(answer(client, "in").at("/data/subscribed")).hasSize(channels.length);
    }
    return client;
  }

  private static JsonNode publish(TestClient client, String channel, String type, String data)
      throws Exception {
    client.send(
        "{\"type\":\"publish\",\"id\":\"p\",\"channel\":"
            + quoted(channel)
            + ",\"data\":{\"type\":\""
            + type
            + "\",\"data\":"
            + data
            + "}}");
    return answer(client, "p");
  }

  private static JsonNode answer(TestClient client, String id) throws Exception {
    return client.next(frame -> frame.path("id").asText().equals(id));
  }

  private static JsonNode next(TestClient client, String type) throws Exception {
    return client.next(frame -> frame.path("type").asText().startsWith(type));
  }

  private static String code(JsonNode answer) {
    return answer.at("/error/code").asText();
  }
}
