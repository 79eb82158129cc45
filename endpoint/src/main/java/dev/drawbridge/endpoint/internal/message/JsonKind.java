package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.core.JsonToken;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The kinds of JSON values, in the words that errors use. */
enum JsonKind {
  OBJECT,
  ARRAY,
  STRING,
  NUMBER,
  BOOLEAN,
  NULL,
  ABSENT;

  /** The kind of the value that a token starts or is. */
  static JsonKind of(@Nullable JsonToken token) {
    if (token == null) {
      return ABSENT;
    }
    return switch (token) {
      case START_OBJECT, END_OBJECT, FIELD_NAME -> OBJECT;
      case START_ARRAY, END_ARRAY -> ARRAY;
      case VALUE_STRING -> STRING;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> NUMBER;
      case VALUE_TRUE, VALUE_FALSE -> BOOLEAN;
      case VALUE_NULL -> NULL;
      case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT -> ABSENT;
    };
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String withArticle() {
    return switch (this) {
      case NULL, ABSENT -> word();
      case OBJECT, ARRAY -> "an " + word();
      case STRING, NUMBER, BOOLEAN -> "a " + word();
    };
  }
}
