package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.settings.GivenSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.PlaceholderResolutionException;

/**
 * What the environment of an application says of Drawbridge: every name below {@code drawbridge},
 * in any spelling, from any source in Boot's order. The first source that has a name in any
 * spelling wins. A placeholder that nothing resolves is refused: as a text of its own it could be a
 * secret that everybody knows who has seen the file. Immutable.
 */
final class SpringSettings {
  /** In front of every name: {@value}. */
  static final String PREFIX = "drawbridge";

  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of(PREFIX);
  private static final String VARIABLE_PREFIX = "DRAWBRIDGE_";
  private static final Pattern VARIABLE_ITEM = Pattern.compile("(.+?)_(\\d+)_?");
  private static final int MAX_INDEX_DIGITS = 9;

  private final ConfigurableEnvironment environment;
  private final Map<Setting, String> settings = new EnumMap<>(Setting.class);
  private final Map<StarterKey, String> own = new EnumMap<>(StarterKey.class);
  private final Set<String> problems = new LinkedHashSet<>();

  private SpringSettings(ConfigurableEnvironment environment) {
    this.environment = environment;
  }

  /** One name as one source has it. */
  private record Found(
      @Nullable Setting setting, @Nullable StarterKey key, String shown, Object value) {
    boolean isList() {
      return setting == null
          ? Objects.requireNonNull(key).isList()
          : setting.kind() == Setting.Kind.LIST;
    }

    Object target() {
      return setting == null ? Objects.requireNonNull(key) : setting;
    }
  }

  /** Reads them as they are now. */
  static SpringSettings of(ConfigurableEnvironment environment) {
    SpringSettings read = new SpringSettings(environment);
    for (ConfigurationPropertySource source :
        ConfigurationPropertySources.from(environment.getPropertySources())) {
      read.take(source);
    }
    for (StarterKey key : StarterKey.values()) {
      read.values(key).stream()
          .filter(value -> !key.fits(value))
          .forEach(value -> read.problems.add(key.rule() + ": " + Settings.quoted(value)));
    }
    return read;
  }

  /** For the filters and the endpoint. */
  GivenSettings given() {
    return new GivenSettings(settings, List.copyOf(problems));
  }

  /** True if somebody has set it. */
  boolean has(Setting setting) {
    return text(setting) != null;
  }

  /** As somebody has written it; null when nobody has. */
  @Nullable String text(Setting setting) {
    String text = settings.get(setting);
    return text == null || text.isBlank() ? null : text.strip();
  }

  /** A value of the starter's own that fits, or its default; null when it has neither. */
  @Nullable String text(StarterKey key) {
    List<String> fitting = list(key);
    return fitting.isEmpty() ? key.standard() : fitting.get(0);
  }

  /** The items of such a value that fit; the start is refused for the others. */
  List<String> list(StarterKey key) {
    return values(key).stream().filter(key::fits).toList();
  }

  private List<String> values(StarterKey key) {
    String given = own.get(key);
    String text = given == null || given.isBlank() ? key.standard() : given;
    if (text == null) {
      return List.of();
    }
    return key.isList()
        ? Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(item -> !item.isEmpty())
            .toList()
        : List.of(text.strip());
  }

  private void take(ConfigurationPropertySource source) {
    Object underlying = source.getUnderlyingSource();
    Map<Object, SortedMap<Integer, Object>> items = new LinkedHashMap<>();
    if (underlying instanceof SystemEnvironmentPropertySource variables) {
      variables.getSource().forEach((name, value) -> variable(name, value, items));
    } else if (source instanceof IterableConfigurationPropertySource names) {
      // A name may be in it twice, in two spellings; the order of the file decides.
      names.stream()
          .filter(ROOT::isAncestorOf)
          .forEach(name -> property(name, names.getConfigurationProperty(name), items));
    } else {
      ask(source);
    }
    if (underlying instanceof EnumerablePropertySource<?> names
        && !(underlying instanceof SystemEnvironmentPropertySource)) {
      // Variables may be system properties and lines of a file, too.
      for (String name : names.getPropertyNames()) {
        Object value = name.startsWith(VARIABLE_PREFIX) ? names.getProperty(name) : null;
        if (value != null) {
          variable(name, value, items);
        }
      }
    }
    if (underlying instanceof PropertySource<?> plain) {
      plainNames(plain);
    }
    items.forEach((target, values) -> put(target, values.values()));
  }

  /** A source that cannot list its names, such as JNDI. */
  private void ask(ConfigurationPropertySource source) {
    for (String name : PropertyNames.all()) {
      ConfigurationProperty property =
          source.getConfigurationProperty(ConfigurationPropertyName.of(name));
      Object value = property == null ? null : property.getValue();
      Object target = Setting.named(name) == null ? StarterKey.named(name) : Setting.named(name);
      if (value != null && target != null) {
        put(target, value);
      }
    }
  }

