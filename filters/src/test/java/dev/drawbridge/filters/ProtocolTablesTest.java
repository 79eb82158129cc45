package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;

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
}
