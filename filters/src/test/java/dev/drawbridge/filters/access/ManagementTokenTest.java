package dev.drawbridge.filters.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the start says of the operator's secret; the endpoint's tests ask its routes. */
class ManagementTokenTest {
  private static final String GOOD = "0f9d3c6b1e8a7542";

  private static List<String> problems(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(more);
    return ManagementToken.problems(Settings.of(all));
  }

  @ParameterizedTest
  @CsvSource({
    "0f9d3c6b1e8a754, must have at least 16 bytes",
    "${MANAGEMENT_TOKEN}, is a placeholder",
    "arn:aws:secretsmanager:eu-central-1:1:secret:m, is a placeholder",
    "change-me-change-me, is a placeholder",
    "0f9d3c6b 1e8a7542-4b7d2e9c, printable ASCII without blanks",
  })
  void productionRefusesWhatIsNoSecret(String token, String reason) {
    assertThat(problems(Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN", token)))
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_MANAGEMENT_TOKEN ")
        .contains(reason)
        .doesNotContain(token);
  }

  @Test
  void goodOneAndNoneHaveNoProblem() {
    assertThat(problems(Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN", GOOD))).isEmpty();
    assertThat(problems(Map.of())).isEmpty();
    assertThat(ManagementToken.of(Settings.of(Map.of()), System::nanoTime).isSet()).isFalse();
  }

  @Test
  void fileIsNamedWhenItCannotBeReadOrIsEmpty(@TempDir Path directory) throws Exception {
    Path empty = Files.createFile(directory.resolve("empty"));

    assertThat(problems(Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN_FILE", directory + "/absent")))
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_MANAGEMENT_TOKEN_FILE cannot be read (NoSuchFileException)");
    assertThat(problems(Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN_FILE", empty.toString())))
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_MANAGEMENT_TOKEN_FILE must have 1 to");
  }

  @Test
  void bothFormsAtOnceAndRoutesWithoutItAreSaid() {
    Settings both =
        Settings.of(
            Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN", GOOD, "DRAWBRIDGE_MANAGEMENT_TOKEN_FILE", "/x"));
    Settings without = Settings.of(Map.of("DRAWBRIDGE_METRICS", "on"));

    assertThat(both.problems()).anyMatch(each -> each.contains("are both set"));
    assertThat(without.warnings())
        .anyMatch(each -> each.startsWith("DRAWBRIDGE_METRICS=on has no effect without"));
  }

  @Test
  void nothingPrintsIt() {
    Settings settings = Settings.of(Map.of("DRAWBRIDGE_MANAGEMENT_TOKEN", GOOD));

    assertThat(settings + " " + ManagementToken.of(settings, System::nanoTime))
        .doesNotContain(GOOD);
  }
}
