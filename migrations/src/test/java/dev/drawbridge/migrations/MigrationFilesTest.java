package dev.drawbridge.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The conventions of the files, so that each stays usable without this module's code. */
class MigrationFilesTest {
  private static final Path ROOT = Path.of("src/main/resources/dev/drawbridge/migrations");
  private static final Set<String> DIALECTS = Set.of("h2", "postgresql", "mariadb");

  private static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void aVersionIsEitherInCommonOrInAllDialects() throws IOException {
    Map<String, Set<String>> folders = new TreeMap<>();
    for (Path file : files()) {
      String folder = file.getParent().getFileName().toString();
      folders.computeIfAbsent(file.getFileName().toString(), n -> new TreeSet<>()).add(folder);
    }

    assertThat(folders).isNotEmpty();
    assertThat(folders.values())
        .allSatisfy(found -> assertThat(found).isIn(Set.of("common"), DIALECTS));
    assertThat(folders.keySet().stream().map(name -> name.substring(0, 4)).toList())
        .as("versions")
        .doesNotHaveDuplicates();
  }

  @Test
  void namesSayWhatTheyDo() throws IOException {
    assertThat(files())
        .allSatisfy(f -> assertThat(f.getFileName().toString()).matches("V\\d{3}__[a-z_]+\\.sql"));
  }

  @Test
  void eachFileHoldsOneStatementAndNoPlaceholder() throws IOException {
    for (Path file : files()) {
      String sql =
          Files.readString(file)
              .lines()
              .filter(line -> !line.startsWith("--"))
              .collect(Collectors.joining("\n"));
      assertThat(sql.chars().filter(c -> c == ';').count()).as(file.toString()).isEqualTo(1);
      assertThat(sql.strip()).as(file.toString()).endsWith(";").doesNotContain("${");
    }
  }

  /** A new file is added to the list; a line of it is never changed, nor its file. */
  @Test
  void noneIsEditedAfterItsRelease() throws Exception {
    List<String> sums = new ArrayList<>();
    for (Path file : files()) {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      sums.add(HexFormat.of().formatHex(sum) + " " + ROOT.relativize(file));
    }

    assertThat(sums)
        .containsExactlyInAnyOrderElementsOf(
            Files.readAllLines(Path.of("src/test/resources/released.sha256")));
  }
}
