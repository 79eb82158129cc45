package dev.drawbridge.site;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One fenced block of a document.
 *
 * @param document path from the root of the project
 * @param line where it begins, from 1
 * @param language the first word behind the fence; empty when there is none
 * @param info what else stands there
 * @param text what stands between the fences, without their indentation
 */
record Snippet(String document, int line, String language, String info, String text) {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern BLOCK =
      Pattern.compile(
          "^( *)```(\\S*)([^\\n]*)\\n(.*?)^\\1```$", Pattern.MULTILINE | Pattern.DOTALL);

  /** What people read to use the project: all but the bench's figures and the lists for tests. */
  static List<String> documents() {
    List<String> documents =
        new ArrayList<>(List.of("README.md", "PROTOCOL.md", "CONTRIBUTING.md"));
    documents.add("client/RECIPES.md");
    for (String folder : List.of("", "examples")) {
      for (Path child : list(ROOT.resolve(folder))) {
        if (Files.exists(child.resolve("README.md"))) {
          documents.add(ROOT.relativize(child.resolve("README.md")).toString());
        }
      }
    }
    for (Path page : list(ROOT.resolve("docs"))) {
      if (page.toString().endsWith(".md")) {
        documents.add(ROOT.relativize(page).toString());
      }
    }
    return documents;
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Snippet> all() {
    return documents().stream().flatMap(document -> in(document).stream()).toList();
  }

  static List<Snippet> in(String document) {
    List<Snippet> snippets = new ArrayList<>();
    String page = read(document);
    Matcher block = BLOCK.matcher(page);
    while (block.find()) {
      int line = 1 + (int) page.substring(0, block.start()).lines().count();
      String text = block.group(4).replaceAll("(?m)^" + block.group(1), "");
      snippets.add(new Snippet(document, line, block.group(2), block.group(3).strip(), text));
    }
    return snippets;
  }

  static String read(String document) {
    try {
      return Files.readString(ROOT.resolve(document));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it stands, as an editor opens it. */
  String place() {
    return document + ":" + line;
  }
}
