package dev.drawbridge.spring.internal;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What only the starter is told, beside the settings of Drawbridge. Immutable. */
enum StarterKey {
  ENABLED(
      "enabled",
      "java.lang.Boolean",
      "true",
      "`false` leaves Drawbridge out of this start",
      Form.FLAG),
  PATH(
      "path",
      "java.lang.String",
      "/ws",
      "path of the WebSocket inside the application; its other routes are below it",
      Form.PATH),
  ORIGIN_PATHS(
      "origin-paths",
      "java.util.List<java.lang.String>",
      "/*",
      "URL patterns for which origins are judged; all of the application by default. An application"
          + " whose REST routes have CORS rules of their own lists `/ws/*`; the WebSocket and the"
          + " guarded paths are always among them",
      Form.PATTERNS),
  GUARDED_PATHS(
      "guarded-paths",
      "java.util.List<java.lang.String>",
      null,
      "URL patterns beside the WebSocket that need a token, such as `/api/*`, in the form of"
          + " servlets and not of Spring",
      Form.PATTERNS),
  SESSION_TOKEN_PATH(
      "session.token-path",
      "java.lang.String",
      null,
      "path at which a page whose user is logged in to the application gets a token, such as"
          + " `/ws/token`; none when not set",
      Form.PATH);

  /** What a value looks like. */
  private enum Form {
    FLAG(".*", "true or false"),
    PATH("(/[^/*?#;%{}\\\\\\s]+)+", "a path such as /ws"),
    /** Containers take {@code /api/**} for one path of that very name: nothing would be guarded. */
    PATTERNS(
        "(/[^/*?#;%{}\\\\\\s]+)+(/\\*)?|/\\*|\\*\\.[^/*?#;%{}\\\\\\s]+",
        "URL patterns of servlets, such as /account, /api/* or *.json, without ** and {}");

    private final String pattern;
    private final String words;

    Form(String pattern, String words) {
      this.pattern = pattern;
      this.words = words;
    }
  }

  private final String name;
  private final String type;
  private final @Nullable String standard;
  private final String meaning;
  private final Form form;

  StarterKey(String name, String type, @Nullable String standard, String meaning, Form form) {
    this.name = SpringSettings.PREFIX + "." + name;
    this.type = type;
    this.standard = standard;
    this.meaning = meaning;
    this.form = form;
  }

  /** Such as {@code drawbridge.path}. */
  String property() {
    return name;
  }

  /** The Java type that tools show. */
  String type() {
    return type;
  }

  /** As one would write it; null when there is none. */
  @Nullable String standard() {
    return standard;
  }

  /** One phrase of Markdown. */
  String meaning() {
    return meaning;
  }

  /** False for a value, or an item of one, that the start is refused for. */
  boolean fits(String value) {
    return Pattern.matches(form.pattern, value);
  }

  /** What must be so, as a sentence without the value. */
  String rule() {
    return name + " must be " + form.words;
  }

  boolean isList() {
    return type.startsWith("java.util.List");
  }

  /** By a name in any spelling; null when there is none. */
  static @Nullable StarterKey named(String name) {
    for (StarterKey key : values()) {
      if (letters(key.name).equals(letters(name))) {
        return key;
      }
    }
    return null;
  }

  private static String letters(String name) {
    return name.replaceAll("[._-]", "").toLowerCase(Locale.ROOT);
  }
}
