package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.settings.Nearest;
import dev.drawbridge.filters.settings.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * How settings are called in {@code application.properties}: the words of their name with dashes,
 * behind a dot after the first word where several settings share it. Stateless.
 */
final class PropertyNames {
  private static final String PREFIX = SpringSettings.PREFIX + ".";
  private static final Map<Setting, String> NAMES = names();

  /** A name of a setting in a text, as messages have it. */
  private static final Pattern VARIABLE = Pattern.compile("\\b[A-Z]+(?:_[A-Z]+)*\\b");

  private PropertyNames() {}

  /** Such as {@code drawbridge.jwt.secret-file} or {@code drawbridge.max-message-bytes}. */
  static String of(Setting setting) {
    return NAMES.getOrDefault(setting, setting.property());
  }

  /** All names, those of the starter too. */
  static List<String> all() {
    List<String> all = new ArrayList<>(NAMES.values());
    Arrays.stream(StarterKey.values()).map(StarterKey::property).forEach(all::add);
    return all;
  }

  /** The one that somebody may have meant. */
  static String nearest(String name) {
    return Nearest.to(name, all(), 1).get(0);
  }

  /** A message with the names that stand in application.properties instead of variables. */
  static String translated(String message) {
    return VARIABLE.matcher(message).replaceAll(PropertyNames::translated);
  }

  private static String translated(MatchResult found) {
    for (Setting setting : Setting.values()) {
      if (setting.variable().equals(found.group())) {
        return of(setting);
      }
    }
    return found.group();
  }

  private static Map<Setting, String> names() {
    Map<String, Integer> groups = new HashMap<>();
    for (Setting setting : Setting.values()) {
      List<String> words = words(setting);
      // A property cannot hold a value and be a group at once, in YAML at least.
      groups.merge(words.get(0), words.size() == 1 ? Integer.MIN_VALUE / 2 : 1, Integer::sum);
    }
    Map<Setting, String> names = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      List<String> words = words(setting);
      boolean grouped = groups.getOrDefault(words.get(0), 0) > 1;
      names.put(
          setting,
          PREFIX
              + (grouped
                  ? words.get(0) + "." + String.join("-", words.subList(1, words.size()))
                  : String.join("-", words)));
    }
    return names;
  }

  private static List<String> words(Setting setting) {
    String name = setting.property();
    String own = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
    return Arrays.asList(own.toLowerCase(Locale.ROOT).split("[._]"));
  }
}
