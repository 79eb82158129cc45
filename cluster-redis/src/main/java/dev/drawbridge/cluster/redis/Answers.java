package dev.drawbridge.cluster.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads what the server answers: lists, numbers, and bytes that are UTF-8. */
final class Answers {
  private Answers() {}

  static String text(Object value) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.UTF_8)
        : String.valueOf(value);
  }

  static long number(Object value) {
    return value instanceof Long number ? number : Long.parseLong(text(value));
  }

  static List<?> list(Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("the server must answer with a list: " + text(value));
  }
}
