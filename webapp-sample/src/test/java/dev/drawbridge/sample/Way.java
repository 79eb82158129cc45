package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One way to break a connection, and what must be said about it.
 *
 * @param name what was done, in a few words
 * @param code of the browser's {@code ConnectionError}
 * @param diagnosis code of the server's own record of the try; empty when it cannot have one
 * @param log part of a line of the log; empty when no line can be
 * @param fix words that the error or the log must hold
 * @param scene breaks it
 */
record Way(String name, String code, String diagnosis, String log, String fix, Scene scene) {

  /** Breaks a connection for real. */
  @FunctionalInterface
  interface Scene {
    Seen play(MatrixPage page) throws Exception;
  }

  /**
   * What came of it.
   *
   * @param error the browser's
   * @param diagnosis the server's record
   */
  record Seen(JsonNode error, String diagnosis) {}

  /** The row of the table, without the time. */
  String row() {
    return "| "
        + String.join(
            " | ", name, code(code), code(diagnosis), log.isEmpty() ? "–" : code(log), cell(fix))
        + " |";
  }

  /** The same outside of the table. */
  String sentence() {
    return "%s: browser %s, server's record %s, log %s, fix: %s"
        .formatted(name, code(code), code(diagnosis), log.isEmpty() ? "–" : code(log), cell(fix));
  }

  private static String code(String word) {
    return word.isEmpty() ? "–" : "`" + cell(word) + "`";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }

  @Override
  public String toString() {
    return name;
  }
}
