package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the papers say that nothing does, looked up in the sources. */
class SourcePromisesTest {
  private static final Path MODULES = Path.of("..");

  private static Set<String> filesThatName(String word, String... modules) throws IOException {
    Set<String> names = new TreeSet<>();
    for (String module : modules) {
      try (Stream<Path> files = Files.walk(MODULES.resolve(module).resolve("src/main/java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          if (Files.readString(file).contains(word)) {
            names.add(file.getFileName().toString());
          }
        }
      }
    }
    return names;
  }

  @Test
  void nothingButTheSampleReadsTheModeOfTheMigrations() throws IOException {
    assertThat(filesThatName("DB_MIGRATE", "filters", "endpoint", "db"))
        .containsExactlyInAnyOrder("Setting.java", "IneffectiveSettings.java");
    assertThat(filesThatName("DB_MIGRATE", "webapp-sample")).isNotEmpty();
    assertThat(filesThatName("DB_MIGRATE", "spring-boot-starter")).isNotEmpty();
  }
}
