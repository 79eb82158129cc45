package dev.drawbridge.filters.settings;

import dev.drawbridge.db.Urls;
import jakarta.servlet.ServletContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one web application, read and parsed once. Immutable. The only class that reads
 * system properties, the environment and parameters.
 *
 * <p>Reading never fails half-way: {@link #problems()} lists everything that is wrong, so that a
 * start can refuse all of it at once.
 */
public final class Settings {

  /** Where a value came from; the first that has one wins. */
  public enum Source {
    /** Read by the framework around the application, which asks system and environment itself. */
    APPLICATION("application property"),
    SYSTEM_PROPERTY("system property"),
    ENVIRONMENT("environment"),
    SETTINGS_FILE("settings file"),
    INIT_PARAM("init-param"),
    CONTEXT_PARAM("context-param"),
    DEFAULT("default");

    private final String words;

    Source(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /** What fits into a head of 8 KiB beside the other headers, in characters. */
  private static final int USUAL_HEAD_TOKEN = 6144;

  /** What stays in the process. */
  private static final Set<String> NO_CLUSTER = Set.of("none", "memory");

  /** Becomes a part of keys, and of the name of a channel of PostgreSQL. */
  private static final Pattern CLUSTER_NAMES = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

  private static final List<Setting> OF_THE_CLUSTER =
      List.of(
          Setting.CLUSTER_URL,
          Setting.CLUSTER_USER,
          Setting.CLUSTER_PASSWORD,
          Setting.CLUSTER_PASSWORD_FILE,
          Setting.CLUSTER_NAME,
          Setting.CLUSTER_START_MODE);

  /** What a frame {@code auth} has around its token, with the longest id: {@value}. */
  private static final int RENEWAL_BYTES = 128;

  /** One resolved setting. */
  private record Value(String text, Object parsed, Source source) {}

  private final SettingSources sources;
  private final DevMode mode;
  private final Map<Setting, String> initParams;
  private final Map<Setting, Value> values = new EnumMap<>(Setting.class);
  private final List<String> problems = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** Of what only a restart changes, {@code before} has the values; null at the start. */
  private Settings(SettingSources sources, @Nullable Settings before) {
    this.sources = sources;
    problems.addAll(sources.problems());
    warnings.addAll(sources.warnings());
    initParams = sources.initParams();
    mode =
        before == null
            ? DevMode.of(
                sources.text(Setting.ENVIRONMENT), sources.text(Setting.WEBSOCKET_DEV_MODE))
            : before.mode;
    for (Setting setting : Setting.values()) {
      SettingSources.Found found = sources.find(setting);
      if (before != null && !setting.isReloadable()) {
        Value kept = before.values.get(setting);
        if (kept != null) {
          values.put(setting, kept);
        }
      } else if (found != null) {
        read(setting, found.text(), found.source());
      } else {
        readDefault(setting);
      }
    }
    checkTogether();
  }

  /** As a start would read them now. */
  Settings reread() {
    return new Settings(sources.again(), null);
  }

  /** The same, but with the present values of all that only a restart changes. */
  Settings reloadedInto(Settings present) {
    return new Settings(sources, present);
  }

  /** Reads what an application says, by source. */
  static Settings of(SettingSources sources) {
    return new Settings(sources, null);
  }

  /**
   * Reads all that a web application can say.
   *
   * @param starting the component that is starting, which a restricted context may not show; null
   *     for code of the application
   */
  public static Settings of(ServletContext context, @Nullable Component starting) {
    return new Settings(SettingSources.of(context, starting), null);
  }

  /**
   * Settings from a map alone, for embedded servers and tests.
   *
   * @param values by any spelling of a name: {@code drawbridge.jwt.secret}, {@code
   *     DRAWBRIDGE_JWT_SECRET} or {@code jwtSecret}
   */
  public static Settings of(Map<String, String> values) {
    return new Settings(SettingSources.of(values), null);
  }

  /** Development or production. */
  public DevMode mode() {
    return mode;
  }

  /** True in development mode. */
  public boolean isDevelopment() {
    return mode.isDevelopment();
  }

  /** What refuses the start, a sentence each; empty when all is well. */
  public List<String> problems() {
    return Collections.unmodifiableList(problems);
  }

  /** What someone should look at, a sentence each. */
  public List<String> warnings() {
    return Collections.unmodifiableList(warnings);
  }

  /** The text of a setting, or null when it has none. */
  public @Nullable String string(Setting setting) {
    Value value = values.get(setting);
    return value == null ? null : value.text();
  }

  /** The items of a list setting, empty when it has none. */
  public List<String> list(Setting setting) {
    List<String> items = new ArrayList<>();
    if (parsed(setting, ValueType.Items.class) instanceof List<?> list) {
      list.forEach(item -> items.add((String) item));
    }
    return List.copyOf(items);
  }

  /**
   * A length of time.
   *
   * @throws IllegalStateException if the setting has neither a value nor a default
   */
  public Duration duration(Setting setting) {
    return (Duration) required(setting, ValueType.Span.class);
  }

  /**
   * A whole number.
   *
   * @throws IllegalStateException if the setting has neither a value nor a default
   */
  public int integer(Setting setting) {
    return Math.toIntExact((Long) required(setting, ValueType.Whole.class));
  }

  /** A flag; false when it has neither a value nor a default. */
  public boolean bool(Setting setting) {
    return Boolean.TRUE.equals(parsed(setting, ValueType.Flag.class));
  }

  /** Where the value of a setting came from; {@link Source#DEFAULT} also when it has none. */
  public Source source(Setting setting) {
    Value value = values.get(setting);
    return value == null ? Source.DEFAULT : value.source();
  }

  /** The value of a setting as a log or a page may show it: secrets masked; null when none. */
  public @Nullable String shown(Setting setting) {
    Value value = values.get(setting);
    if (value == null) {
      return null;
    }
    if (setting.isSecret()) {
      return "***";
    }
    return setting == Setting.DB_URL
            || setting == Setting.JWT_JWKS_URL
            || setting == Setting.CLUSTER_URL
        ? Urls.masked(value.text())
        // An address may stand where none belongs.
        : UserInfo.masked(value.text());
  }

  /**
   * Reads these settings under the camel-case names that the other modules' configurations use.
   *
   * @return from {@code dbUrl} to its value, null when it has none
   */
  public Function<String, @Nullable String> byInitParam() {
    return name -> {
      for (Setting setting : Setting.values()) {
        if (setting.initParam().equals(name)) {
          return string(setting);
        }
      }
      return null;
    };
  }

  /** The settings that someone has set, one a line, with their sources and without secrets. */
  public String describe() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (setting, value) -> {
          if (value.source() != Source.DEFAULT) {
            text.append("\n  ").append(setting.variable()).append(" = ").append(shown(setting));
            text.append(" (").append(value.source()).append(')');
          }
        });
    return text.toString();
  }

  @Override
  public String toString() {
    return "Settings[" + mode + describe() + "]";
  }

  private void read(Setting setting, String text, Source source) {
    try {
      values.put(setting, new Value(text, setting.type().parse(text), source));
    } catch (IllegalArgumentException e) {
      String shown = setting.isSecret() ? "" : ": " + quoted(text);
      problems.add(
          setting.variable() + " (" + source + ") must be " + setting.type().rule() + shown);
      readDefault(setting);
    }
    Value value = values.get(setting);
    if (setting.isDevelopmentOnly()
        && !mode.isDevelopment()
        && value != null
        && Boolean.TRUE.equals(value.parsed())) {
      problems.add(
          setting.variable()
              + " is for dev mode only and must not be set in production; remove it");
    }
  }

  private void readDefault(Setting setting) {
    String text = setting.defaultValue(mode);
    if (text != null) {
      values.put(setting, new Value(text, setting.type().parse(text), Source.DEFAULT));
    }
  }

  private void checkTogether() {
    atMost(Setting.HEARTBEAT_GRACE, Setting.HEARTBEAT_INTERVAL);
    atMost(Setting.USER_CACHE_REFRESH, Setting.USER_CACHE_TTL);
    atMost(Setting.SESSION_TOKEN_TTL, Setting.JWT_MAX_LIFETIME);
    if (duration(Setting.DB_QUERY_TIMEOUT).compareTo(duration(Setting.DB_SOCKET_TIMEOUT)) >= 0) {
      problems.add(compared(Setting.DB_QUERY_TIMEOUT, "<", Setting.DB_SOCKET_TIMEOUT));
    }
    String url = string(Setting.DB_URL);
    if (url != null && !url.startsWith("jdbc:")) {
      problems.add(
          Setting.DB_URL.variable() + " must start with jdbc:, such as jdbc:postgresql://db/app");
    }
    together(Setting.DB_PASSWORD, Setting.DB_PASSWORD_FILE);
    together(Setting.MANAGEMENT_TOKEN, Setting.MANAGEMENT_TOKEN_FILE);
    checkCluster();
    needsManagementToken(Setting.DRAIN_ROUTE, "true");
    needsManagementToken(Setting.METRICS, "on");
    needsManagementToken(Setting.METRICS, "local");
    if ("token".equalsIgnoreCase(string(Setting.USERS))) {
      warnings.add(
          "DRAWBRIDGE_USERS=token: whoever has a good token is a user. One who is disabled at the"
              + " provider stays connected and comes back until the token expires; only a"
              + " revocation ends it earlier");
    }
    if (integer(Setting.JWT_MAX_LENGTH) > USUAL_HEAD_TOKEN) {
      warnings.add(
          "DRAWBRIDGE_JWT_MAX_LENGTH is above "
              + USUAL_HEAD_TOKEN
              + ": raise the limit of request heads too, or they answer 431 or 400 before this"
              + " filter: requestHeaderSize of Jetty, maxHttpRequestHeaderSize of Tomcat (both"
              + " 8192 bytes), large_client_header_buffers of nginx, LimitRequestFieldSize of"
              + " Apache");
    }
    int renewal = integer(Setting.JWT_MAX_LENGTH) + RENEWAL_BYTES;
    if (integer(Setting.MAX_MESSAGE_BYTES) < renewal) {
      warnings.add(
          "DRAWBRIDGE_MAX_MESSAGE_BYTES ("
              + integer(Setting.MAX_MESSAGE_BYTES)
              + ") holds no token of DRAWBRIDGE_JWT_MAX_LENGTH ("
              + integer(Setting.JWT_MAX_LENGTH)
              + "): a connection with a longer one closes with 1009 when it renews its token."
              + " Raise the first to "
              + renewal
              + ", or lower the second");
    }
    if (!mode.isDevelopment()) {
      if (bool(Setting.JWT_ALLOW_HTTP)) {
        warnings.add(
            "DRAWBRIDGE_JWT_ALLOW_HTTP=true: whoever stands between this server and an issuer's"
                + " http address can make tokens that are good here");
      }
      if (DevMode.isOn(string(Setting.WEBSOCKET_DEV_MODE))) {
        warnings.add(
            String.format(
                "WEBSOCKET_DEV_MODE=true has no effect: ENVIRONMENT is %s, and dev mode needs"
                    + " development, dev or local; this is production",
                string(Setting.ENVIRONMENT) == null
                    ? "not set"
                    : quoted(Objects.requireNonNull(string(Setting.ENVIRONMENT)))));
      }
      if (values.containsKey(Setting.DEV_WEBSOCKET_ORIGINS)) {
        warnings.add(
            "DEV_WEBSOCKET_ORIGINS has no effect in production;"
                + " list origins in WEBSOCKET_ALLOWED_ORIGINS");
      }
    }
  }

  private void checkCluster() {
    together(Setting.CLUSTER_PASSWORD, Setting.CLUSTER_PASSWORD_FILE);
    String engine = string(Setting.CLUSTER);
    String name = string(Setting.CLUSTER_NAME);
    if (engine == null || NO_CLUSTER.contains(engine)) {
      String others =
          OF_THE_CLUSTER.stream()
              .filter(setting -> source(setting) != Source.DEFAULT)
              .map(Setting::variable)
              .collect(Collectors.joining(", "));
      if (!others.isEmpty()) {
        warnings.add(
            others + " without effect: " + Setting.CLUSTER.variable() + " names no engine");
      }
    } else if (name == null) {
      problems.add(
          Setting.CLUSTER_NAME.variable()
              + " is required with "
              + Setting.CLUSTER.variable()
              + ": the same on all servers of this deployment, such as shop-production");
    } else if (!CLUSTER_NAMES.matcher(name).matches()) {
      problems.add(
          Setting.CLUSTER_NAME.variable()
              + " must be 1 to 32 characters of a-z 0-9 _ -, the first a letter: "
              + quoted(name));
    }
  }

  private void needsManagementToken(Setting route, String word) {
    if (source(route) != Source.DEFAULT
        && word.equalsIgnoreCase(string(route))
        && !values.containsKey(Setting.MANAGEMENT_TOKEN)
        && !values.containsKey(Setting.MANAGEMENT_TOKEN_FILE)) {
      warnings.add(
          route.variable()
              + "="
              + word
              + " has no effect without DRAWBRIDGE_MANAGEMENT_TOKEN or"
              + " DRAWBRIDGE_MANAGEMENT_TOKEN_FILE: the route answers 404");
    }
  }

  private void atMost(Setting lesser, Setting greater) {
    if (duration(lesser).compareTo(duration(greater)) > 0) {
      problems.add(compared(lesser, "<=", greater));
    }
  }

  private String compared(Setting left, String sign, Setting right) {
    return String.format(
        "%s (%s) must be %s %s (%s)",
        left.variable(),
        ValueType.Span.show(duration(left)),
        sign,
        right.variable(),
        ValueType.Span.show(duration(right)));
  }

  private void together(Setting one, Setting other) {
    if (values.containsKey(one) && values.containsKey(other)) {
      problems.add(one.variable() + " and " + other.variable() + " are both set; keep one");
    }
  }

  /**
   * The init-params of a component that were not there when these settings were read.
   *
   * @return a sentence each; empty as a rule
   */
  public List<String> late(Component component) {
    List<String> late = new ArrayList<>();
    component
        .params()
        .forEach(
            (name, text) -> {
              Setting setting = SettingSources.byAnyName(name);
              if (setting != null
                  && !text.isBlank()
                  && !text.strip().equals(initParams.get(setting))) {
                late.add(
                    String.format(
                        "init-param %s of %s comes too late: a listener that was added by code"
                            + " started Drawbridge before the container showed its filters; make"
                            + " it the context-param %s",
                        name, component.name(), setting.property()));
              }
            });
    return late;
  }

  private @Nullable Object parsed(Setting setting, Class<? extends ValueType> type) {
    if (!type.isInstance(setting.type())) {
      throw new IllegalArgumentException(
          setting + " must be " + setting.type().rule() + ", it is not a " + type.getSimpleName());
    }
    Value value = values.get(setting);
    return value == null ? null : value.parsed();
  }

  private Object required(Setting setting, Class<? extends ValueType> type) {
    Object parsed = parsed(setting, type);
    if (parsed == null) {
      throw new IllegalStateException(setting.variable() + " has no value");
    }
    return parsed;
  }

  /**
   * True for a pipe, a device or a folder: what a setting names is read whole, and that might not
   * end. False for a file, and for what is not there, of which the attempt to read it tells.
   */
  public static boolean isIrregular(Path file) {
    return !Files.isRegularFile(file) && Files.exists(file);
  }

  /** A value for a message: printable, at most 80 characters, no login in an address. */
  public static String quoted(String text) {
    String masked = UserInfo.masked(text);
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < masked.length() && shown.length() < 80; i++) {
      char c = masked.charAt(i);
      shown.append(c < ' ' || c == 0x7F || Character.isSurrogate(c) ? '?' : c);
    }
    return shown.toString();
  }
}
