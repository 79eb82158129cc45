package dev.drawbridge.db;

import dev.drawbridge.db.DatabaseConfig.StartMode;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a {@link DatabaseConfig} from settings by name: {@code dbUrl}, {@code dbUser}, ... */
final class DatabaseSettings {
  private DatabaseSettings() {}

  static DatabaseConfig read(Function<String, @Nullable String> settings) {
    DatabaseConfig.Builder builder = DatabaseConfig.builder();
    text(settings, "dbUrl", builder::url);
    text(settings, "dbUser", builder::user);
    text(settings, "dbPassword", builder::password);
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
    text(settings, name, value -> use.accept(duration(name, value)));
  }

  private static int integer(String name, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new DbConfigException(name + " must be a whole number: " + value, null);
    }
  }

  /** ISO-8601 like PT45S, or a number with ms, s, m or h. */
  static Duration duration(String name, String value) {
    String text = value.toLowerCase(Locale.ROOT);
    try {
      if (text.startsWith("p")) {
        return Duration.parse(text);
      }
      if (text.endsWith("ms")) {
        return Duration.ofMillis(number(text, 2));
      }
      if (text.endsWith("s")) {
        return Duration.ofSeconds(number(text, 1));
      }
      if (text.endsWith("m")) {
        return Duration.ofMinutes(number(text, 1));
      }
      if (text.endsWith("h")) {
        return Duration.ofHours(number(text, 1));
      }
    } catch (DateTimeParseException | NumberFormatException | ArithmeticException e) {
      throw unreadable(name, value);
    }
    throw unreadable(name, value);
  }

  private static long number(String text, int unitLength) {
    return Long.parseLong(text.substring(0, text.length() - unitLength).strip());
  }

  private static DbConfigException unreadable(String name, String value) {
    return new DbConfigException(name + " must be a duration like 45s or PT45S: " + value, null);
  }
}
