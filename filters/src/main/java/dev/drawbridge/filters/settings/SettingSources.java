package dev.drawbridge.filters.settings;

import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where settings are looked up, and which names found there are none of ours. Not thread-safe; used
 * while an application starts, and afterwards by one reload at a time.
 */
final class SettingSources {

  /** A value and where it stood. */
  record Found(String text, Settings.Source source) {}

  private static final String PROPERTY_PREFIX = "drawbridge.";
  private static final String VARIABLE_PREFIX = "DRAWBRIDGE_";

  /** What Kubernetes puts into every pod beside a service that is called drawbridge. */
  private static final Pattern KUBERNETES =
      Pattern.compile(
          "DRAWBRIDGE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.*)?)?)");

  /** A name this near to one of ours is taken for a slip of the pen. */
  private static final int SLIP = 2;

  private final Map<Setting, Map<Settings.Source, String>> found = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  /** The settings files as they were named at the start. */
  private List<String> places = List.of();

  /** False where a map stands for everything that surrounds the application. */
  private boolean surrounded;

  /** Asked anew at each reading; null where no framework has read the settings. */
  private @Nullable Supplier<?> framework;

  /** Reads a map whose keys are any spelling of a name. */
  static SettingSources of(Map<String, String> values) {
    SettingSources sources = new SettingSources();
    values.forEach(
        (name, text) -> {
          Setting setting = byAnyName(name);
          if (setting == null) {
            sources.unknown(name, Settings.Source.INIT_PARAM);
          } else {
            sources.put(setting, Settings.Source.INIT_PARAM, text);
          }
        });
    return sources.settingsFiles(sources.files());
  }

  /**
   * Reads all that a web application can say.
   *
   * @param starting the component that is starting, which a restricted context may not show
   */
  static SettingSources of(ServletContext context, @Nullable Component starting) {
    SettingSources sources = new SettingSources();
    sources.framework =
        context.getAttribute(GivenSettings.ATTRIBUTE) instanceof Supplier<?> framework
            ? framework
            : null;
    sources.surroundings();
    sources.contextParams(
        Component.read(context.getInitParameterNames(), context::getInitParameter));
    Registrations.ours(context)
        .forEach(
            (registration, filter) ->
                sources.initParams(
                    registration.getName(), registration.getInitParameters(), filter));
    if (starting != null) {
      sources.initParams(starting.name(), starting.params(), starting.ours());
    }
    return sources.settingsFiles(sources.files());
  }

  /**
   * The same as they are now. What a container tells of an application stays as it was at its
   * start, and so does which files are read.
   */
  SettingSources again() {
    SettingSources sources = new SettingSources();
    sources.framework = framework;
    found.forEach(
        (setting, texts) ->
            texts.forEach(
                (source, text) -> {
                  if (source == Settings.Source.INIT_PARAM
                      || source == Settings.Source.CONTEXT_PARAM) {
                    sources.put(setting, source, text);
                  }
                }));
    if (surrounded) {
      sources.surroundings();
    }
    return sources.settingsFiles(places);
  }

  /** What the process and its surroundings say. */
  private SettingSources surroundings() {
    surrounded = true;
    if (framework != null && framework.get() instanceof GivenSettings given) {
      return given(given);
    }
    Map<String, String> properties = new LinkedHashMap<>();
    Properties system = System.getProperties();
    // Values, too, may go away while others write: then the property counts as not set.
    system
        .stringPropertyNames()
        .forEach(name -> properties.put(name, system.getProperty(name, "")));
    return systemProperties(properties).environment(System.getenv());
  }

  /** The settings files. */
  private List<String> files() {
    String listed = text(Setting.SETTINGS_FILE);
    return listed == null
        ? List.of()
        : Stream.of(listed.split(",", -1))
            .map(String::strip)
            .filter(each -> !each.isEmpty())
            .toList();
  }

