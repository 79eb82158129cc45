package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogLinesTest {
  private static final String SOURCE =
      """
      class Source {
        void all() {
          log.warn("a pool of {} is " + "full (\\"{}\\")", size, name(1, 2));
          log.info(
              String.format("%s: %s is read as %s", setting, text, rule));
          warnings.add(setting.variable() + " is (empty)" + end(", "));
          log.error(e.getMessage());
          log.debug("of no interest");
          System.err.println("no provider");
        }
      }
      """;

  @TempDir Path folder;

  private LogLines lines(String... rows) throws IOException {
    Files.writeString(folder.resolve("Source.java"), SOURCE);
    Path page =
        Files.writeString(
            folder.resolve("page.md"),
            "# Page\n\n## Other\n\n| a | b |\n|---|---|\n| `x` | y |\n\n## Lines\n\n| line | meaning |\n|---|---|\n"
                + String.join("", Arrays.stream(rows).map(r -> "| " + r + " |\n").toList())
                + "\n| another | table |\n");
    return LogLines.of(page, "Lines", folder);
  }

  @Test
  void linesAreToldByTheirFixedParts() throws IOException {
    LogLines lines = lines();

    assertThat(lines.written())
        .containsExactly(
            "a pool of … is full (\"…\")", "…: … is read as …", "… is (empty)…", "no provider");
    assertThat(lines.built()).containsExactly("Source.java: e.getMessage()");
  }

  @Test
  void bothSidesAreCompared() throws IOException {
    LogLines lines =
        lines(
            "`a pool of … is full` | one", "`… is (empty)` | two", "`…` | all", "`gone` | nobody");

    assertThat(lines.missing()).containsExactly("no provider", "…: … is read as …");
    assertThat(lines.superfluous()).containsExactly("gone", "…");
    assertThatThrownBy(() -> LogLines.of(folder.resolve("page.md"), "None", folder))
        .hasMessageContaining("no section");
  }
}
