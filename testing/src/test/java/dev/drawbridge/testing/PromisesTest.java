package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/promises.md: each promise stands where the page says, and what holds it is there. */
class PromisesTest {
  private static final Path ROOT = Path.of("..");
  private static final Path PAGE = ROOT.resolve("docs").resolve("promises.md");

  private static final Pattern LINK = Pattern.compile("\\[[^\\]]+]\\(([^)]+)\\)");
  private static final Pattern HOLDER = Pattern.compile("`([^`]+)`");
  private static final Pattern MARK = Pattern.compile("<!-- n:([a-z0-9.-]+) -->");
  private static final Pattern TEST =
      Pattern.compile("@(?:Test|ParameterizedTest|TestFactory|Property)\\b");

  private record Promise(String words, Path home, List<String> holders) {}

  private static List<Promise> promises() throws IOException {
    List<Promise> promises = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("| ") && !line.startsWith("| promise ")) {
        String[] cells = line.substring(2, line.length() - 2).split(" \\| ", -1);
        assertThat(cells).as(line).hasSize(3);
        Matcher link = LINK.matcher(cells[1]);
        assertThat(link.matches()).as(line).isTrue();
        List<String> holders =
            HOLDER.matcher(cells[2]).results().map(found -> found.group(1)).toList();
        promises.add(new Promise(cells[0], PAGE.resolveSibling(link.group(1)), holders));
      }
    }
    return promises;
  }

  /** Without the marks of Markdown and of numbers, and with single blanks. */
  private static String plain(String text) {
    return text.replaceAll("(?s)<!--.*?-->", "")
        .replaceAll("\\[([^\\]]*)]\\([^)]*\\)", "$1")
        .replace("&lt;", "<")
        .replace("\\*", "")
        .replaceAll("[`*]", "")
        .replaceAll("\\s+", " ")
        .strip();
  }

  @Test
  void eachPromiseStandsInItsHome() throws IOException {
    Map<Path, String> documents = new HashMap<>();
    List<String> missing = new ArrayList<>();
    Set<String> rows = new HashSet<>();
    List<Promise> promises = promises();
    for (Promise promise : promises) {
      Path home = promise.home().normalize();
      if (!documents.containsKey(home)) {
        documents.put(home, plain(Files.readString(home)));
      }
      String words =
          Arrays.stream(promise.words().split("…", -1))
              .map(part -> Pattern.quote(plain(part)))
              .collect(Collectors.joining(".{0,400}?"));
      if (!Pattern.compile(words, Pattern.DOTALL).matcher(documents.get(home)).find()) {
        missing.add(home + ": " + promise.words());
      }
      assertThat(rows.add(home + promise.words())).as("twice: %s", promise.words()).isTrue();
    }

    assertThat(missing).isEmpty();
    assertThat(promises).hasSizeGreaterThan(400);
  }

  @Test
  void eachPromiseHasATestThatIsThere() throws IOException {
    Map<String, String> classes = new HashMap<>();
    for (Path test : HouseRulesTest.tests()) {
      String name = test.getFileName().toString().replace(".java", "");
      classes.merge(name, Files.readString(test), String::concat);
    }
    Set<String> marks = new HashSet<>();
    for (Path document : DocumentedNumbers.documents()) {
      Matcher mark = MARK.matcher(Files.readString(document));
      while (mark.find()) {
        marks.add(mark.group(1));
      }
    }

    List<String> absent = new ArrayList<>();
    for (Promise promise : promises()) {
      assertThat(promise.holders()).as(promise.words()).isNotEmpty();
      for (String holder : promise.holders()) {
        if (!isThere(holder, classes, marks)) {
          absent.add(holder + " of: " + promise.words());
        }
      }
    }
    assertThat(absent).isEmpty();
  }

  private static boolean isThere(String holder, Map<String, String> classes, Set<String> marks)
      throws IOException {
    if (holder.startsWith("n:")) {
      return marks.contains(holder.substring(2));
    }
    if (holder.endsWith(".sh")) {
      return Files.exists(ROOT.resolve(holder))
          || Files.exists(ROOT.resolve("testing").resolve(holder));
    }
    int colon = holder.indexOf(": ");
    if (colon > 0) {
      Path file = ROOT.resolve("client").resolve("test").resolve(holder.substring(0, colon));
      String title = holder.substring(colon + 2);
      return Files.exists(file) && Files.readString(file).contains(title);
    }
    String[] parts = holder.split("\\.", -1);
    return parts.length == 2 && isTest(classes.getOrDefault(parts[0], ""), parts[1]);
  }

  /** A method with the annotation of a test, which belongs to no method in between. */
  private static boolean isTest(String source, String method) {
    Matcher found =
        Pattern.compile("\\b(?:void|Stream<DynamicTest>) " + method + "\\(").matcher(source);
    while (found.find()) {
      String before = source.substring(0, found.start());
      String own = before.substring(Math.max(before.lastIndexOf("\n  }\n"), 0));
      if (TEST.matcher(own).find()) {
        return true;
      }
    }
    return false;
  }
}
