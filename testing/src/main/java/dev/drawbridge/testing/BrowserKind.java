package dev.drawbridge.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** The browsers that the tests drive, and where their programs are. Immutable. */
public enum BrowserKind {
  /** Chromium through ChromeDriver. */
  CHROMIUM {
    @Override
    Browser start() throws IOException {
      return SeleniumBrowser.chromium(
          need(program("chromium", "google-chrome")), need(program("chromedriver")));
    }

    @Override
    List<String> missing() {
      return missingOf("chromium", program("chromium", "google-chrome"), "chromedriver");
    }
  },
  /** Firefox through WebDriver BiDi: Debian packages no geckodriver. */
  FIREFOX {
    @Override
    Browser start() throws IOException {
      return FirefoxBrowser.start(need(program("firefox-esr", "firefox")));
    }

    @Override
    List<String> missing() {
      return missingOf("firefox-esr", program("firefox-esr", "firefox"));
    }
  },
  /** WebKitGTK's MiniBrowser, the nearest thing to Safari, on a display of its own. */
  WEBKIT {
    @Override
    Browser start() throws IOException {
      return SeleniumBrowser.webkit(
          need(program("Xvfb")), need(program("WebKitWebDriver")), need(miniBrowser()));
    }

    @Override
    List<String> missing() {
      return missingOf("MiniBrowser of WebKitGTK", miniBrowser(), "WebKitWebDriver", "Xvfb");
    }
  };

  /**
   * System property or environment variable: {@value}. With {@code true} no browser may be absent.
   */
  public static final String REQUIRE = "REQUIRE_BROWSERS";

  abstract Browser start() throws IOException;

  /** Names of the programs that are not installed; empty if the browser can be launched. */
  abstract List<String> missing();

  /**
   * Starts the browser. An absent browser skips the calling test with a message that says what is
   * missing, or fails it when {@link #REQUIRE} is {@code true}.
   *
   * @throws BrowserException if an installed browser does not start
   */
  public Browser launch() {
    List<String> missing = missing();
    if (!missing.isEmpty()) {
      String message = label() + " is not installed, missing: " + String.join(", ", missing);
      if (Boolean.parseBoolean(System.getProperty(REQUIRE, System.getenv(REQUIRE)))) {
        throw new AssertionError(message + " (" + REQUIRE + "=true)");
      }
      Assumptions.abort(message);
    }
    try {
      return start();
    } catch (IOException e) {
      throw new BrowserException(label() + " did not start: " + e.getMessage(), e);
    }
  }

  private String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static List<String> missingOf(String main, @Nullable Path mainPath, String... others) {
    List<String> missing = new ArrayList<>();
    if (mainPath == null) {
      missing.add(main);
    }
    for (String other : others) {
      if (program(other) == null) {
        missing.add(other);
      }
    }
    return missing;
  }

  private static Path need(@Nullable Path path) {
    if (path == null) {
      throw new IllegalStateException("removed while the test was starting");
    }
    return path;
  }

  /** The first of the names that is an executable file on the {@code PATH}. */
  private static @Nullable Path program(String... names) {
    String path = System.getenv("PATH");
    for (String name : names) {
      for (String directory : (path == null ? "" : path).split(java.io.File.pathSeparator, -1)) {
        Path candidate = Path.of(directory, name);
        if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
          return candidate;
        }
      }
    }
    return null;
  }

  /** Distributions keep it out of the PATH, in a library directory named for the architecture. */
  private static @Nullable Path miniBrowser() {
    try (Stream<Path> libraries = Files.list(Path.of("/usr/lib"))) {
      return libraries
          .map(library -> library.resolve("webkit2gtk-4.1/MiniBrowser"))
          .filter(Files::isExecutable)
          .findFirst()
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }
}
