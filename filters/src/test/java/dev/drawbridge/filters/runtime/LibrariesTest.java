package dev.drawbridge.filters.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A start with the libraries of another application, each in a process of its own. */
class LibrariesTest {
  private static final long TIMEOUT_SECONDS = 120;

  @TempDir private Path directory;

  private static List<String> classPath() {
    return new ArrayList<>(
        Arrays.asList(System.getProperty("java.class.path").split(File.pathSeparator, -1)));
  }

  private List<String> run(List<String> classPath) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                String.join(File.pathSeparator, classPath),
                LibrariesProgram.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readAllLines(output, StandardCharsets.UTF_8);
  }

  @Test
  void anOldJacksonStopsTheStartWithTheVersionWanted() throws Exception {
    List<String> classPath = classPath();
    classPath.removeIf(entry -> entry.contains("jackson"));
    try (Stream<Path> old = Files.list(Path.of("target", "old-jackson"))) {
      old.forEach(jar -> classPath.add(jar.toString()));
    }

    List<String> lines = run(classPath);

    assertThat(lines)
        .filteredOn(line -> line.contains("refused: ") || line.contains("started"))
        .hasSize(2)
        .allMatch(line -> line.contains("ConfigurationException"));
    assertThat(String.join("\n", lines))
        .contains(
            "Jackson 2.15 or newer is needed, but the application has jackson-core 2.14.2 in file:",
            "jackson-databind 2.14.2");
  }

  @Test
  void aMissingJacksonIsNamedToo() throws Exception {
    List<String> classPath = classPath();
    classPath.removeIf(entry -> entry.contains("jackson-databind"));

    assertThat(String.join("\n", run(classPath)))
        .contains("Jackson 2.15 or newer is needed, and is not there");
  }

  @Test
  void aMissingLogIsToldOnceOnStandardError() throws Exception {
    List<String> classPath = classPath();
    classPath.removeIf(entry -> entry.contains("logback"));

    List<String> lines = run(classPath);

    assertThat(lines).filteredOn(line -> line.equals("started")).hasSize(2);
    assertThat(lines)
        .filteredOn(line -> line.startsWith("Drawbridge: no SLF4J provider"))
        .hasSize(1);
  }
}
