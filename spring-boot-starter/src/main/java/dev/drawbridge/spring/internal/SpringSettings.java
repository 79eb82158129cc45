package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.settings.GivenSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.ArrayList;
import java.util.Arrays;
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

/**
 * What the environment of an application says of Drawbridge: every name below {@code drawbridge},
 * in any spelling, from any source in Boot's order. The first source that has a name in any
 * spelling wins. Immutable.
 */
final class SpringSettings {
  /** In front of every name: {@value}. */
  static final String PREFIX = "drawbridge";

  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of(PREFIX);
  private static final String VARIABLE_PREFIX = "DRAWBRIDGE_";
  private static final Pattern VARIABLE_ITEM = Pattern.compile("(.+?)_(\\d+)_?");

  private final Map<Setting, String> settings = new EnumMap<>(Setting.class);
  private final Map<StarterKey, String> own = new EnumMap<>(StarterKey.class);
  private final Set<String> problems = new LinkedHashSet<>();

  private SpringSettings() {}

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
    SpringSettings read = new SpringSettings();
    for (ConfigurationPropertySource source :
        ConfigurationPropertySources.from(environment.getPropertySources())) {
      read.take(source, environment);
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

  /** A value of the starter's own, or its default; null when it has neither. */
  @Nullable String text(StarterKey key) {
    String text = own.get(key);
    return text == null || text.isBlank() ? key.standard() : text.strip();
  }

  /** The items of such a value; empty when it has none. */
  List<String> list(StarterKey key) {
    String text = text(key);
    return text == null
        ? List.of()
        : Arrays.stream(text.split(",", -1))
            .map(String::strip)
            .filter(item -> !item.isEmpty())
            .toList();
  }

  private void take(ConfigurationPropertySource source, ConfigurableEnvironment environment) {
    Object underlying = source.getUnderlyingSource();
    Map<Object, SortedMap<Integer, String>> items = new LinkedHashMap<>();
    if (underlying instanceof SystemEnvironmentPropertySource variables) {
      variables.getSource().forEach((name, value) -> variable(name, value, environment, items));
    } else if (source instanceof IterableConfigurationPropertySource names) {
      // A name may be in it twice, in two spellings; the order of the file decides.
      names.stream()
          .filter(ROOT::isAncestorOf)
          .forEach(
              name -> property(name, names.getConfigurationProperty(name), environment, items));
    } else {
      ask(source, environment);
    }
    if (underlying instanceof EnumerablePropertySource<?> names
        && !(underlying instanceof SystemEnvironmentPropertySource)) {
      // Variables may be system properties and lines of a file, too.
      for (String name : names.getPropertyNames()) {
        Object value = name.startsWith(VARIABLE_PREFIX) ? names.getProperty(name) : null;
        if (value != null) {
          variable(name, value, environment, items);
        }
      }
    }
    if (underlying instanceof PropertySource<?> plain) {
      plainNames(plain, environment);
    }
    items.forEach((target, texts) -> put(target, String.join(",", texts.values())));
  }

  /** A source that cannot list its names, such as JNDI. */
  private void ask(ConfigurationPropertySource source, ConfigurableEnvironment environment) {
    for (String name : PropertyNames.all()) {
      ConfigurationProperty property =
          source.getConfigurationProperty(ConfigurationPropertyName.of(name));
      Object value = property == null ? null : property.getValue();
      Object target = Setting.named(name) == null ? StarterKey.named(name) : Setting.named(name);
      if (value != null && target != null) {
        put(target, text(target, value, environment));
      }
    }
  }

  /** The four that applications had before Drawbridge have no prefix. */
  private void plainNames(PropertySource<?> source, ConfigurableEnvironment environment) {
    for (Setting setting : Setting.values()) {
      if (setting.property().equals(setting.variable())) {
        Object value = source.getProperty(setting.variable());
        if (value != null) {
          put(setting, text(setting, value, environment));
        }
      }
    }
  }

  private void property(
      ConfigurationPropertyName name,
      @Nullable ConfigurationProperty property,
      ConfigurableEnvironment environment,
      Map<Object, SortedMap<Integer, String>> items) {
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
      int index =
          Integer.parseInt(
              name.getElement(
                  name.getNumberOfElements() - 1, ConfigurationPropertyName.Form.ORIGINAL));
      item(found, index, environment, items);
    } else if (!(isEmptyList(value) && found.isList())) {
      put(found.target(), text(found.target(), value, environment));
    }
  }

  /** So YAML writes an empty list. */
  private static boolean isEmptyList(Object value) {
    return value instanceof CharSequence text && text.isEmpty();
  }

  private void variable(
      String name,
      Object value,
      ConfigurableEnvironment environment,
      Map<Object, SortedMap<Integer, String>> items) {
    if (!name.startsWith(VARIABLE_PREFIX) && !name.startsWith(PREFIX + ".")) {
      return;
    }
    Found found = find(name, name, value);
    if (found != null) {
      put(found.target(), text(found.target(), value, environment));
      return;
    }
    Matcher item = VARIABLE_ITEM.matcher(name);
    Found list = item.matches() ? find(item.group(1), name, value) : null;
    if (list != null && list.isList()) {
      item(list, Integer.parseInt(item.group(2)), environment, items);
    } else if (!GivenSettings.isOfKubernetes(name, String.valueOf(value))) {
      problems.add(unknown(name, " (environment)"));
    }
  }

  private void item(
      Found found,
      int index,
      ConfigurableEnvironment environment,
      Map<Object, SortedMap<Integer, String>> items) {
    if (found.isList()) {
      items
          .computeIfAbsent(found.target(), target -> new TreeMap<>())
          .put(index, text(found.target(), found.value(), environment));
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

  private void put(Object target, String text) {
    if (text.isBlank()) {
      // Counts as not set: files of containers pass empty variables on.
      return;
    }
    if (target instanceof Setting setting) {
      settings.putIfAbsent(setting, text);
    } else if (target instanceof StarterKey key) {
      own.putIfAbsent(key, text);
    }
  }

  /** YAML reads on and off as flags, where a choice has these very words. */
  private static String text(Object target, Object value, ConfigurableEnvironment environment) {
    if (value instanceof Boolean flag
        && target instanceof Setting setting
        && setting.kind() == Setting.Kind.CHOICE
        && setting.words().contains(flag ? "on" : "off")) {
      return flag ? "on" : "off";
    }
    return environment.resolvePlaceholders(String.valueOf(value));
  }

  /** The names that are set, without their values. */
  @Override
  public String toString() {
    List<Object> names = new ArrayList<>(settings.keySet());
    names.addAll(own.keySet());
    return "SpringSettings" + names;
  }
}
