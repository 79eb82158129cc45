package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What CONTRIBUTING.md says of every test, looked up in the sources of all modules. */
class HouseRulesTest {
  private static final Path ROOT = Path.of("..");

  private static final Pattern SLEEP =
      Pattern.compile("\\b(Thread|SECONDS|MILLISECONDS|NANOSECONDS|MICROSECONDS)\\s*\\.sleep\\(");

  @Test
  void noTestSleeps() throws IOException {
    List<Path> tests = tests();

    List<String> sleeping = new ArrayList<>();
    for (Path test : tests) {
      if (SLEEP.matcher(Files.readString(test)).find()) {
        sleeping.add(test.toString());
      }
    }

    assertThat(tests).as("tests of all modules").hasSizeGreaterThan(150);
    assertThat(sleeping).isEmpty();
  }

  /** What several modules need stands in this one; examples stand alone. */
  @ParameterizedTest
  @ValueSource(strings = {"HttpServer.create(", "new AppenderBase<"})
  void helperStandsOnce(String made) throws IOException {
    List<String> twins = new ArrayList<>();
    for (Path test : tests()) {
      boolean mayHaveItsOwn =
          test.endsWith("HouseRulesTest.java") || test.startsWith("../examples");
      if (!mayHaveItsOwn && Files.readString(test).contains(made)) {
        twins.add(test.toString());
      }
    }

    assertThat(twins).isEmpty();
  }

  static List<Path> tests() throws IOException {
    List<Path> tests = new ArrayList<>();
    // Builds and installed packages of the client hold copies of other sources.
    for (Path pom : poms(ROOT, 3)) {
      Path sources = pom.resolveSibling("src").resolve("test").resolve("java");
      if (Files.isDirectory(sources)) {
        try (Stream<Path> files = Files.walk(sources)) {
          files.filter(file -> file.toString().endsWith(".java")).forEach(tests::add);
        }
      }
    }
    return tests;
  }

  private static List<Path> poms(Path folder, int depth) throws IOException {
    List<Path> poms = new ArrayList<>();
    if (Files.exists(folder.resolve("pom.xml"))) {
      poms.add(folder.resolve("pom.xml"));
    }
    if (depth > 0) {
      try (Stream<Path> children = Files.list(folder)) {
        for (Path child : children.filter(Files::isDirectory).toList()) {
          String name = child.getFileName().toString();
          if (!name.equals("target") && !name.equals("node_modules") && !name.startsWith(".")) {
            poms.addAll(poms(child, depth - 1));
          }
        }
      }
    }
    return poms;
  }
}
