package dev.drawbridge.filters.runtime;

import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.filters.access.ManagementToken;
import dev.drawbridge.filters.cors.rules.CorsConfig;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a start with all that is wrong at once, and says in the log what the application runs
 * with. Stateless.
 */
final class StartCheck {
  private static final Logger log = LoggerFactory.getLogger(DrawbridgeRuntime.class);
  private static final String CANNOT_START = "Drawbridge cannot start: ";

  private StartCheck() {}

  /**
   * What must be there before a setting can be read.
   *
   * @throws ConfigurationException if Jackson is too old or absent
   */
  static void checkLibraries() {
    Libraries.tellOfSilence();
    Libraries.requireJackson(Libraries.JACKSON_MINOR);
  }

  /**
   * Checks the settings for every part of Drawbridge that the application uses.
   *
   * @param mapsOrigins true when it has the filter that judges origins
   * @param authenticates true when it has something that authenticates
   * @throws ConfigurationException with all problems
   */
  static void check(
      Settings settings, Brought brought, boolean mapsOrigins, boolean authenticates) {
    List<String> problems = new ArrayList<>(settings.problems());
    problems.addAll(ManagementToken.problems(settings));
    if (mapsOrigins) {
      problems.addAll(CorsConfig.problems(settings));
    }
    if (authenticates) {
      problems.addAll(HandshakeAuthenticator.problems(settings));
      problems.addAll(userProblems(settings, brought));
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    log.info(
        "Drawbridge runs in {} mode{}",
        settings.isDevelopment() ? "development" : "production",
        settings.describe());
    settings.warnings().forEach(log::warn);
  }

  /** What the log says of a start that failed. */
  static String sentence(RuntimeException failure, Settings settings) {
    if (failure instanceof ConfigurationException) {
      return String.valueOf(failure.getMessage());
    }
    String why = failure.getMessage() == null ? failure.toString() : failure.getMessage();
    return failure instanceof DbUnavailableException
        ? CANNOT_START + why + "; check " + databaseSetting(settings)
        : CANNOT_START + why;
  }

  private static String databaseSetting(Settings settings) {
    return (settings.string(Setting.DB_JNDI) != null ? Setting.DB_JNDI : Setting.DB_URL).variable();
  }

  private static List<String> userProblems(Settings settings, Brought brought) {
    String url = settings.string(Setting.DB_URL);
    boolean jndi = settings.string(Setting.DB_JNDI) != null;
    boolean urlIsSet = url != null && settings.source(Setting.DB_URL) != Settings.Source.DEFAULT;
    List<String> problems = new ArrayList<>();
    if (jndi && urlIsSet) {
      problems.add("DRAWBRIDGE_DB_URL and DRAWBRIDGE_DB_JNDI are both set; keep one");
    } else if (!brought.hasUsers() && !jndi && url == null) {
      problems.add(
          "DRAWBRIDGE_DB_URL is required in production, for example"
              + " jdbc:postgresql://db.example.org/app (or DRAWBRIDGE_DB_JNDI, or a UserDirectory"
              + " that the application brings)");
    } else if (!brought.hasUsers() && settings.problems().isEmpty()) {
      addProblem(() -> Users.databaseConfig(settings), problems);
    }
    if (settings.problems().isEmpty()) {
      addProblem(() -> Users.directoryConfig(settings), problems);
    }
    boolean usersOnly = brought.hasUsers() && brought.database() == null;
    if (usersOnly && brought.revocations() == null) {
      problems.addAll(HandshakeAuthenticator.problemsWithoutDatabase(settings));
    }
    String sql = settings.string(Setting.USER_QUERY);
    if (sql != null && !sql.contains(":subject")) {
      problems.add("DRAWBRIDGE_USER_QUERY must have the parameter :subject");
    }
    return problems;
  }

  /** What the rules of another module's configuration say to the settings. */
  private static void addProblem(Runnable configuration, List<String> problems) {
    try {
      configuration.run();
    } catch (DbException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }
}
