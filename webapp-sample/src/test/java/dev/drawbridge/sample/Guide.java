package dev.drawbridge.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configurations that docs/debugging.md tells people to copy. */
final class Guide {
  private static final Path PAGE = Path.of("..", "docs", "debugging.md");

  private Guide() {}

  /** The inside of nginx's {@code http} block. */
  static String nginx() {
    return block("nginx");
  }

  static String haproxy() {
    return block("haproxy");
  }

  /** The first block of code in this language. */
  private static String block(String language) {
    try {
      String page = Files.readString(PAGE);
      String fence = "```" + language + "\n";
      int start = page.indexOf(fence);
      if (start < 0) {
        throw new AssertionError("no block of " + language + " in " + PAGE);
      }
      start += fence.length();
      return page.substring(start, page.indexOf("```", start));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
