package dev.drawbridge.filters.settings;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How one setting is spelled, which values fit, and what it is when nobody sets it. Immutable.
 *
 * @param property the name as a system property
 * @param type which values fit
 * @param development default in dev mode, null when there is none
 * @param production default in production, null when there is none
 * @param developmentOnly true when production refuses to start with it
 * @param reloadable true when a reload puts a new value in force
 */
record SettingForm(
    String property,
    ValueType type,
    @Nullable String development,
    @Nullable String production,
    boolean developmentOnly,
    boolean reloadable) {

  private static final String PREFIX = "drawbridge.";

  /** Any text. */
  static SettingForm text(String name) {
    return of(name, new ValueType.Text());
  }

  /** A text that is shown nowhere. */
  static SettingForm secret(String name) {
    return of(name, new ValueType.Secret());
  }

  /** {@code true} or {@code false}. */
  static SettingForm flag(String name) {
    return of(name, new ValueType.Flag());
  }

  /** A list with commas. */
  static SettingForm items(String name) {
    return of(name, new ValueType.Items());
  }

  /** One of these words. */
  static SettingForm choice(String name, String... words) {
    return of(name, new ValueType.Choice(List.of(words)));
  }

  /** A whole number, both ends included. */
  static SettingForm whole(String name, int min, int max) {
    return of(name, new ValueType.Whole(min, max));
  }

  /** A length of time, both ends included. */
  static SettingForm span(String name, Duration min, Duration max) {
    return of(name, new ValueType.Span(min, max));
  }

  /** The four names that applications had before Drawbridge are in upper case, and stay. */
  private static SettingForm of(String name, ValueType type) {
    String property = Character.isUpperCase(name.charAt(0)) ? name : PREFIX + name;
    return new SettingForm(property, type, null, null, false, false);
  }

  /** The same default in both modes. */
  SettingForm or(String value) {
    return inDevelopment(value).inProduction(value);
  }

  /** With a default in dev mode. */
  SettingForm inDevelopment(String value) {
    return new SettingForm(property, type, value, production, developmentOnly, reloadable);
  }

  /** With a default in production. */
  SettingForm inProduction(String value) {
    return new SettingForm(property, type, development, value, developmentOnly, reloadable);
  }

  /** Refused in production. */
  SettingForm inDevelopmentOnly() {
    return new SettingForm(property, type, development, production, true, reloadable);
  }

  /** A new value takes force without a restart. */
  SettingForm live() {
    return new SettingForm(property, type, development, production, developmentOnly, true);
  }

  /** The name as an environment variable. */
  String variable() {
    return property.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** The name as an init-param: words without the prefix, in camel case. */
  String initParam() {
    String words =
        property.startsWith(PREFIX)
            ? property.substring(PREFIX.length())
            : property.toLowerCase(Locale.ROOT);
    StringBuilder name = new StringBuilder();
    boolean upper = false;
    for (int i = 0; i < words.length(); i++) {
      char c = words.charAt(i);
      if (c == '.' || c == '_') {
        upper = true;
      } else {
        name.append(upper ? Character.toUpperCase(c) : c);
        upper = false;
      }
    }
    return name.toString();
  }
}
