package dev.drawbridge.endpoint.internal.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** RFC 9110 section 5.6.2, letter by letter. */
class OffersTokenTest {
  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  @Test
  void tokenIsThatOfTheGrammar() {
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      String letter = String.valueOf((char) c);
      assertThat(Offers.isToken(letter)).as("U+%04X", c).isEqualTo(TOKEN.matcher(letter).matches());
      if (c < 0x180) {
        assertThat(Offers.isToken("a" + letter + "b"))
            .as("U+%04X inside", c)
            .isEqualTo(TOKEN.matcher(letter).matches());
      }
    }
    assertThat(Offers.isToken("")).isFalse();
  }
}
