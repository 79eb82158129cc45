package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.FakeConfig;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a handshake asks of other servers, and for how long. */
class AdmissionTest {
  /** Has no place before it has been asked so often. */
  private static final class Others implements Admission.Everywhere {
    private final AtomicInteger asked = new AtomicInteger();
    private final int acceptsAt;

    private Others(int acceptsAt) {
      this.acceptsAt = acceptsAt;
    }

    @Override
    public @Nullable Integer take(String subject, String connectionId, @Nullable String replaces) {
      return asked.incrementAndGet() >= acceptsAt ? null : 3;
    }

    @Override
    public void release(String connectionId) {
      // Nobody counts.
    }
  }

  private final EndpointConfig config = FakeConfig.of(Duration.ofSeconds(1), 10, 10);

  @Test
  void othersAreAskedThreeTimesAtMostWithinTheWait() {
    Others others = new Others(Integer.MAX_VALUE);
    Admission admission = new Admission(() -> config, others);
    long begun = System.nanoTime();

    assertThatThrownBy(() -> admission.take("bob", "127.0.0.1"))
        .isInstanceOf(RefusedException.class);

    assertThat(others.asked).hasValue(Admission.MAX_ASKS);
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .isBetween(Duration.ofMillis(Admission.WAIT_MS - 50), Duration.ofSeconds(5));
    assertThat(admission.isEmpty()).isTrue();
    assertThat(admission.waiting()).isZero();
  }

  @Test
  void aPlaceThatComesFreeElsewhereIsTakenAtTheNextQuestion() {
    Others others = new Others(2);
    Admission admission = new Admission(() -> config, others);

    Place place = admission.take("bob", "127.0.0.1");

    assertThat(others.asked).hasValue(2);
    assertThat(admission.total()).isEqualTo(1);
    place.release();
    assertThat(admission.isEmpty()).isTrue();
  }
}
