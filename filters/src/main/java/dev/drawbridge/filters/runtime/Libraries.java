package dev.drawbridge.filters.runtime;

import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.core.json.PackageVersion;
import dev.drawbridge.filters.settings.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.LoggerFactory;

/**
 * Looks, before anything else starts, at libraries that an application may have brought in a
 * version of its own. Stateless but for what was said once; thread-safe.
 */
public final class Libraries {
  /** The oldest Jackson 2 that the filters run with, as its minor version: {@value}. */
  public static final int JACKSON_MINOR = 15;

  private static final String JACKSON = "Jackson 2.";
  private static final String NO_LOG = "org.slf4j.helpers.NOPLoggerFactory";
  private static final AtomicBoolean SILENCE_TOLD = new AtomicBoolean();

  private Libraries() {}

  /**
   * Checks that Jackson is new enough.
   *
   * @param minor of version 2
   * @throws ConfigurationException that names the version wanted, the one found and where it is
   */
  public static void requireJackson(int minor) {
    List<String> problems = new ArrayList<>();
    try {
      check("jackson-core", PackageVersion.VERSION, PackageVersion.class, minor, problems);
      check(
          "jackson-databind",
          com.fasterxml.jackson.databind.cfg.PackageVersion.VERSION,
          com.fasterxml.jackson.databind.cfg.PackageVersion.class,
          minor,
          problems);
    } catch (LinkageError e) {
      problems.add(JACKSON + minor + " or newer is needed, and is not there: " + e.getMessage());
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }

  private static void check(
      String name, Version found, Class<?> type, int minor, List<String> problems) {
    boolean old =
        found.getMajorVersion() < 2
            || (found.getMajorVersion() == 2 && found.getMinorVersion() < minor);
    if (old) {
      problems.add(
          JACKSON
              + minor
              + " or newer is needed, but the application has "
              + name
              + " "
              + found
              + " in "
              + place(type)
              + "; replace jackson-core, jackson-databind and jackson-annotations together");
    }
  }

  private static String place(Class<?> type) {
    try {
      return String.valueOf(type.getProtectionDomain().getCodeSource().getLocation());
    } catch (RuntimeException e) {
      return "an unknown place";
    }
  }

  /** Says once, where it can be read, that there is no log to say anything in. */
  static void tellOfSilence() {
    boolean silent = LoggerFactory.getILoggerFactory().getClass().getName().equals(NO_LOG);
    if (silent && SILENCE_TOLD.compareAndSet(false, true)) {
      System.err.println(
          "Drawbridge: no SLF4J provider is on the class path, so every explanation of refusals and"
              + " closes is lost. Add one, such as logback-classic or slf4j-jdk14");
    }
  }
}
