package dev.drawbridge.filters.refusal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PROTOCOL.md says of every refusal what the code says. */
class ProtocolTablesTest {
  private static final Pattern ROW =
      Pattern.compile("\\| ((?:`[a-z_]+`(?:, )?)+) \\| (\\d{3}) \\| ([a-z_]+) \\|.*");

  @Test
  void everyRefusalStandsInTheProtocolWithItsStatusAndAction() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    List<String> lines = Files.readAllLines(Path.of("..", "PROTOCOL.md"));
    for (String line : lines) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        for (String code : row.group(1).split(",", -1)) {
          documented.put(code.replace("`", "").strip(), row.group(2) + " " + row.group(3));
        }
      }
    }

    Map<String, String> implemented = new TreeMap<>();
    Arrays.stream(RefusalCode.values())
        .forEach(code -> implemented.put(code.word(), code.status() + " " + code.action().word()));

    assertThat(implemented).isEqualTo(documented);
  }

  /** Such as DRAWBRIDGE_JWT_ISSUER. */
  private static final Pattern VARIABLE = Pattern.compile("[A-Z]*_[A-Z_]*[A-Z]");

  @ParameterizedTest
  @EnumSource(RefusalCode.class)
  void everyFixIsOneSentenceThatNamesSettingsThatExist(RefusalCode code) {
    assertThat(code.fix()).isNotBlank().doesNotEndWith(".").doesNotContain("\n");
    Matcher names = VARIABLE.matcher(code.fix());
    while (names.find()) {
      String name = names.group();
      assertThat(Setting.values())
          .as(name)
          .anySatisfy(
              setting ->
                  assertThat(
                          name.startsWith("_")
                              ? setting.variable().endsWith(name)
                              : setting.variable().equals(name))
                      .isTrue());
    }
  }
}
