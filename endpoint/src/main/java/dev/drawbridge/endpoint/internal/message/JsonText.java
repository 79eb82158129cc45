package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value with the very text that it has, so that each part can be bound on its own as it was
 * written. Immutable. Made only for data that is refused.
 *
 * @param kind what it is
 * @param text as it was written
 * @param members of an object, in order; empty otherwise
 * @param items of an array; empty otherwise
 */
record JsonText(JsonKind kind, String text, Map<String, JsonText> members, List<JsonText> items) {

  /** Reads a text that is known to be one JSON value, nested within the limit. */
  static JsonText read(JsonFactory factory, String text) throws IOException {
    try (JsonParser parser = factory.createParser(text)) {
      parser.nextToken();
      return read(parser, text);
    }
  }

  private static JsonText read(JsonParser parser, String text) throws IOException {
    JsonKind kind = JsonKind.of(parser.currentToken());
    int start = (int) parser.currentTokenLocation().getCharOffset();
    Map<String, JsonText> members = new LinkedHashMap<>();
    List<JsonText> items = new ArrayList<>();
    if (kind == JsonKind.OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        members.put(name, read(parser, text));
      }
    } else if (kind == JsonKind.ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(read(parser, text));
      }
    }
    parser.finishToken();
    String own = text.substring(start, (int) parser.currentLocation().getCharOffset());
    return new JsonText(kind, own, members, items);
  }
}
