package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.filters.cors.DevCorsFilter;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the modules know of each other, read from the names in their class files. */
class ModuleArrowsTest {
  static Stream<Arguments> arrows() {
    return Stream.of(
        Arguments.of(
            Database.class,
            "(jakarta|javax)/servlet/|dev/drawbridge/(filters|endpoint|migrations)/"),
        Arguments.of(
            DevCorsFilter.class,
            "(jakarta|javax)/websocket/|org/eclipse/jetty/(ee\\d+/)?websocket/|dev/drawbridge/endpoint/"),
        // the times of java.sql are data that a message may hold
        Arguments.of(
            DrawbridgeServlet.class,
            "java/sql/(?!(Date|Time|Timestamp)\\b)|javax/sql/|dev/drawbridge/migrations/"));
  }

  @ParameterizedTest
  @MethodSource("arrows")
  void moduleNamesNoClassOf(Class<?> module, String forbidden) throws Exception {
    URI place = module.getProtectionDomain().getCodeSource().getLocation().toURI();

    List<String> found = naming(Path.of(place), Pattern.compile(forbidden));

    assertThat(found).isEmpty();
  }

  /** Else a pattern that fits nothing would pass. */
  @ParameterizedTest
  @MethodSource("arrows")
  void namesAreFoundWhereTheyAre(Class<?> module, String unused) throws Exception {
    URI place = module.getProtectionDomain().getCodeSource().getLocation().toURI();

    assertThat(naming(Path.of(place), Pattern.compile("java/util/|dev/drawbridge/")))
        .hasSizeGreaterThan(20);
  }

  private static List<String> naming(Path place, Pattern forbidden) throws IOException {
    if (Files.isDirectory(place)) {
      return namingBelow(place, forbidden);
    }
    try (FileSystem jar = FileSystems.newFileSystem(place)) {
      return namingBelow(jar.getPath("/"), forbidden);
    }
  }

  private static List<String> namingBelow(Path root, Pattern forbidden) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        // Names of classes are plain text in the constant pool.
        String names = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (forbidden.matcher(names).find()) {
          found.add(root.relativize(file).toString());
        }
      }
    }
    return found;
  }
}
