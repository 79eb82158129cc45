package dev.drawbridge.db.internal.config;

import dev.drawbridge.db.DbConfigException;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;

/** Reads durations of settings. */
public final class Durations {
  private Durations() {}

  /**
   * Reads ISO-8601 like {@code PT45S}, or a whole number with {@code ms}, {@code s}, {@code m} or
   * {@code h}.
   *
   * @param name of the setting, for the message
   * @throws DbConfigException when the value is neither
   */
  public static Duration parse(String name, String value) {
    String text = value.strip().toLowerCase(Locale.ROOT);
    try {
      if (text.startsWith("p")) {
        return Duration.parse(text);
      }
      if (text.endsWith("ms")) {
        return Duration.ofMillis(number(text, 2));
      }
      if (text.endsWith("s")) {
        return Duration.ofSeconds(number(text, 1));
      }
      if (text.endsWith("m")) {
        return Duration.ofMinutes(number(text, 1));
      }
      if (text.endsWith("h")) {
        return Duration.ofHours(number(text, 1));
      }
    } catch (DateTimeParseException | NumberFormatException | ArithmeticException e) {
      throw unreadable(name, value);
    }
    throw unreadable(name, value);
  }

  private static long number(String text, int unitLength) {
    return Long.parseLong(text.substring(0, text.length() - unitLength).strip());
  }

  private static DbConfigException unreadable(String name, String value) {
    return new DbConfigException(name + " must be a duration like 45s or PT45S: " + value, null);
  }
}
