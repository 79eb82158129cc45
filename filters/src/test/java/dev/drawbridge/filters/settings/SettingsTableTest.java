package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The README's table of settings says what the code says. */
class SettingsTableTest {

  @Test
  void readmeListsEverySettingWithItsDefaultsAndRange() throws IOException {
    List<String> readme = Files.readAllLines(Path.of("..", "README.md"));

    List<String> rows = readme.stream().filter(SettingsTableTest::isRow).toList();

    assertThat(rows)
        .containsExactlyElementsOf(
            Arrays.stream(Setting.values()).map(SettingsTableTest::row).toList());
  }

  private static boolean isRow(String line) {
    return Arrays.stream(Setting.values())
        .anyMatch(setting -> line.startsWith("| `" + setting.variable() + "` |"));
  }

  private static String row(Setting setting) {
    return String.format(
        "| `%s` | %s | %s | %s |%s |",
        setting.variable(),
        setting.meaning(),
        cell(setting.defaultValue(DevMode.DEVELOPMENT)),
        cell(setting.defaultValue(DevMode.PRODUCTION)),
        setting.range().isEmpty() ? "" : " " + setting.range());
  }

  private static String cell(@Nullable String value) {
    return value == null ? "" : "`" + value + "`";
  }
}
