package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentedNumbersTest {
  @TempDir Path folder;

  @Test
  void numbersAreReadWithTheirUnits() throws IOException {
    DocumentedNumbers numbers =
        numbers(
            "within <!-- n:a.recheck -->60 s, <!-- n:a.key -->24 h; <!-- n:a.tokens -->10 000 tokens, "
                + "<!-- n:a.frames -->`512` frames or <!-- n:a.bytes -->1 MiB, at <!-- n:a.share -->80 % and "
                + "<!-- n:a.threads -->**256**, <!-- n:a.discovery -->800 ms, <!-- n:a.max -->50,000.");

    assertThat(numbers.duration("a.recheck")).isEqualTo(Duration.ofSeconds(60));
    assertThat(numbers.duration("a.key")).isEqualTo(Duration.ofHours(24));
    assertThat(numbers.duration("a.discovery")).isEqualTo(Duration.ofMillis(800));
    assertThat(numbers.count("a.tokens")).isEqualTo(10_000);
    assertThat(numbers.count("a.frames")).isEqualTo(512);
    assertThat(numbers.count("a.bytes")).isEqualTo(1 << 20);
    assertThat(numbers.count("a.share")).isEqualTo(80);
    assertThat(numbers.count("a.threads")).isEqualTo(256);
    assertThat(numbers.count("a.max")).isEqualTo(50_000);
    assertThat(numbers.names("a")).hasSize(9);
  }

  @Test
  void aMarkWithoutANumberIsRefused() {
    assertThatThrownBy(() -> numbers("within <!-- n:a.recheck -->a minute"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("1 marks stand in front of no number");
  }

  @Test
  void oneNameWithTwoNumbersIsRefused() {
    assertThatThrownBy(() -> numbers("<!-- n:a.b -->60 s and <!-- n:a.b -->66 s"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a.b is told twice");
  }

  @Test
  void whatIsNotToldOrOfAnotherKindIsRefused() throws IOException {
    DocumentedNumbers numbers = numbers("<!-- n:a.time -->60 s and <!-- n:a.count -->16 of them");

    assertThatThrownBy(() -> numbers.count("a.time")).hasMessageContaining("is a duration");
    assertThatThrownBy(() -> numbers.duration("a.count")).hasMessageContaining("is no duration");
    assertThatThrownBy(() -> numbers.count("a.other")).hasMessageContaining("no document tells");
  }

  /** A mark whose first word nobody asks for would be held by no test. */
  @Test
  void theMarksOfEveryDocumentHaveATestThatReadsThem() throws IOException {
    DocumentedNumbers all = DocumentedNumbers.everywhere();
    StringBuilder tests = new StringBuilder();
    for (Path test : HouseRulesTest.tests()) {
      tests.append(Files.readString(test));
    }
    tests.append(Files.readString(Path.of("../client/test/numbers.test.ts")));

    assertThat(all.owners()).contains("client", "db", "endpoint", "filters", "guide");
    assertThat(all.owners())
        // The example of CONTRIBUTING.md.
        .filteredOn(owner -> !owner.equals("module"))
        .allSatisfy(
            owner ->
                assertThat(tests.toString())
                    .containsPattern("\"" + owner + "[.\"]|<!-- n:" + owner));
  }

  private DocumentedNumbers numbers(String text) throws IOException {
    return DocumentedNumbers.in(Files.writeString(folder.resolve("page.md"), text));
  }
}
