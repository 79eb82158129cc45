package dev.drawbridge.example.legacydb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in a JVM of its own, with the db jar, its dependencies and H2, and nothing else. */
class LedgerProgramTest {
  private static final List<String> JARS =
      List.of("drawbridge-db", "HikariCP", "caffeine", "slf4j-api", "h2");

  private static boolean isWanted(String entry) {
    String path = entry.replace('\\', '/');
    String name = path.substring(path.lastIndexOf('/') + 1);
    return path.endsWith("legacy-db/target/classes")
        || path.endsWith("/db/target/classes")
        || JARS.stream().anyMatch(jar -> name.startsWith(jar + "-"));
  }

  @Test
  void itNeedsTheDbJarAloneAndNoLogging(@TempDir Path directory) throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(LedgerProgramTest::isWanted)
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(classPath.split(File.pathSeparator)).hasSize(6);
    Path output = directory.resolve("output");
    Path errors = directory.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                LedgerProgram.class.getName())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().put("LEDGER_DB_URL", "jdbc:h2:mem:ledger");
    builder.environment().put("LEDGER_DB_USER", "sa");

    Process program = builder.start();

    assertThat(program.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(errors)).doesNotContain("Exception");
    assertThat(program.exitValue()).isZero();
    assertThat(Files.readAllLines(output))
        .containsExactly(
            "refused: CHECK",
            "balances: 7500 and 2500",
            "Carol C. is ACTIVE: auditor, clerk",
            "Dave D. is SUSPENDED",
            "The operator is ACTIVE",
            "nobody",
            "database: UP");
  }
}
