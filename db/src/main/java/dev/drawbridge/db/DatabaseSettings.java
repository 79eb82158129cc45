package dev.drawbridge.db;

import dev.drawbridge.db.DatabaseConfig.Pooler;
import dev.drawbridge.db.DatabaseConfig.StartMode;
import dev.drawbridge.db.internal.config.Durations;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a {@link DatabaseConfig} from settings by name: {@code dbUrl}, {@code dbUser}, ... */
final class DatabaseSettings {
  private DatabaseSettings() {}

  /** Every name; {@link DatabaseConfig} describes what it means. */
  static final List<String> NAMES =
      List.of(
          "dbUrl",
          "dbUser",
          "dbPassword",
          "dbPasswordFile",
          "dbJndi",
          "dbName",
          "dbInitSql",
          "dbTimeZone",
          "dbDriverProperties",
          "dbSlowAfter",
          "dbJmx",
          "dbPooler",
          "dbPoolSize",
          "dbAcquireTimeout",
          "dbQueryTimeout",
          "dbConnectTimeout",
          "dbSocketTimeout",
          "dbMaxLifetime",
          "dbKeepalive",
          "dbLeakAfter",
          "dbStartWait",
          "dbStartMode");

  /** Variables that Kubernetes makes of every service, such as one that is called app-db. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(".*_(?:SERVICE_HOST|SERVICE_PORT(?:_.*)?|PORT(?:_[0-9]+_.*)?)");

  static void checkNames(Set<String> given) {
    for (String name : new TreeSet<>(given)) {
      if (isOurs(name) && !NAMES.contains(name)) {
        throw unknown(name, nearest(name));
      }
    }
  }

  /** {@code dbUrl}, also as {@code db.url}, {@code DB_URL} or {@code dburl}. */
  private static boolean isOurs(String name) {
    if (!name.regionMatches(true, 0, "db", 0, 2) || name.length() < 3) {
      return false;
    }
    char third = name.charAt(2);
    boolean separated = third == '.' || third == '_' || third == '-';
    return separated
        || (name.startsWith("db") && third >= 'A' && third <= 'Z')
        || NAMES.stream().anyMatch(known -> plain(known).equals(plain(name)));
  }

  private static String plain(String name) {
    return name.replaceAll("[._-]", "").toLowerCase(Locale.ROOT);
  }

  private static String nearest(String name) {
    String plain = plain(name);
    return Collections.min(NAMES, Comparator.comparingInt(known -> distance(plain(known), plain)));
  }

  private static DbConfigException unknown(String name, String nearest) {
    return new DbConfigException(
        "there is no setting '" + name + "'; did you mean '" + nearest + "'?", null);
  }

  /** A function cannot be asked for all it has, but for the usual misspellings of a name. */
  private static void checkSpellings(Function<String, @Nullable String> settings) {
    for (String name : NAMES) {
      String words = name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
      for (String other :
          List.of(
              words.replace('_', '.'),
              words.replaceFirst("_", ".").replace("_", ""),
              "db." + Character.toLowerCase(name.charAt(2)) + name.substring(3),
              words.replace('_', '-'),
              words,
              words.toUpperCase(Locale.ROOT),
              name.toLowerCase(Locale.ROOT))) {
        String value = settings.apply(other);
        if (value != null && !value.isBlank()) {
          throw unknown(other, name);
        }
      }
    }
  }

