package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.setup.SetUpWarning;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every code, close reason, finding and line of the log that can occur stands in a document, and
 * every documented one can occur: the sources are walked for the places that cause them.
 */
class DocumentedWordsTest {
  private static final Path MAIN = Path.of("src", "main", "java");
  private static final Path FILTERS = Path.of("..", "filters", "src", "main", "java");
  private static final String GUIDE = read(Path.of("..", "docs", "debugging.md"));

  /** Only an application closes with these. */
  private static final Set<CloseCode> OF_APPLICATIONS =
      Set.of(CloseCode.INTERNAL_ERROR, CloseCode.TRY_AGAIN_LATER);

  /** Their reasons are text for people. */
  private static final Set<CloseCode> WITHOUT_WORD = Set.of(CloseCode.NORMAL, CloseCode.GOING_AWAY);

  private static final Pattern CLOSE =
      Pattern.compile(
          "(?:close|closeOver|Refused)\\(\\s*CloseCode\\.(\\w+),\\s*"
              + "(?:(?:RefusalCode|ErrorCode)\\.(\\w+)\\.word\\(\\)|\"([^\"]*)\"|(code\\.word\\(\\)))");

  private static final Pattern FINDING = Pattern.compile("new Finding\\(\\s*\"(\\w+)\"");
  private static final Pattern LOG =
      Pattern.compile("log\\.(?:warn|error|info)\\(\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\w+)\\))");
  private static final Pattern SPAN = Pattern.compile("`([^`]+)`");

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By file name, with literals that are put together by a plus as one. */
  private static Map<String, String> sources(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      Map<String, String> sources = new HashMap<>();
      files
          .filter(file -> file.toString().endsWith(".java"))
          .forEach(
              file ->
                  sources.put(
                      root.relativize(file).toString(),
                      read(file).replaceAll("\"\\s*\\+\\s*\"", "")));
      return sources;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The cells of the first table below a heading of the guide, without its head. */
  private static List<List<String>> table(String heading) {
    List<List<String>> rows =
        GUIDE
            .substring(GUIDE.indexOf("\n## " + heading + "\n"))
            .lines()
            .dropWhile(line -> !line.startsWith("|"))
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ", -1)))
            .toList();
    return rows.subList(2, rows.size());
  }

  private static String bare(String cell) {
    return cell.replace("`", "");
  }

  @Test
  void reasonsOfClosesAreThoseOfTheProtocol() {
    Map<Integer, List<String>> page = new HashMap<>();
    for (List<String> row : ProtocolTables.rows("6. ")) {
      for (String code : row.get(0).split("[, ]+", -1)) {
        page.put(Integer.valueOf(code), ProtocolTables.words(row.get(1)));
      }
    }

    for (CloseCode code : CloseCode.values()) {
      assertThat(page.remove(code.code()))
          .as("reasons of %s", code)
          .containsExactlyInAnyOrderElementsOf(code.reasons());
    }
    assertThat(page.values().stream().flatMap(List::stream)).as("reasons of other codes").isEmpty();
  }

  @Test
  void everyCloseOfTheEndpointHasItsReasonAndEveryReasonItsClose() {
    Map<CloseCode, Set<String>> closes = new HashMap<>();
    for (String source : sources(MAIN).values()) {
      Matcher close = CLOSE.matcher(source);
      while (close.find()) {
        Set<String> words =
            closes.computeIfAbsent(CloseCode.valueOf(close.group(1)), code -> new TreeSet<>());
        if (close.group(2) != null) {
          words.add(close.group(2).toLowerCase(Locale.ROOT));
        } else if (close.group(3) != null) {
          words.add(close.group(3));
        }
      }
    }

    for (CloseCode code : CloseCode.values()) {
      if (OF_APPLICATIONS.contains(code)) {
        assertThat(closes.getOrDefault(code, Set.of()))
            .as("the endpoint itself closes with it for this alone")
            .isSubsetOf(RefusalCode.TOO_MANY_CONNECTIONS.word());
      } else if (WITHOUT_WORD.contains(code)) {
        assertThat(closes).containsKey(code);
        assertThat(code.reasons()).isEmpty();
      } else {
        assertThat(closes.get(code))
            .as("%s", code)
            .containsExactlyInAnyOrderElementsOf(code.reasons());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(RefusalCode.class)
  void everyRefusalIsGivenSomewhere(RefusalCode code) {
    Pattern use = Pattern.compile("RefusalCode\\." + code.name() + "\\b");

    assertThat(Stream.of(MAIN, FILTERS).flatMap(root -> sources(root).entrySet().stream()))
        .filteredOn(source -> !source.getKey().contains("diagnosis"))
        .anySatisfy(source -> assertThat(source.getValue()).containsPattern(use));
  }

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyErrorIsGivenSomewhere(ErrorCode code) {
    Pattern use = Pattern.compile("ErrorCode\\." + code.name() + "\\b");

    assertThat(sources(MAIN).values())
        .anySatisfy(source -> assertThat(source).containsPattern(use));
  }

  private static Set<String> findings() {
    Set<String> findings = new TreeSet<>(Set.of("handshake_swallowed"));
    for (String source : sources(MAIN).values()) {
      Matcher finding = FINDING.matcher(source);
      while (finding.find()) {
        findings.add(finding.group(1));
      }
    }
    return findings;
  }

  private static Set<String> setUp() {
    return Arrays.stream(SetUpWarning.Code.values())
        .map(SetUpWarning.Code::word)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void findingsAreThoseOfTheProtocol() {
    String line =
        read(Path.of("..", "PROTOCOL.md"))
            .lines()
            .filter(each -> each.startsWith("- `verdict` is "))
            .findFirst()
            .orElseThrow();
    Set<String> page = new TreeSet<>();
    Matcher span = SPAN.matcher(line);
    while (span.find()) {
      page.addAll(List.of(span.group(1).split(" ", -1)));
    }
    // Members and levels, which the same line explains.
    page.removeAll(
        Set.of("verdict", "level", "ok", "note", "warning", "error", "findings", "paste"));

    Set<String> code = findings();
    code.addAll(setUp());
    assertThat(page).isEqualTo(code);
  }

  @Test
  void findingsAreThoseOfTheGuide() {
    assertThat(table("Findings of the diagnostics page").stream().map(row -> bare(row.get(0))))
        .containsExactlyInAnyOrderElementsOf(findings());
  }

  @Test
  void warningsOfTheStartAreThoseOfTheGuide() {
    List<List<String>> rows = table("Said at the start");
    Map<String, String> sources = sources(MAIN);
    String said =
        sources.entrySet().stream()
            .filter(source -> source.getKey().matches(".*/SetUp(Check|Watch)\\.java"))
            .map(Map.Entry::getValue)
            .collect(Collectors.joining());

    assertThat(rows.stream().map(row -> bare(row.get(0))))
        .containsExactlyInAnyOrderElementsOf(setUp());
    assertThat(rows.stream().map(row -> bare(row.get(1))))
        .allSatisfy(phrase -> assertThat(said).contains(phrase));
  }

  @Test
  void linesOfTheLogAreThoseOfTheGuide() {
    List<String> guide =
        table("Lines of the endpoint's log").stream().map(row -> bare(row.get(0))).toList();
    List<String> lines = new ArrayList<>();
    List<String> built = new ArrayList<>();
    sources(MAIN)
        .forEach(
            (name, source) -> {
              Matcher line = LOG.matcher(source);
              while (line.find()) {
                if (line.group(1) == null) {
                  built.add(name.replaceAll(".*/", ""));
                } else if (line.group(1).matches(".*[a-z].*")) {
                  lines.add(line.group(1).replace("{}", "…"));
                }
              }
            });

    assertThat(built).containsExactlyInAnyOrder("CloseLog.java", "UpgradeLog.java");
    assertThat(GUIDE).contains("`handshake refused: <code> ", "`connection closed: <code> ");
    assertThat(lines)
        .hasSizeGreaterThan(20)
        .allSatisfy(line -> assertThat(guide).anyMatch(row -> isLike(line, row)));
    assertThat(guide).allSatisfy(row -> assertThat(lines).anyMatch(line -> isLike(line, row)));
  }

  /** The guide's row holds the fixed parts of a line, in order and from its beginning. */
  private static boolean isLike(String line, String row) {
    String pattern =
        Arrays.stream(row.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return line.matches(pattern + ".*");
  }
}
