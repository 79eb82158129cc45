package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.drawbridge.endpoint.ErrorCode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says what is wrong with a text as JSON. Used only after reading has failed, so it is careful
 * before it is fast. The first fault in reading order counts.
 */
public final class JsonCheck {
  private static final JsonFactory LENIENT =
      JsonFactory.builder()
          .recyclerPool(com.fasterxml.jackson.core.util.JsonRecyclerPools.nonRecyclingPool())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(PayloadMapper.MAX_DEPTH + 1)
                  .maxNumberLength(PayloadMapper.MAX_NUMBER_LENGTH)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private JsonCheck() {}

  /**
   * Why a text from elsewhere cannot be the data of a message: what a client could not send either.
   *
   * @return the rule, then what it is instead; null when it is one JSON value within the rules
   */
  public static @Nullable String problem(String json) {
    Fault fault = firstFault(json);
    return fault == null || fault.code() == ErrorCode.MESSAGE_NOT_OBJECT
        ? null
        : "the data must be one JSON value: " + fault.message().replace("the message", "it");
  }

  /** The first fault, or null when the text is one object within the rules. */
  static @Nullable Fault firstFault(String text) {
    if (text.startsWith("\uFEFF")) {
      return Fault.of(ErrorCode.MESSAGE_NOT_JSON, "the message starts with a byte order mark");
    }
    try (JsonParser parser = LENIENT.createParser(text)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return Fault.of(ErrorCode.MESSAGE_NOT_JSON, "the message is empty");
      }
      Fault fault = walk(parser, first);
      if (fault != null) {
        return fault;
      }
      if (parser.nextToken() != null) {
        return Fault.of(
            ErrorCode.MESSAGE_NOT_JSON, "something follows the JSON value at " + at(parser));
      }
      return first == JsonToken.START_OBJECT
          ? null
          : Fault.of(
              ErrorCode.MESSAGE_NOT_OBJECT,
              "the message must be a JSON object, it is " + JsonKind.of(first).withArticle());
    } catch (StreamConstraintsException e) {
      return Fault.of(
          ErrorCode.MESSAGE_NOT_JSON,
          "a number must have at most " + PayloadMapper.MAX_NUMBER_LENGTH + " digits");
    } catch (IOException e) {
      // Not the exception's own text: it quotes the message.
      return Fault.of(ErrorCode.MESSAGE_NOT_JSON, "the message is not JSON");
    }
  }

  private static @Nullable Fault walk(JsonParser parser, JsonToken first) throws IOException {
    Deque<Set<String>> names = new ArrayDeque<>();
    JsonToken token = first;
    int depth = 0;
    do {
      if (token == null) {
        return Fault.of(ErrorCode.MESSAGE_NOT_JSON, "the message ends too early");
      }
      if (token.isStructStart()) {
        depth++;
        names.push(new HashSet<>());
        if (depth > PayloadMapper.MAX_DEPTH) {
          return Fault.of(
              ErrorCode.MESSAGE_TOO_DEEP,
              "the message must nest at most " + PayloadMapper.MAX_DEPTH + " deep");
        }
      } else if (token.isStructEnd()) {
        depth--;
        names.pop();
      } else if (token == JsonToken.FIELD_NAME && !names.element().add(parser.currentName())) {
        return Fault.of(
            ErrorCode.MESSAGE_DUPLICATE_MEMBER, "a member name stands twice at " + at(parser));
      } else {
        // Strings are read lazily; a bad escape inside is found only now.
        parser.finishToken();
        boolean text = token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING;
        if (text && Surrogates.isBroken(parser.getText())) {
          return Fault.of(
              ErrorCode.MESSAGE_NOT_JSON,
              "a text must not hold half of a surrogate pair, at " + at(parser));
        }
      }
      if (depth > 0) {
        token = parser.nextToken();
      }
    } while (depth > 0);
    return null;
  }

  private static String at(JsonParser parser) {
    return "character " + parser.currentTokenLocation().getCharOffset();
  }
}
