package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

/** Somebody in a room who has no page, as a foreign program would be there. */
final class RoomClient implements AutoCloseable {
  private final TestClient client;
  private int last;

  private RoomClient(TestClient client) {
    this.client = client;
  }

  /** Welcomed, in these channels, and told who comes and goes. */
  static RoomClient enter(SampleServer server, String subject, String... channels)
      throws Exception {
    RoomClient one = new RoomClient(TestClient.connect(server, "/ws", server.token(subject)));
    one.next("welcome");
    if (channels.length > 0) {
      String data = "{\"channels\":" + Json.write(channels) + ",\"presence\":true}";
      JsonNode ack = one.ask("subscribe", null, data);
      assertThat(ack.at("/data/subscribed")).hasSize(channels.length);
    }
    return one;
  }

  /** Sends a frame, and gives its answer. */
  JsonNode ask(String type, String channel, String data) throws Exception {
    String id = "c" + ++last;
    client.send(
        "{\"type\":\""
            + type
            + "\",\"id\":\""
            + id
            + "\""
            + (channel == null ? "" : ",\"channel\":" + Json.write(channel))
            + (data == null ? "" : ",\"data\":" + data)
            + "}");
    return client.next(frame -> frame.path("id").asText().equals(id));
  }

  JsonNode publish(String channel, String type, String data) throws Exception {
    return ask("publish", channel, "{\"type\":\"" + type + "\",\"data\":" + data + "}");
  }

  /** Says something in a room. */
  void say(String channel, String text) throws Exception {
    JsonNode ack = publish(channel, "chat.message", "{\"text\":" + Json.write(text) + "}");
    assertThat(ack.path("type").asText()).as("%s", ack).isEqualTo("ack");
  }

  /** The next frame whose type begins so. */
  JsonNode next(String type) throws Exception {
    return client.next(frame -> frame.path("type").asText().startsWith(type));
  }

  /** The next frame in which such a member of the presence of somebody stands. */
  JsonNode nextPresence(String member, String subject) throws Exception {
    return client.next(
        frame ->
            frame.path("type").asText().equals("presence")
                && frame.at("/data/" + member).toString().contains('"' + subject + '"'));
  }

  @Override
  public void close() {
    client.close();
  }
}
