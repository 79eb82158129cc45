package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * docs/settings.md says what the code says, and so do the few rows that stand in the README: with
 * {@code -Dsettings.write=true} the test writes them, else it compares.
 */
class SettingsTableTest {
  private static final Path PAGE = Path.of("..", "docs", "settings.md");
  private static final Path README = Path.of("..", "README.md");

  private static final String BEGIN = "<!-- settings -->\n";
  private static final String END = "<!-- /settings -->\n";
  private static final String HEAD =
      "| name | meaning | dev mode | production | values | reload |\n|---|---|---|---|---|---|\n";

  /** The heading that stands in front of a setting. */
  private static final Map<Setting, String> GROUPS =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(Setting.ENVIRONMENT, "Mode and origins"),
              Map.entry(Setting.JWT_SECRET, "Tokens and keys"),
              Map.entry(Setting.SESSION_TOKEN_TTL, "Tokens for a session login"),
              Map.entry(Setting.DB_URL, "Database"),
              Map.entry(Setting.USERS, "Users"),
              Map.entry(Setting.HEARTBEAT_INTERVAL, "Connections and messages"),
              Map.entry(Setting.CHANNELS_PER_CONNECTION, "Channels"),
              Map.entry(Setting.CLUSTER, "Several servers"),
              Map.entry(Setting.COMPRESSION, "Transport, operation and diagnosis")));

  private static String tables() {
    StringBuilder tables = new StringBuilder();
    for (Setting setting : Setting.values()) {
      String group = GROUPS.get(setting);
      if (group != null) {
        tables.append("\n### ").append(group).append("\n\n").append(HEAD);
      }
      tables.append(row(setting)).append('\n');
    }
    return tables.append('\n').toString();
  }

  @Test
  void pageListsEverySettingWithItsDefaultsAndRange() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    assertThat(end).isGreaterThan(begin);

    if (Boolean.getBoolean("settings.write")) {
      Files.writeString(PAGE, page.substring(0, begin) + tables() + page.substring(end));
    }

    assertThat(Files.readString(PAGE).substring(begin))
        .as("docs/settings.md; -Dsettings.write=true writes it anew")
        .startsWith(tables() + END);
  }

  /** Who does not read on has the ones that nearly everybody sets. */
  @Test
  void readmeHasTenOfItsRows() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(README));
    if (Boolean.getBoolean("settings.write")) {
      lines.replaceAll(line -> setting(line).map(SettingsTableTest::row).orElse(line));
      Files.write(README, lines);
    }

    List<String> rows = lines.stream().filter(line -> setting(line).isPresent()).toList();

    assertThat(rows)
        .hasSize(10)
        .isSubsetOf(Arrays.stream(Setting.values()).map(SettingsTableTest::row).toList());
  }

  private static Optional<Setting> setting(String line) {
    return Arrays.stream(Setting.values())
        .filter(setting -> line.startsWith("| `" + setting.variable() + "` |"))
        .findFirst();
  }

  private static String row(Setting setting) {
    return String.format(
        "| `%s` | %s | %s | %s |%s |%s |",
        setting.variable(),
        setting.meaning(),
        cell(setting.defaultValue(DevMode.DEVELOPMENT)),
        cell(setting.defaultValue(DevMode.PRODUCTION)),
        setting.range().isEmpty() ? "" : " " + setting.range(),
        setting.isReloadable() ? " yes" : "");
  }

  private static String cell(@Nullable String value) {
    return value == null ? "" : "`" + value + "`";
  }
}