  /** Levenshtein's, row by row. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  static DatabaseConfig fromEnvironment(String prefix, Map<String, String> environment) {
    Map<String, String> names = new HashMap<>();
    NAMES.forEach(name -> names.put(variable(prefix, name), name));
    for (String given : new TreeSet<>(environment.keySet())) {
      boolean ours =
          given.regionMatches(true, 0, prefix + "DB", 0, prefix.length() + 2)
              && isOurs(given.substring(prefix.length()))
              && !SERVICE_LINK.matcher(given).matches();
      if (ours && !names.containsKey(given)) {
        throw unknown(given, variable(prefix, nearest(given.substring(prefix.length()))));
      }
    }
    return build(name -> environment.get(variable(prefix, name)));
  }

  private static String variable(String prefix, String name) {
    return prefix + name.replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT);
  }

  static DatabaseConfig read(Function<String, @Nullable String> settings) {
    checkSpellings(settings);
    return build(settings);
  }

  private static DatabaseConfig build(Function<String, @Nullable String> settings) {
    DatabaseConfig.Builder builder = DatabaseConfig.builder();
    String jndi = settings.apply("dbJndi");
    if (jndi == null || jndi.isBlank()) {
      text(settings, "dbUrl", builder::url);
    } else {
      // it wins: callers may have a default URL
      builder.jndi(jndi.strip());
    }
    text(settings, "dbUser", builder::user);
    text(settings, "dbPassword", builder::password);
    text(settings, "dbPasswordFile", value -> builder.passwordFile(Path.of(value)));
    text(settings, "dbName", builder::name);
    text(settings, "dbInitSql", builder::initSql);
    text(settings, "dbTimeZone", value -> builder.timeZone(zone(value)));
    text(settings, "dbDriverProperties", value -> driverProperties(builder, value));
    duration(
        settings, "dbSlowAfter", value -> builder.listener(StatementListener.slowerThan(value)));
    text(settings, "dbJmx", value -> builder.jmx(flag("dbJmx", value)));
    text(settings, "dbPoolSize", value -> builder.poolSize(integer("dbPoolSize", value)));
    duration(settings, "dbAcquireTimeout", builder::acquireTimeout);
    duration(settings, "dbQueryTimeout", builder::queryTimeout);
    duration(settings, "dbConnectTimeout", builder::connectTimeout);
    duration(settings, "dbSocketTimeout", builder::socketTimeout);
    duration(settings, "dbMaxLifetime", builder::maxLifetime);
    duration(settings, "dbKeepalive", builder::keepalive);
    duration(settings, "dbLeakAfter", builder::leakAfter);
    duration(settings, "dbStartWait", builder::startWait);
    text(
        settings,
        "dbPooler",
        value -> {
          switch (value.toUpperCase(Locale.ROOT)) {
            case "AUTO":
              builder.pooler(Pooler.AUTO);
              break;
            case "NONE":
              builder.pooler(Pooler.NONE);
              break;
            case "TRANSACTION":
              builder.pooler(Pooler.TRANSACTION);
              break;
            default:
              throw new DbConfigException(
                  "dbPooler must be 'auto', 'none' or 'transaction': " + value, null);
          }
        });
    text(
        settings,
        "dbStartMode",
        value -> {
          switch (value.toUpperCase(Locale.ROOT)) {
            case "REQUIRE":
              builder.startMode(StartMode.REQUIRE);
              break;
            case "DEGRADED":
              builder.startMode(StartMode.DEGRADED);
              break;
            default:
              throw new DbConfigException(
                  "dbStartMode must be 'require' or 'degraded': " + value, null);
          }
        });
    return builder.build();
  }

  private static void text(
      Function<String, @Nullable String> settings, String name, Consumer<String> use) {
    String value = settings.apply(name);
    if (value != null && !value.isBlank()) {
      use.accept(value.strip());
    }
  }

  private static void duration(
      Function<String, @Nullable String> settings, String name, Consumer<Duration> use) {
    text(settings, name, value -> use.accept(Durations.parse(name, value)));
  }

  private static ZoneId zone(String value) {
    try {
      return ZoneId.of(value);
    } catch (DateTimeException e) {
      throw new DbConfigException(
          "dbTimeZone must be a zone like UTC, +02:00 or Europe/Berlin: " + value, null);
    }
  }

  /** The values are not shown: one may be a secret. */
  private static void driverProperties(DatabaseConfig.Builder builder, String value) {
    for (String pair : value.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw new DbConfigException("dbDriverProperties must be like name=value,name=value", null);
      }
      builder.driverProperty(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
    }
  }

  private static boolean flag(String name, String value) {
    switch (value.toLowerCase(Locale.ROOT)) {
      case "true":
        return true;
      case "false":
        return false;
      default:
        throw new DbConfigException(name + " must be true or false: " + value, null);
    }
  }

  private static int integer(String name, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new DbConfigException(name + " must be a whole number: " + value, null);
    }
  }
}
