package dev.drawbridge.filters.settings;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a setting's text must look like, and how it is read. Immutable. */
sealed interface ValueType {

  /**
   * Reads a value.
   *
   * @param text not blank, stripped
   * @throws IllegalArgumentException with the rule, as the end of "NAME must be …"
   */
  Object parse(String text);

  /** The rule, as the end of "NAME must be …". */
  String rule();

  /** What a value looks like, for tools. */
  Setting.Kind kind();

  /** The values that fit, in Markdown and without words; empty where any text does. */
  default String range() {
    return "";
  }

  /** Any text. */
  record Text() implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.TEXT;
    }

    @Override
    public Object parse(String text) {
      return text;
    }

    @Override
    public String rule() {
      return "text";
    }
  }

  /** A text that is shown nowhere. */
  record Secret() implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.SECRET;
    }

    @Override
    public Object parse(String text) {
      return text;
    }

    @Override
    public String rule() {
      return "text";
    }
  }

  /** One of a few words, in any letter case. */
  record Choice(List<String> words) implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.CHOICE;
    }

    @Override
    public Object parse(String text) {
      String word = text.toLowerCase(Locale.ROOT);
      if (!words.contains(word)) {
        throw new IllegalArgumentException(rule());
      }
      return word;
    }

    @Override
    public String rule() {
      return "one of " + String.join(", ", words);
    }

    @Override
    public String range() {
      return "`" + String.join("`, `", words) + "`";
    }
  }

  /** True or false. */
  record Flag() implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.FLAG;
    }

    @Override
    public Object parse(String text) {
      if (text.equalsIgnoreCase("true")) {
        return true;
      }
      if (text.equalsIgnoreCase("false")) {
        return false;
      }
      throw new IllegalArgumentException(rule());
    }

    @Override
    public String rule() {
      return "true or false";
    }

    @Override
    public String range() {
      return "`true`, `false`";
    }
  }

  /** Items between commas; blanks around them and empty items are dropped. */
  record Items() implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.LIST;
    }

    @Override
    public Object parse(String text) {
      List<String> items = new ArrayList<>();
      for (String item : text.split(",", -1)) {
        if (!item.isBlank()) {
          items.add(item.strip());
        }
      }
      return List.copyOf(items);
    }

    @Override
    public String rule() {
      return "a list with commas between its items";
    }
  }

  /** A whole number in a range, both ends included. */
  record Whole(long min, long max) implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.NUMBER;
    }

    @Override
    public Object parse(String text) {
      long value;
      try {
        value = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(rule(), e);
      }
      if (value < min || value > max) {
        throw new IllegalArgumentException(rule());
      }
      return value;
    }

    @Override
    public String rule() {
      return "a whole number in [" + min + ", " + max + "]";
    }

    @Override
    public String range() {
      return min + "–" + max;
    }
  }

  /** A length of time in a range, both ends included; ISO-8601 or a number with its unit. */
  record Span(Duration min, Duration max) implements ValueType {
    @Override
    public Setting.Kind kind() {
      return Setting.Kind.DURATION;
    }

    @Override
    public Object parse(String text) {
      Duration value;
      try {
        value = duration(text);
      } catch (DateTimeParseException | ArithmeticException | NumberFormatException e) {
        throw new IllegalArgumentException(rule(), e);
      }
      if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
        throw new IllegalArgumentException(rule());
      }
      return value;
    }

    @Override
    public String rule() {
      return "a duration in [" + show(min) + ", " + show(max) + "], such as 45s, 500ms or PT45S";
    }

    @Override
    public String range() {
      return show(min) + "–" + show(max);
    }

    private static Duration duration(String text) {
      int digits = 0;
      while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
        digits++;
      }
      if (digits == 0) {
        return Duration.parse(text);
      }
      long amount = Long.parseLong(text.substring(0, digits));
      return switch (text.substring(digits).strip().toLowerCase(Locale.ROOT)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        case "d" -> Duration.ofDays(amount);
        default -> amount == 0 && digits == text.length() ? Duration.ZERO : Duration.parse(text);
      };
    }

    /** The shortest spelling that {@link #parse} reads back. */
    static String show(Duration value) {
      if (value.isZero()) {
        return "0s";
      }
      if (value.toMillis() % 1000 != 0) {
        return value.toMillis() + "ms";
      }
      long seconds = value.toSeconds();
      if (seconds % 86_400 == 0) {
        return seconds / 86_400 + "d";
      }
      if (seconds % 3600 == 0) {
        return seconds / 3600 + "h";
      }
      return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }
  }
}
