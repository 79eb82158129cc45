package dev.drawbridge.filters.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.settings.DevMode;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttemptsTest {
  private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1000), ZoneOffset.UTC);

  private static Attempt attempt(String id) {
    return new Attempt(id, "r-" + id, CLOCK, null);
  }

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
    Attempt attempt = attempt("a1");

    attempt.passed(Attempt.Stage.ORIGIN);
    attempt.refused(Attempt.Stage.TOKEN, Refusal.of(RefusalCode.TOKEN_EXPIRED));

    assertThat(attempt.stage()).isEqualTo(Attempt.Stage.TOKEN);
    assertThat(attempt.code()).isEqualTo("token_expired");
    assertThat(attempt.microsTo(Attempt.Stage.ORIGIN)).isPositive();
    assertThat(attempt.microsTo(Attempt.Stage.USER)).isEqualTo(-1);
  }

  @Test
  void timesAreThoseOfTheGivenClock() {
    Attempt attempt = attempt("a1");

    attempt.passed(Attempt.Stage.ORIGIN);

    assertThat(attempt.startedAtMillis()).isEqualTo(1000);
    assertThat(attempt.atMillis()).isEqualTo(1000);
  }

  @Test
  void theNewestReplaceTheOldest() {
    Attempts attempts = new Attempts(DevMode.PRODUCTION, CLOCK);
    int all = Attempts.SIZE + 3;
    for (int i = 0; i < all; i++) {
      attempts.add(attempt("a" + i));
    }

    assertThat(attempts.total()).isEqualTo(all);
    assertThat(attempts.find("a2")).isEmpty();
    assertThat(attempts.find("a3")).isPresent();
    assertThat(attempts.find("a" + (all - 1))).isPresent();
    assertThat(attempts.newest(2))
        .extracting(Attempt::id)
        .containsExactly("a" + (all - 1), "a" + (all - 2));
    assertThat(attempts.newest(all)).hasSize(Attempts.SIZE);
  }

  @Test
  void ofTwoWithOneIdTheNewerIsFound() {
    Attempts attempts = new Attempts(DevMode.PRODUCTION, CLOCK);
    attempts.add(attempt("same"));
    Attempt newer = attempt("same");
    attempts.add(newer);

    assertThat(attempts.find("same")).containsSame(newer);
  }

  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "'a	b\u202ec', a?b?c",
    "'<script>', '<script>'",
    "123456789, 12345678…",
  })
  void whatStrangersWroteIsKeptPrintableAndShort(String text, String shown) {
    assertThat(Printable.of(text, 8)).isEqualTo(shown);
  }

  @ParameterizedTest
  @CsvSource({
    "https://a.example/p?token=x#y, https://a.example/p",
    "https://user:secret@a.example/, https://***@a.example/",
    "http://a.example/p;jsessionid=1, http://a.example/p",
  })
  void addressesLoseWhatMayBeSecret(String url, String shown) {
    assertThat(Printable.address(url, 200)).isEqualTo(shown);
  }
}
