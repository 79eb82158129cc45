package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.drawbridge.endpoint.ErrorCode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The members of a frame, its data still as text. Immutable.
 *
 * @param type the type, null when it is missing or invalid
 * @param id the id, null when it is absent or invalid
 * @param channel the channel, null when it is absent or no string
 * @param data the data's own text, null when it is absent or null
 * @param fault the first rule that the envelope breaks, else null
 */
record Envelope(
    @Nullable String type,
    @Nullable String id,
    @Nullable String channel,
    @Nullable String data,
    @Nullable Fault fault) {

  /** Reads a text that is known to be one JSON object. */
  static Envelope read(JsonFactory factory, String text) throws IOException {
    String type = null;
    String id = null;
    String channel = null;
    String data = null;
    Fault typeFault = Fault.of(ErrorCode.MESSAGE_TYPE_MISSING, "the message has no type");
    Fault idFault = null;
    try (JsonParser parser = factory.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        int start = (int) parser.currentTokenLocation().getCharOffset();
        String string = token == JsonToken.VALUE_STRING ? parser.getText() : null;
        parser.skipChildren();
        parser.finishToken();
        if (token == JsonToken.VALUE_NULL) {
          continue;
        }
        switch (name) {
          case "type" -> {
            boolean valid = string != null && TypeName.isValid(string);
            type = valid ? string : null;
            typeFault = valid ? null : invalidType();
          }
          case "id" -> {
            boolean valid = string != null && TypeName.isValidId(string);
            id = valid ? string : null;
            idFault = valid ? null : invalidId();
          }
          case "channel" -> channel = string;
          case "data" ->
              data = text.substring(start, (int) parser.currentLocation().getCharOffset());
          default -> {
            // Unknown members of the envelope are ignored.
          }
        }
      }
    }
    return new Envelope(type, id, channel, data, typeFault != null ? typeFault : idFault);
  }

  private static Fault invalidType() {
    return Fault.of(
        ErrorCode.MESSAGE_TYPE_INVALID,
        "type must be lower-case words joined by . _ or -, at most "
            + TypeName.MAX_LENGTH
            + " characters");
  }

  private static Fault invalidId() {
    return Fault.of(
        ErrorCode.MESSAGE_ID_INVALID,
        "id must be a string of 1 to " + TypeName.MAX_LENGTH + " printable ASCII characters");
  }
}
