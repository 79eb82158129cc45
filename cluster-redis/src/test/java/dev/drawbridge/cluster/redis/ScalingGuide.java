package dev.drawbridge.cluster.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What docs/scaling.md tells people to copy, and its tables. */
final class ScalingGuide {
  static final Path PAGE = Path.of("..", "docs", "scaling.md");

  private ScalingGuide() {}

  static String text() {
    try {
      return Files.readString(PAGE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first block of code in a language. */
  static String block(String language) {
    return blocks(language).get(0);
  }

  /** All blocks of code in a language, at least one. */
  static List<String> blocks(String language) {
    List<String> blocks = new ArrayList<>();
    Matcher block = Pattern.compile("(?ms)^```" + language + "\n(.*?)^```").matcher(text());
    while (block.find()) {
      blocks.add(block.group(1));
    }
    if (blocks.isEmpty()) {
      throw new AssertionError("no block of " + language + " in " + PAGE);
    }
    return blocks;
  }

  /** What stands between a comment of this name and the next {@code <!-- end -->}. */
  static String part(String name) {
    String text = text();
    String start = "<!-- " + name + " -->\n";
    int from = text.indexOf(start);
    if (from < 0) {
      throw new AssertionError("no part " + name + " in " + PAGE);
    }
    return text.substring(from + start.length(), text.indexOf("<!-- end -->", from));
  }

  /** The cells of the table in such a part, without its head. */
  static List<List<String>> table(String name) {
    List<List<String>> rows =
        part(name)
            .lines()
            .filter(line -> line.startsWith("|"))
            .map(line -> List.of(line.substring(2, line.length() - 2).split(" \\| ?", -1)))
            .toList();
    return rows.subList(2, rows.size());
  }
}
