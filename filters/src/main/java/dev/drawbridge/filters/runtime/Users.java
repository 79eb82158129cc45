package dev.drawbridge.filters.runtime;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.IneffectiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The user directory with what it stands on, and which of it is ours to close.
 *
 * @param database null when the application brought users without one
 * @param bySql true when a statement of ours or of the settings finds the users
 */
record Users(
    UserDirectory directory,
    boolean ownsDirectory,
    @Nullable Database database,
    boolean ownsDatabase,
    boolean bySql) {

  /**
   * Takes what the application brought, and opens the rest.
   *
   * @param loader where the application's classes are
   * @param warning is told of settings that have no effect
   * @throws DbException if the database cannot be reached
   */
  static Users open(
      Settings settings, Brought brought, ClassLoader loader, Consumer<String> warning) {
    UserDirectory directory = brought.directory();
    Database database = brought.database();
    UserSource source = brought.source();
    IneffectiveSettings.ofUsers(
            settings,
            new IneffectiveSettings.Brought(
                directory != null, source != null, database != null, brought.revocations() != null),
            loader)
        .forEach(warning);
    if (areTokens(settings)) {
      return ofTokens(settings, brought);
    }
    if (directory != null) {
      return new Users(directory, false, database, false, false);
    }
    if (source != null) {
      return new Users(
          UserDirectory.of(source, directoryConfig(settings)), true, database, false, false);
    }
    if (database != null) {
      return new Users(directory(settings, database), true, database, false, true);
    }
    Database opened = Database.open(databaseConfig(settings));
    try {
      return new Users(directory(settings, opened), true, opened, true, true);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** True where nobody is looked up. */
  static boolean areTokens(Settings settings) {
    return "token".equals(settings.string(Setting.USERS));
  }

  /** False where neither users nor revocations are in one. */
  static boolean needDatabase(Settings settings, Brought brought) {
    return !areTokens(settings)
        || (brought.revocations() == null
            && !HandshakeAuthenticator.problemsWithoutDatabase(settings).isEmpty());
  }

  /** A directory in which nobody is, unless the application has one; a database for revocations. */
  private static Users ofTokens(Settings settings, Brought brought) {
    boolean opens = brought.database() == null && needDatabase(settings, brought);
    Database database = opens ? Database.open(databaseConfig(settings)) : brought.database();
    UserDirectory own = brought.directory();
    UserDirectory directory =
        own == null
            ? UserDirectory.of(subject -> Optional.empty(), directoryConfig(settings))
            : own;
    return new Users(directory, own == null, database, opens, false);
  }

  private static UserDirectory directory(Settings settings, Database database) {
    String sql = settings.string(Setting.USER_QUERY);
    UserSource source = sql == null ? UserSource.table(database) : UserSource.query(database, sql);
    return UserDirectory.of(source, directoryConfig(settings));
  }

  /**
   * A JNDI name takes the place of dev mode's default URL; two that are set were refused before.
   *
   * @throws DbException if the settings contradict each other
   */
  static DatabaseConfig databaseConfig(Settings settings) {
    Function<String, @Nullable String> values = settings.byInitParam();
    boolean jndi = settings.string(Setting.DB_JNDI) != null;
    return DatabaseConfig.from(
        name -> jndi && name.equals(Setting.DB_URL.initParam()) ? null : values.apply(name));
  }

  /**
   * How users are remembered.
   *
   * @throws DbException if the settings contradict each other
   */
  static UserDirectoryConfig directoryConfig(Settings settings) {
    return UserDirectoryConfig.builder()
        .ttl(settings.duration(Setting.USER_CACHE_TTL))
        .refreshAfter(settings.duration(Setting.USER_CACHE_REFRESH))
        .negativeTtl(settings.duration(Setting.USER_CACHE_NEGATIVE_TTL))
        .maxStale(settings.duration(Setting.USER_CACHE_MAX_STALE))
        .maxEntries(settings.integer(Setting.USER_CACHE_SIZE))
        .lookupTimeout(settings.duration(Setting.USER_LOOKUP_TIMEOUT))
        .build();
  }

  /** Closes what is ours. */
  void close() {
    if (ownsDirectory) {
      directory.close();
    }
    if (ownsDatabase && database != null) {
      database.close();
    }
  }
}
