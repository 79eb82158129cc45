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
    try (RoomClient alice = enter("alice", "room:meet");
        RoomClient bob = enter("bob", "room:meet")) {
      JsonNode ack = alice.publish("room:meet", "chat.message", "{\"text\":\"hello\"}");
      JsonNode hers = alice.next("chat.message");
      JsonNode his = bob.next("chat.message");

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
    try (RoomClient alice = enter("alice", "room:typing");
        RoomClient bob = enter("bob", "room:typing")) {
      alice.publish("room:typing", "chat.typing", "{}");

      JsonNode typing = bob.next("chat.typing");

      assertThat(typing.get("from").asText()).isEqualTo("alice");
      assertThat(typing.get("data")).isEqualTo(Json.read("{}"));
    }
  }

  @Test
  void publishingNeedsNoSubscription() throws Exception {
    try (RoomClient alice = enter("alice");
        RoomClient bob = enter("bob", "room:outside")) {
      alice.publish("room:outside", "chat.message", "{\"text\":\"from the street\"}");

      assertThat(bob.next("chat.message").at("/data/text").asText()).isEqualTo("from the street");
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
    try (RoomClient alice = enter("alice")) {
      JsonNode answer = alice.publish("room:texts", "chat.message", data);

      assertThat(answer.get("type").asText()).as("%s", answer).isEqualTo("ack");
    }
  }

  /** As Java and JavaScript count them: a smiley is two. */
  @ParameterizedTest
  @CsvSource({"x, 2000, ack", "x, 2001, error", "😀, 1000, ack", "😀, 1001, error"})
  void aTextHasAtMost2000Characters(String character, int times, String type) throws Exception {
    try (RoomClient alice = enter("alice")) {
      JsonNode answer =
          alice.publish(
              "room:long", "chat.message", "{\"text\":\"" + character.repeat(times) + "\"}");

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
    try (RoomClient alice = enter("alice", "room:strict")) {
      JsonNode answer = alice.publish("room:strict", type, data);

      assertThat(code(answer)).as("%s", answer).isEqualTo("message_data_invalid");
      assertThat(answer.at("/error/details/0/path").asText()).isEqualTo(path);
      // Nobody has got anything of it.
      alice.publish("room:strict", "chat.message", "{\"text\":\"next\"}");
      assertThat(alice.next("chat.").at("/data/text").asText()).isEqualTo("next");
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
    try (RoomClient alice = enter("alice", "~")) {
      JsonNode answer = alice.publish(channel, type, "{\"text\":\"a\"}");

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
    try (RoomClient alice = enter("alice")) {
      List<String> seen = new ArrayList<>();
      JsonNode ack = alice.ask("subscribe", null, "{\"channels\":[" + Json.write(name) + "]}");
      assertThat(ack.at("/data/subscribed")).isEmpty();
      assertThat(ack.at("/data/refused/0/channel").asText()).isEqualTo(name);
      seen.add(ack.at("/data/refused/0/code").asText());
      seen.add(code(alice.publish(name, "chat.message", "{\"text\":\"a\"}")));
      seen.add(code(alice.ask("presence", name, null)));
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
    try (RoomClient alice = enter("alice", name)) {
      alice.publish(name, "chat.message", "{\"text\":\"here\"}");

      JsonNode line = alice.next("chat.message");

      assertThat(line.get("channel").asText()).isEqualTo(name);
      assertThat(line.at("/data/text").asText()).isEqualTo("here");
    }
  }

  @Test
  void whoIsHereIsSeenFromInsideAndFromOutside() throws Exception {
    try (RoomClient bob = enter("bob");
        RoomClient alice = enter("alice")) {
      alice.ask("subscribe", null, "{\"channels\":[\"room:here\"],\"presence\":true}");
      JsonNode joined = alice.next("presence");
      JsonNode list = bob.ask("presence", "room:here", null).get("data");

      assertThat(joined.at("/data/joined/0/subject").asText()).isEqualTo("alice");
      assertThat(joined.at("/data/joined/0/displayName").asText()).isEqualTo("Alice");
      assertThat(list.get("count").asInt()).isEqualTo(1);
      assertThat(list.at("/members/0/subject").asText()).isEqualTo("alice");
      assertThat(list.at("/members/0/connections").asInt()).isEqualTo(1);
    }
  }

  @Test
  void aLineForOneUserComesByTheOwnChannelAndToNobodyElse() throws Exception {
    try (RoomClient alice = enter("alice", "~", "room:private");
        RoomClient bob = enter("bob", "~", "room:private");
        RoomClient deaf = enter("bob", "room:private")) {
      JsonNode ack = alice.ask("chat.send", null, "{\"to\":\"bob\",\"text\":\"psst\"}");
      JsonNode line = bob.next("chat.message");
      alice.publish("room:private", "chat.message", "{\"text\":\"aloud\"}");

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
      for (RoomClient other : List.of(alice, deaf)) {
        assertThat(other.next("chat.message").at("/data/text").asText()).isEqualTo("aloud");
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
    try (RoomClient alice = enter("alice")) {
      JsonNode answer = alice.ask("chat.send", null, data);

      assertThat(code(answer)).isEqualTo("message_data_invalid");
      assertThat(answer.at("/error/details/0/path").asText()).isEqualTo(path);
    }
  }

  @Test
  void whoComesBackGetsWhatTheRoomHasSaidMeanwhile() throws Exception {
    try (RoomClient bob = enter("bob")) {
      JsonNode before;
      try (RoomClient alice = enter("alice")) {
        before = alice.ask("subscribe", null, "{\"channels\":[\"room:away\",\"~\"]}").get("data");
      }
      for (int n = 1; n <= 3; n++) {
        bob.publish("room:away", "chat.message", "{\"text\":\"line " + n + "\"}");
      }
      bob.ask("chat.send", null, "{\"to\":\"alice\",\"text\":\"4\"}");

      try (RoomClient alice = enter("alice")) {
        JsonNode ack = resume(alice, before, "room:away", "~");

        assertThat(ack.get("resumed").asBoolean()).isTrue();
        assertThat(ack.get("replay").asInt()).isEqualTo(4);
        List<String> texts = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
          texts.add(alice.next("chat.message").at("/data/text").asText());
        }
        assertThat(texts).containsExactly("line 1", "line 2", "line 3", "4");
      }
    }
  }

  @Test
  void aRestartOfTheLogIsToldAtOnceAndAfterTheReturn() throws Exception {
    try (SampleServer own = SampleServer.development();
        RoomClient alice = RoomClient.enter(own, "alice", "room:restart")) {
      JsonNode before = alice.ask("subscribe", null, "{\"channels\":[\"room:two\"]}").get("data");
      alice.ask("demo.restart", null, null);
      JsonNode told = alice.next("resume").get("data");

      assertThat(told.get("resumed").asBoolean()).isFalse();
      assertThat(told.get("reason").asText()).isEqualTo("epoch_changed");
      assertThat(told.get("epoch").asText()).isNotEqualTo(before.get("epoch").asText());
      try (RoomClient again = RoomClient.enter(own, "alice")) {
        JsonNode ack = resume(again, before, "room:restart", "room:two");
        assertThat(ack.get("resumed").asBoolean()).isFalse();
        assertThat(ack.get("reason").asText()).isEqualTo("epoch_changed");
        assertThat(ack.get("resync")).hasSize(2);
      }
    }
  }

  @Test
  void theKeeperWritesInARoomWhenHeIsAskedAndNowhereElse() throws Exception {
    try (RoomClient alice = enter("alice", "room:ships")) {
      JsonNode ack = callKeeper(alice, "room:ships");
      // Asked twice, he does not begin again.
      assertThat(callKeeper(alice, "room:ships").get("type").asText()).isEqualTo("ack");
      JsonNode line = alice.next("chat.message");
      JsonNode second = alice.next("chat.message");

      assertThat(ack.get("type").asText()).isEqualTo("ack");
      assertThat(line.has("from")).isFalse();
      assertThat(line.get("data").size()).isEqualTo(1);
      assertThat(line.at("/data/text").asText()).startsWith("Ship 1 of 8");
      assertThat(second.at("/data/text").asText()).startsWith("Ship 2 of 8");
      for (String wrong : List.of("~", "room:", "orders:1", "room:ä", "")) {
        assertThat(code(callKeeper(alice, wrong))).isIn("room_unknown", "message_data_invalid");
      }
    }
  }

  private static JsonNode callKeeper(RoomClient client, String room) throws Exception {
    return client.ask("demo.company", null, "{\"room\":" + Json.write(room) + "}");
  }

  private static JsonNode resume(RoomClient client, JsonNode position, String... channels)
      throws Exception {
    String at = "{\"epoch\":" + position.get("epoch") + ",\"seq\":" + position.get("seq");
    return client
        .ask("resume", null, at + ",\"channels\":" + Json.write(channels) + "}")
        .get("data");
  }

  private static RoomClient enter(String subject, String... channels) throws Exception {
    return RoomClient.enter(server, subject, channels);
  }

  private static String code(JsonNode answer) {
    return answer.at("/error/code").asText();
  }
}
