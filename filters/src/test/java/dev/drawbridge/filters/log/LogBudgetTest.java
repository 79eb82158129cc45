package dev.drawbridge.filters.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** So many lines a minute, as the documents say of several kinds. */
class LogBudgetTest {
  private final AtomicLong nanos = new AtomicLong(-5_000_000_000L);
  private final LogBudget budget = new LogBudget(10, nanos::get);

  private int written(int events) {
    int written = 0;
    for (int i = 0; i < events; i++) {
      written += budget.take() == LogBudget.NOTHING ? 0 : 1;
    }
    return written;
  }

  @Test
  void linesComeBackAfterAMinuteAndNotBefore() {
    assertThat(written(25)).isEqualTo(10);

    nanos.addAndGet(TimeUnit.SECONDS.toNanos(60) - 1);
    assertThat(written(25)).isZero();

    nanos.incrementAndGet();
    assertThat(written(25)).isEqualTo(10);
  }

  @Test
  void firstLineOfTheNextMinuteSaysHowManyWereWithheld() {
    assertThat(written(25)).isEqualTo(10);
    nanos.addAndGet(TimeUnit.MINUTES.toNanos(1));

    assertThat(budget.take()).isEqualTo(15);
    assertThat(budget.take()).isZero();
  }
}
