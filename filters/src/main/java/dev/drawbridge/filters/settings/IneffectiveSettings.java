package dev.drawbridge.filters.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Settings that somebody has set and that nothing reads, because the application brings what they
 * are for, or because another setting takes their place. Stateless.
 */
public final class IneffectiveSettings {
  private static final List<Setting> OF_THE_DATABASE =
      Stream.of(Setting.values())
          .filter(setting -> setting.name().startsWith("DB_") && setting != Setting.DB_MIGRATE)
          .toList();

  private static final List<Setting> OF_OUR_POOL =
      List.of(
          Setting.DB_USER,
          Setting.DB_PASSWORD,
          Setting.DB_PASSWORD_FILE,
          Setting.DB_POOL_SIZE,
          Setting.DB_ACQUIRE_TIMEOUT,
          Setting.DB_CONNECT_TIMEOUT,
          Setting.DB_SOCKET_TIMEOUT,
          Setting.DB_MAX_LIFETIME);

  private static final List<Setting> OF_THE_NETWORK =
      List.of(Setting.DB_CONNECT_TIMEOUT, Setting.DB_SOCKET_TIMEOUT);

  private static final List<Setting> OF_THE_CACHE =
      List.of(
          Setting.USER_CACHE_TTL,
          Setting.USER_CACHE_REFRESH,
          Setting.USER_CACHE_NEGATIVE_TTL,
          Setting.USER_CACHE_SIZE);

  private static final List<Setting> OF_ORIGINS =
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

  private static final String MIGRATIONS = "dev.drawbridge.migrations.Migrations";

  /** What an application has put into its servlet context. */
  public record Brought(boolean directory, boolean source, boolean database, boolean revocations) {}

  private IneffectiveSettings() {}

  /** A sentence for each reason, with the settings that are without effect for it. */
  public static List<String> ofUsers(Settings settings, Brought brought, ClassLoader loader) {
    List<String> told = new ArrayList<>();
    boolean stored = "database".equals(settings.string(Setting.JWT_REVOCATIONS));
    if ("database".equals(settings.string(Setting.ROLES))
        && !"token".equals(settings.string(Setting.USERS))) {
      tell(
          settings,
          List.of(Setting.JWT_ROLES_CLAIM),
          "DRAWBRIDGE_ROLES is database, so the roles of tokens do not count",
          told);
    }
    if ("token".equals(settings.string(Setting.USERS))) {
      return ofTokens(settings, brought, stored, told);
    }
    if (brought.directory() || brought.source()) {
      String own = brought.directory() ? "UserDirectory" : "UserSource";
      tell(settings, List.of(Setting.USER_QUERY), brings(own), told);
    }
    if (brought.directory()) {
      List<Setting> cache = new ArrayList<>(OF_THE_CACHE);
      if (brought.revocations() || !stored) {
        // Stored revocations that cannot be read are as stale as users may be.
        cache.add(Setting.USER_CACHE_MAX_STALE);
      }
      if (!brought.revocations() && !stored) {
        // A question to any other store of revocations is bounded by it, too.
        cache.add(Setting.USER_LOOKUP_TIMEOUT);
      }
      tell(settings, cache, brings("UserDirectory"), told);
    }
    if (brought.revocations()) {
      tell(settings, List.of(Setting.JWT_REVOCATIONS), brings("Revocations"), told);
    }
    if (brought.database()) {
      tell(settings, OF_THE_DATABASE, brings("Database"), told);
    } else if ((brought.directory() || brought.source()) && !isForChannels(settings)) {
      tell(
          settings,
          OF_THE_DATABASE,
          brings(brought.directory() ? "UserDirectory" : "UserSource") + " and no Database",
          told);
    } else if (settings.string(Setting.DB_JNDI) != null) {
      tell(settings, OF_OUR_POOL, "DRAWBRIDGE_DB_JNDI names a pool of the container's", told);
    } else if (isH2(settings)) {
      tell(settings, OF_THE_NETWORK, "H2 has no such time-outs", told);
    }
    if (!isPresent(loader)) {
      tell(
          settings,
          List.of(Setting.DB_MIGRATE),
          "drawbridge-migrations is not on the class path, and the filters touch no schema",
          told);
    }
    return told;
  }

  /** The engine of channels keeps them in the database, whoever brings the users. */
  private static boolean isForChannels(Settings settings) {
    return "sql".equals(settings.string(Setting.CLUSTER));
  }

  /** Where nobody is looked up. */
  private static List<String> ofTokens(
      Settings settings, Brought brought, boolean stored, List<String> told) {
    List<Setting> unused = new ArrayList<>(OF_THE_CACHE);
    unused.add(Setting.USER_QUERY);
    if (brought.revocations() || !stored) {
      unused.add(Setting.USER_CACHE_MAX_STALE);
      if (!isForChannels(settings)) {
        unused.addAll(OF_THE_DATABASE);
      }
    }
    if (!brought.revocations() && !stored) {
      unused.add(Setting.USER_LOOKUP_TIMEOUT);
    }
    tell(settings, unused, "DRAWBRIDGE_USERS is token, so nobody is looked up", told);
    if (brought.revocations()) {
      tell(settings, List.of(Setting.JWT_REVOCATIONS), brings("Revocations"), told);
    }
    if (brought.directory() || brought.source()) {
      told.add(
          "the "
              + (brought.directory() ? "UserDirectory" : "UserSource")
              + " that the application brings is not asked: DRAWBRIDGE_USERS is token");
    }
    return told;
  }

  /** The same where no filter judges origins. */
  public static List<String> withoutOriginFilter(Settings settings) {
    List<String> told = new ArrayList<>();
    tell(settings, OF_ORIGINS, "DevCorsFilter is not mapped in this application", told);
    return told;
  }

  private static String brings(String type) {
    return "the application brings its own " + type;
  }

  private static void tell(
      Settings settings, List<Setting> candidates, String why, List<String> told) {
    String names =
        candidates.stream()
            .filter(setting -> settings.source(setting) != Settings.Source.DEFAULT)
            .map(Setting::variable)
            .collect(Collectors.joining(", "));
    if (!names.isEmpty()) {
      told.add(names + " without effect: " + why);
    }
  }

  private static boolean isH2(Settings settings) {
    String url = settings.string(Setting.DB_URL);
    return url != null && url.toLowerCase(Locale.ROOT).startsWith("jdbc:h2:");
  }

  private static boolean isPresent(ClassLoader loader) {
    try {
      Class.forName(MIGRATIONS, false, loader);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
