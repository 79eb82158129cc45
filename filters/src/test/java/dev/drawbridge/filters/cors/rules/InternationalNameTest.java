package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Advice about names that are not ASCII: as browsers do it, or none. */
class InternationalNameTest {

  @ParameterizedTest
  @CsvSource({
    "b\u00fccher.example, xn--bcher-kva.example",
    "B\u00dcCHER.Example, xn--bcher-kva.example",
    "b\u00fccher.example:8443, xn--bcher-kva.example:8443",
    "*.b\u00fccher.example, *.xn--bcher-kva.example",
    "\u0159e\u0159icha.example, xn--eicha-hcbb.example",
    "\u043f\u0440\u0438\u043c\u0435\u0440.example, xn--e1afmkfd.example",
    "\u4f8b\u5b50.example, xn--fsqu00a.example",
    "\ud55c\uad6d.example, xn--3e0b707e.example",
  })
  void nameIsWrittenAsBrowsersDo(String name, String expected) {
    assertThat(InternationalName.ascii(name)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fa\u00df.de",
        "FA\u1e9e.de",
        "\u03b2\u03cc\u03bb\u03bf\u03c2.com",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3.com",
        "a\u200cb.com",
        "a\u200db.com",
        "a\u00adb.com",
        "bu\u0308cher.example",
        "\uff41\uff42\uff43.example",
        "\u0133.example",
        "\u0140a.example",
        "\u0149a.example",
        "\u017fa.example",
        "\u01c6.example",
        "\u2603.example",
        "\u05d0\u05d1.example",
        "\u0627\u0644.example",
        "\ud83d\ude00.example",
        "\ud83d.example",
        "b\u00fccher\u3002example",
        "b\u00fc--cher.example",
        "-b\u00fccher.example",
        "b\u00fccher-.example",
        "b\u00fccher..example",
        "b\u00fccher .example",
        "\u2025.example",
      })
  void nothingIsSaidWhereTheRulesDiffer(String name) {
    assertThat(InternationalName.ascii(name)).isNull();
  }
}
