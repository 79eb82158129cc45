package dev.drawbridge.filters.cors.rules;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.settings.UserInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code DevCorsFilter} does, checked as a whole before the first request. Immutable.
 *
 * @param mode development or production
 * @param origins which origins are allowed
 * @param allowedMethods methods that a preflight is told, at least one
 * @param allowedHeaders request headers that a preflight is told
 * @param exposedHeaders response headers that a page may read
 * @param maxAge how long a browser keeps a preflight's answer, 0 s to 1 day
 * @param privateNetwork true to answer {@code Access-Control-Request-Private-Network}
 * @param requireOrigin true to refuse a handshake without {@code Origin}
 * @param hosts which {@code Host} is allowed in dev mode
 * @param otherOrigins what the setting of the other mode lists, for hints
 * @param notes what was put into normal form, a sentence each
 * @param warnings what someone should look at, a sentence each
 */
public record CorsConfig(
    DevMode mode,
    OriginPolicy origins,
    List<String> allowedMethods,
    List<String> allowedHeaders,
    List<String> exposedHeaders,
    Duration maxAge,
    boolean privateNetwork,
    boolean requireOrigin,
    HostPolicy hosts,
    OriginPolicy otherOrigins,
    List<String> notes,
    List<String> warnings) {

  /** Methods that no page can send (Fetch, forbidden methods): an entry could never match. */
  private static final Set<String> FORBIDDEN_METHODS = Set.of("CONNECT", "TRACE", "TRACK");

  /** Methods that browsers send in upper case whatever the page wrote. */
  private static final Set<String> NORMALIZED_METHODS =
      Set.of("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT");

  /** The settings that are read here. */
  private static final List<Setting> READ =
      List.of(
          Setting.WEBSOCKET_ALLOWED_ORIGINS,
          Setting.DEV_WEBSOCKET_ORIGINS,
          Setting.CORS_ALLOWED_METHODS,
          Setting.CORS_ALLOWED_HEADERS,
          Setting.CORS_EXPOSED_HEADERS,
          Setting.CORS_MAX_AGE,
          Setting.CORS_PRIVATE_NETWORK,
          Setting.ALLOWED_HOSTS,
          Setting.REQUIRE_ORIGIN);

  public CorsConfig {
    allowedMethods = List.copyOf(allowedMethods);
    allowedHeaders = List.copyOf(allowedHeaders);
    exposedHeaders = List.copyOf(exposedHeaders);
    notes = List.copyOf(notes);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads and checks the settings of the origin rule.
   *
   * @throws ConfigurationException with all problems, each naming the setting and the item
   */
  public static CorsConfig from(Settings settings) {
    Reader reader = new Reader(settings);
    CorsConfig config = reader.read();
    if (!reader.problems.isEmpty()) {
      throw new ConfigurationException(reader.problems);
    }
    return config;
  }

  /** True where settings differ in what is read here. */
  public static boolean isChanged(Settings next, Settings before) {
    return READ.stream().anyMatch(each -> !Objects.equals(next.string(each), before.string(each)));
  }

  /** The problems of the settings, for a start that lists those of all parts at once. */
  public static List<String> problems(Settings settings) {
    Reader reader = new Reader(settings);
    reader.read();
    return List.copyOf(reader.problems);
  }

  /** Collects while it reads. Not thread-safe. */
  private static final class Reader {
    private final Settings settings;
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    Reader(Settings settings) {
      this.settings = settings;
    }

    CorsConfig read() {
      boolean development = settings.isDevelopment();
      Setting listed = originsOf(development);
      List<OriginRule> rules = rules(listed);
      OriginPolicy origins = new OriginPolicy(rules, apps(listed), development);
      if (!development) {
        warnAboutProduction(listed, rules);
      }
      return new CorsConfig(
          settings.mode(),
          origins,
          methods(),
          headers(Setting.CORS_ALLOWED_HEADERS),
          headers(Setting.CORS_EXPOSED_HEADERS),
          settings.duration(Setting.CORS_MAX_AGE),
          settings.bool(Setting.CORS_PRIVATE_NETWORK),
          settings.bool(Setting.REQUIRE_ORIGIN),
          development ? HostPolicy.of(hosts(), rules) : HostPolicy.ANY,
          new OriginPolicy(readable(originsOf(!development)), apps(originsOf(!development)), false),
          notes,
          warnings);
    }

    private static Setting originsOf(boolean development) {
      return development ? Setting.DEV_WEBSOCKET_ORIGINS : Setting.WEBSOCKET_ALLOWED_ORIGINS;
    }

    private List<OriginRule> rules(Setting setting) {
      Set<OriginRule> rules = new LinkedHashSet<>();
      for (String item : settings.list(setting)) {
        String app = AppOrigin.normal(item);
        if (app != null) {
          notes.add(
              String.format(
                  "%s: %s is the origin of a packaged application, compared letter by letter",
                  setting.variable(), app));
          continue;
        }
        OriginRule.Entry entry = OriginRule.parse(item);
        OriginRule rule = entry.rule();
        if (rule == null) {
          problems.add(setting.variable() + ": " + quoted(item) + " " + entry.problem());
        } else {
          rules.add(rule);
          if (!rule.toString().equals(item)) {
            notes.add(
                String.format("%s: %s is read as %s", setting.variable(), quoted(item), rule));
          }
        }
      }
      return List.copyOf(rules);
    }

    /** The entries that are compared as they are. */
    private List<String> apps(Setting setting) {
      Set<String> apps = new LinkedHashSet<>();
      for (String item : settings.list(setting)) {
        String app = AppOrigin.normal(item);
        if (app != null) {
          apps.add(app);
        }
      }
      return List.copyOf(apps);
    }

    /** The other mode's list has no effect, so a mistake in it is none. */
    private List<OriginRule> readable(Setting setting) {
      List<OriginRule> rules = new ArrayList<>();
      for (String item : settings.list(setting)) {
        OriginRule rule = OriginRule.parse(item).rule();
        if (rule != null) {
          rules.add(rule);
        }
      }
      return rules;
    }

    private void warnAboutProduction(Setting setting, List<OriginRule> rules) {
      if (settings.list(setting).isEmpty()) {
        warnings.add(
            setting.variable()
                + " is empty: no page of another origin and no browser's WebSocket is let in;"
                + " list the origins of your pages, such as https://app.example.com");
      }
      for (OriginRule rule : rules) {
        if (rule.origin().isLoopback()) {
          warnings.add(
              setting.variable() + ": " + rule + " is allowed in production; is that meant?");
        } else if (rule.origin().scheme().equals(Origin.HTTP)) {
          warnings.add(
              setting.variable()
                  + ": "
                  + rule
                  + " is not encrypted; anyone on the way can put code into its pages");
        }
      }
    }

    private List<String> methods() {
      Setting setting = Setting.CORS_ALLOWED_METHODS;
      Set<String> methods = new LinkedHashSet<>();
      for (String item : settings.list(setting)) {
        String upper = item.toUpperCase(Locale.ROOT);
        if (item.equals("*")) {
          problems.add(
              setting.variable() + ": * is no wildcard with credentials; list the methods");
        } else if (!HttpTokens.isToken(item)) {
          problems.add(setting.variable() + ": " + quoted(item) + " is no HTTP method");
        } else if (FORBIDDEN_METHODS.contains(upper)) {
          problems.add(setting.variable() + ": " + item + " can be sent by no page; remove it");
        } else if (NORMALIZED_METHODS.contains(upper) && !upper.equals(item)) {
          notes.add(setting.variable() + ": " + item + " is read as " + upper);
          methods.add(upper);
        } else {
          methods.add(item);
        }
      }
      return List.copyOf(methods);
    }

    private List<String> headers(Setting setting) {
      Set<String> seen = new LinkedHashSet<>();
      List<String> headers = new ArrayList<>();
      for (String item : settings.list(setting)) {
        if (item.equals("*")) {
          problems.add(
              setting.variable() + ": * is no wildcard with credentials; list the headers");
        } else if (!HttpTokens.isToken(item)) {
          problems.add(setting.variable() + ": " + quoted(item) + " is no header name");
        } else if (seen.add(item.toLowerCase(Locale.ROOT))) {
          headers.add(item);
        }
      }
      return headers;
    }

    /** Without a password, which does not belong into any of these lists. */
    private static String quoted(String item) {
      int login = item.indexOf("://") + 3;
      boolean secret = item.lastIndexOf(':', item.lastIndexOf('@')) >= login;
      return OriginText.quoted(secret ? UserInfo.masked(item) : item);
    }

    private List<String> hosts() {
      Setting setting = Setting.ALLOWED_HOSTS;
      List<String> hosts = new ArrayList<>();
      for (String item : settings.list(setting)) {
        @Nullable String host = HostPolicy.normal(item);
        if (host == null) {
          problems.add(
              setting.variable()
                  + ": "
                  + quoted(item)
                  + " must be a host without scheme and port, such as app or *.tunnel.example");
        } else {
          hosts.add(host);
        }
      }
      return hosts;
    }
  }
}
