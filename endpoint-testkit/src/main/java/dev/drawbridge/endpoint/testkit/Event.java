package dev.drawbridge.endpoint.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Something that a {@link RecordingClient} has seen. */
public sealed interface Event {

  /**
   * A frame of the protocol.
   *
   * @param type its type, empty when it has none
   * @param id its id, null when it has none
   * @param json all of it
   */
  record Frame(String type, @Nullable String id, JsonNode json) implements Event {
    /** The data; a missing node when there is none. */
    public JsonNode data() {
      return json.path("data");
    }

    /** The channel, empty when it has none. */
    public String channel() {
      return json.path("channel").asText();
    }

    /** The position in the log, -1 when it has none. */
    public long seq() {
      return json.path("seq").asLong(-1);
    }

    /** The word of an error, empty for other frames. */
    public String errorCode() {
      return json.path("error").path("code").asText();
    }
  }

  /**
   * The end.
   *
   * @param code close code; 1006 when there was no close frame
   * @param reason the reason, empty when there was none
   */
  record Closed(int code, String reason) implements Event {}
}
