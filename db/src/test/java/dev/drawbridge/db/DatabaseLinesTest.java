package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.LogLines;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The lines of the log of {@code db} and {@code migrations} are those of the guide, both ways. */
class DatabaseLinesTest {
  private static final LogLines LINES =
      LogLines.of(
          Path.of("..", "docs", "debugging.md"),
          "Lines of the database's log",
          Path.of("src", "main", "java"),
          Path.of("..", "migrations", "src", "main", "java"));

  @Test
  void eachLineStandsInTheGuide() {
    assertThat(LINES.written()).hasSizeGreaterThan(15);
    assertThat(LINES.missing()).isEmpty();
    assertThat(LINES.built()).isEmpty();
  }

  @Test
  void eachRowOfTheGuideCanBeWritten() {
    assertThat(LINES.superfluous()).isEmpty();
  }
}
