package dev.drawbridge.filters.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a setting differs from before. Immutable. Of secrets it tells no value, not even a length.
 *
 * @param setting which one
 * @param before how a log may show it, null when it had no value or may not be shown
 * @param after the same of now
 * @param what {@code changed}, {@code set}, {@code removed}, or {@code read again} where its value
 *     is a file of another content
 */
public record SettingChange(
    Setting setting, @Nullable String before, @Nullable String after, String what) {

  private static final int MAX_CHARACTERS = 300;

  /** Those that differ, in the order of the settings. */
  static List<SettingChange> between(Settings before, Settings after, boolean reloadable) {
    List<SettingChange> changes = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      String old = before.string(setting);
      String fresh = after.string(setting);
      if (setting.isReloadable() == reloadable && !Objects.equals(old, fresh)) {
        changes.add(
            new SettingChange(
                setting,
                shown(before, setting),
                shown(after, setting),
                old == null ? "set" : fresh == null ? "removed" : "changed"));
      }
    }
    return changes;
  }

  /** The content of the file that it names is another one. */
  static SettingChange ofContent(Setting setting) {
    return new SettingChange(setting, null, null, "read again");
  }

  private static @Nullable String shown(Settings settings, Setting setting) {
    String text = setting.isSecret() ? null : settings.shown(setting);
    return text == null ? null : printable(text);
  }

  private static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (shown.length() >= MAX_CHARACTERS) {
        return shown.append('…').toString();
      }
      shown.append(c < ' ' || c == 0x7F || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.toString();
  }

  /** For a log: {@code DRAWBRIDGE_CONNECTIONS_PER_USER: 10 -> 20}. */
  @Override
  public String toString() {
    return setting.variable()
        + (before == null && after == null
            ? " " + what
            : ": " + told(before) + " -> " + told(after));
  }

  private static String told(@Nullable String text) {
    return text == null ? "not set" : text;
  }
}