  /** The four that applications had before Drawbridge have no prefix. */
  private void plainNames(PropertySource<?> source) {
    for (Setting setting : Setting.values()) {
      if (setting.property().equals(setting.variable())) {
        Object value = source.getProperty(setting.variable());
        if (value != null) {
          put(setting, value);
        }
      }
    }
  }

  private void property(
      ConfigurationPropertyName name,
      @Nullable ConfigurationProperty property,
      Map<Object, SortedMap<Integer, Object>> items) {
    Object value = property == null ? null : property.getValue();
    if (property == null || value == null) {
      return;
    }
    boolean item =
        name.isLastElementIndexed() && name.isNumericIndex(name.getNumberOfElements() - 1);
    ConfigurationPropertyName whole = item ? name.getParent() : name;
    Found found = find(whole.toString(), name.toString(), value);
    if (found == null) {
      problems.add(
          unknown(
              name.toString(),
              property.getOrigin() == null ? "" : " (" + property.getOrigin() + ")"));
    } else if (item) {
      item(
          found,
          index(
              name.getElement(
                  name.getNumberOfElements() - 1, ConfigurationPropertyName.Form.ORIGINAL)),
          items);
    } else if (isSeveral(value) && !found.isList()) {
      problems.add(found.shown() + " must be one value and no list");
    } else if (!(isEmptyList(value) && found.isList())) {
      put(found.target(), value);
    }
  }

  /** Larger ones than fit come last. */
  private static int index(String digits) {
    return digits.length() > MAX_INDEX_DIGITS ? Integer.MAX_VALUE : Integer.parseInt(digits);
  }

  /** So a map of an application that is made by code may have it. */
  private static boolean isSeveral(Object value) {
    return value instanceof Collection || value instanceof Object[];
  }

  /** So YAML writes an empty list. */
  private static boolean isEmptyList(Object value) {
    return value instanceof CharSequence text && text.isEmpty();
  }

  private void variable(String name, Object value, Map<Object, SortedMap<Integer, Object>> items) {
    if (!name.startsWith(VARIABLE_PREFIX) && !name.startsWith(PREFIX + ".")) {
      return;
    }
    Found found = find(name, name, value);
    if (found != null) {
      put(found.target(), value);
      return;
    }
    Matcher item = VARIABLE_ITEM.matcher(name);
    Found list = item.matches() ? find(item.group(1), name, value) : null;
    if (list != null && list.isList()) {
      item(list, index(item.group(2)), items);
    } else if (!GivenSettings.isOfKubernetes(name, String.valueOf(value))) {
      problems.add(unknown(name, " (environment)"));
    }
  }

  private void item(Found found, int index, Map<Object, SortedMap<Integer, Object>> items) {
    if (found.isList()) {
      items.computeIfAbsent(found.target(), target -> new TreeMap<>()).put(index, found.value());
    } else {
      problems.add(found.shown() + " must be one value and no list");
    }
  }

  private static @Nullable Found find(String name, String shown, Object value) {
    StarterKey key = StarterKey.named(name);
    Setting setting = key == null ? Setting.named(name) : null;
    return key == null && setting == null ? null : new Found(setting, key, shown, value);
  }

  private static String unknown(String name, String where) {
    return Settings.quoted(name)
        + where
        + " is unknown; the nearest name is "
        + PropertyNames.nearest(name);
  }

  private void put(Object target, Object value) {
    if (target instanceof Setting setting) {
      put(settings, setting, PropertyNames.of(setting), value);
    } else if (target instanceof StarterKey key) {
      put(own, key, key.property(), value);
    }
  }

  /** Placeholders of a value that another source has overruled are nobody's concern. */
  private <K> void put(Map<K, String> into, K target, String name, Object value) {
    if (into.containsKey(target)) {
      return;
    }
    Stream<?> parts =
        value instanceof Collection<?> several
            ? several.stream()
            : value instanceof Object[] array ? Arrays.stream(array) : Stream.of(value);
    try {
      String text = parts.map(part -> text(target, part)).collect(Collectors.joining(","));
      // Blank counts as not set: files of containers pass empty variables on.
      if (!text.isBlank()) {
        into.put(target, text);
      }
    } catch (IllegalArgumentException e) {
      problems.add(
          name
              + " holds a placeholder that nothing resolves"
              + (e instanceof PlaceholderResolutionException unresolved
                  ? ": ${" + unresolved.getPlaceholder() + "}"
                  : ""));
    }
  }

  /** YAML reads on and off as flags, where a choice has these very words. */
  private String text(@Nullable Object target, Object value) {
    if (value instanceof Boolean flag
        && target instanceof Setting setting
        && setting.kind() == Setting.Kind.CHOICE
        && setting.words().contains(flag ? "on" : "off")) {
      return flag ? "on" : "off";
    }
    return environment.resolveRequiredPlaceholders(String.valueOf(value));
  }

  /** The names that are set, without their values. */
  @Override
  public String toString() {
    List<Object> names = new ArrayList<>(settings.keySet());
    names.addAll(own.keySet());
    return "SpringSettings" + names;
  }
}
