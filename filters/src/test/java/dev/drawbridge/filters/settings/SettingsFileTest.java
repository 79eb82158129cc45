package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a file of settings may look like, and what is no whole file. */
class SettingsFileTest {
  private static final String SECRET = "k1Jx0pZ8vTq6mW3sYb5NcD7fGh2RaE4u";

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("drawbridge.properties"), text);
  }

  private static Settings settings(Object file, String... namesAndValues) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("DRAWBRIDGE_SETTINGS_FILE", file.toString());
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Settings.of(values);
  }

  @Test
  void fileMaySpellNamesAsPropertiesOrVariables() throws IOException {
    Settings settings =
        settings(
            file(
                """
                # of the operators
                ENVIRONMENT = development
                WEBSOCKET_DEV_MODE=true
                drawbridge.connections.max : 7
                DRAWBRIDGE_JWT_ISSUER=https://login.example.org/\\u00e9
                drawbridge.jwt.audience=chat, \\
                    push
                """));

    assertThat(settings.problems()).isEmpty();
    assertThat(settings.isDevelopment()).isTrue();
    assertThat(settings.integer(Setting.CONNECTIONS_MAX)).isEqualTo(7);
    assertThat(settings.string(Setting.JWT_ISSUER)).isEqualTo("https://login.example.org/é");
    assertThat(settings.list(Setting.JWT_AUDIENCE)).containsExactly("chat", "push");
    assertThat(settings.source(Setting.CONNECTIONS_MAX)).isEqualTo(Settings.Source.SETTINGS_FILE);
    assertThat(settings.describe()).contains("DRAWBRIDGE_CONNECTIONS_MAX = 7 (settings file)");
  }

  @Test
  void fileStandsInFrontOfInitParams() throws IOException {
    Settings settings = settings(file("drawbridge.connections.max=7\n"), "connectionsMax", "9");

    assertThat(settings.integer(Setting.CONNECTIONS_MAX)).isEqualTo(7);
  }

  @Test
  void severalFilesAreReadAndMayNotContradictEachOther() throws IOException {
    Path one = file("drawbridge.connections.max=7\n");
    Path other = Files.writeString(directory.resolve("secret"), "drawbridge.db.user=app\n");
    Path third = Files.writeString(directory.resolve("third"), "drawbridge.connections.max=8\n");

    assertThat(settings(one + ", " + other).string(Setting.DB_USER)).isEqualTo("app");
    assertThat(settings(one + "," + third).problems())
        .containsExactly(
            "drawbridge.connections.max is given twice as settings file with different values;"
                + " keep one");
  }

  static Stream<Arguments> files() {
    Charset utf8 = StandardCharsets.UTF_8;
    return Stream.of(
        Arguments.of(
            "byte order mark", "\uFEFFdrawbridge.connections.max=7\n".getBytes(utf8), null),
        Arguments.of("lines of Windows", "drawbridge.connections.max=7\r\n".getBytes(utf8), null),
        Arguments.of("comments alone", "# nothing yet\n".getBytes(utf8), null),
        Arguments.of("empty", new byte[0], "must not be empty: 0 bytes"),
        Arguments.of(
            "half a line",
            "drawbridge.connections.max=7\ndrawbridge.jwt.se".getBytes(utf8),
            "must end with a line break"),
        Arguments.of(
            "UTF-16",
            "drawbridge.connections.max=7\n".getBytes(StandardCharsets.UTF_16),
            "must be UTF-8"),
        Arguments.of(
            "Latin 1",
            "drawbridge.jwt.issuer=\u00e9\n".getBytes(StandardCharsets.ISO_8859_1),
            "must be UTF-8"),
        Arguments.of("zeros", new byte[4096], "must be text"),
        Arguments.of(
            "too large",
            ("#" + "x".repeat(SettingsFile.MAX_BYTES) + "\n").getBytes(utf8),
            "must have at most 1048576 bytes"),
        Arguments.of(
            "twice",
            "drawbridge.db.user=a\ndrawbridge.db.user=b\n".getBytes(utf8),
            "must not hold DRAWBRIDGE_DB_USER twice"),
        Arguments.of(
            "a secret twice",
            (SECRET + "=a\n" + SECRET + "=b\n").getBytes(utf8),
            "must not hold a name twice"),
        Arguments.of(
            "a path of Windows",
            "drawbridge.jwt.secret.file=C:\\users\\x\n".getBytes(utf8),
            "a backslash is written \\\\"),
        Arguments.of(
            "a secret and no setting",
            (SECRET + "\n").getBytes(utf8),
            "one of 32 characters is none"),
        Arguments.of(
            "an init-param", "connectionsMax=7\n".getBytes(utf8), "must hold names such as"),
        Arguments.of(
            "a slip", "drawbridge.conections.max=7\n".getBytes(utf8), "the nearest name is"),
        Arguments.of(
            "itself",
            "drawbridge.settings.file=x\n".getBytes(utf8),
            "must not stand in a settings file"),
        Arguments.of(
            "a value that does not fit",
            "drawbridge.connections.max=none\n".getBytes(utf8),
            "DRAWBRIDGE_CONNECTIONS_MAX (settings file) must be"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void whatIsNoWholeFileIsRefused(String what, byte[] content, String problem) throws IOException {
    Path file = Files.write(directory.resolve("drawbridge.properties"), content);

    Settings settings = settings(file);

    if (problem == null) {
      assertThat(settings.problems()).as(what).isEmpty();
    } else {
      assertThat(settings.problems()).as(what).hasSize(1);
      assertThat(settings.problems().get(0)).contains(problem).doesNotContain(SECRET);
    }
  }

  /** As Kubernetes renews a mounted ConfigMap: each file leads into one folder, by one link. */
  @Test
  void filesOfOneFolderAreOfOneTime() throws Exception {
    Path data = directory.resolve("..data");
    renew(data, 1);
    Path a = Files.createSymbolicLink(directory.resolve("a"), Path.of("..data", "a"));
    Path b = Files.createSymbolicLink(directory.resolve("b"), Path.of("..data", "b"));
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> swaps =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 2; !over.get(); i++) {
                renew(data, i);
                LockSupport.parkNanos(200_000);
              }
            });

    try {
      for (int i = 0; i < 1_500; i++) {
        Settings settings = settings(a + "," + b);

        if (settings.problems().isEmpty()) {
          assertThat(settings.integer(Setting.CONNECTIONS_MAX))
              .isEqualTo(settings.integer(Setting.MESSAGE_BURST));
        } else {
          assertThat(settings.problems().get(0)).contains("must not change while");
        }
      }
    } finally {
      over.set(true);
    }
    assertThat(swaps).succeedsWithin(java.time.Duration.ofSeconds(10));
  }

  private static void renew(Path link, int value) {
    try {
      Path folder = Files.createDirectory(link.resolveSibling(".." + value));
      Files.writeString(folder.resolve("a"), "drawbridge.connections.max=" + value + "\n");
      Files.writeString(folder.resolve("b"), "drawbridge.message.burst=" + value + "\n");
      Path fresh = link.resolveSibling("..data_tmp");
      Files.createSymbolicLink(fresh, folder.getFileName());
      Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void absentFilesFoldersAndPipesAreRefusedAtOnce() throws Exception {
    Path pipe = directory.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(made.waitFor(10, TimeUnit.SECONDS) && made.exitValue() == 0).isTrue();

    assertThat(settings(directory.resolve("none")).problems())
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_SETTINGS_FILE must name a file that exists: ");
    assertThat(settings(directory).problems().get(0)).contains("must name a regular file");
    assertThat(settings(pipe).problems().get(0)).contains("must name a regular file");
    assertThat(settings("a\0b").problems().get(0)).contains("cannot be read");
  }

  @Test
  void whatComesFirstElsewhereIsAWarning() throws IOException {
    String property = "drawbridge.connections.per.address";
    SettingSources sources =
        new SettingSources()
            .systemProperties(Map.of(property, "3"))
            .settingsFiles(List.of(file(property + "=4\n").toString()));

    assertThat(sources.warnings())
        .containsExactly(
            "DRAWBRIDGE_CONNECTIONS_PER_ADDRESS of the settings file has no effect: as system"
                + " property it has another value, which comes first");
  }
}
