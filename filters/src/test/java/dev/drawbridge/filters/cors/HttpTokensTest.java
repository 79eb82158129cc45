package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.cors.rules.HttpTokens;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpTokensTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Origin | Origin | true",
        "Accept, origin | Origin | true",
        "' origin ' | Origin | true",
        "'\t origin\t ,x' | Origin | true",
        "x,origin | Origin | true",
        "x,,origin | Origin | true",
        "x-origin | Origin | false",
        "origin-x | Origin | false",
        "Origi | Origin | false",
        "'' | Origin | false",
        "' , ' | Origin | false",
        "'o rigin' | Origin | false"
      })
  void itemIsFoundWhateverStandsAroundIt(String list, String item, boolean contained) {
    assertThat(HttpTokens.contains(list, item)).isEqualTo(contained);
  }

  @Test
  void itemsComeWithoutBlanksAndEmptyOnesNotAtAll() {
    List<String> items = new ArrayList<>();

    HttpTokens.forEachItem(", a,b ,, c d ,\te,", items::add);
    HttpTokens.forEachItem("", items::add);
    HttpTokens.forEachItem("f", items::add);

    assertThat(items).containsExactly("a", "b", "c d", "e", "f");
  }

  @ParameterizedTest
  @CsvSource({"a,true", "azAZ09,true", "!#$%&'*+-.^_`|~,true", "a b,false", "'',false", "é,false"})
  void tokensAreThoseOfTheStandard(String text, boolean token) {
    assertThat(HttpTokens.isToken(text)).isEqualTo(token);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Accept | Origin | Accept, Origin",
        "'' | Origin | Origin",
        "Accept | origin, ACCEPT, b | Accept, origin, b",
        "* | Origin | *",
        "a, * | Origin | *"
      })
  void listsAreMergedWithoutRepeats(String first, String second, String merged) {
    assertThat(CorsHeaders.merged(first, second)).isEqualTo(merged);
  }
}
