package dev.drawbridge.endpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the tables of PROTOCOL.md. */
final class ProtocolTables {
  private static final Pattern CODE = Pattern.compile("`([a-z_.]+)`");

  private ProtocolTables() {}

  /** The rows of the first table of a section, as cells, without its head. */
  static List<List<String>> rows(String section) {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : lines()) {
      if (line.startsWith("## ")) {
        inside = line.startsWith("## " + section);
      } else if (inside && line.startsWith("|")) {
        rows.add(List.of(line.substring(1, line.length() - 1).trim().split(" *\\| *", -1)));
      } else if (!rows.isEmpty()) {
        break;
      }
    }
    return rows.subList(2, rows.size());
  }

  /** The words in back-ticks of a cell. */
  static List<String> words(String cell) {
    List<String> words = new ArrayList<>();
    Matcher matcher = CODE.matcher(cell);
    while (matcher.find()) {
      words.add(matcher.group(1));
    }
    return words;
  }

  private static List<String> lines() {
    try {
      return Files.readAllLines(Path.of("..", "PROTOCOL.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
