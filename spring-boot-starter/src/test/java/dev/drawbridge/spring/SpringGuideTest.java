package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.io.ByteArrayResource;

/** What docs/spring.md and the module's README show is what is compiled and run here. */
class SpringGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "spring.md");
  private static final Path EXAMPLE = Path.of("..", "examples", "spring-boot", "starter", "src");
  private static final List<Path> SOURCES =
      List.of(Path.of("src", "test", "java"), EXAMPLE.resolve("main"));

  private static List<String> blocks(Path page, String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(page))
        .results()
        .map((MatchResult found) -> found.group(1))
        .toList();
  }

  static Stream<String> java() throws IOException {
    return Stream.concat(
        blocks(GUIDE, "java").stream(), blocks(Path.of("README.md"), "java").stream());
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }

  @ParameterizedTest
  @MethodSource("java")
  void codeStandsInAnApplicationThatIsTested(String block) throws IOException {
    StringBuilder sources = new StringBuilder();
    for (Path folder : SOURCES) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(one -> one.toString().endsWith(".java")).toList()) {
          sources.append(squeezed(Files.readString(file)));
        }
      }
    }

    assertThat(sources.toString()).contains(squeezed(block));
  }

  @Test
  void propertiesOfTheFirstApplicationAreThoseOfTheExample() throws IOException {
    Properties shown = new Properties();
    shown.load(new java.io.StringReader(blocks(GUIDE, "properties").get(0)));
    Properties used = new Properties();
    try (var file =
        Files.newBufferedReader(EXAMPLE.resolve("main/resources/application.properties"))) {
      used.load(file);
    }

    assertThat(shown).isNotEmpty();
    assertThat(used).isEqualTo(shown);
  }

  @Test
  void namesInTheGuideAreNamesOfSettings() throws Exception {
    String metadata =
        Files.readString(Path.of("src/main/resources/META-INF/spring-configuration-metadata.json"));
    StringBuilder names = new StringBuilder();
    for (String block : blocks(GUIDE, "yaml")) {
      new YamlPropertySourceLoader()
          .load(
              "guide",
              new ByteArrayResource(block.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
          .forEach(
              source -> {
                for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
                  names.append(name.replaceAll("\\[\\d+]", "")).append('\n');
                }
              });
    }
    Pattern.compile("`(drawbridge\\.[a-z.-]+[a-z])(?:=[a-z]+)?`")
        .matcher(Files.readString(GUIDE).replaceAll("`drawbridge.jwt.secret.file`", ""))
        .results()
        .forEach(found -> names.append(found.group(1)).append('\n'));

    List<String> unknown =
        names
            .toString()
            .lines()
            .distinct()
            .filter(name -> !metadata.contains("\"name\" : \"" + name + "\""))
            .collect(Collectors.toList());

    assertThat(names.toString().lines()).hasSizeGreaterThan(15);
    assertThat(unknown).isEmpty();
  }

  @Test
  void tableOfTheStartersOwnSettingsIsWhatEditorsShow() throws IOException {
    String guide = Files.readString(GUIDE);
    String metadata =
        Files.readString(Path.of("src/main/resources/META-INF/spring-configuration-metadata.json"));

    List<String> rows = guide.lines().filter(line -> line.startsWith("| `drawbridge.")).toList();

    assertThat(rows).hasSize(5);
    for (String row : rows) {
      String[] cells = row.split(" \\| ", -1);
      String meaning = cells[1].replace("`", "");
      assertThat(metadata)
          .contains(Character.toUpperCase(meaning.charAt(0)) + meaning.substring(1) + ".");
    }
  }

  @Test
  void releasesInTheGuideAreThoseOfThePoms() throws IOException {
    String root = Files.readString(Path.of("..", "pom.xml"));
    String three = root.replaceAll("(?s).*<spring-boot3.version>([^<]+)<.*", "$1");
    String four = root.replaceAll("(?s).*<spring-boot.version>([^<]+)<.*", "$1");

    assertThat(Files.readString(GUIDE)).contains("applications of " + three + " and " + four);
    assertThat(Files.readString(Path.of("README.md")))
        .contains("Boot " + three)
        .contains("on " + four);
  }
}
