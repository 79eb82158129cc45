package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** PROTOCOL.md says what the code says. */
class ProtocolTablesTest {
  private static final Pattern CLOSE_CODE = Pattern.compile("\\b\\d{4}\\b");

  @Test
  void errorCodesAreThoseOfThePage() {
    Set<String> page = new HashSet<>();
    for (List<String> row : ProtocolTables.rows("5. ")) {
      page.addAll(ProtocolTables.words(row.get(0)));
      // token_not_newer is named in the row of the tokens.
      page.addAll(
          ProtocolTables.words(row.get(2)).stream()
              .filter(word -> word.equals("token_not_newer"))
              .toList());
    }

    Set<String> code =
        Arrays.stream(ErrorCode.values()).map(ErrorCode::word).collect(Collectors.toSet());
    page.remove("MessageRefused");
    assertThat(page).isEqualTo(code);
  }

  @Test
  void codesThatCloseAreThoseOfThePage() {
    Map<String, Integer> page = new HashMap<>();
    for (List<String> row : ProtocolTables.rows("5. ")) {
      Matcher number = CLOSE_CODE.matcher(row.get(1));
      int closes = number.find() ? Integer.parseInt(number.group()) : 0;
      for (String word : ProtocolTables.words(row.get(0))) {
        page.put(word, closes);
      }
    }

    for (ErrorCode code : ErrorCode.values()) {
      if (code != ErrorCode.TOKEN_NOT_NEWER) {
        assertThat(page.get(code.word())).as(code.word()).isEqualTo(code.closeCode());
      }
    }
  }

  @Test
  void closeCodesAreAmongThoseOfThePage() {
    Map<Integer, List<String>> page = new HashMap<>();
    for (List<String> row : ProtocolTables.rows("6. ")) {
      for (String code : row.get(0).split("[, ]+", -1)) {
        page.put(Integer.valueOf(code), ProtocolTables.words(row.get(1)));
      }
    }

    for (CloseCode code : CloseCode.values()) {
      assertThat(page).containsKey(code.code());
    }
    Set<Integer> ours =
        page.keySet().stream().filter(code -> code >= 4000).collect(Collectors.toSet());
    assertThat(Arrays.stream(CloseCode.values()).map(CloseCode::code)).containsAll(ours);
  }
}
