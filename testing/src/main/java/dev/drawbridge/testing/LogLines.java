package dev.drawbridge.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the sources of a module write to the log at INFO and above, and the table of a document that
 * lists it. A line is told as its fixed parts with {@code …} for what varies; the table's first
 * column holds each from its beginning, as far as it is needed to know it. Immutable.
 */
public final class LogLines {
  /** A call that writes, or adds a sentence to a list that is written at the start. */
  private static final Pattern CALL =
      Pattern.compile(
          "\\b(?:log\\.(?:info|warn|error)|System\\.err\\.println|(?:warnings|notes|told)\\.add)\\(");

  private static final Pattern WORD = Pattern.compile("\\p{L}{2,}");
  private static final Pattern FORMATTED = Pattern.compile("\\{}|%[sd]");

  private final List<String> written;
  private final List<String> built;
  private final List<String> listed;

  private LogLines(List<String> written, List<String> built, List<String> listed) {
    this.written = written;
    this.built = built;
    this.listed = listed;
  }

  /**
   * Reads sources and table.
   *
   * @param heading the text of the section's heading of the second level, whose first table is read
   */
  public static LogLines of(Path document, String heading, Path... sources) {
    List<String> written = new ArrayList<>();
    List<String> built = new ArrayList<>();
    for (Path root : sources) {
      for (Path file : javaFiles(root)) {
        String text = read(file);
        Matcher call = CALL.matcher(text);
        while (call.find()) {
          String line = template(firstArgument(text, call.end()));
          if (WORD.matcher(line).find()) {
            written.add(line);
          } else {
            built.add(file.getFileName() + ": " + firstArgument(text, call.end()).strip());
          }
        }
      }
    }
    return new LogLines(List.copyOf(written), List.copyOf(built), table(read(document), heading));
  }

  /** What is written, one for each call. */
  public List<String> written() {
    return written;
  }

  /** Calls whose text is made elsewhere: the file and the expression. */
  public List<String> built() {
    return built;
  }

  /** The first cells of the table. */
  public List<String> listed() {
    return listed;
  }

  /** Lines that no row of the table begins. */
  public SortedSet<String> missing() {
    return written.stream()
        .filter(line -> listed.stream().noneMatch(row -> isLike(line, row)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Rows that no line is like, or that hold no word by which to know one. */
  public SortedSet<String> superfluous() {
    return listed.stream()
        .filter(row -> written.stream().noneMatch(line -> isLike(line, row)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isLike(String line, String row) {
    String pattern =
        Arrays.stream(row.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return WORD.matcher(row).find()
        && Pattern.compile(pattern + ".*", Pattern.DOTALL).matcher(line).matches();
  }

  /** The text of an argument from where it begins to the comma or parenthesis that ends it. */
  private static String firstArgument(String text, int start) {
    int depth = 0;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        i = endOfLiteral(text, i);
      } else if (c == '(') {
        depth++;
      } else if ((c == ')' && depth-- == 0) || (c == ',' && depth == 0)) {
        return text.substring(start, i);
      }
    }
    throw new AssertionError("no end of " + text.substring(start));
  }

  private static int endOfLiteral(String text, int quote) {
    int i = quote + 1;
    while (text.charAt(i) != '"') {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return i;
  }

  /** Literals as they are, anything else as an ellipsis. */
  private static String template(String expression) {
    String all = expression.strip();
    if (all.startsWith("String.format(")) {
      return template(firstArgument(all, all.indexOf('(') + 1));
    }
    StringBuilder line = new StringBuilder();
    int start = 0;
    while (start < all.length()) {
      int end = start;
      int depth = 0;
      while (end < all.length() && !(depth == 0 && all.charAt(end) == '+')) {
        switch (all.charAt(end)) {
          case '"' -> end = endOfLiteral(all, end);
          case '(' -> depth++;
          case ')' -> depth--;
          default -> {}
        }
        end++;
      }
      String part = all.substring(start, end).strip();
      line.append(part.startsWith("\"") ? literal(part) : "…");
      start = end + 1;
    }
    return FORMATTED.matcher(line).replaceAll("…").replaceAll("…+", "…");
  }

  private static String literal(String part) {
    return part.substring(1, part.lastIndexOf('"')).translateEscapes();
  }

  private static List<String> table(String document, String heading) {
    int section = document.indexOf("\n## " + heading + "\n");
    if (section < 0) {
      throw new AssertionError("no section " + heading);
    }
    List<String> rows =
        document
            .substring(section)
            .lines()
            .dropWhile(line -> !line.startsWith("|"))
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> line.substring(2).split(" \\| ", -1)[0].replace("`", ""))
            .toList();
    return rows.subList(2, rows.size());
  }

  private static List<Path> javaFiles(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
