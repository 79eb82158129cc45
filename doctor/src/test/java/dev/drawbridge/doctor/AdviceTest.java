package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose limit it is; client/test/doctor-parts.test.ts has the same table. */
class AdviceTest {

  @ParameterizedTest
  @CsvSource({
    "60100, 60050, '60 s is the limit of nginx'",
    "310000, 60900, '60 s is the limit of nginx'",
    "30200, 5000, '30 s is the limit of Google'",
    "100400, 100300, '100 s is the limit of Cloudflare'",
    "351000, 350100, '350 s is the limit of AWS'",
    "60000, 20000, ''",
    "5000, 4900, ''",
    "45000, 100, 'it was not idle'",
    "2000, 100, ''",
  })
  void aCutIsOfWhomItsTimeIs(long open, long silent, String told) {
    if (told.isEmpty()) {
      assertThat(Advice.cutter(open, silent)).isEmpty();
    } else {
      assertThat(Advice.cutter(open, silent)).startsWith(told);
    }
  }

  /** Terminals that know nothing else show it right. */
  @Test
  void whatIsPrintedIsAscii() throws Exception {
    String advice = Files.readString(Path.of("..", "client", "doctor", "advice.json"));

    assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(advice + Options.HELP)).isTrue();
  }
}
