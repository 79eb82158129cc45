package dev.drawbridge.endpoint.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.EngineHealth.State;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EngineStatusTest {
  private @Nullable Head head;
  private long tailed;
  private final EngineStatus status = new EngineStatus(() -> head, () -> tailed);

  @Test
  void itIsDownUntilTheTailHasReadTheHead() {
    assertThat(status.health().state()).isEqualTo(State.DOWN);
    assertThat(status.health().reason()).isEqualTo("not connected yet");

    status.tailIsUp();

    assertThat(status.health().state()).isEqualTo(State.UP);
    assertThat(status.health().reason()).isNull();
  }

  @Test
  void aRefusalOfAppendsIsNotDisprovedByARead() {
    status.tailIsUp();
    status.appending(1);
    status.appendFailed("no memory", true);

    status.tailIsUp();

    assertThat(status.health().state()).isEqualTo(State.DOWN);
    assertThat(status.health().reason()).isEqualTo("no memory");
    status.appendAnswered();
    assertThat(status.health().state()).isEqualTo(State.UP);
  }

  @Test
  void aLinkThatWasAwayIsBackWithTheNextRead() {
    status.tailIsUp();
    status.appending(1);
    status.appendFailed("cut", false);
    assertThat(status.health().state()).isEqualTo(State.DOWN);

    status.tailIsUp();

    assertThat(status.health().state()).isEqualTo(State.UP);
  }

  @Test
  void whoeverHasOverAThousandEntriesToReadIsBehind() {
    status.tailIsUp();
    head = new Head("abcdefgh", 0, 1_001, "one", System.nanoTime());
    assertThat(status.health().state()).isEqualTo(State.BEHIND);
    assertThat(status.health().reason()).isEqualTo("this server is 1001 entries behind the log");

    tailed = 1;

    assertThat(status.health().state()).isEqualTo(State.UP);
    assertThat(status.health().head()).isEqualTo(head);
  }
}