  /** Reads them, all of one time: those of one folder are renewed together. */
  SettingSources settingsFiles(List<String> listed) {
    places = List.copyOf(listed);
    List<Map<String, String>> read = new ArrayList<>();
    List<String> unusable = new ArrayList<>();
    boolean torn = true;
    for (int i = 0; torn && i < SettingsFile.TRIES; i++) {
      read.clear();
      unusable.clear();
      List<Object> before = SettingsFile.versions(places);
      for (String place : places) {
        try {
          read.add(SettingsFile.read(place));
        } catch (SettingsFile.UnusableFileException e) {
          unusable.add(e.getMessage() + ": " + Settings.quoted(place));
        }
      }
      torn = places.size() > 1 && !before.equals(SettingsFile.versions(places));
    }
    if (torn) {
      unusable.add("must not change while they are read: " + places.size() + " files");
    }
    read.forEach(this::settingsFile);
    unusable.forEach(what -> problems.add(Setting.SETTINGS_FILE.variable() + " " + what));
    return this;
  }

  private void settingsFile(Map<String, String> values) {
    values.forEach(
        (name, text) -> {
          Setting setting = byAnyName(name);
          if (setting == Setting.SETTINGS_FILE) {
            problems.add(
                setting.variable() + " must not stand in a settings file: it names the files");
          } else if (setting != null
              && (setting.property().equals(name) || setting.variable().equals(name))) {
            put(setting, Settings.Source.SETTINGS_FILE, text);
          } else {
            unknownInFile(name);
          }
        });
  }

  /** A file that is no list of settings may hold a secret where a name would stand. */
  private void unknownInFile(String name) {
    boolean ours = name.startsWith(PROPERTY_PREFIX) || name.startsWith(VARIABLE_PREFIX);
    String nearest =
        nearest(name, name.startsWith(VARIABLE_PREFIX) ? Setting::variable : Setting::property);
    if (ours || Nearest.distance(name, nearest) <= SLIP) {
      unknown(name, Settings.Source.SETTINGS_FILE);
    } else {
      problems.add(
          Setting.SETTINGS_FILE.variable()
              + " must hold names such as drawbridge.jwt.secret or DRAWBRIDGE_JWT_SECRET alone,"
              + " each with = and its value: one of "
              + name.length()
              + " characters is none");
    }
  }

  /** What stands in a file without effect, a sentence each. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      Found value = find(setting);
      String inFile = found.getOrDefault(setting, Map.of()).get(Settings.Source.SETTINGS_FILE);
      if (value != null
          && inFile != null
          && value.source() != Settings.Source.SETTINGS_FILE
          && !inFile.equals(value.text())) {
        warnings.add(
            setting.variable()
                + " of the settings file has no effect: as "
                + value.source()
                + " it has another value, which comes first");
      }
    }
    return warnings;
  }

  /** What a framework has read, in its own order of sources. */
  private SettingSources given(GivenSettings given) {
    problems.addAll(given.problems());
    given.values().forEach((setting, text) -> put(setting, Settings.Source.APPLICATION, text));
    return this;
  }

  /**
   * Reads names with our prefix, in the spelling of properties or of variables, and the four
   * without it; all others belong to somebody else.
   */
  SettingSources systemProperties(Map<String, String> properties) {
    properties.forEach((name, text) -> prefixed(name, text, Settings.Source.SYSTEM_PROPERTY));
    return this;
  }

  /** As for system properties. */
  SettingSources environment(Map<String, String> variables) {
    variables.forEach((name, text) -> prefixed(name, text, Settings.Source.ENVIRONMENT));
    return this;
  }

  /** As for system properties. */
  SettingSources contextParams(Map<String, String> params) {
    params.forEach((name, text) -> prefixed(name, text, Settings.Source.CONTEXT_PARAM));
    return this;
  }

