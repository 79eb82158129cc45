package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.testing.LogLines;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines of the filters' log are those of the guide, both ways. */
class FilterLinesTest {
  /** The one line of a start that fails. */
  private static final String FAILED = "Drawbridge cannot start…";

  private static final LogLines LINES =
      LogLines.of(
          Path.of("..", "docs", "debugging.md"),
          "Lines of the filters' log",
          Path.of("src", "main", "java"));

  @Test
  void eachLineStandsInTheGuide() {
    assertThat(LINES.written()).hasSizeGreaterThan(25);
    assertThat(LINES.missing()).isEmpty();
  }

  @Test
  void eachRowOfTheGuideCanBeWritten() {
    assertThat(LINES.superfluous()).containsExactly(FAILED);
    assertThat(new ConfigurationException(List.of("one")).getMessage())
        .startsWith("Drawbridge cannot start: one");
    assertThat(new ConfigurationException(List.of("one", "two")).getMessage())
        .startsWith("Drawbridge cannot start, 2 problems:");
  }

  /** A message that is made elsewhere is that of the start alone. */
  @Test
  void noOtherTextIsMadeElsewhere() {
    assertThat(LINES.built())
        .containsExactlyInAnyOrder(
            "DrawbridgeRuntime.java: StartCheck.sentence(e, settings)",
            "DrawbridgeRuntime.java: failure.getMessage()",
            "DevCorsFilter.java: e.getMessage()",
            "JwtHandshakeFilter.java: e.getMessage()",
            "SessionTokenServlet.java: e.getMessage()");
  }
}
