package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.message.ErrorCode;
import dev.drawbridge.filters.RefusalCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      Pattern.compile("^  (\\w+): \\[\\s*'(\\w+)'", Pattern.MULTILINE);

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
            "| code | sent when | fix |",
            Arrays.stream(CloseCode.values())
                .map(code -> row(code.code(), code.meaning(), code.fix()))
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

  private static List<String> local() throws IOException {
    String source = Files.readString(DIAGNOSIS);
    Map<String, String> actions = new java.util.HashMap<>();
    Matcher action = ACTION.matcher(source.substring(source.indexOf("const LOCAL")));
    while (action.find()) {
      actions.put(action.group(1), action.group(2));
    }
    long names = Pattern.compile("^  \\| '", Pattern.MULTILINE).matcher(source).results().count();
    List<String> rows = new java.util.ArrayList<>();
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
        .map(cell -> cell.toString().replace("|", "\\|").replace("<", "&lt;"))
        .collect(Collectors.joining(" | ", "| ", " |"));
  }
}