  /**
   * Reads the init-params of one of our filters or of a servlet.
   *
   * @param owner its name in the descriptor, for messages
   * @param ours true for a filter, whose every parameter must be known; a servlet may be an
   *     application's subclass with parameters of its own, so there only near misses are refused
   */
  SettingSources initParams(String owner, Map<String, String> params, boolean ours) {
    params.forEach(
        (name, text) -> {
          Setting setting = byAnyName(name);
          if (setting != null) {
            put(setting, Settings.Source.INIT_PARAM, text);
          } else if (ours || Nearest.distance(name, nearest(name, Setting::initParam)) <= SLIP) {
            problems.add(
                String.format(
                    "init-param %s of %s is unknown; the nearest name is %s",
                    Settings.quoted(name), owner, nearest(name, Setting::initParam)));
          }
        });
    return this;
  }

  /** The init-params that were read. */
  Map<Setting, String> initParams() {
    Map<Setting, String> params = new EnumMap<>(Setting.class);
    found.forEach(
        (setting, texts) -> {
          String text = texts.get(Settings.Source.INIT_PARAM);
          if (text != null) {
            params.put(setting, text);
          }
        });
    return params;
  }

  @Nullable Found find(Setting setting) {
    Map<Settings.Source, String> texts = found.get(setting);
    if (texts != null) {
      for (Settings.Source source : Settings.Source.values()) {
        String text = texts.get(source);
        if (text != null) {
          return new Found(text, source);
        }
      }
    }
    return null;
  }

  @Nullable String text(Setting setting) {
    Found value = find(setting);
    return value == null ? null : value.text();
  }

  List<String> problems() {
    // A component that is starting has been read with the others as a rule.
    return List.copyOf(new LinkedHashSet<>(problems));
  }

  private void prefixed(String name, String text, Settings.Source source) {
    for (Setting setting : Setting.values()) {
      if (setting.property().equals(name) || setting.variable().equals(name)) {
        put(setting, source, text);
        return;
      }
    }
    boolean ours = name.startsWith(PROPERTY_PREFIX) || name.startsWith(VARIABLE_PREFIX);
    if (ours && !(source == Settings.Source.ENVIRONMENT && isOfKubernetes(name, text))) {
      unknown(name, source);
    }
  }

  /** Its {@code …_PORT} holds a URL; a port that somebody has set by hand is a mistake. */
  static boolean isOfKubernetes(String name, String text) {
    return KUBERNETES.matcher(name).matches()
        && (!name.endsWith("_PORT")
            || text.contains("://")
            || name.matches(".*_(TCP|UDP|SCTP)_PORT|.*_SERVICE_PORT"));
  }

  /** A blank value counts as not set: container files pass empty variables on. */
  private void put(Setting setting, Settings.Source source, String text) {
    if (text.isBlank()) {
      return;
    }
    Map<Settings.Source, String> texts = found.computeIfAbsent(setting, s -> new LinkedHashMap<>());
    String before = texts.putIfAbsent(source, text.strip());
    if (before != null && !before.equals(text.strip())) {
      problems.add(
          String.format(
              "%s is given twice as %s with different values; keep one",
              source == Settings.Source.INIT_PARAM ? setting.initParam() : setting.property(),
              source));
    }
  }

  private void unknown(String name, Settings.Source source) {
    boolean variable = name.startsWith(VARIABLE_PREFIX);
    String nearest = nearest(name, variable ? Setting::variable : Setting::property);
    problems.add(
        String.format(
            "%s (%s) is unknown; the nearest name is %s", Settings.quoted(name), source, nearest));
  }

  static @Nullable Setting byAnyName(String name) {
    for (Setting setting : Setting.values()) {
      if (setting.initParam().equals(name)
          || setting.property().equals(name)
          || setting.variable().equals(name)) {
        return setting;
      }
    }
    return null;
  }

  private static String nearest(String name, Function<Setting, String> spelling) {
    return Nearest.to(name, Stream.of(Setting.values()).map(spelling).toList(), 1).get(0);
  }
}
