package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttemptsTest {

  @ParameterizedTest
  @CsvSource({
    "attempt=a1, a1",
    "client=x&attempt=A-b_9, A-b_9",
    "attempt=a1&client=x, a1",
    "xattempt=no&attempt=yes, yes",
    "xattempt=no,",
    "attempt=,",
    "attempt=a%20b,",
    "attempt=a+b,",
    "Attempt=a,",
    "'',",
  })
  void theIdIsTakenFromTheQueryWhenItFits(String query, String id) {
    assertThat(Attempts.idParameter(query)).isEqualTo(id);
  }

  @Test
  void anIdOfMoreThan64CharactersIsIgnored() {
    assertThat(Attempts.idParameter("attempt=" + "a".repeat(64))).hasSize(64);
    assertThat(Attempts.idParameter("attempt=" + "a".repeat(65))).isNull();
    assertThat(Attempts.idParameter(null)).isNull();
  }

  @Test
  void anAttemptTellsTheLastStageAndItsCode() {
    Attempt attempt = new Attempt("a1", "r1", 1000);

    attempt.passed(Attempt.Stage.ORIGIN);
    attempt.refused(Attempt.Stage.TOKEN, Refusal.of(RefusalCode.TOKEN_EXPIRED));

    assertThat(attempt.stage()).isEqualTo(Attempt.Stage.TOKEN);
    assertThat(attempt.code()).isEqualTo("token_expired");
    assertThat(attempt.microsTo(Attempt.Stage.ORIGIN)).isPositive();
    assertThat(attempt.microsTo(Attempt.Stage.USER)).isEqualTo(-1);
  }
}
