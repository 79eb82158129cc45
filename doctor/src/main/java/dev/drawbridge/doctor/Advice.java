package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Kind, title and fix of each code, and the exit status of each kind, from {@code advice.json},
 * which the program for Node reads, too. Immutable.
 */
final class Advice {
  private static final JsonNode ALL = read();

  private Advice() {}

  private static JsonNode read() {
    try (InputStream in = Advice.class.getResourceAsStream("advice.json")) {
      if (in == null) {
        throw new IllegalStateException("advice.json is not in the jar");
      }
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The exit status of a kind of fault. */
  static int exit(String kind) {
    return ALL.path("kinds").path(kind).asInt(1);
  }

  /** The kind of a code; null for one that only an application knows. */
  static @Nullable String kind(String code) {
    return text(code, "kind");
  }

  /** What the code says, in a sentence without a full stop. */
  static @Nullable String title(String code) {
    return text(code, "title");
  }

  /** What mends it. */
  static @Nullable String fix(String code) {
    return text(code, "fix");
  }

  private static @Nullable String text(String code, String member) {
    JsonNode found = ALL.path("codes").path(code).path(member);
    return found.isTextual() ? found.textValue() : null;
  }
}
