package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who knows one module's README finds the way in all: what, when, how, options, limits. */
class ModuleReadmesTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern MODULE =
      Pattern.compile("<artifactId>drawbridge-([a-z-]+)</artifactId>");

  /** What ships, as the bom lists it, itself included; and what people look into first. */
  static Stream<String> modules() throws IOException {
    return Stream.concat(
        MODULE
            .matcher(Files.readString(ROOT.resolve("bom").resolve("pom.xml")))
            .results()
            .map(found -> found.group(1)),
        Stream.of("webapp-sample", "site", "testing"));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void readmeSaysWhatWhenHowAndWhereItEnds(String module) throws IOException {
    List<String> lines = Files.readAllLines(ROOT.resolve(module).resolve("README.md"));

    assertThat(lines.get(0)).startsWith("# ");
    assertThat(lines.get(2)).as("what it is, in a sentence").matches("[A-Z`].*");
    assertThat(lines).containsSubsequence("## When", "## Use it", "## Options", "## Limits");
  }
}
