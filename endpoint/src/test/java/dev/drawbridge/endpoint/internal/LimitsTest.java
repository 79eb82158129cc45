package dev.drawbridge.endpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private final Limits limits = new Limits(FakeConfig.of(Duration.ofSeconds(10), 10, 10));
  private final long now = System.nanoTime();

  @Test
  void timeCountsFromTheBeginning() {
    assertThat(limits.elapsed(now + 5, now + 12)).isEqualTo(7);
  }

  @Test
  void timeBeforeTheEndOfAStandstillDoesNotCount() {
    limits.stoodStill(now + 10);

    assertThat(limits.elapsed(now + 5, now + 12)).isEqualTo(2);
    assertThat(limits.elapsed(now + 11, now + 12)).isEqualTo(1);
  }

  @Test
  void containerGetsOneDurationForAllConnections() {
    assertThat(limits.idleTimeout())
        .isEqualTo(limits.config().idleTimeout())
        .isSameAs(limits.idleTimeout());
  }
}
