package dev.drawbridge.db.internal.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.Dialect;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SqlTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "H2         | SELECT :a, :b_2                  | a b_2",
        "H2         | SELECT ':a', \":b\", `:c`, :d    | d",
        "H2         | SELECT 'it''s :a', :b            | b",
        "H2         | SELECT 'x\\', :a                 | a",
        "MARIADB    | SELECT 'x\\' :a', :b             | b",
        "POSTGRESQL | SELECT E'x\\' :a', :b            | b",
        "POSTGRESQL | SELECT 'x\\', :b                 | b",
        "POSTGRESQL | SELECT a::text, :b               | b",
        "POSTGRESQL | SELECT $$ :a $$, $t$ :b $t$, :c  | c",
        "POSTGRESQL | SELECT a$b, :c, x$y              | c",
        "POSTGRESQL | SELECT $1, :c                    | c",
        "POSTGRESQL | SELECT arr[1:2], :c              | c",
        "POSTGRESQL | SELECT j ?? 'k', :c              | c",
        "POSTGRESQL | SELECT /* /* :a */ :b */ :c      | c",
        "MARIADB    | SELECT /* /* :a */ :b            | b",
        "MARIADB    | SELECT 5--3, :a                  | a",
        "MARIADB    | SELECT 1 # :a                    | ^^",
        "H2         | SELECT 1 -- :a                   | ^^",
        "H2         | SELECT 1 - 2 / :a                | a",
        "H2         | SELECT : a, ':'                  | ^^",
        "H2         | SELECT 'never ended :a           | ^^",
        "H2         | SELECT /* never ended :a         | ^^",
        "H2         | :a                               | a"
      })
  void namesAreFoundOutsideLiteralsAndComments(Dialect dialect, String sql, String names) {
    SqlText text = SqlText.parse(sql, dialect);

    assertThat(String.join(" ", text.names())).isEqualTo(names);
    assertThat(text.parameterCount()).isEqualTo(text.names().size());
  }

  @Test
  void listsBecomeAsManyPlaceholders() {
    SqlText text = SqlText.parse("a IN (:x) AND b = :y AND c IN (:x)", Dialect.H2);

    assertThat(text.jdbc()).isEqualTo("a IN (?) AND b = ? AND c IN (?)");
    assertThat(text.expanded(new int[] {3, 1, 2}))
        .isEqualTo("a IN (?, ?, ?) AND b = ? AND c IN (?, ?)");
  }

  @Test
  void bothKindsOfParametersInOneStatementAreRefused() {
    assertThatThrownBy(() -> SqlText.parse("SELECT ?, :a", Dialect.H2))
        .isInstanceOf(DbStateException.class);
  }

  /** Whatever is in between, the text around the parameters stays as it is. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void anyTextIsCutWithoutLossAndWithoutFailure(Dialect dialect) {
    List<String> tokens =
        List.of(
            ":a",
            ":b1",
            "'",
            "\"",
            "`",
            "--",
            "\n",
            "/*",
            "*/",
            "$$",
            "$t$",
            "::",
            "\\",
            " ",
            "x",
            "E'",
            "#",
            ":",
            "1",
            "??",
            "é",
            "\uD83D\uDE00");
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      StringBuilder sql = new StringBuilder();
      int length = random.nextInt(12);
      for (int i = 0; i < length; i++) {
        sql.append(tokens.get(random.nextInt(tokens.size())));
      }

      SqlText text = SqlText.parse(sql.toString(), dialect);

      StringBuilder rebuilt = new StringBuilder(text.pieces().get(0));
      for (int i = 0; i < text.names().size(); i++) {
        rebuilt.append(':').append(text.names().get(i)).append(text.pieces().get(i + 1));
      }
      assertThat(rebuilt.toString()).isEqualTo(sql.toString());
      assertThat(text.source()).isEqualTo(sql.toString());
    }
  }
}
