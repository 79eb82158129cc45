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

  /** Who has carried a frame since was not idle, unless the limit of a proxy is far too short. */
  private static final long BUSY_MILLIS = 2_000;

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

  /**
   * Who likely cuts a connection.
   *
   * @param openMillis since it was opened
   * @param silentMillis since the last frame came
   * @return in words; empty where nothing tells
   */
  static String cutter(long openMillis, long silentMillis) {
    for (JsonNode each : ALL.path("limits")) {
      long limit = each.path("seconds").asLong() * 1_000;
      boolean whole = each.path("whole").asBoolean();
      if (near(silentMillis, limit) || (whole && near(openMillis, limit))) {
        return (limit / 1_000) + " s is the limit of " + each.path("who").asText();
      }
    }
    return silentMillis < BUSY_MILLIS && openMillis > 4 * BUSY_MILLIS
        ? "it was not idle: who cuts was stopped, reloaded, or allows no longer life"
        : "";
  }

  /** What is measured from a frame is a little more than the limit. */
  private static boolean near(long millis, long limit) {
    return millis >= limit - 500 && millis <= limit + 2_000;
  }

  private static @Nullable String text(String code, String member) {
    JsonNode found = ALL.path("codes").path(code).path(member);
    return found.isTextual() ? found.textValue() : null;
  }
}
