package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The module's README cannot drift away from the code. */
class CorsReadmeTest {

  private static List<List<String>> rowsUnder(String heading) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("\n" + heading + "\n") + 1;
    assertThat(start).as(heading).isPositive();
    int next = readme.indexOf("\n#", start);
    List<List<String>> rows = new ArrayList<>();
    readme
        .substring(start, next < 0 ? readme.length() : next)
        .lines()
        .filter(line -> line.startsWith("| `"))
        .forEach(
            line ->
                rows.add(
                    Arrays.stream(line.substring(1).split("\\|", -1)).map(String::strip).toList()));
    return rows;
  }

  @Test
  void optionsHaveTheDefaultsOfTheSettings() throws IOException {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    rowsUnder("### Options").forEach(row -> rows.put(row.get(0), row));

    for (Setting setting : Setting.values()) {
      boolean ours =
          setting.name().startsWith("CORS_")
              || setting == Setting.ALLOWED_HOSTS
              || setting == Setting.REQUIRE_ORIGIN
              || setting == Setting.DEV_WEBSOCKET_ORIGINS
              || setting == Setting.WEBSOCKET_ALLOWED_ORIGINS;
      List<String> row = rows.remove("`" + setting.variable() + "`");
      assertThat(row != null).as(setting.variable()).isEqualTo(ours);
      if (row != null) {
        assertDefault(row.get(1), setting.defaultValue(DevMode.DEVELOPMENT));
        String production = setting.defaultValue(DevMode.PRODUCTION);
        boolean same = row.get(2).equals("the same") || row.get(2).equals("the list alone");
        assertDefault(same ? row.get(1) : row.get(2), production);
      }
    }
    assertThat(rows).as("rows that are no setting").isEmpty();
  }

  private static void assertDefault(String cell, String value) {
    if (value == null) {
      assertThat(cell).matches("empty.*|no effect");
    } else {
      assertThat(cell).startsWith("`" + value + "`");
    }
  }

  @Test
  void everyReasonIsExplained() throws IOException {
    List<String> explained = new ArrayList<>();
    for (List<String> row : rowsUnder("### When it refuses")) {
      for (String word : row.get(0).split(",", -1)) {
        explained.add(word.replace("`", "").strip());
      }
    }

    assertThat(explained)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(OriginReason.values()).map(OriginReason::word).toList());
  }
}
