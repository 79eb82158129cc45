package dev.drawbridge.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The numbers that a document promises, so that a test compares them with the code. A number is
 * marked by a comment in front of it, which no reader sees: {@code within <!-- n:users.recheck
 * -->60 s}. Immutable.
 *
 * <p>A number is digits, grouped by blanks or commas if need be, with an optional unit: {@code ms s
 * min h d}, {@code KiB MiB}, {@code %}. Markdown around it ({@code `} or {@code **}) is passed
 * over.
 */
public final class DocumentedNumbers {
  private static final Pattern MARKED =
      Pattern.compile(
          "<!-- n:([a-z0-9.-]+) -->[`*]*(\\d{1,3}(?:[ ,\u00a0]\\d{3})+|\\d+)(?:[ \u00a0]?(ms|min|KiB|MiB|[smhd%])(?![A-Za-z]))?");

  private static final Pattern MARK = Pattern.compile("<!-- n:");

  private record Told(long value, String unit, String document) {}

  private final Map<String, Told> numbers;

  private DocumentedNumbers(Map<String, Told> numbers) {
    this.numbers = numbers;
  }

  /**
   * Reads all marked numbers of some documents.
   *
   * @throws AssertionError when a mark stands in front of no number, or when a name stands twice
   *     with different numbers
   */
  public static DocumentedNumbers in(Path... documents) {
    Map<String, Told> found = new TreeMap<>();
    for (Path document : documents) {
      String text = read(document);
      int complete = 0;
      Matcher marked = MARKED.matcher(text);
      while (marked.find()) {
        complete++;
        Told number =
            new Told(
                Long.parseLong(marked.group(2).replaceAll("\\D", "")),
                marked.group(3) == null ? "" : marked.group(3),
                document.getFileName().toString());
        Told other = found.putIfAbsent(marked.group(1), number);
        if (other != null && !(other.value == number.value && other.unit.equals(number.unit))) {
          throw new AssertionError(marked.group(1) + " is told twice: " + other + ", " + number);
        }
      }
      long marks = MARK.matcher(text).results().count();
      if (marks != complete) {
        throw new AssertionError(
            document + ": " + (marks - complete) + " marks stand in front of no number");
      }
    }
    return new DocumentedNumbers(found);
  }

  /**
   * All marked numbers of all documents of the project, so that no document is forgotten.
   *
   * @throws AssertionError as {@link #in}
   */
  public static DocumentedNumbers everywhere() {
    return in(documents().toArray(Path[]::new));
  }

  /** The documents of the project, without what a build or a package manager has put there. */
  static List<Path> documents() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("PROTOCOL.md"))) {
      root = Objects.requireNonNull(root.getParent(), "not inside of the project");
    }
    List<Path> documents = new ArrayList<>();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
              String name = String.valueOf(folder.getFileName());
              return name.equals("target") || name.equals("node_modules") || name.startsWith(".")
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (file.toString().endsWith(".md")) {
                documents.add(file);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return documents;
  }

  /** The first words of all names, each that of the test which holds them. */
  Set<String> owners() {
    return numbers.keySet().stream()
        .map(name -> name.substring(0, name.indexOf('.')))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The names whose first word is this one, in alphabetical order: {@code users.recheck}. */
  public List<String> names(String firstWord) {
    return numbers.keySet().stream().filter(name -> name.startsWith(firstWord + ".")).toList();
  }

  /**
   * A count, a percentage, or a size in bytes.
   *
   * @throws AssertionError when no document tells it
   */
  public long count(String name) {
    Told number = get(name);
    return switch (number.unit) {
      case "", "%" -> number.value;
      case "KiB" -> number.value << 10;
      case "MiB" -> number.value << 20;
      default -> throw new AssertionError(name + " is a duration: " + number);
    };
  }

  /**
   * A duration.
   *
   * @throws AssertionError when no document tells it, or when it has no unit of time
   */
  public Duration duration(String name) {
    Told number = get(name);
    return switch (number.unit) {
      case "ms" -> Duration.ofMillis(number.value);
      case "s" -> Duration.ofSeconds(number.value);
      case "min" -> Duration.ofMinutes(number.value);
      case "h" -> Duration.ofHours(number.value);
      case "d" -> Duration.ofDays(number.value);
      default -> throw new AssertionError(name + " is no duration: " + number);
    };
  }

  private Told get(String name) {
    Told number = numbers.get(name);
    if (number == null) {
      throw new AssertionError("no document tells " + name + ": " + numbers.keySet());
    }
    return number;
  }

  private static String read(Path document) {
    try {
      return Files.readString(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
