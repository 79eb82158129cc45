package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/debugging.md are those of the code; with {@code -Dguide.write=true} they are
 * written anew.
 */
class DebuggingGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "debugging.md");
  private static final Path DIAGNOSIS = Path.of("..", "client", "src", "diagnosis.ts");

  /** A code of the client's own with its cause and, for some, a fix. */
  private static final Pattern LOCAL =
      Pattern.compile("^  \\| '(\\w+)';? // (.+?)(?: -> (.+))?$", Pattern.MULTILINE);

  /** The action of such a code, where it is not to wait. */
  private static final Pattern ACTION =
      Pattern.compile("^  (\\w+) = '\\w+\\|(\\w+)", Pattern.MULTILINE);

  @Test
  void tablesAreThoseOfTheCode() throws IOException {
    String page = Files.readString(GUIDE);
    String generated = page;
    for (Map.Entry<String, String> table : tables().entrySet()) {
      String start = "<!-- table: " + table.getKey() + " -->\n";
      int from = generated.indexOf(start);
      assertThat(from).as(start).isPositive();
      from += start.length();
      int to = generated.indexOf("<!-- end -->", from);
      generated = generated.substring(0, from) + table.getValue() + generated.substring(to);
    }
    if (Boolean.getBoolean("guide.write")) {
      Files.writeString(GUIDE, generated);
    }

    assertThat(Files.readString(GUIDE))
        .as("docs/debugging.md; -Dguide.write=true writes it anew")
        .isEqualTo(generated);
  }

  @Test
  void eachTopicOfTheGuideIsThere() throws IOException {
    assertThat(Files.readString(GUIDE))
        .contains(
            "### nginx",
            "### HAProxy",
            "### Apache httpd",
            "### AWS Application Load Balancer",
            "### Vite",
            "### webpack dev server",
            "### Docker",
            "### Chrome's local network permission");
    assertThat(Files.readString(Path.of("..", "README.md"))).contains("docs/debugging.md");
  }

  /** Where browser and server call the same thing by two names, the guide says so. */
  @Test
  void twoWordsForOneCauseStandInTheTableOfThem() throws IOException {
    String table =
        Files.readString(GUIDE).split("\\| client \\| server \\|", -1)[1].split("\n\n", -1)[0];
    Pattern row = Pattern.compile("\\| [^|]+ \\| `(\\w+)` \\| `(\\w+)` \\|.*");
    List<String> different = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "failure-matrix.md"))) {
      Matcher words = row.matcher(line);
      if (words.matches() && !words.group(1).equals(words.group(2))) {
        different.add(words.group(1));
        // A token's own code may stand behind the wrong order of the filters.
        String server = words.group(2).startsWith("token_") ? "code of the token" : words.group(2);
        assertThat(table.lines().filter(each -> each.startsWith("| `" + words.group(1) + "`")))
            .as(line)
            .singleElement()
            .asString()
            .contains(server);
      }
    }

    assertThat(different)
        .contains("heartbeat_lost", "connection_lost", "upgrade_not_forwarded", "origin_denied");
    assertThat(table.lines().filter(line -> line.startsWith("| `")))
        .hasSize(Set.copyOf(different).size());
  }

  private static Map<String, String> tables() throws IOException {
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put(
        "RefusalCode",
        table(
            "| code | HTTP | action | cause | fix |",
            Arrays.stream(RefusalCode.values())
                .map(
                    code ->
                        row(
                            "`" + code.word() + "`",
                            code.status(),
                            "`" + code.action().word() + "`",
                            code.title(),
                            code.fix()))
                .toList()));
    tables.put("client", table("| code | action | cause | fix |", local()));
    tables.put(
        "CloseCode",
        table(
            "| code | reason | sent when | fix |",
            Arrays.stream(CloseCode.values())
                .map(code -> row(code.code(), reasons(code), code.meaning(), code.fix()))
                .toList()));
    tables.put(
        "ErrorCode",
        table(
            "| code | close | fix |",
            Arrays.stream(ErrorCode.values())
                .map(
                    code ->
                        row(
                            "`" + code.word() + "`",
                            code.closeCode() == 0 ? "" : code.closeCode(),
                            code.fix()))
                .toList()));
    return tables;
  }

  private static String reasons(CloseCode code) {
    return code.reasons().stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "));
  }

  private static List<String> local() throws IOException {
    String source = Files.readString(DIAGNOSIS);
    Map<String, String> actions = new HashMap<>();
    Matcher action = ACTION.matcher(source.substring(source.indexOf("const enum Cause")));
    while (action.find()) {
      actions.put(action.group(1), action.group(2));
    }
    long names = Pattern.compile("^  \\| '", Pattern.MULTILINE).matcher(source).results().count();
    List<String> rows = new ArrayList<>();
    Matcher entry = LOCAL.matcher(source);
    while (entry.find()) {
      rows.add(
          row(
              "`" + entry.group(1) + "`",
              "`" + actions.getOrDefault(entry.group(1), "wait") + "`",
              entry.group(2),
              entry.group(3) == null ? "" : entry.group(3)));
    }
    assertThat(rows).as("every code of LocalCode in %s is read", DIAGNOSIS).hasSize((int) names);
    return rows;
  }

  private static String table(String head, List<String> rows) {
    int columns = head.length() - head.replace("|", "").length() - 1;
    return head + "\n" + "|---".repeat(columns) + "|\n" + String.join("\n", rows) + "\n";
  }

  private static String row(Object... cells) {
    return Arrays.stream(cells)
        .map(cell -> escaped(cell.toString().replace("|", "\\|")))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }

  /** No tag begins in a sentence; between backticks nothing is a tag, and an entity is shown. */
  private static String escaped(String text) {
    String[] parts = text.split("`", -1);
    for (int i = 0; i < parts.length; i += 2) {
      parts[i] = parts[i].replace("<", "&lt;");
    }
    return String.join("`", parts);
  }
}
