package dev.drawbridge.spring.internal;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What only the starter is told, beside the settings of Drawbridge. Immutable. */
enum StarterKey {
  ENABLED("enabled", "java.lang.Boolean", "true", "`false` leaves Drawbridge out of this start"),
  PATH(
      "path",
      "java.lang.String",
      "/ws",
      "path of the WebSocket inside the application; its other routes are below it"),
  ORIGIN_PATHS(
      "origin-paths",
      "java.util.List<java.lang.String>",
      "/*",
      "URL patterns for which origins are judged; all of the application by default. An application"
          + " whose REST routes have CORS rules of their own lists `/ws` and `/ws/*`"),
  GUARDED_PATHS(
      "guarded-paths",
      "java.util.List<java.lang.String>",
      null,
      "URL patterns beside the WebSocket that need a token, such as `/api/*`"),
  SESSION_TOKEN_PATH(
      "session.token-path",
      "java.lang.String",
      null,
      "path at which a page whose user is logged in to the application gets a token, such as"
          + " `/ws/token`; none when not set");

  private final String name;
  private final String type;
  private final @Nullable String standard;
  private final String meaning;

  StarterKey(String name, String type, @Nullable String standard, String meaning) {
    this.name = SpringSettings.PREFIX + "." + name;
    this.type = type;
    this.standard = standard;
    this.meaning = meaning;
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
